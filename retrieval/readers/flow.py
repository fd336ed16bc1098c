"""Paragraphs, lists and tables of any format, and how each becomes lines of canonical text.

The rule for lists: the lead-in ("The recommended dosage is:") is repeated in front of every item, so that an item never
loses its population. A list of short items becomes one sentence, which also keeps the order of a titration. Lead-in and
items therefore never stand apart in two passages, however long the list is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from retrieval.passage import Section
from retrieval.readers.document import Block, BlockKind, Canon
from retrieval.readers.headings import section_of
from retrieval.readers.tables import Table, box_lines, table_lines
from retrieval.readers.wording import ended, heading_text, sentence_text
from retrieval.sentences import sentences


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph. `styled`: all of it is bold, underlined or italic, so that a short one is a heading."""

    text: str
    styled: bool = False


@dataclass(frozen=True, slots=True)
class Item:
    """A list item, and the list inside it."""

    text: str
    items: tuple[Item, ...] = ()


@dataclass(frozen=True, slots=True)
class Listing:
    """A list."""

    items: tuple[Item, ...]


Flow: TypeAlias = Para | Listing | Table

_FOLLOWING = re.compile(r"\b(?:following|below|these|include[sd]?)\b[^.]*\.?$", re.IGNORECASE)
_CAPTION = re.compile(r"^\s*Table\s+\d+", re.IGNORECASE)
# "Stop use and ask a doctor if": a heading that only the items of its list complete.
_OPEN_HEADING = re.compile(
    r"\b(?:if|when|have|has|are|is|with|who|following|do not use|before use|product|patients)$", re.IGNORECASE
)
_PICTURE = re.compile(r"^\(?Figure \w{1,3}\)?\.?$")
_SHORT_ITEM, _SHORT_LIST, _LONG_LEAD = 80, 420, 320
# Where a paragraph says a dose, a short heading in front of it says for whom: it is kept inside the quoted line.
_DOSING = frozenset({Section.DOSAGE, Section.RENAL, Section.HEPATIC, Section.PAEDIATRIC, Section.GERIATRIC})


@dataclass
class FlowWriter:
    """Writes one section's flow; `heading` and `section` change at headings inside the text."""

    canon: Canon
    section: Section
    heading: tuple[str, ...]
    _base: tuple[str, ...] = field(init=False)
    _base_section: Section = field(init=False)
    _prefix: str = ""

    def __post_init__(self) -> None:
        self._base, self._base_section = self.heading, self.section

    def write(self, flow: Sequence[Flow]) -> None:
        """Write everything in order."""
        flow = implied_lists(flow)
        for position, part in enumerate(flow):
            after = flow[position + 1] if position + 1 < len(flow) else None
            before = flow[position - 1] if position else None
            if isinstance(part, Para):
                self._paragraph(part, after)
            elif isinstance(part, Listing):
                lead = lead_in(before) if before is not None else open_heading(self.heading)
                self._listing(part, lead)
            else:
                self._table(part, before)

    def _paragraph(self, part: Para, after: Flow | None) -> None:
        text = sentence_text(part.text)
        if isinstance(after, Table) and _CAPTION.match(text) and not after.caption:
            return
        if is_heading(part, text) and not (text.endswith(":") and isinstance(after, Listing)):
            self._enter(text)
            return
        if isinstance(after, Listing) and (lead := lead_in(part)):
            text = text[: len(text) - len(_last_sentence(text))].rstrip() if lead else text
        self._line(BlockKind.PARAGRAPH, self._prefixed(text))

    def _enter(self, text: str) -> None:
        title = heading_text(text)
        self.heading = (*self._base, title)
        self.section = section_of(title, self._base_section)
        self._prefix = f"{title}: " if self.section in _DOSING else ""

    def _prefixed(self, text: str) -> str:
        if not text or not self._prefix:
            return text
        prefix, self._prefix = self._prefix, ""
        return text if text.lower().startswith(prefix[:-2].lower()) else prefix + text

    def _listing(self, part: Listing, lead: str) -> None:
        lead = self._prefixed(lead) if lead else self._prefix.strip()
        self._prefix = ""
        joined = joined_list(part.items, lead)
        if joined:
            self._line(BlockKind.PARAGRAPH, joined)
            return
        group = self.canon.new_group()
        for line in item_lines(part.items, lead):
            self._line(BlockKind.ITEM, line, group)

    def _table(self, table: Table, before: Flow | None) -> None:
        if not table.caption:
            named = isinstance(before, Para) and _CAPTION.match(before.text)
            table = replace(table, caption=before.text if named and isinstance(before, Para) else "")
        fallback = re.sub(r"^[\d.]+\s+", "", self.heading[-1]) if self.heading else ""
        # Patient leaflets are laid out in tables without being any.
        boxed = self.section is Section.COUNSELLING and not table.caption
        for line in box_lines(table) if boxed else table_lines(table, fallback):
            self._line(BlockKind.ROW if line.is_row else BlockKind.PARAGRAPH, line.text)

    def _line(self, kind: BlockKind, line: str, group: int = 0) -> None:
        if _PICTURE.match(line):
            return
        self.canon.add(line, Block(kind, self.section, self.heading, 0, 0, group))


def implied_lists(flow: Sequence[Flow]) -> list[Flow]:
    """Short lines without a full stop after a paragraph that ends with a colon are its list, marked or not."""
    made: list[Flow] = []
    opened = False
    for part in flow:
        before = made[-1] if made else None
        if opened and isinstance(part, Para) and _is_item(part):
            items = before.items if isinstance(before, Listing) else ()
            made[-1 if items else len(made) :] = [Listing((*items, Item(part.text)))]
            continue
        opened = isinstance(part, Para) and not part.styled and sentence_text(part.text).endswith(":")
        made.append(part)
    return made


def _is_item(part: Para) -> bool:
    text = sentence_text(part.text)
    return not part.styled and 0 < len(text) <= 90 and text[-1] not in ".:" and not _CAPTION.match(text)


def is_heading(part: Para, text: str) -> bool:
    """A short paragraph, all in one style, that is no sentence."""
    return part.styled and 2 < len(text) <= 100 and not text.endswith((".", ";", ",")) and not _CAPTION.match(text)


def open_heading(heading: tuple[str, ...]) -> str:
    """The heading as the lead-in of its list, when its words end open; else ""."""
    return f"{heading[-1]}:" if heading and _OPEN_HEADING.search(heading[-1]) else ""


def lead_in(before: Flow | None) -> str:
    """The words that introduce the list after `before`: its last sentence when that is open-ended, else ""."""
    if not isinstance(before, Para):
        return ""
    text = sentence_text(before.text)
    if is_heading(before, text) and not text.endswith(":"):
        return open_heading((text,))
    last = _last_sentence(text)
    if not last or len(last) > _LONG_LEAD:
        return ""
    if last.endswith(":"):
        return last
    if last[-1] not in ".!?" or _FOLLOWING.search(last):
        return last.rstrip(".") + ":"
    return ""


def _last_sentence(text: str) -> str:
    spans = sentences(text)
    return text[spans[-1][0] :] if spans else ""


def joined_list(items: Sequence[Item], lead: str) -> str:
    """A list of short items as one sentence, or "" when each item needs a line of its own."""
    texts = [sentence_text(item.text).rstrip(" ;,.") for item in items]
    short = all(len(text) <= _SHORT_ITEM and len(sentences(text)) <= 1 for text in texts)
    if not lead or not short or any(item.items for item in items):
        return ""
    line = ended(f"{lead} {'; '.join(text for text in texts if text)}")
    return line if len(line) <= _SHORT_LIST else ""


def item_lines(items: Sequence[Item], lead: str) -> Iterator[str]:
    """One line per item, each with everything that leads to it."""
    for item in items:
        text = sentence_text(item.text)
        line = f"{lead} {text}".strip()
        if not item.items:
            if text:
                yield ended(line)
            continue
        if not text.endswith((":", ",")) and text:
            yield ended(line)
            line = line.rstrip(".;") + ":" if len(line) <= _LONG_LEAD else lead
        joined = joined_list(item.items, line)
        yield from [joined] if joined else item_lines(item.items, line)
