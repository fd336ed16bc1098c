"""How a pair's reports grew over time, and when its information component rose above zero."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from assistant.triage.signals.counts import counted_products
from assistant.triage.signals.errors import ReportsInvalid
from assistant.triage.signals.measures import information_component
from assistant.triage.signals.report_set import UNKNOWN, ReportSet, Roles


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """A period: its own reports with both, and the information component of all reports up to its end."""

    period: str
    n: int
    product_reports: int
    event_reports: int
    reports: int
    n_so_far: int
    expected_so_far: float
    ic: float
    ic_low: float
    ic_high: float


def trend(
    source: ReportSet, product: str, event: str, *, period: str = "quarter", roles: Roles = Roles.SUSPECT
) -> tuple[TrendPoint, ...]:
    """The pair by period, oldest first; `period` is a column of the set, such as quarter or year.

    Reports whose period is unknown are left out of it.

    Raises:
        ReportsInvalid: the set has no such column, or no report with the product, or none with the event.
    """
    if period not in source.strata:
        raise ReportsInvalid(f"{source.name} has no column {period}, so there is no trend.")
    named = counted_products(source, roles).select("report", "product")
    held = (
        _flag(named, None).join(_flag(source.events.select("report", "event"), None), on="report", how="semi"),
        _flag(named, ("product", product)),
        _flag(source.events, ("event", event)),
    )
    dated = source.reports.select("report", pl.col(period).alias("period")).filter(pl.col("period") != UNKNOWN)
    rows = dated.join(held[0], on="report", how="semi")
    for name, reports in (("product", held[1]), ("event", held[2])):
        rows = rows.join(reports.with_columns(pl.lit(True).alias(name)), on="report", how="left")
    flags = [pl.col(each).fill_null(False) for each in ("product", "event")]
    counted = rows.group_by("period").agg(
        pl.len().alias("reports"),
        *(flag.sum().alias(f"{name}_reports") for name, flag in zip(("product", "event"), flags, strict=True)),
        (flags[0] & flags[1]).sum().alias("n"),
    )
    return _points(counted.sort("period").collect(engine="streaming"), source.name, (product, event))


def _flag(rows: pl.LazyFrame, wanted: tuple[str, str] | None) -> pl.LazyFrame:
    """The reports of the rows, once each: of all rows, or of those with a name in a column, whatever its capitals."""
    if wanted is not None:
        rows = rows.filter(pl.col(wanted[0]).str.to_lowercase() == wanted[1].strip().lower())
    return rows.select("report").unique()


def _points(counted: pl.DataFrame, name: str, pair: tuple[str, str]) -> tuple[TrendPoint, ...]:
    sums = {each: counted[each].cast(pl.Int64).cum_sum().to_numpy() for each in counted.columns if each != "period"}
    for column, wanted in zip(("product_reports", "event_reports"), pair, strict=True):
        if not len(counted) or not sums[column][-1]:
            raise ReportsInvalid(f"{name} has no dated report of {wanted}, so there is no trend.")
    expected = sums["product_reports"] * (sums["event_reports"] / sums["reports"])
    ic = information_component(sums["n"].astype(np.float64), expected)
    return tuple(
        TrendPoint(
            *(row["period"], row["n"], row["product_reports"], row["event_reports"], row["reports"]),
            *(int(sums["n"][at]), float(expected[at]), float(ic.value[at]), float(ic.low[at]), float(ic.high[at])),
        )
        for at, row in enumerate(counted.iter_rows(named=True))
    )
