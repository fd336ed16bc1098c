"""Opens whatever holds reports (a table, a FAERS zip or folder) and writes measured pairs to a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import polars as pl

from assistant.triage.signals import faers
from assistant.triage.signals.candidates import Measured
from assistant.triage.signals.errors import ReportsInvalid
from assistant.triage.signals.faers_tables import Names
from assistant.triage.signals.report_set import ReportSet, read_table

TABLES = (".csv", ".parquet")


@contextmanager
def opened(path: Path, *, names: Names = Names.INGREDIENT, as_written: bool = False) -> Iterator[ReportSet]:
    """The reports of a CSV or Parquet table, or of FAERS quarters in a zip or a folder, while the context is open.

    Raises:
        ReportsInvalid, FaersInvalid: it is none of these, or cannot be read.
    """
    if path.suffix.lower() in TABLES:
        yield read_table(path, as_written=as_written)
        return
    if not path.is_dir() and path.suffix.lower() != ".zip":
        raise ReportsInvalid(f"{path} is no table ({' or '.join(TABLES)}), FAERS zip or folder of FAERS quarters.")
    with faers.opened(path, names=names) as reports:
        yield reports


def write_csv(measured: Measured, path: Path) -> None:
    """Write every measured pair as CSV, strongest EB05 first; an undefined measure is an empty cell.

    A name that a spreadsheet would run as a formula gets an apostrophe before it.

    Raises:
        ReportsInvalid: the file cannot be written.
    """
    safe = [
        pl.when(pl.col(each).str.contains(r"^[=+\-@\t]")).then("'" + pl.col(each)).otherwise(pl.col(each)).alias(each)
        for each in ("product", "event")
    ]
    table = measured.table.sort(["eb05", "n"], descending=True, nulls_last=True).with_columns(safe)
    try:
        table.write_csv(path)
    except OSError as error:
        raise ReportsInvalid(f"{path} cannot be written: {error.strerror or error}; choose another file.") from error
