"""The labels of TAC 2017 (Demner-Fushman et al., CC0) as rows: the stretches where a section names a reaction.

The set gives, for each section, the strings that the annotators took for reactions, without every place of each. Each
place of such a string in its section is marked, the longest string first; a string that stands in pieces ("increase in
AST" of "increase in ALT and AST") is left unmarked. Of the codes that come with the strings nothing is learned.
"""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from finetune.errors import TrainingFailed
from finetune.nets.rows import TagRow

LABELS = ("O", "B", "I")
"""Nothing, the first word of a reaction, a later word of it."""
FOLDS = 5
_SECTION = "section_text"


class _Row(BaseModel):
    model_config = ConfigDict(extra="ignore")

    label_id: str
    section_name: str
    section_text: str
    adverse_events: list[tuple[str, str | None, float | None, str | None, float | None, str | None, str | None, str]]


_ROWS = TypeAdapter(list[_Row])


@dataclass(frozen=True)
class Marking:
    """A reaction as its words stand in the section, lower case, and its coded term: licensed, so only measured with.

    `code` and `name` are of the preferred term, `narrow` is the name of the lowest term; None or empty: not coded.
    """

    words: str
    code: int | None
    name: str
    narrow: str


@dataclass(frozen=True)
class LabelSection:
    """One section of one label with its reactions."""

    label: str
    name: str
    text: str
    marked: tuple[Marking, ...]

    def part(self, of: int = FOLDS) -> int:
        """Which of so many parts this label is in: all its sections are in one, decided by its name alone."""
        return int(hashlib.md5(self.label.encode(), usedforsecurity=False).hexdigest(), 16) % of

    @property
    def hash(self) -> str:
        """The sha256 of its text, by which kept results know what they were found in."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


def label_sections(data: Path) -> tuple[LabelSection, ...]:
    """Every section of `label_reactions/*.json` under the data.

    Raises:
        TrainingFailed: there is no such file, or one cannot be read.
    """
    files = sorted((data / "label_reactions").glob("*.json"))
    if not files:
        raise TrainingFailed(f"{data / 'label_reactions'} holds no labels; name the development data with --data.")
    return tuple(section for file in files for section in _read(file))


def _read(file: Path) -> Iterator[LabelSection]:
    try:
        rows = _ROWS.validate_json(file.read_bytes())
    except (OSError, ValidationError) as fault:
        raise TrainingFailed(f"{file.name} is no list of label sections with their reactions.") from fault
    for row in rows:
        marked = (
            Marking(words, int(code) if code else None, name or "", narrow or "")
            for words, name, code, narrow, *_ in row.adverse_events
        )
        yield LabelSection(row.label_id, row.section_name, row.section_text, tuple(marked))


def rows(sections: Sequence[LabelSection]) -> list[TagRow]:
    """Each section as one row."""
    made = []
    for section in sections:
        spans = []
        for start, end in places(section):
            first = re.match(r"\w+", section.text[start:end])
            cut = start + first.end() if first else end
            spans += [(start, cut, "B"), (cut, end, "I")]
        made.append(TagRow(section.text, tuple(span for span in spans if span[0] < span[1])))
    return made


def places(section: LabelSection) -> list[tuple[int, int]]:
    """Where the section's reactions stand, in order and never overlapping, the longest first."""
    by_first: defaultdict[str, list[re.Pattern[str]]] = defaultdict(list)
    for words in sorted({one.words for one in section.marked}, key=len, reverse=True):
        parts = words.split()
        by_first[parts[0][0].lower()].append(re.compile(r"\s+".join(map(re.escape, parts)) + r"(?!\w)", re.IGNORECASE))
    found, at = [], 0
    for word in re.finditer(r"\S+", section.text):
        # A reaction may begin behind a bracket or a sign.
        for start in (word.start(), *(word.start() + sign.end() for sign in re.finditer(r"\W(?=\w)", word.group()))):
            if start < at:
                continue
            hits = (one.match(section.text, start) for one in by_first.get(section.text[start].lower(), ()))
            if hit := next((hit for hit in hits if hit), None):
                found.append(hit.span())
                at = hit.end()
    return found
