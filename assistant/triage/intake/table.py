"""Tables of reports as separated text: rows as records, broken rows as problems, none lost."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.triage.intake.columns import Column, Mapping, columns
from assistant.triage.intake.errors import FileRefused
from assistant.triage.intake.record import Cell, Problem, Record
from assistant.triage.intake.values import is_told

MOST_ROWS, MOST_COLUMNS, LONGEST_CELL, MOST_LINES_OF_A_ROW = 5_000, 300, 100_000, 200
"""Every row is read by two nets and held against a label: so many take a quarter of an hour."""


@dataclass(frozen=True, slots=True)
class Table:
    """The text of a table as it is kept, its columns, records and problems."""

    text: str
    columns: tuple[Column, ...]
    records: tuple[Record, ...]
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class _Row:
    line: int
    cells: list[str]
    wrong: str = ""


def looks_like_table(text: str) -> bool:
    """Whether the first line names at least two known columns, or is parted like the two lines after it."""
    lines = [line for line in text[:200_000].splitlines() if line.strip()][:3]
    sign = _delimiter(text)
    if len(lines) < 2 or lines[0].count(sign) < 2:
        return False
    known = [one for one in columns([cell.strip('" ') for cell in lines[0].split(sign)], Mapping()) if one.field]
    return len(known) > 1 or len({line.count(sign) for line in lines}) == 1


def read_table(text: str, mapping: Mapping) -> Table:
    """Read a table with a line of headers.

    Raises:
        FileRefused: there is no line of headers, or the table is larger than any list of reports.
        MappingInvalid: the mapping names a column that the table does not have.
    """
    rows = _rows(text, _delimiter(text))
    head = next((row for row in rows if any(cell.strip() for cell in row.cells)), None)
    if head is None or head.wrong:
        raise FileRefused("The table has no line of headers; name the columns in its first line.")
    if len(head.cells) > MOST_COLUMNS:
        raise FileRefused(
            f"The table has {len(head.cells)} columns, more than any list of reports; check its separator."
        )
    named = columns([cell.strip() for cell in head.cells], mapping)
    kept = _Kept()
    kept.line("Columns: " + ", ".join(f"{one.header} ({one.field or 'not read'})" for one in named))
    records, problems = [], []
    for at, row in enumerate(row for row in rows if row.wrong or any(cell.strip() for cell in row.cells)):
        if at >= MOST_ROWS:
            raise FileRefused(f"The table has more than {MOST_ROWS:,} rows; split it into several files.")
        wrong = row.wrong or _shape(row, named)
        if wrong:
            problems.append(Problem(f"line {row.line}", wrong, "Mend the row and import the file again.", True))
            kept.line(f"Line {row.line} (not imported: {wrong})", *(cell for cell in row.cells))
        else:
            records.append(kept.record(row, named))
    return Table(kept.text, named, tuple(_grouped(records)), tuple(problems))


_OF_PATIENT = ("initials", "birth", "age", "sex")


def _grouped(records: Sequence[Record]) -> Iterator[Record]:
    """Rows of one report number that follow each other are one report, unless they tell of different patients."""
    last: Record | None = None
    for record in records:
        if last is not None and _is_one(last, record):
            cells = (*last.cells, *(cell for cell in record.cells if cell.field in _OF_ROW))
            last = Record(cells, last.start, record.end, f"{last.where.partition(' to ')[0]} to {record.where}")
            continue
        if last is not None:
            yield last
        last = record
    if last is not None:
        yield last


_OF_ROW = frozenset(
    ("event", "onset", "event_end", "outcome", "serious", "medicine", "role", "dose", "route", "indication", "start",
     "end", "batch", "action", "concomitants", "narrative")
)  # fmt: skip


def _is_one(one: Record, other: Record) -> bool:
    ids = one.first("report_id"), other.first("report_id")
    if not (ids[0] and ids[1] and ids[0].told == ids[1].told):
        return False
    told = ((one.first(field), other.first(field)) for field in _OF_PATIENT)
    return all(mine is None or theirs is None or mine.told == theirs.told for mine, theirs in told)


def _shape(row: _Row, named: Sequence[Column]) -> str:
    extra = len(row.cells) - len(named)
    if extra > 0 and any(cell.strip() for cell in row.cells[len(named) :]):
        return (
            f"it has {len(row.cells)} cells and the headers are {len(named)}; quote the cell that holds the separator"
        )
    if extra < 0 and len(row.cells) < max(2, len(named) // 2):
        return f"it has {len(row.cells)} of {len(named)} cells"
    return ""


def _delimiter(text: str) -> str:
    first = next((line for line in text.splitlines() if line.strip()), "")
    return max(";\t,|$", key=lambda sign: (first.count(sign), sign == ","))


def _rows(text: str, delimiter: str) -> Iterator[_Row]:
    """The rows; a quotation mark that is never closed spoils its own line, not the rest of the file."""
    lines = text.splitlines(keepends=True)
    at = 0
    while at < len(lines):
        last = _end_of_row(lines, at)
        whole = "".join(lines[at : last + 1])
        if last - at >= MOST_LINES_OF_A_ROW or _is_open(whole):
            yield _Row(at + 1, [lines[at].strip()], "a quotation mark is opened and never closed")
            at += 1
            continue
        yield _row(at + 1, whole, delimiter)
        at = last + 1


def _end_of_row(lines: Sequence[str], at: int) -> int:
    quotes, last = lines[at].count('"'), at
    while quotes % 2 and last + 1 < len(lines) and last - at < MOST_LINES_OF_A_ROW:
        last += 1
        quotes += lines[last].count('"')
    return last


def _is_open(row: str) -> bool:
    return row.count('"') % 2 == 1


def _row(line: int, whole: str, delimiter: str) -> _Row:
    if max(map(len, whole.split(delimiter)), default=0) > LONGEST_CELL:
        return _Row(line, [whole[:200]], f"a cell is longer than {LONGEST_CELL:,} characters")
    try:
        read = list(csv.reader([whole], delimiter=delimiter, strict=False))
    except csv.Error as error:
        return _Row(line, [whole[:200]], f"it cannot be read ({error})")
    return _Row(line, read[0] if read else [])


class _Kept:
    """Writes the text that is kept, line by line, and remembers where each value stands."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._length = 0

    @property
    def text(self) -> str:
        return "\n".join(self._lines)

    def line(self, *texts: str) -> None:
        for text in texts:
            self._lines.append(text)
            self._length += len(text) + 1

    def record(self, row: _Row, named: Sequence[Column]) -> Record:
        self.line("")
        start = self._length
        self.line(f"Line {row.line}")
        cells = []
        for column, told in zip(named, row.cells, strict=False):
            value = told.strip()
            if not value:
                continue
            begin = self._length + len(column.header) + 2
            self.line(f"{column.header}: {value}")
            if is_told(value):
                where = f"line {row.line}, column {column.header}"
                cells.append(Cell(column.field, value, begin, begin + len(value), where))
        return Record(tuple(cells), start, self._length - 1, f"line {row.line}")
