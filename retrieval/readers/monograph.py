"""Markdown with front matter: starter monographs (docs/monographs.md), and any other Markdown with a few named fields.

A monograph's bullet is one fact and one passage. Its `{2.1}` marker leaves the text and becomes the passage's origin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from retrieval.errors import SourceRefused
from retrieval.passage import Section, Source, SourceKind
from retrieval.readers.document import Block, BlockKind, Canon, ReadDocument, fingerprint
from retrieval.readers.flow import FlowWriter, Item, Listing, Para
from retrieval.readers.headings import section_of
from retrieval.readers.tables import Cell, Table, table_lines
from retrieval.readers.wording import normal

LARGEST = 4 * 1024 * 1024
MONOGRAPH_LICENCE = "CC0-1.0 (facts); Apache-2.0 (wording)"
_FENCE = re.compile(r"\A\ufeff?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_BULLET = re.compile(r"^(\s*)(?:[-*+]|\d+[.)])\s+(.*)$")
_MARKER = re.compile(r"\s*\{([^{}]{1,80})\}\s*\.?\s*$")
_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)\s]*(?:\s+\"[^\"]*\")?\)")
# A single star is emphasis only beside a letter: the alleles of "CYP2C9 *1/*3" keep theirs.
_EMPHASIS = re.compile(r"(\*\*|__|(?<![\w*/])\*(?=[A-Za-z])|(?<=[A-Za-z.])\*(?![\w*])|`)")

# The headings that docs/monographs.md fixes. Others are judged by their words.
_SECTIONS = {
    "boxed warning": Section.BOXED_WARNING,
    "indications": Section.INDICATIONS,
    "adult dosing": Section.DOSAGE,
    "maximum dose": Section.DOSAGE,
    "paediatric dosing": Section.PAEDIATRIC,
    "renal impairment": Section.RENAL,
    "hepatic impairment": Section.HEPATIC,
    "older adults": Section.GERIATRIC,
    "administration": Section.DOSAGE,
    "missed dose": Section.DOSAGE,
    "monitoring": Section.WARNINGS,
    "contraindications": Section.CONTRAINDICATIONS,
    "warnings": Section.WARNINGS,
    "interactions": Section.INTERACTIONS,
    "pregnancy": Section.PREGNANCY,
    "lactation": Section.LACTATION,
    "common adverse reactions": Section.ADVERSE_REACTIONS,
    "serious adverse reactions": Section.ADVERSE_REACTIONS,
    "overdose": Section.OVERDOSE,
    "storage": Section.STORAGE,
    "mechanism": Section.PHARMACOLOGY,
}


class _Label(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    title: str = Field(min_length=1)
    publisher: str = ""
    set_id: str = ""
    effective: date | None = None
    url: str = ""
    verified: bool = False


class _Front(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, coerce_numbers_to_str=True)

    id: str = Field(default="", pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,80}$|^$")
    title: str = Field(min_length=1)
    ingredients: tuple[str, ...] = Field(min_length=1)
    brands: tuple[str, ...] = ()
    version: str = "1"
    label: _Label | None = None
    url: str = ""
    publisher: str = ""
    licence: str = "not stated"
    effective: date | None = None
    kind: SourceKind = SourceKind.GUIDELINE

    @field_validator("ingredients", "brands", mode="before")
    @classmethod
    def _as_list(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value or ()


def read_markdown(data: bytes) -> ReadDocument:
    """Read a monograph or another Markdown source. Raises SourceRefused: no front matter, a field missing, no text."""
    if len(data) > LARGEST:
        raise SourceRefused(f"it is larger than {LARGEST // 1024 // 1024} MB")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise SourceRefused("it is not text in UTF-8") from fault
    fence = _FENCE.match(text)
    if not fence:
        raise SourceRefused("it has no front matter: begin it with --- and the fields id, title, ingredients and url")
    front = _front(fence.group(1))
    writer = _Writer(front)
    writer.write(text[fence.end() :])
    if not writer.canon.blocks:
        raise SourceRefused("it has front matter and no text to quote")
    checksum = fingerprint(data)
    return ReadDocument(_source(front, writer.canon.text, checksum), tuple(writer.canon.blocks))


def _front(text: str) -> _Front:
    try:
        loaded = yaml.safe_load(text)
        front = _Front.model_validate(loaded)
    except (yaml.YAMLError, RecursionError) as fault:
        raise SourceRefused(f"its front matter is not YAML ({' '.join(str(fault).split())[:160]})") from fault
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "front matter"
        raise SourceRefused(f"its front matter field '{place}' is wrong: {first['msg'].lower()}") from fault
    if front.label is None and not front.url:
        raise SourceRefused("its front matter field 'url' is missing: name where the text comes from")
    return front


def _source(front: _Front, text: str, checksum: str) -> Source:
    label = front.label
    document = front.id or re.sub(r"[^a-z0-9]+", "-", front.title.lower()).strip("-")
    return Source(
        id=f"{document}@{front.version}",
        document=document,
        kind=SourceKind.MONOGRAPH if label else front.kind,
        title=front.title,
        ingredients=tuple(normal(name.lower()) for name in front.ingredients),
        brands=front.brands,
        publisher=(label.publisher if label else "") or front.publisher,
        version=front.version,
        effective=label.effective if label else front.effective,
        url=(label.url if label else "") or front.url,
        licence=MONOGRAPH_LICENCE if label else front.licence,
        text=text,
        checksum=checksum,
        set_id=label.set_id if label else "",
        verified=label.verified if label else True,
    )


@dataclass
class _Writer:
    """Walks the lines of the body; `heading` is the path of headings, one entry per level in use."""

    front: _Front
    canon: Canon = field(default_factory=Canon)
    heading: tuple[tuple[int, str, Section], ...] = ()

    def write(self, body: str) -> None:
        lines = body.replace("\r\n", "\n").split("\n")
        position = 0
        while position < len(lines):
            position += self._one(lines, position)

    def _one(self, lines: list[str], at: int) -> int:
        """Write the block that begins at line `at`; returns how many lines it took."""
        line = lines[at]
        if found := _HEADING.match(line):
            self._enter(len(found.group(1)), _plain(found.group(2)))
            return 1
        if not line.strip() or line.lstrip().startswith(("```", "<!--")):
            return 1
        if line.lstrip().startswith("|") or _names_table(lines, at):
            return self._table(lines, at)
        if _BULLET.match(line):
            return self._bullets(lines, at)
        return self._paragraph(lines, at)

    def _enter(self, level: int, title: str) -> None:
        kept = tuple(entry for entry in self.heading if entry[0] < level)
        parent = kept[-1][2] if kept else Section.OTHER
        section = _SECTIONS.get(title.lower()) or section_of(title, parent)
        self.heading = (*kept, (level, title, section))

    @property
    def _section(self) -> Section:
        return self.heading[-1][2] if self.heading else Section.OTHER

    @property
    def _path(self) -> tuple[str, ...]:
        return tuple(title for _, title, _ in self.heading) or (self.front.title,)

    def _fact(self, kind: BlockKind, text: str, marker: str) -> None:
        self.canon.add(text, Block(kind, self._section, self._path, 0, 0, 0, _origin(self.front, marker)))

    def _bullets(self, lines: list[str], at: int) -> int:
        taken = list(_bullet_lines(lines, at))
        texts = [part for part, _ in taken]
        if self.front.label is not None:
            for text in texts:
                plain, marker = _unmarked(_plain(text))
                self._fact(BlockKind.FACT, plain, marker)
        else:
            self._flow([Listing(tuple(Item(_plain(text)) for text in texts))])
        return sum(count for _, count in taken)

    def _paragraph(self, lines: list[str], at: int) -> int:
        count = 1
        while at + count < len(lines) and _continues(lines[at + count]):
            count += 1
        text, marker = _unmarked(_plain(" ".join(lines[at : at + count])))
        follows = next((line for line in lines[at + count : at + count + 2] if line.strip()), "")
        if found := _BULLET.match(follows) and self.front.label is None and not marker:
            items = list(
                _bullet_lines(lines, start := next(n for n in range(at + count, at + count + 2) if lines[n].strip()))
            )
            self._flow([Para(text), Listing(tuple(Item(_plain(part)) for part, _ in items))])
            return start - at + sum(taken for _, taken in items) if found else count
        if marker:
            self._fact(BlockKind.PARAGRAPH, text, marker)
        else:
            self._flow([Para(text)])
        return count

    def _flow(self, flow: list[Para | Listing | Table]) -> None:
        FlowWriter(self.canon, self._section, self._path).write(flow)

    def _table(self, lines: list[str], at: int) -> int:
        caption, marker, count = "", "", 0
        while not lines[at + count].lstrip().startswith("|"):
            caption, marker = _unmarked(_plain(lines[at + count])) if lines[at + count].strip() else (caption, marker)
            count += 1
        rows: list[tuple[Cell, ...]] = []
        header = 0
        while at + count < len(lines) and lines[at + count].lstrip().startswith("|"):
            if _RULE.match(lines[at + count]):
                header = len(rows)
            else:
                rows.append(_cells(lines[at + count]))
            count += 1
        table = Table(tuple(rows), re.sub(r"^Table:\s*", "", caption), header)
        for line in table_lines(table, self._path[-1]):
            self._fact(BlockKind.ROW if line.is_row else BlockKind.PARAGRAPH, line.text, marker)
        return count


def _bullet_lines(lines: list[str], at: int) -> Iterator[tuple[str, int]]:
    """Each bullet from line `at` with its continuation lines, and how many lines it took."""
    while at < len(lines) and (found := _BULLET.match(lines[at])):
        count = 1
        while at + count < len(lines) and _continues(lines[at + count]):
            count += 1
        yield " ".join([found.group(2), *lines[at + 1 : at + count]]), count
        at += count


def _continues(line: str) -> bool:
    return bool(line.strip()) and not (_HEADING.match(line) or _BULLET.match(line) or line.lstrip().startswith("|"))


def _names_table(lines: list[str], at: int) -> bool:
    """A line "Table: caption" belongs to the table that follows within two lines."""
    after = [line for line in lines[at + 1 : at + 3] if line.strip()]
    return lines[at].lstrip().startswith("Table:") and bool(after) and after[0].lstrip().startswith("|")


def _cells(line: str) -> tuple[Cell, ...]:
    parts = re.split(r"(?<!\\)\|", line.strip().strip("|"))
    return tuple(Cell(_plain(part.replace("\\|", "|"))) for part in parts)


def _plain(text: str) -> str:
    """Markdown's text without links, emphasis and code marks."""
    return normal(_EMPHASIS.sub("", _LINK.sub(r"\1", text)))


def _unmarked(text: str) -> tuple[str, str]:
    """The text without its `{2.1}` marker, and the marker ("" where there is none)."""
    found = _MARKER.search(text)
    return (text[: found.start()].rstrip(), found.group(1).strip()) if found else (text, "")


def _origin(front: _Front, marker: str) -> str:
    """ "Metformin tablets, prescribing information, section 2.1"; a heading stands without the word section."""
    if not marker or front.label is None:
        return ""
    if marker == "-":
        return f"{front.label.title}: not covered"
    numbers = re.fullmatch(r"\d+(\.\d+)*(\s*,\s*\d+(\.\d+)*)*", marker)
    word = "" if not numbers else "sections " if "," in marker else "section "
    return f"{front.label.title}, {word}{marker}"
