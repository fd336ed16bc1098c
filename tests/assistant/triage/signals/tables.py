"""Small sets of reports, written as rows, and their counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import polars as pl

from assistant.triage.signals.report_set import ReportSet, read_table

Row = tuple[str, ...]


def written(folder: Path, rows: Iterable[Row], columns: Sequence[str] = ("id", "product", "event")) -> Path:
    """A CSV file of rows."""
    path = folder / "reports.csv"
    pl.DataFrame(list(rows), schema=list(columns), orient="row").write_csv(path)
    return path


def reports(folder: Path, rows: Iterable[Row], columns: Sequence[str] = ("id", "product", "event")) -> ReportSet:
    """A set of reports from rows."""
    return read_table(written(folder, rows, columns))


def two_by_two(both: int, product_only: int, event_only: int, neither: int, stratum: str = "") -> list[Row]:
    """Reports with exactly this table for A and X; others name B and Y."""
    kinds = ((both, "A", "X"), (product_only, "A", "Y"), (event_only, "B", "X"), (neither, "B", "Y"))
    rows = []
    for number, product, event in kinds:
        for each in range(number):
            rows.append((f"{stratum}{product}{event}{each}", product, event, *((stratum,) if stratum else ())))
    return rows
