"""The plain text of any PDF: prose as lines, a form as its boxes, each box with its own lines kept together.

Unlike the reader of labels it keeps the smallest print: the headings of forms are set in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from retrieval.readers.pdf import opened, parsed

if TYPE_CHECKING:
    from pdfplumber.page import Page

_GAP = 0.8
"""A distance between two lines of more than this many line heights parts two paragraphs."""
_SAME_LINE = 0.5
"""Words whose middles are closer than this many of their heights stand on one line."""

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    x0: float
    x1: float
    top: float
    bottom: float

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    def is_in(self, box: Box) -> bool:
        # A heading may run over the right edge of its box; where it begins is where it belongs.
        return box[0] - 1 <= self.x0 + 1 <= box[2] and box[1] <= self.middle <= box[3]


def pdf_text(data: bytes) -> str:
    """The text, page after page; an empty line parts paragraphs and boxes.

    Raises:
        SourceRefused: the file is encrypted, damaged or longer than any label.
    """
    blocks: list[str] = []
    for page in parsed(opened(data)):
        blocks += [block for _, _, block in sorted(_blocks(page))]
        page.close()
    return "\n\n".join(blocks)


def _blocks(page: Page) -> Iterator[tuple[float, float, str]]:
    """Each block with its top and left edge."""
    found = page.extract_words(use_text_flow=False)
    words = [_Word(one["text"], one["x0"], one["x1"], one["top"], one["bottom"]) for one in found]
    for box in sorted({box for table in page.find_tables() for box in table.cells}, key=_area):
        own = [word for word in words if word.is_in(box)]
        words = [word for word in words if not word.is_in(box)]
        if own:
            yield round(box[1]), box[0], "\n".join(map(_text, _lines(own)))
    yield from _paragraphs(words)


def _area(box: Box) -> tuple[float, Box]:
    """Small boxes take their words first: a frame around the page must not swallow them."""
    return (box[2] - box[0]) * (box[3] - box[1]), box


def _lines(words: Sequence[_Word]) -> Iterator[list[_Word]]:
    line: list[_Word] = []
    for word in sorted(words, key=lambda one: (one.middle, one.x0)):
        if line and word.middle - line[0].middle > _SAME_LINE * (line[0].bottom - line[0].top):
            yield sorted(line, key=lambda one: one.x0)
            line = []
        line.append(word)
    if line:
        yield sorted(line, key=lambda one: one.x0)


def _paragraphs(words: Sequence[_Word]) -> Iterator[tuple[float, float, str]]:
    kept: list[list[_Word]] = []
    for line in _lines(words):
        last = kept[-1][0] if kept else None
        if last is not None and line[0].top - last.bottom > _GAP * (last.bottom - last.top):
            yield round(kept[0][0].top), kept[0][0].x0, "\n".join(map(_text, kept))
            kept = []
        kept.append(line)
    if kept:
        yield round(kept[0][0].top), kept[0][0].x0, "\n".join(map(_text, kept))


def _text(line: Sequence[_Word]) -> str:
    return " ".join(word.text for word in line)
