"""Counts reports by product and event, each report once per pair, and what would be expected without an association.

Expected counts follow DuMouchel (Am Stat 1999;53:177-190): in each stratum the reports of the product times the reports
of the event over all reports, summed over the strata. Margins count reports and not pairs, so that a report with many
events weighs no more than another. Reports are coded to integers once, then joined in parts: memory stays bounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

from assistant.triage.signals.errors import ReportsInvalid
from assistant.triage.signals.mantel_haenszel import Strata, Tables, joined, summed
from assistant.triage.signals.report_set import SUSPECT_ROLES, UNKNOWN, ReportSet, Roles

Codes = npt.NDArray[np.uint32]

PART = 1_000_000
"""Product rows that are joined with their events at a time."""

BLOCK = 2_000
"""Pairs whose strata are summed at a time; with a hundred strata this fits the cache."""

SMALL_STRATUM = 50
"""A stratum with fewer reports than this says little; a notice tells how many there are."""


@dataclass(frozen=True, slots=True)
class Counts:
    """Every pair that was reported at least once.

    `table` has the columns product, event, n (reports with both), product_reports, event_reports and expected, sorted
    by product and event. `stratified` holds the sums over strata in the order of the table, or None without strata.
    """

    table: pl.DataFrame
    reports: int
    strata: tuple[str, ...]
    stratified: Strata | None
    notices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Coded:
    """Reports, products and events as integers; each (report, product) and (report, event) once, sorted by stratum."""

    products: pl.DataFrame
    events: pl.DataFrame
    product_names: pl.Series
    event_names: pl.Series
    stratum_sizes: npt.NDArray[np.int64]
    left_out: int


def count(source: ReportSet, *, by: Sequence[str] = (), roles: Roles = Roles.SUSPECT) -> Counts:
    """Count the pairs of a set, stratified by the columns in `by`.

    A report without a counted product or without an event is left out and told in the notices.

    Raises:
        ReportsInvalid: `by` names a column that the set lacks, or no report is left.
    """
    unknown = [each for each in by if each not in source.strata]
    if unknown:
        known = ", ".join(source.strata) or "nothing"
        raise ReportsInvalid(f"{source.name} cannot be stratified by {', '.join(unknown)}; it has {known}.")
    coded = _code(source, by, roles)
    pairs = _pairs(coded)
    totals = pairs.group_by("product", "event").agg(pl.col("n").sum()).sort("product", "event")
    product, event = totals["product"].to_numpy(), totals["event"].to_numpy()
    strata = _strata(coded, pairs, product, event) if by else None
    reports = int(coded.stratum_sizes.sum())
    margins = [_margin(coded.products["product"], coded.product_names)[product]]
    margins.append(_margin(coded.events["event"], coded.event_names)[event])
    expected = strata.expected if strata else margins[0] * (margins[1] / reports)
    table = pl.DataFrame(
        {
            "product": coded.product_names.gather(product),
            "event": coded.event_names.gather(event),
            "n": totals["n"].cast(pl.Int64),
            "product_reports": margins[0],
            "event_reports": margins[1],
            "expected": expected,
        }
    )
    return Counts(table, reports, tuple(by), strata, _notices(source, coded, by))


def counted_products(source: ReportSet, roles: Roles) -> pl.LazyFrame:
    """The products of the set that count in these roles."""
    return source.products if roles is Roles.ALL else source.products.filter(pl.col("role").is_in(SUSPECT_ROLES))


def _code(source: ReportSet, by: Sequence[str], roles: Roles) -> _Coded:
    wanted = counted_products(source, roles)
    reports = source.reports.select("report", _stratum(by).alias("stratum")).collect(engine="streaming")
    reports = reports.with_columns(pl.col("stratum").rank("dense").cast(pl.UInt32) - 1).sort("stratum", "report")
    index = reports.select("report").with_row_index("r")
    products, product_names = _column(wanted, "product", index)
    events, event_names = _column(source.events, "event", index)
    whole = _holders(products, len(index)) & _holders(events, len(index))
    if not whole.any():
        raise ReportsInvalid(f"{source.name} has no report with both a counted product and an event.")
    stratum = reports["stratum"].to_numpy()
    sizes = np.bincount(stratum[whole], minlength=int(stratum.max()) + 1)
    products, events = (_labelled(frame, whole, stratum) for frame in (products, events))
    return _Coded(products, events, product_names, event_names, sizes, int((~whole).sum()))


def _holders(rows: pl.DataFrame, reports: int) -> npt.NDArray[np.bool_]:
    """Which reports have a row."""
    found = np.zeros(reports, dtype=bool)
    found[rows["r"].to_numpy()] = True
    return found


def _labelled(rows: pl.DataFrame, whole: npt.NDArray[np.bool_], stratum: Codes) -> pl.DataFrame:
    """The rows of the reports that are whole, each with its stratum."""
    kept = rows.filter(pl.Series(whole[rows["r"].to_numpy()]))
    return kept.with_columns(pl.Series("stratum", stratum[kept["r"].to_numpy()]))


def _stratum(by: Sequence[str]) -> pl.Expr:
    """One text for the stratum of a report; the separator cannot be typed, so no two strata look alike."""
    if not by:
        return pl.lit("")
    return pl.concat_str([pl.col(each).cast(pl.String).fill_null(UNKNOWN) for each in by], separator="\x1f")


def _column(rows: pl.LazyFrame, name: str, index: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """The distinct (report, name) rows as codes sorted by report, and the names by code."""
    names = rows.select(pl.col(name).cast(pl.String)).unique().collect(engine="streaming")[name].drop_nulls().sort()
    coded = (
        rows.select("report", pl.col(name).cast(pl.Enum(names)).to_physical().cast(pl.UInt32))
        .drop_nulls()
        .join(index.lazy(), on="report")
        .select("r", name)
        .unique()
        .collect(engine="streaming")
    )
    return coded.sort("r"), names


def _pairs(coded: _Coded) -> pl.DataFrame:
    """Reports with both, by stratum: the columns stratum, product, event and n."""
    found: list[pl.DataFrame] = []
    starts = range(0, len(coded.products), PART)
    reports = coded.products["r"]
    for start in starts:
        first = 0 if start == 0 else int(reports[start])
        last = int(reports[start + PART]) if start + PART < len(reports) else None
        found.append(_part(coded, first, last))
        if len(found) > 1 and len(found[-1]) + len(found[-2]) > PART:
            found = [_merged(found)]
    return _merged(found)


def _part(coded: _Coded, first: int, last: int | None) -> pl.DataFrame:
    """The pairs of the reports from `first` up to and without `last`."""
    inside = (pl.col("r") >= first) & (pl.col("r") < last if last is not None else pl.lit(True))
    products, events = coded.products.lazy().filter(inside), coded.events.lazy().filter(inside).drop("stratum")
    joined = products.join(events, on="r").group_by("stratum", "product", "event").agg(pl.len().alias("n"))
    return joined.collect(engine="streaming")


def _merged(found: Sequence[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(found).group_by("stratum", "product", "event").agg(pl.col("n").sum())


def _margin(codes: pl.Series, names: pl.Series) -> npt.NDArray[np.int64]:
    return np.bincount(codes.to_numpy(), minlength=len(names))


def _strata(coded: _Coded, pairs: pl.DataFrame, product: Codes, event: Codes) -> Strata:
    """The sums over strata that Mantel-Haenszel and the expected counts need; a block of pairs at a time."""
    held = np.flatnonzero(coded.stratum_sizes)
    reports = coded.stratum_sizes[held].astype(np.float64)[:, None]
    margins = [
        np.stack([_margin(rows.filter(pl.col("stratum") == one)[name], names) for one in held]).astype(np.int32)
        for rows, name, names in (
            (coded.products, "product", coded.product_names),
            (coded.events, "event", coded.event_names),
        )
    ]
    ordered = pairs.sort("product", "event")
    keys = (ordered["product"].to_numpy().astype(np.uint64) << np.uint64(32)) | ordered["event"].to_numpy()
    starts = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    ends = np.append(starts, len(keys))
    strata, n = np.searchsorted(held, ordered["stratum"].to_numpy()), ordered["n"].to_numpy()

    def block(first: int) -> Strata:
        inside = slice(first, first + BLOCK)
        counts = np.diff(ends[first : first + BLOCK + 1])
        rows = slice(ends[first], ends[first] + counts.sum())
        both = np.zeros((len(held), len(counts)))
        both[strata[rows], np.repeat(np.arange(len(counts)), counts)] = n[rows]
        of_product = margins[0][:, product[inside]].astype(np.float64)
        return summed(Tables(both, of_product, margins[1][:, event[inside]].astype(np.float64), reports))

    with ThreadPoolExecutor() as pool:
        return joined(list(pool.map(block, range(0, len(product), BLOCK))))


def _notices(source: ReportSet, coded: _Coded, by: Sequence[str]) -> tuple[str, ...]:
    small = int(((coded.stratum_sizes > 0) & (coded.stratum_sizes < SMALL_STRATUM)).sum())
    lost = f"{coded.left_out} reports without a counted product or without an event were left out"
    thin = f"{small} of {len(coded.stratum_sizes)} strata have fewer than {SMALL_STRATUM} reports"
    return (*source.notices, *((lost,) if coded.left_out else ()), *((thin,) if by and small else ()))
