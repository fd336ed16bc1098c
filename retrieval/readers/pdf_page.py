"""One page of a PDF as lines and tables, in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from retrieval.readers.pdf_grid import Grid, inside, ruled_grid, ruled_regions, unruled_grid
from retrieval.readers.pdf_words import Line, Word, dots_of, lines_of, unbulleted, words_of

if TYPE_CHECKING:
    from pdfplumber.page import Page


def page_parts(page: Page, number: int) -> list[Line | Grid]:
    """The lines and tables of a page, top to bottom; a page set in two columns gives the left one first."""
    words = words_of(page)
    parts: list[Line | Grid] = []
    for found in page.find_tables():
        grid = ruled_grid(found, page, number, words)
        if grid is not None:
            words = [word for word in words if not inside(word, found.bbox)]
            parts.append(grid)
    for edges, top, bottom in ruled_regions(page, parts):
        within = [word for word in words if inside(word, (edges[0], top, edges[-1], bottom))]
        grid = unruled_grid(within, edges, number)
        if grid is not None:
            words = [word for word in words if word not in within]
            parts.append(grid)
    words = words + dots_of(page, words)
    for column in _columns(words, float(page.width)):
        parts.extend(line for row in lines_of(column, number) for line in unbulleted(row))
    return parts if _is_split(words, float(page.width)) else sorted(parts, key=lambda part: part.top)


def _is_split(words: Sequence[Word], width: float) -> bool:
    """Whether a gutter near the middle parts nearly all lines of the page into two columns of similar length."""
    gutter = (0.48 * width, 0.52 * width)
    crossing = sum(word.x0 < gutter[1] and word.x1 > gutter[0] for word in words)
    left = sum(word.x1 <= gutter[0] for word in words)
    right = sum(word.x0 >= gutter[1] for word in words)
    return len(words) > 150 and crossing <= 0.01 * len(words) and min(left, right) > 0.35 * len(words)


def _columns(words: list[Word], width: float) -> list[list[Word]]:
    if not _is_split(words, width):
        return [words]
    middle = width / 2
    return [[word for word in words if word.x0 < middle], [word for word in words if word.x0 >= middle]]
