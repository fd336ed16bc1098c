"""The pages of a PDF as one run of lines and tables: page furniture gone, lines and tables that a page broke mended."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from typing import TypeAlias

from retrieval.readers.pdf_grid import Grid
from retrieval.readers.pdf_words import Line, joined
from retrieval.readers.tables import Cell

Part: TypeAlias = Line | Grid

_PAGE_MARK = re.compile(r"^(?:page\s*)?\d{1,4}(?:\s*(?:of|/)\s*\d{1,4})?$|^reference id:\s*\d+", re.IGNORECASE)
_FULL = re.compile(r"^full prescribing information$", re.IGNORECASE)
_END = re.compile(
    r"^(?:package[ /-]?label|principal display panel|product information$|package labeling|ndc\s*\d)", re.IGNORECASE
)
EDGE = 60.0
"""Points from the top or bottom of a page in which a repeated line is a header or footer."""


def whole_text(pages: Sequence[Sequence[Part]], heights: Sequence[float]) -> list[Part]:
    """The label's full text: without Highlights, contents, headers, footers, package text and product data."""
    parts = _continuous([_without_furniture(pages, heights, number) for number in range(len(pages))])
    return _merged_tables(_body(parts))


def _without_furniture(pages: Sequence[Sequence[Part]], heights: Sequence[float], number: int) -> list[Part]:
    repeated = Counter(
        key for page, height in zip(pages, heights, strict=True) for key in {_key(line) for line in _edge(page, height)}
    )
    furniture = {key for key, count in repeated.items() if count >= max(2, 0.4 * len(pages))}
    edge = _edge(pages[number], heights[number])
    return [
        part
        for part in pages[number]
        if not (isinstance(part, Line) and part in edge and (_key(part) in furniture or _PAGE_MARK.match(part.text)))
    ]


def _edge(page: Sequence[Part], height: float) -> list[Line]:
    return [part for part in page if isinstance(part, Line) and (part.bottom < EDGE or part.top > height - EDGE)]


def _key(line: Line) -> str:
    return re.sub(r"\d+", "#", line.text)


def _continuous(pages: Sequence[list[Part]]) -> list[Part]:
    """All pages after each other; a line that a page break cut through is printed twice and kept once."""
    parts: list[Part] = []
    for page in pages:
        if parts and page and isinstance(last := parts[-1], Line) and isinstance(first := page[0], Line):
            alike = SequenceMatcher(None, last.text, first.text, autojunk=False).ratio()
            if len(last.text) > 20 and alike > 0.9:
                parts.pop()
        parts.extend(page)
    return parts


def _body(parts: list[Part]) -> list[Part]:
    """From the line "FULL PRESCRIBING INFORMATION" (else from the top) to the package pictures and product data."""
    starts = [place for place, part in enumerate(parts) if isinstance(part, Line) and _FULL.match(part.text)]
    begin = starts[-1] + 1 if starts else 0
    if not starts:
        dashes = [place for place, part in enumerate(parts[:12]) if isinstance(part, Line) and set(part.text) == {"-"}]
        begin = dashes[0] + 1 if dashes else 0
    for place in range(begin + 1, len(parts)):
        part = parts[place]
        if isinstance(part, Line) and part.bold and _END.match(part.text):
            return parts[begin:place]
        if isinstance(part, Grid) and "Product Information" in part.rows[0][0].text:
            return parts[begin:place]
    return parts[begin:]


def _merged_tables(parts: Sequence[Part]) -> list[Part]:
    """A table that a page break cut in two is one again."""
    made: list[Part] = []
    for part in parts:
        before = made[-1] if made else None
        if isinstance(part, Grid) and isinstance(before, Grid) and _continues(before, part):
            made[-1] = _merged(before, part)
        else:
            made.append(part)
    return made


def _continues(upper: Grid, lower: Grid) -> bool:
    broken = upper.broken_bottom and lower.broken_top and lower.page == upper.page + 1
    return broken and bool(upper.edges and lower.edges)


def _merged(upper: Grid, lower: Grid) -> Grid:
    above, below = list(upper.rows), list(lower.rows)
    if len(upper.edges) != len(lower.edges):
        above = [_regridded(row, upper.edges, lower.edges) for row in above]
    if above and below and _cut_through(above[-1], below[0]):
        above[-1:] = [_cells_joined(above[-1], below.pop(0))]
    return replace(lower, rows=tuple(above + below), top=upper.top, broken_top=upper.broken_top, edges=lower.edges)


def _regridded(
    row: Sequence[Cell], edges: Sequence[tuple[float, float]], finer: Sequence[tuple[float, float]]
) -> tuple[Cell, ...]:
    """A row of the upper part with its cells as wide as the columns of the lower part that lie under them."""
    made, place = [], 0
    for cell in row:
        left, right = edges[place][0], edges[min(place + cell.columns, len(edges)) - 1][1]
        under = sum(left <= (low + high) / 2 <= right for low, high in finer)
        made.append(replace(cell, columns=max(under, 1)))
        place = min(place + cell.columns, len(edges) - 1)
    return tuple(made)


def _cut_through(last: Sequence[Cell], first: Sequence[Cell]) -> bool:
    """Whether two half rows are one: both miss a cell that the other has, or text breaks off inside a cell."""
    if len(last) != len(first) or any(cell.strong for cell in (*last, *first)):
        return False
    gaps = [not cell.text.strip() for cell in first]
    other = [not cell.text.strip() for cell in last]
    unfinished = last[-1].text.rstrip().endswith(("or", ",", "and"))
    return any(gaps) and (any(other) or not first[0].text.strip() or unfinished)


def _cells_joined(last: Sequence[Cell], first: Sequence[Cell]) -> tuple[Cell, ...]:
    return tuple(replace(one, text=joined(one.text, two.text)) for one, two in zip(last, first, strict=True))
