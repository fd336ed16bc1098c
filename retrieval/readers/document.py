"""What a reader gives: the Source with its canonical text, and the blocks that the text is made of.

The canonical text is a rendering, not the file: headings stand on lines of their own, a table row is one line that
repeats its caption and headers, a list item is one line that repeats its lead-in. Because every passage is a slice of
this text, a quoted dose carries its population and unit with it.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from retrieval.passage import Section, Source

READING = 1
"""Raise it when a reader or the chunker renders differently: files that were read before are then read again."""


def fingerprint(data: bytes) -> str:
    """What a Source is recognised by: SHA-256 of how we read and of the file's bytes."""
    return hashlib.sha256(b"%d\n" % READING + data).hexdigest()


class BlockKind(StrEnum):
    """How a block may be cut into passages."""

    PARAGRAPH = "paragraph"
    """Sentences; neighbours under one heading may share a passage."""
    ITEM = "item"
    """A line of a list; lines of one list may share a passage."""
    ROW = "row"
    """A table row with its caption and headers; always a passage of its own."""
    FACT = "fact"
    """A bullet of a monograph; always a passage of its own."""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of canonical text, `start` to `end` in characters. Blocks with one `group` number are one list."""

    kind: BlockKind
    section: Section
    heading: tuple[str, ...]
    start: int
    end: int
    group: int = 0
    origin: str = ""


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A Source and the blocks of its text, in reading order and without overlap."""

    source: Source
    blocks: tuple[Block, ...]


class Canon:
    """Writes canonical text line by line and remembers where each block lies."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._length = 0
        self._heading: tuple[str, ...] = ()
        self._group = 0
        self.blocks: list[Block] = []

    @property
    def text(self) -> str:
        """The text written so far, with one newline between lines."""
        return "\n".join(self._lines)

    def new_group(self) -> int:
        """A number for the items of one list."""
        self._group += 1
        return self._group

    def add(self, line: str, block: Block) -> None:
        """Append a line; `block` says what it is, and its positions are filled in here. An empty line is dropped."""
        if not line.strip():
            return
        self._write_heading(block.heading)
        start = self._length + (1 if self._lines else 0)
        self._write(line)
        self.blocks.append(
            Block(block.kind, block.section, block.heading, start, start + len(line), block.group, block.origin)
        )

    def _write_heading(self, heading: tuple[str, ...]) -> None:
        if heading == self._heading:
            return
        same = 0
        while same < min(len(heading), len(self._heading)) and heading[same] == self._heading[same]:
            same += 1
        if self._lines:
            self._write("")
        for title in heading[same:]:
            self._write(title)
        self._heading = heading

    def _write(self, line: str) -> None:
        self._length += len(line) + (1 if self._lines else 0)
        self._lines.append(line)
