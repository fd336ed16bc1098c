"""Makes clinicians' texts with marked identifiers, and texts with none that look as if they had some."""

from __future__ import annotations

import csv
import random
import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import yaml
from pydantic import TypeAdapter

from finetune.nets.identifier_slots import DATA, Maker, load_lists
from finetune.nets.rows import TagRow
from retrieval.medicines import TABLE

_SLOT = re.compile(r"\{(\w+)\}")
_TITLE = re.compile(r"(?:mr|mrs|ms|miss|dr|prof|nurse|sr)\b\.?\s+(?=\w)", re.IGNORECASE)
Span = tuple[int, int, str]


@dataclass(frozen=True)
class Texts:
    """The sentences to fill: neutral ones by list, ones with identifiers by list, and the names of medicines."""

    neutral: Mapping[str, tuple[str, ...]]
    cued: Mapping[str, tuple[str, ...]]
    medicines: tuple[str, ...]


def title_length(name: str) -> int:
    """How many characters the title before a name takes: a title identifies nobody, and says what sex somebody has."""
    found = _TITLE.match(name)
    return found.end() if found else 0


def load_texts() -> Texts:
    """The sentences of `identifier_data/neutral.yaml` and `cued.yaml`, and the shipped names of medicines."""
    neutral = _lists("neutral.yaml")
    with TABLE.open(encoding="utf-8", newline="") as file:
        names = tuple(row["name"] for row in csv.DictReader(file) if len(row["name"]) > 3)
    return Texts(neutral, _lists("cued.yaml"), names)


def _lists(name: str) -> Mapping[str, tuple[str, ...]]:
    held = TypeAdapter(dict[str, str]).validate_python(yaml.safe_load((DATA / name).read_text(encoding="utf-8")))
    return {kind: _items(text) for kind, text in held.items()}


def _items(text: str) -> tuple[str, ...]:
    """A sentence on each line, or words between bars with underscores for blanks."""
    if "|" in text and "\n" not in text.strip():
        return tuple(item.strip().replace("_", " ") for item in text.split("|") if item.strip())
    return tuple(line.replace("\\n", "\n") for line in text.splitlines() if line.strip())


def made_rows(count: int, seed: int) -> list[TagRow]:
    """`count` texts, four in five with identifiers; the same seed makes the same texts."""
    chance = random.Random(seed)
    writer = _Writer(load_texts(), Maker(load_lists(), chance), chance)
    return [writer.row() for _ in range(count)]


class _Writer:
    def __init__(self, texts: Texts, maker: Maker, chance: random.Random) -> None:
        self._texts, self._maker, self._chance = texts, maker, chance

    def row(self) -> TagRow:
        parts = [self._text()]
        while self._chance.random() < 0.08:
            parts.append(self._text())
        text, spans = "", list[Span]()
        for part, own in parts:
            glue = self._chance.choice((" ", "\n")) if text else ""
            at = len(text) + len(glue)
            text += glue + part
            spans += [(start + at, end + at, label) for start, end, label in own]
        return TagRow(self._typed(text), tuple(spans))

    def _text(self) -> tuple[str, list[Span]]:
        cued, draw = self._texts.cued, self._chance.random()
        core = self._chance.choice(self._texts.neutral["core"])
        if draw < 0.14:
            return self._filled(core + (self._tail() if self._chance.random() < 0.6 else ""))
        if draw < 0.24:
            return self._filled(self._chance.choice(cued["negative"]))
        if draw < 0.36:
            return self._filled(self._chance.choice(cued["whole"]))
        before = self._chance.choice(cued["before"]) + " " if draw > 0.70 else ""
        after = self._chance.choice(cued["after"]) if draw < 0.76 else ""
        if after[:1].isalpha() or after[:1] in "({-":
            after = " " + after
        if after and core.endswith("?") and self._chance.random() < 0.8:
            core = core[:-1]
        tail = self._tail() if self._chance.random() < 0.25 else ""
        return self._filled(before + core + tail + after)

    def _tail(self) -> str:
        tail = self._chance.choice(self._texts.neutral["tail"])
        return tail if tail[0] in ",." else " " + tail

    def _filled(self, template: str) -> tuple[str, list[Span]]:
        """The template with its slots filled, neutral ones as deep as they go, and the spans of the others."""
        while found := next((one for one in _SLOT.finditer(template) if one[1] not in self._maker.slots), None):
            template = template[: found.start()] + self._neutral(found[1]) + template[found.end() :]
        text, spans, at = "", list[Span](), 0
        for found in _SLOT.finditer(template):
            label, make = self._maker.slots[found[1]]
            text += template[at : found.start()]
            value = make().strip()
            spans.append((len(text) + title_length(value), len(text) + len(value), label))
            text += value
            at = found.end()
        return text + template[at:], spans

    def _neutral(self, slot: str) -> str:
        if slot == "drug":
            name = self._chance.choice(self._texts.medicines)
            return self._chance.choice((name, name, name.title(), name.upper()))
        if slot == "d1":
            return f"{self._chance.randint(1, 12)}.{self._chance.randint(0, 9)}"
        if slot in ("n1", "n2", "n3"):
            low, high = {"n1": (1, 9), "n2": (10, 89), "n3": (100, 950)}[slot]
            return str(self._chance.randint(low, high))
        return self._chance.choice(self._texts.neutral[slot])

    def _typed(self, text: str) -> str:
        """As people type: some all in small letters or capitals, some without accents. The length stays the same."""
        draw = self._chance.random()
        if draw < 0.15:
            text = _each(text, str.lower)
        elif draw < 0.25:
            text = _each(text, str.upper)
        return _each(text, _plain) if self._chance.random() < 0.5 else text


def _each(text: str, change: Callable[[str], str]) -> str:
    return "".join(new if len(new := change(sign)) == 1 else sign for sign in text)


def _plain(sign: str) -> str:
    return unicodedata.normalize("NFD", sign)[0]
