"""Words of a PDF page as lines: scripts in their place, lost spaces restored, printed and drawn bullets recognised."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import TYPE_CHECKING

from retrieval.readers.wording import bullet_split, lowered, normal, raised

if TYPE_CHECKING:
    from pdfplumber.page import Page

_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.IGNORECASE)
_SLANTED = re.compile(r"oblique|italic", re.IGNORECASE)
_SMALL = 0.87
"""A word whose size is below this share of its line's size is a superscript or subscript."""
_DOT = 6.0
"""Points: a filled shape no wider and no higher than this, left of a line, is the line's bullet."""
_DRAWN = "\ue002"
"""Stands for a drawn bullet among the words of a line."""
_SMALLEST = 5.9
"""Points: what is set smaller is no text of a label (buttons of a printed web page, say)."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text and where it stands, in points from the top left of its page."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    page: int
    bold: bool = False
    slanted: bool = False
    bullet: bool = False
    size: float = 10.0


@dataclass(frozen=True, slots=True)
class Row:
    """Words on one line: each as text with its left and right edge."""

    pieces: tuple[tuple[str, float, float], ...]
    top: float
    bottom: float
    page: int
    bold: bool
    slanted: bool
    size: float

    @property
    def x0(self) -> float:
        """The left edge of the first word."""
        return self.pieces[0][1]


@dataclass(frozen=True, slots=True)
class Word:
    """A word as printed, with its edges in points and its font."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    font: str
    size: float
    letters: tuple[tuple[str, float, float], ...] = ()
    """Each character with its left and right edge."""

    @property
    def style(self) -> tuple[bool, bool]:
        """Whether it is bold, and whether it is slanted."""
        return bool(_BOLD.search(self.font)), bool(_SLANTED.search(self.font))


def words_of(page: Page) -> list[Word]:
    """The words of a page with font and size."""
    made = page.extract_words(extra_attrs=["fontname", "size", "upright"], return_chars=True)
    return [
        Word(
            one["text"],
            one["x0"],
            one["x1"],
            one["top"],
            one["bottom"],
            one["fontname"],
            float(one["size"]),
            tuple((char["text"], float(char["x0"]), float(char["x1"])) for char in one["chars"]),
        )
        for one in made
        if 0 <= one["top"] <= page.height and one["size"] >= _SMALLEST and one["upright"]
    ]


def split_at(word: Word, edges: Sequence[float]) -> list[Word]:
    """The word cut at the column edges that it runs across (two cells printed without a space between them)."""
    cuts = [edge for edge in edges if word.x0 + 1 < edge < word.x1 - 1]
    if not cuts or "".join(text for text, _, _ in word.letters) != word.text:
        return [word]
    parts: dict[int, list[tuple[str, float, float]]] = {}
    for letter in word.letters:
        parts.setdefault(sum((letter[1] + letter[2]) / 2 > cut for cut in cuts), []).append(letter)
    return [
        replace(word, text="".join(text for text, _, _ in part), x0=part[0][1], x1=part[-1][2], letters=tuple(part))
        for part in parts.values()
    ]


def lines_of(words: Sequence[Word], number: int) -> list[Row]:
    """Words grouped into lines; a raised or lowered figure belongs to the line that it overlaps most."""
    if not words:
        return []
    usual = _usual_size(words)
    rows: list[list[Word]] = []
    for word in sorted((one for one in words if one.size >= _SMALL * usual), key=lambda one: (one.bottom, one.x0)):
        if rows and abs(rows[-1][0].bottom - word.bottom) <= 0.3 * word.size:
            rows[-1].append(word)
        else:
            rows.append([word])
    loose: list[Word] = []
    for word in (one for one in words if one.size < _SMALL * usual):
        row = max(rows, key=lambda row: _overlap(row[0], word), default=None)
        if row is not None and _overlap(row[0], word) > 0.25 * (word.bottom - word.top) and _beside(row, word):
            row.append(word)
        else:
            loose.append(word)
    smaller = lines_of(loose, number) if len(loose) < len(words) else [_line([word], number) for word in loose]
    return sorted([*(_line(row, number) for row in rows), *smaller], key=lambda line: (line.top, line.x0))


def _overlap(word: Word, other: Word) -> float:
    return min(word.bottom, other.bottom) - max(word.top, other.top)


def _beside(row: Sequence[Word], word: Word) -> bool:
    """Close to a word of normal size on the line: true scripts are, a second column in small print is not."""
    return any(-2 <= word.x0 - one.x1 <= 6 or -2 <= one.x0 - word.x1 <= 3 for one in row)


def _usual_size(words: Sequence[Word]) -> float:
    """The size in which most characters are set."""
    count: Counter[float] = Counter()
    for word in words:
        count[round(word.size, 1)] += len(word.text)
    return max(count, key=lambda size: (count[size], size), default=10.0)


def _line(row: Sequence[Word], number: int) -> Row:
    words = sorted(row, key=lambda word: word.x0)
    size = max(word.size for word in words)
    main = [word for word in words if word.size >= _SMALL * size]
    base = median(word.bottom for word in main)
    pieces: list[tuple[str, float, float]] = []
    for index, word in enumerate(words):
        piece = word.text if word.size >= _SMALL * size else _script(word, base, main)
        if index and not _spaced(words[index - 1], word, size):
            pieces[-1] = (pieces[-1][0] + piece, pieces[-1][1], word.x1)
        else:
            pieces.append((piece, word.x0, word.x1))
    styles = [word.style for word in main if re.search(r"\w", word.text)] or [(False, False)]
    bold, slanted = all(bold for bold, _ in styles), all(slanted for _, slanted in styles)
    return Row(tuple(pieces), min(word.top for word in main), base, number, bold, slanted, size)


def _script(word: Word, base: float, main: Sequence[Word]) -> str:
    """Raised when it stands above the line's middle. A figure after letters ("m2") or a ten is an exponent."""
    middle = median((one.top + one.bottom) / 2 for one in main)
    if (word.top + word.bottom) / 2 < middle or word.bottom < base - 0.15 * word.size:
        return raised(word.text)
    return lowered(word.text)


def _spaced(before: Word, word: Word, size: float) -> bool:
    gap = word.x0 - before.x1
    if gap > 0.14 * size:
        return True
    # Where the style changes inside what looks like one word, the space between two words was lost in print.
    letters = re.search(r"[A-Za-z:;.,)]$", before.text) and re.match(r"[A-Za-z(]", word.text)
    return bool(letters) and before.style != word.style and min(before.size, word.size) >= _SMALL * size and gap > -1


def dots_of(page: Page, words: Sequence[Word]) -> list[Word]:
    """Bullets that are drawn, not printed: each small dot close to the left of a word, as a bullet sign on its line."""
    made: list[Word] = []
    for dot in (*page.curves, *page.rects):
        if dot["width"] > _DOT or dot["height"] > _DOT:
            continue
        middle, right = (float(dot["top"]) + float(dot["bottom"])) / 2, float(dot["x1"])
        near = [word for word in words if word.top - 1 <= middle <= word.bottom + 1 and 0 < word.x0 - right < 24]
        if near:
            first = min(near, key=lambda word: word.x0)
            made.append(replace(first, text=_DRAWN, x0=float(dot["x0"]), x1=right, font=""))
    return made


def unbulleted(row: Row) -> Iterator[Line]:
    """The line, or one for each bulleted part of it (a list set in columns puts several on one line).

    A part begins where its text begins; after a printed bullet it begins at the bullet, because the lines that follow
    may be set under either.
    """
    parts: list[tuple[bool, float, list[str]]] = [(False, row.x0, [])]
    for position, (text, left, _) in enumerate(row.pieces):
        bullet, rest = bullet_split(text if position else f"{text} ")
        if text == _DRAWN:
            parts.append((True, row.pieces[position + 1][1] if position + 1 < len(row.pieces) else left, []))
        elif (bullet and not rest and text in "•●○") or (bullet and not position):
            parts.append((True, left, [rest] if rest else []))
        else:
            parts[-1][2].append(text)
    for bullet, left, pieces in parts:
        if pieces:
            text = normal(" ".join(pieces))
            right = row.pieces[-1][2]
            yield Line(text, left, right, row.top, row.bottom, row.page, row.bold, row.slanted, bullet, row.size)


def joined(text: str, more: str) -> str:
    """Two lines as one; a word that a hyphen broke at the line's end is whole again, the hyphen kept."""
    if not text or not more:
        return text or more
    return text + more if re.search(r"\w-$", text) and more[0].isalnum() else f"{text} {more}"
