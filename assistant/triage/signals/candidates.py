"""From a set of reports to measured pairs, and to the candidates that cross a threshold.

A candidate is a question to a person, never a finding: who reported, why, and what else was taken the numbers do not
tell.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np
import polars as pl

from assistant.triage.signals import measures
from assistant.triage.signals.counts import Counts, count
from assistant.triage.signals.errors import PriorNotFitted, ReportsInvalid
from assistant.triage.signals.fitting import Fit, fit_prior
from assistant.triage.signals.report_set import ReportSet, Roles
from assistant.triage.signals.shrinker import Prior, shrink
from assistant.triage.signals.thresholds import MEASURES, Condition, Measure, Threshold, Thresholds, shipped


@dataclass(frozen=True, slots=True)
class SignalRow:
    """One pair with its measures; None is a measure that is not defined for it, and `undefined` says why.

    PRR, ROR and IC have 95 % intervals, EBGM the 5 % and 95 % points. `crossed` are the ids of the rules that hold,
    `not_judged` those that cannot be judged because a measure is not defined.
    """

    product: str
    event: str
    n: int
    product_reports: int
    event_reports: int
    expected: float
    prr: float | None
    prr_low: float | None
    prr_high: float | None
    chi2: float | None
    ror: float | None
    ror_low: float | None
    ror_high: float | None
    ic: float | None
    ic_low: float | None
    ic_high: float | None
    ebgm: float | None
    eb05: float | None
    eb95: float | None
    crossed: tuple[str, ...]
    not_judged: tuple[str, ...]
    undefined: str


@dataclass(frozen=True, slots=True)
class Measured:
    """Every pair that was reported, with all measures.

    `table` has the columns of `Counts.table`, those of `MEASURES`, crossed_RULE and unjudged_RULE for each rule. `fit`
    is None where the prior was given or could not be fitted; without a prior EBGM, EB05 and EB95 are null.
    """

    table: pl.DataFrame
    reports: int
    strata: tuple[str, ...]
    prior: Prior | None
    fit: Fit | None
    rules: Thresholds
    notices: tuple[str, ...] = field(default=())


def measure(counts: Counts, *, prior: Prior | None = None, rules: Thresholds | None = None) -> Measured:
    """Compute every measure of every pair and judge it by the thresholds.

    Without a prior one is fitted; where that fails, EBGM is not defined and a notice says so.
    """
    rules = rules or shipped()
    table, n = counts.table, counts.table["n"].to_numpy().astype(np.float64)
    expected = table["expected"].to_numpy()
    margins = table["product_reports"].to_numpy(), table["event_reports"].to_numpy()
    cells = measures.cells(table["n"].to_numpy(), *margins, counts.reports)
    columns = _columns("prr", measures.prr(cells, counts.stratified))
    columns += [pl.Series("chi2", measures.chi2(cells, counts.stratified))]
    columns += _columns("ror", measures.ror(cells, counts.stratified))
    columns += _columns("ic", measures.information_component(n, expected))
    fit, notices = None, counts.notices
    if prior is None:
        try:
            fit = fit_prior(n, expected)
            prior = fit.prior
        except PriorNotFitted as error:
            notices = (*notices, f"EBGM is not computed: {error}")
    columns += _shrunk(n, expected, prior)
    full = table.with_columns(columns).with_columns(pl.col(MEASURES).exclude("n").fill_nan(None))
    judged = full.with_columns(_judgements(rules))
    return Measured(judged, counts.reports, counts.strata, prior, fit, rules, notices)


def _columns(name: str, estimate: measures.Estimate) -> list[pl.Series]:
    values = (estimate.value, estimate.low, estimate.high)
    return [pl.Series(f"{name}{end}", each) for end, each in zip(("", "_low", "_high"), values, strict=True)]


def _shrunk(n: measures.Floats, expected: measures.Floats, prior: Prior | None) -> list[pl.Series]:
    names = ("ebgm", "eb05", "eb95")
    if prior is None:
        return [pl.Series(name, np.full(len(n), np.nan)) for name in names]
    shrunk = shrink(n, expected, prior)
    return [pl.Series(name, each) for name, each in zip(names, (shrunk.ebgm, shrunk.eb05, shrunk.eb95), strict=True)]


def _judgements(rules: Thresholds) -> list[pl.Expr]:
    """Two columns for each rule: it holds; it cannot be judged. A missing measure makes the comparison null."""
    verdicts = [(rule.id, pl.all_horizontal(_reached(each) for each in rule.conditions)) for rule in rules.rules]
    crossed = [verdict.fill_null(False).alias(f"crossed_{id_}") for id_, verdict in verdicts]
    return crossed + [verdict.is_null().alias(f"unjudged_{id_}") for id_, verdict in verdicts]


def _reached(condition: Condition) -> pl.Expr:
    column = pl.col(condition.measure)
    return column > condition.limit if condition.strict else column >= condition.limit


def candidates(
    source: ReportSet,
    *,
    by: Sequence[str] = (),
    roles: Roles = Roles.SUSPECT,
    prior: Prior | None = None,
    rules: Thresholds | None = None,
    rank: Measure = "eb05",
    most: int | None = None,
) -> tuple[SignalRow, ...]:
    """The pairs that cross a threshold, strongest first by `rank`, at most `most` of them.

    Raises:
        ReportsInvalid: the set has no usable report, or no column named in `by`.
    """
    return rows(measure(count(source, by=by, roles=roles), prior=prior, rules=rules), rank=rank, most=most)


def rows(
    measured: Measured,
    *,
    rank: Measure = "eb05",
    most: int | None = None,
    products: Sequence[str] = (),
    events: Sequence[str] = (),
    every_pair: bool = False,
) -> tuple[SignalRow, ...]:
    """Rows of a measured table, strongest first by `rank`: the candidates, or every pair.

    `products` and `events` keep only those, whatever their capitals.

    Raises:
        ReportsInvalid: a product or event is named that no report of the set has.
    """
    table = _selected(measured, products, events, every_pair)
    table = table.sort([rank, "n", "product", "event"], descending=[True, True, False, False], nulls_last=True)
    chosen = table.head(most) if most is not None else table
    return _rows(chosen, measured.rules.rules)


def number_of(
    measured: Measured, *, products: Sequence[str] = (), events: Sequence[str] = (), every_pair: bool = False
) -> int:
    """How many rows `rows` would give without `most`."""
    return len(_selected(measured, products, events, every_pair))


def _selected(measured: Measured, products: Sequence[str], events: Sequence[str], every_pair: bool) -> pl.DataFrame:
    table = measured.table
    for column, wanted in (("product", products), ("event", events)):
        table = _only(table, column, wanted)
    return table if every_pair else table.filter(_crossing(measured.rules.rules))


def _crossing(rules: tuple[Threshold, ...]) -> pl.Expr:
    return pl.any_horizontal(pl.col(f"crossed_{rule.id}") for rule in rules)


def corner(measured: Measured, *, products: int = 12, events: int = 14) -> tuple[SignalRow, ...]:
    """Every pair of the products and events that a heat map shows: most candidates first, then most reports.

    The choice is made on the table, so that millions of pairs do not become millions of rows.
    """
    table = measured.table.with_columns(crossing=_crossing(measured.rules.rules))
    for column, most in (("product", products), ("event", events)):
        weights = table.group_by(column).agg(pl.col("crossing").sum(), pl.col("n").sum())
        chosen = weights.sort(["crossing", "n", column], descending=[True, True, False]).head(most)
        table = table.filter(pl.col(column).is_in(chosen[column].implode()))
    return _rows(table, measured.rules.rules)


def _only(table: pl.DataFrame, column: str, wanted: Sequence[str]) -> pl.DataFrame:
    if not wanted:
        return table
    lowered = [each.strip().lower() for each in wanted]
    kept = table.filter(pl.col(column).str.to_lowercase().is_in(lowered))
    if kept.is_empty():
        raise ReportsInvalid(f"no report has the {column} {' or '.join(wanted)}; names must match in full.")
    return kept


_COLUMNS = tuple(each.name for each in fields(SignalRow) if each.name not in ("crossed", "not_judged", "undefined"))


def _rows(table: pl.DataFrame, rules: tuple[Threshold, ...]) -> tuple[SignalRow, ...]:
    ids = [rule.id for rule in rules]
    flags = (table.select(f"{kind}_{each}" for each in ids).iter_rows() for kind in ("crossed", "unjudged"))
    parts = zip(table.select(_COLUMNS).iter_rows(), *flags, strict=True)
    made = (_row(values, _held(ids, crossed), _held(ids, unjudged)) for values, crossed, unjudged in parts)
    return tuple(replace(row, undefined=_undefined(row)) for row in made)


def _row(values: tuple[Any, ...], crossed: tuple[str, ...], not_judged: tuple[str, ...]) -> SignalRow:
    """A row of the values in the order of `_COLUMNS`, which is that of the fields."""
    named = dict(zip(_COLUMNS, values, strict=True))
    return SignalRow(**named, crossed=crossed, not_judged=not_judged, undefined="")


def _held(ids: Sequence[str], flags: Sequence[bool]) -> tuple[str, ...]:
    return tuple(each for each, flag in zip(ids, flags, strict=True) if flag)


def _undefined(row: SignalRow) -> str:
    """Why a measure has no value, in words."""
    reasons = []
    if row.prr is None:
        reasons.append("no other product was reported with this event, so PRR and ROR have no comparison")
    elif row.ror is None:
        reasons.append("the product was reported with nothing else, so ROR has no comparison")
    elif row.ror_low is None:
        reasons.append("every other report names the event, so ROR has no interval")
    if row.ebgm is None:
        reasons.append("no prior, so EBGM is not computed")
    return "; ".join(reasons)
