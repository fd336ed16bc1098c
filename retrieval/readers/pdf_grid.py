"""Tables on a PDF page as cells: ruled ones as pdfplumber finds them, and those with a rule only above and below."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from retrieval.readers.pdf_words import Line, Row, Word, joined, lines_of, split_at, unbulleted
from retrieval.readers.tables import Cell

if TYPE_CHECKING:
    from pdfplumber.page import Page

Box: TypeAlias = tuple[float, float, float, float]

_PITCH = 1.27
"""Lines of one paragraph follow each other within this many type sizes; cells of a table stand further apart."""


@dataclass(frozen=True, slots=True)
class Grid:
    """A table on one page; `broken_top` and `broken_bottom`: it touches the edge, so it may go on across pages."""

    rows: tuple[tuple[Cell, ...], ...]
    top: float
    bottom: float
    page: int
    broken_top: bool
    broken_bottom: bool
    edges: tuple[tuple[float, float], ...] = ()
    """Left and right edge of each column."""


def inside(word: Word, box: Sequence[float]) -> bool:
    """Whether the middle of a word lies in a box."""
    middle = (word.top + word.bottom) / 2
    return box[0] <= (word.x0 + word.x1) / 2 <= box[2] and box[1] <= middle <= box[3]


def ruled_grid(found: Any, page: Page, number: int, words: Sequence[Word]) -> Grid | None:
    """A table's cells; None for a box with a single filled column, whose text is better read as lines."""
    sides = sorted({side for row in found.rows for box in row.cells if box for side in (box[0], box[2])})
    near = [word for word in words if found.bbox[1] <= (word.top + word.bottom) / 2 <= found.bbox[3]]
    words = [part for word in near for part in split_at(word, sides)]
    texts = {box: _cell(box, words, number) for row in found.rows for box in row.cells if box}
    filled = {place for row in found.rows for place, box in enumerate(row.cells) if box and texts[box].text.strip()}
    if len(filled) < 2 or not 1 < len(found.rows[0].cells) <= 20:
        return None
    rows = [_placed(row, found.rows, texts) for row in found.rows]
    kept = tuple(_without_frame(row, filled) for row in rows if any(len(cell.text.strip()) > 2 for cell in row))
    edges = tuple(_edges(found.rows, place) for place in sorted(filled))
    top, bottom = float(found.bbox[1]), float(found.bbox[3])
    return Grid(kept, top, bottom, number, top < 50, bottom > float(page.height) - 60, edges)


def _edges(rows: Sequence[Any], place: int) -> tuple[float, float]:
    """The narrowest cell of a column shows where the column is."""
    boxes = [row.cells[place] for row in rows if row.cells[place]]
    narrow = min(boxes, key=lambda box: float(box[2] - box[0]))
    return float(narrow[0]), float(narrow[2])


def _without_frame(row: tuple[Cell, ...], filled: set[int]) -> tuple[Cell, ...]:
    """The row without columns that are empty everywhere, such as the margins of a frame around the page."""
    made: list[Cell] = []
    place = 0
    for cell in row:
        width = sum(column in filled for column in range(place, place + cell.columns))
        if width:
            made.append(replace(cell, columns=width))
        place += cell.columns
    return tuple(made)


def _placed(row: Any, rows: Sequence[Any], texts: Mapping[Box, Cell]) -> tuple[Cell, ...]:
    """One row; a place without a cell of its own belongs to the cell that covers it, from the left or from above."""
    made: list[Cell] = []
    middle = (row.bbox[1] + row.bbox[3]) / 2
    for place, box in enumerate(row.cells):
        if box:
            made.append(texts[box])
            continue
        across = next((other.cells[place] for other in rows if other.cells[place]), None)
        centre = (across[0] + across[2]) / 2 if across else -1.0
        cover = next((one for one in texts if one[0] <= centre <= one[2] and one[1] <= middle <= one[3]), None)
        if cover is None:
            made.append(Cell(""))
        elif cover in row.cells and made:
            made[-1] = replace(made[-1], columns=made[-1].columns + 1)
        else:
            made.append(texts[cover])
    return tuple(made)


def _cell(box: Box, words: Sequence[Word], number: int) -> Cell:
    rows = lines_of([word for word in words if inside(word, box)], number)
    lines = [line for row in rows for line in unbulleted(row)]
    return Cell("\n".join(_rejoined(lines)), strong=bool(lines) and all(line.bold for line in lines))


def ruled_regions(page: Page, parts: Sequence[Line | Grid]) -> Iterator[tuple[list[float], float, float]]:
    """Tables with a rule above and below and none inside: the rules' pieces show where the columns meet."""
    rules: dict[int, set[float]] = {}
    for shape in (*page.curves, *page.rects, *page.lines):
        if shape["height"] <= 1.5 and shape["width"] >= 40:
            rules.setdefault(round(shape["top"]), set()).update({round(shape["x0"]), round(shape["x1"])})
    edged = {top: _merged(sorted(edges)) for top, edges in rules.items() if len(_merged(sorted(edges))) >= 3}
    taken = [(part.top, part.bottom) for part in parts]
    tops = sorted(top for top in edged if not any(low - 3 <= top <= high + 3 for low, high in taken))
    for top, bottom in pairwise(tops):
        if edged[top] == edged[bottom]:
            yield edged[top], float(top), float(bottom)


def _merged(edges: Sequence[float]) -> list[float]:
    return [edge for place, edge in enumerate(edges) if not place or edge - edges[place - 1] > 3]


def unruled_grid(words: Sequence[Word], edges: Sequence[float], number: int) -> Grid | None:
    """Rows of a table without inner rules: in each column, a gap wider than the line pitch begins another cell."""
    columns = [[word for word in words if left - 1 <= word.x0 < right - 1] for left, right in pairwise(edges)]
    cells = [_stacked(lines_of(column, number)) for column in columns if column]
    if len(cells) < 2 or len(cells) != len(columns):
        return None
    rows: list[tuple[Cell, ...]] = []
    for stack in max(cells, key=len):
        middle = (stack[0].top + stack[-1].bottom) / 2
        rows.append(tuple(_nearest(column, middle) for column in cells))
    return Grid(tuple(rows), min(word.top for word in words), max(word.bottom for word in words), number, False, False)


def _stacked(rows: Sequence[Row]) -> list[list[Row]]:
    stacks: list[list[Row]] = []
    for row in rows:
        if stacks and row.top - stacks[-1][-1].top <= _PITCH * row.size:
            stacks[-1].append(row)
        else:
            stacks.append([row])
    return stacks


def _nearest(column: Sequence[Sequence[Row]], middle: float) -> Cell:
    stack = min(column, key=lambda rows: abs((rows[0].top + rows[-1].bottom) / 2 - middle))
    lines = [line for row in stack for line in unbulleted(row)]
    return Cell("\n".join(_rejoined(lines)), strong=all(line.bold for line in lines))


def _rejoined(lines: Sequence[Line]) -> Iterator[str]:
    """A cell's lines, where a line that only goes on from the one before is joined to it."""
    text = ""
    for line in lines:
        if text and (line.bullet or (text[-1] in ".:;" and line.text[:1].isupper())):
            yield text
            text = line.text
        else:
            text = joined(text, line.text)
    if text:
        yield text
