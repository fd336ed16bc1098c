"""A set of reports as the statistics need it, and how one is read from a table.

Every product of a report is paired with every event of it, as spontaneous reports are counted everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import polars as pl

from assistant.triage.signals.errors import ReportsInvalid

UNKNOWN = "unknown"
"""The stratum of a report that does not say; it is a stratum like any other, so no report is lost."""


class Roles(StrEnum):
    """Which products of a report are counted."""

    SUSPECT = "suspect"
    ALL = "all"


SUSPECT_ROLES = ("suspect", "interacting")
"""Roles that count as suspect: a product that interacts is suspected of its share."""


@dataclass(frozen=True, slots=True)
class ReportSet:
    """Reports as three lazy tables, so that millions of them need not be in memory at once.

    `products` has the columns report, product and role; `events` report and event; `reports` report, once each, and the
    columns named in `strata`. `notices` say what was left out when the set was read.
    """

    name: str
    products: pl.LazyFrame
    events: pl.LazyFrame
    reports: pl.LazyFrame
    strata: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


_NAMES = {
    "report": ("report", "report_id", "id", "case", "case_id"),
    "product": ("product", "drug", "medicine", "var1"),
    "event": ("event", "reaction", "term", "var2"),
}


def read_table(path: Path, *, as_written: bool = False) -> ReportSet:
    """Read a CSV or Parquet file with one row for each product and event of a report.

    Needed columns: report (or id), product (or drug, var1) and event (or reaction, var2). A column `role` says suspect,
    interacting or concomitant; without it every product is a suspect. Every other column can stratify. Names of
    products and events that differ in capitals or blanks alone are one, unless they are to be taken as written.

    Raises:
        ReportsInvalid: the file cannot be read, lacks a column, or holds no complete row.
    """
    rows = _scanned(path)
    columns = _columns(path, rows)
    found = {name: _found(path, columns, name) for name in _NAMES}
    strata = tuple(each for each in columns if each not in found.values() and each != "role")
    role = _text(pl.col("role")).str.to_lowercase() if "role" in columns else pl.lit("suspect")
    spelt = _text if as_written else folded
    named = rows.select(
        _text(pl.col(found["report"])).alias("report"),
        *(spelt(pl.col(found[name])).alias(name) for name in ("product", "event")),
        role.alias("role"),
        *(_text(pl.col(each)).fill_null(UNKNOWN).alias(each) for each in strata),
    )
    complete = named.filter(pl.all_horizontal(pl.col(*_NAMES).is_not_null()))
    return ReportSet(
        name=path.name,
        products=complete.select("report", "product", "role"),
        events=complete.select("report", "event"),
        reports=complete.group_by("report").agg(pl.col(each).min() for each in strata),
        strata=strata,
        notices=_notices(path, named, complete, strata),
    )


def _scanned(path: Path) -> pl.LazyFrame:
    if not path.is_file():
        raise ReportsInvalid(f"{path} is no file; name a CSV or Parquet file with one row for each report and event.")
    if path.suffix.lower() == ".parquet":
        return pl.scan_parquet(path)
    return pl.scan_csv(path, infer_schema=False)


def _columns(path: Path, rows: pl.LazyFrame) -> list[str]:
    try:
        return rows.collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ReportsInvalid(f"{path.name} is no table that can be read: {_first_line(error)}") from error


def _found(path: Path, columns: list[str], name: str) -> str:
    matching = [each for each in columns if each.strip().lower() in _NAMES[name]]
    if len(matching) != 1:
        many = f"has {len(matching)} columns" if matching else "has no column"
        raise ReportsInvalid(f"{path.name} {many} for the {name}; name one of them {' or '.join(_NAMES[name])}.")
    return matching[0]


def folded(column: pl.Expr) -> pl.Expr:
    """A name in capitals with single blanks, so that spellings that differ in these alone are counted together."""
    return _text(column.cast(pl.String).str.replace_all(r"\s+", " ").str.to_uppercase())


def _text(column: pl.Expr) -> pl.Expr:
    """The cell as text without blanks around it; an empty one is missing."""
    text = column.cast(pl.String).str.strip_chars()
    return pl.when(text == "").then(None).otherwise(text)


def _notices(path: Path, named: pl.LazyFrame, complete: pl.LazyFrame, strata: tuple[str, ...]) -> tuple[str, ...]:
    varied = complete.group_by("report").agg(pl.col(*strata).n_unique()) if strata else None
    try:
        total, kept = (each.select(pl.len()).collect(engine="streaming").item() for each in (named, complete))
        mixed = 0 if varied is None else _rows(varied.filter(pl.any_horizontal(pl.col(*strata) > 1)))
    except pl.exceptions.PolarsError as error:
        raise ReportsInvalid(f"{path.name} cannot be read to its end: {_first_line(error)}") from error
    if not kept:
        raise ReportsInvalid(f"{path.name} has no row with a report, a product and an event.")
    lost = f"{total - kept} of {total} rows lack a report, a product or an event and were left out"
    several = f"{mixed} reports have several values in one column to stratify by; the first in the alphabet was taken"
    return (*((lost,) if total > kept else ()), *((several,) if mixed else ()))


def _rows(frame: pl.LazyFrame) -> int:
    return int(frame.select(pl.len()).collect(engine="streaming").item())


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
