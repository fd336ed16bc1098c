"""Tables of any format: a grid of cells becomes one line per row that repeats caption, headers and footnotes.

Table 1. Dose by kidney function. Creatinine clearance: 30 to 50 mL/min; Dose: 250 mg every 12 hours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from retrieval.readers.wording import MARK_CLOSE, MARK_OPEN, ended, marks_in, sentence_text, without_marks
from retrieval.sentences import sentences


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell as printed: text (parts separated by newlines), the columns and rows it spans, and its style."""

    text: str
    columns: int = 1
    rows: int = 1
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells. `header_rows` is how many of them are headers, or -1 when the document does not say."""

    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""
    header_rows: int = -1
    notes: Mapping[str, str] = field(default_factory=dict)
    """Footnotes by mark."""
    remarks: tuple[str, ...] = ()
    """Text under the table that belongs to no mark."""


@dataclass(frozen=True, slots=True)
class TableLine:
    """A line of canonical text; `is_row` is False for the content of a box that is a table in form only."""

    text: str
    is_row: bool


_PRINTED_MARK = re.compile(r"(?<=[\w)%.])\s?([*†‡§¶#]+|[¹²³⁴⁵⁶⁷⁸⁹])(?=\s|$|[:;,.)])")
_NOTE_START = re.compile(rf"^\s*(?:{MARK_OPEN}([^{MARK_CLOSE}]+){MARK_CLOSE}|([*†‡§¶#]+|[¹²³⁴⁵⁶⁷⁸⁹]))\s*")
_LONG_ROW, _LONG_CELL, _LONG_NOTE, _MOST_CELLS = 1100, 260, 600, 200_000


def table_lines(table: Table, fallback_caption: str) -> Iterator[TableLine]:
    """The lines of a table. `fallback_caption` stands in where it has no caption of its own."""
    grid = spread(table.rows)
    printed = [mark for mark in table.notes if not mark.isalnum()]
    if printed:
        grid = [[_framed(text, printed) for text in row] for row in grid]
        table = replace(table, caption=_framed(table.caption, printed))
    if not grid:
        return
    if max(len(row) for row in grid) == 1:
        yield from box_lines(table)
        return
    caption = ended(sentence_text(without_marks(table.caption)) or fallback_caption)
    count = table.header_rows if table.header_rows >= 0 else guessed_header(table.rows)
    headers = merged_headers(grid[:count])
    common = _notes_of([table.caption, *headers], table.notes)
    group = ""
    for row, cells in zip(grid[count:], table.rows[count:], strict=True):
        if _is_group(cells, len(row)):
            named = sentence_text(without_marks(cells[0].text)).rstrip(":. ")
            group = group if named.lower() in {"or", "and"} else named
            continue
        for line in row_lines(row, headers, f"{caption} {group}. " if group else f"{caption} "):
            yield TableLine(_with_notes(line, row, group, common, table.notes), is_row=True)
    for remark in table.remarks:
        yield TableLine(ended(f"{caption} {sentence_text(remark)}"), is_row=True)


def footnote(line: str) -> tuple[str, str] | None:
    """The mark and the text of a line that is a footnote, else None."""
    found = _NOTE_START.match(line)
    return (found.group(1) or found.group(2), line[found.end() :]) if found else None


def without_trailing_notes(rows: Sequence[tuple[Cell, ...]]) -> tuple[list[tuple[Cell, ...]], dict[str, str]]:
    """Last rows that are one cell of footnotes, taken out of the table."""
    body, notes = list(rows), dict[str, str]()
    while len(body) > 1 and _single(body[-1]):
        found = [footnote(line) for line in body[-1][0].text.split("\n") if line.strip()]
        if not all(found):
            break
        notes.update(note for note in found if note)
        body.pop()
    return body, notes


def _single(row: Sequence[Cell]) -> bool:
    return bool(row[0].text.strip()) and len({cell.text for cell in row if cell.text.strip()}) == 1


def _framed(text: str, marks: Sequence[str]) -> str:
    """The text with footnote marks that stand in the line ("Genotypes†") framed like raised ones."""
    framed = _PRINTED_MARK.sub(
        lambda found: f"{MARK_OPEN}{found[1]}{MARK_CLOSE}" if found[1] in marks else found[0], text
    )
    return framed


def spread(rows: Sequence[Sequence[Cell]]) -> list[list[str]]:
    """The rows with every spanning cell repeated in each place that it covers; all rows equally long."""
    pending: dict[int, tuple[int, str]] = {}
    grid: list[list[str]] = []
    for cells in rows:
        line: list[str] = []
        queue = list(cells)
        while queue or len(line) in pending:
            if len(line) in pending:
                left, text = pending.pop(len(line))
                if left > 1:
                    pending[len(line)] = (left - 1, text)
                line.append(text)
                continue
            cell = queue.pop(0)
            for _ in range(min(max(cell.columns, 1), 60)):
                if cell.rows > 1:
                    pending[len(line)] = (min(cell.rows, 500) - 1, cell.text)
                line.append(cell.text)
        grid.append(line)
    width = max((len(line) for line in grid), default=0)
    return [line + [""] * (width - len(line)) for line in grid] if width * len(grid) <= _MOST_CELLS else []


def guessed_header(rows: Sequence[Sequence[Cell]]) -> int:
    """How many leading rows are headers where none is marked: the bold ones, else a first row without figures."""
    strong = 0
    while (
        strong < len(rows) - 1 and rows[strong] and all(cell.strong or not cell.text.strip() for cell in rows[strong])
    ):
        strong += 1
    # A bold cell across the whole table names a group of rows; only above real column titles is it a header.
    while strong and sum(bool(cell.text.strip()) for cell in rows[strong - 1]) < 2:
        strong -= 1
    if strong:
        return strong + (1 if _goes_on(rows[strong - 1], rows[strong]) else 0)
    if len(rows) < 3 or len(rows[0]) < 2 or any(cell.text.strip().endswith(":") for row in rows for cell in row[:1]):
        return 0
    texts = [cell.text.strip() for cell in rows[0]]
    plain = all(len(text) <= 80 and not re.search(r"\d", re.sub(r"\([^)]*\)", "", text)) for text in texts) and all(
        texts[1:]
    )
    figures = sum(bool(re.search(r"\d", cell.text)) for row in rows[1:] for cell in row[1:])
    return int(plain and figures * 2 >= len(rows) - 1)


def _goes_on(header: Sequence[Cell], after: Sequence[Cell]) -> bool:
    """Whether the row under a header that spans columns names those columns: nothing first, then short titles."""
    spans = any(cell.columns > 1 for cell in header)
    titles = [cell.text.strip() for cell in after[1:]]
    return spans and not after[0].text.strip() and all(titles) and max(map(len, titles)) <= 40


def merged_headers(rows: Sequence[Sequence[str]]) -> list[str]:
    """One header per column: the rows above each other, each text once."""
    if not rows:
        return []
    columns = [[row[place].strip() for row in rows] for place in range(len(rows[0]))]
    titles = [[text for index, text in enumerate(column) if text and text not in column[:index]] for column in columns]
    everywhere = set(titles[0]).intersection(*titles[1:]) if len(rows) > 1 else set()
    return [", ".join(text for text in column if text not in everywhere) for column in titles]


def row_lines(row: Sequence[str], headers: Sequence[str], prefix: str) -> Iterator[str]:
    """A row as one line, or, when one of its cells is a text of its own, a line per part of that cell."""
    cells = [(sentence_text(without_marks(head)), text) for head, text in _distinct(row, headers)]
    whole = prefix + _joined(cells)
    longest = max(range(len(cells)), key=lambda place: len(cells[place][1]), default=-1)
    if len(whole) <= _LONG_ROW or longest < 0:
        yield from [ended(whole)] if cells else []
        return
    head, text = cells[longest]
    short = [cell for place, cell in enumerate(cells) if place != longest and len(cell[1]) <= _LONG_CELL]
    for part in _parts(text):
        yield ended(prefix + _joined([*short, (head, part)]))
    for place, (other, content) in enumerate(cells):
        if place != longest and len(content) > _LONG_CELL:
            yield from (ended(prefix + _joined([*short, (other, part)])) for part in _parts(content))


def _parts(text: str) -> list[str]:
    """A long cell in pieces of a few whole sentences each."""
    parts: list[str] = []
    for sentence in _sentence_texts(text):
        if parts and len(parts[-1]) + len(sentence) < _LONG_ROW // 3:
            parts[-1] += f" {ended(sentence)}"
        else:
            parts.append(ended(sentence))
    return parts


def _sentence_texts(text: str) -> Iterator[str]:
    for line in map(sentence_text, text.split("\n")):
        yield from (line[start:end] for start, end in sentences(line))


def _distinct(row: Sequence[str], headers: Sequence[str]) -> list[tuple[str, str]]:
    """Header and cell, without empty cells, a spanning cell once with the headers that it covers."""
    found: list[tuple[str, str]] = []
    previous = None
    for place, text in enumerate(row):
        head = headers[place] if place < len(headers) else ""
        if not text.strip() or text.strip() in {"-", "–", "—"}:
            previous = None
            continue
        if previous is not None and text == previous and found:
            old = found[-1][0]
            found[-1] = (f"{old} and {head}" if head and old and head != old else old or head, text)
        else:
            found.append((head, text))
        previous = text
    return found


def _joined(cells: Sequence[tuple[str, str]]) -> str:
    texts = [(head, _cell_text(text)) for head, text in cells]
    if len(texts) > 1 and not texts[0][0] and not any(head for head, _ in texts[1:]):
        first, rest = texts[0][1], "; ".join(text for _, text in texts[1:])
        return f"{first.rstrip(':')}: {rest}"
    return "; ".join(f"{head.rstrip(':')}: {text}" if head else text for head, text in texts if text)


def _cell_text(text: str) -> str:
    lines = [sentence_text(without_marks(line)) for line in text.split("\n")]
    joined = ""
    for line in filter(None, lines):
        joined += f"{'' if not joined else ' ' if joined[-1] in '.:;,' or line[0].islower() else '; '}{line}"
    return joined.rstrip(". ;")


def box_lines(table: Table) -> Iterator[TableLine]:
    """The text of a table in form only, cell by cell."""
    cells = [part for row in table.rows for cell in row for part in cell.text.split("\n")]
    for text in [table.caption, *cells, *table.notes.values(), *table.remarks]:
        line = sentence_text(text)
        if line:
            yield TableLine(ended(line), is_row=False)


def _is_group(cells: Sequence[Cell], width: int) -> bool:
    """A single cell across the whole row names the rows that follow."""
    filled = [cell for cell in cells if cell.text.strip()]
    if len(filled) != 1 or len(filled[0].text) > 200 or filled[0] is not cells[0] or filled[0].rows > 1:
        return False
    return filled[0].columns >= width or (filled[0].strong and len(cells) >= width) or (len(cells) == 1 < width)


def _notes_of(texts: Sequence[str], notes: Mapping[str, str]) -> dict[str, str]:
    marks = [mark for text in texts for mark in marks_in(text)]
    return {mark: notes[mark] for mark in marks if mark in notes}


def _with_notes(line: str, row: Sequence[str], group: str, common: Mapping[str, str], notes: Mapping[str, str]) -> str:
    used = {**common, **_notes_of([*row, group], notes)}
    texts = [
        ended(text)
        for note in used.values()
        if len(note) <= _LONG_NOTE and re.search(r"\w", text := sentence_text(note))
    ]
    return " ".join([line, *(f"Note: {text}" for text in texts)])
