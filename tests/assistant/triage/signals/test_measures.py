"""PRR, ROR, chi-square and IC against hand-worked and published numbers, and what must hold for every table."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from assistant.triage.signals import measures
from assistant.triage.signals.candidates import measure, rows
from assistant.triage.signals.counts import count
from assistant.triage.signals.errors import CellInvalid
from assistant.triage.signals.mantel_haenszel import Strata, Tables, summed
from assistant.triage.signals.measures import Cells, cells
from tests.assistant.triage.signals.tables import reports, two_by_two


def table(a: int, b: int, c: int, d: int) -> Cells:
    """The two-by-two table of one pair: both, product only, event only, neither."""
    return cells(np.array([a]), np.array([a + b]), np.array([a + c]), a + b + c + d)


def test_rifabutin_and_uveitis_as_evans_published_them() -> None:
    # Evans and others 2001: 41 rifabutin reports name uveitis and 14 do not; of all others 754 do and 591,958 do not.
    # Published: PRR 586, chi-square 22,740 without a correction; ours is corrected and so a little smaller.
    one = table(41, 14, 754, 591_958)
    assert round(measures.prr(one).value[0]) == 586
    assert round(stats.chi2_contingency([[41, 14], [754, 591_958]], correction=False).statistic) == 22_740
    assert measures.chi2(one)[0] == pytest.approx(22_187, abs=1)


def test_ratios_and_intervals_by_hand() -> None:
    # a=10, b=90, c=100, d=9800. PRR = 0.1 / (100/9900) = 9.9; ROR = 10*9800 / (90*100) = 10.888...
    one = table(10, 90, 100, 9800)
    prr, ror = measures.prr(one), measures.ror(one)
    assert prr.value[0] == pytest.approx(9.9)
    error = math.sqrt(1 / 10 - 1 / 100 + 1 / 100 - 1 / 9900)
    assert (prr.low[0], prr.high[0]) == pytest.approx(
        (9.9 * math.exp(-1.96 * error), 9.9 * math.exp(1.96 * error)), rel=1e-4
    )
    assert ror.value[0] == pytest.approx(98 / 9)
    error = math.sqrt(1 / 10 + 1 / 90 + 1 / 100 + 1 / 9800)
    assert (ror.low[0], ror.high[0]) == pytest.approx(
        (98 / 9 * math.exp(-1.96 * error), 98 / 9 * math.exp(1.96 * error)), rel=1e-4
    )


@given(*(st.integers(1, 2000) for _ in range(4)))
def test_chi_square_is_the_one_of_scipy(a: int, b: int, c: int, d: int) -> None:
    expected = stats.chi2_contingency([[a, b], [c, d]], correction=True).statistic
    assert measures.chi2(table(a, b, c, d))[0] == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(*(st.integers(1, 2000) for _ in range(4)))
def test_the_odds_ratio_does_not_mind_which_is_product_and_which_event(a: int, b: int, c: int, d: int) -> None:
    one, other = measures.ror(table(a, b, c, d)), measures.ror(table(a, c, b, d))
    for left, right in ((one.value, other.value), (one.low, other.low), (one.high, other.high)):
        assert left[0] == pytest.approx(right[0], rel=1e-12)


@given(*(st.integers(1, 2000) for _ in range(4)))
def test_turning_the_table_inverts_the_odds_ratio(a: int, b: int, c: int, d: int) -> None:
    one, other = measures.ror(table(a, b, c, d)), measures.ror(table(b, a, d, c))
    assert one.value[0] == pytest.approx(1 / other.value[0], rel=1e-12)
    assert one.low[0] == pytest.approx(1 / other.high[0], rel=1e-12)


@given(*(st.integers(1, 500) for _ in range(4)))
def test_one_more_report_with_both_raises_every_measure(a: int, b: int, c: int, d: int) -> None:
    # The margins of product and event stay, so one report moves from each side to "both".
    few, more = table(a, b + 1, c + 1, d), table(a + 1, b, c, d + 1)
    for of in (measures.prr, measures.ror):
        assert of(more).value[0] > of(few).value[0]
    expected = few.product * few.event / few.reports
    ics = [measures.information_component(each.n, expected) for each in (few, more)]
    assert ics[1].value[0] > ics[0].value[0]
    assert ics[1].low[0] > ics[0].low[0]


def test_without_an_association_every_ratio_is_one() -> None:
    one = table(10, 90, 100, 900)
    assert measures.prr(one).value[0] == pytest.approx(1)
    assert measures.ror(one).value[0] == pytest.approx(1)
    assert measures.chi2(one)[0] == 0
    assert measures.information_component(one.n, np.array([10.0])).value[0] == 0


def test_ic_interval_is_near_the_approximation_that_norén_gives() -> None:
    n = np.array([1.0, 3, 10, 50, 500])
    ic = measures.information_component(n, np.full(5, 2.0))
    # Norén, Hopstadius and Bate 2013: IC025 is about IC - 3.3 (n + 1/2)^-1/2 - 2 (n + 1/2)^-3/2, and IC975 about
    # IC + 2.4 (n + 1/2)^-1/2 - 0.5 (n + 1/2)^-3/2.
    half = n + 0.5
    assert ic.low == pytest.approx(ic.value - 3.3 * half**-0.5 - 2 * half**-1.5, abs=0.12)
    assert ic.high == pytest.approx(ic.value + 2.4 * half**-0.5 - 0.5 * half**-1.5, abs=0.15)
    exact = [stats.gamma.ppf(0.025, each + 0.5, scale=1 / 2.5) for each in n]
    assert ic.low == pytest.approx(np.log2(exact), rel=1e-12)


@pytest.mark.parametrize(
    ("a", "b", "c", "d", "undefined"),
    [
        (3, 5, 0, 90, "prr prr_low chi ror ror_low"),  # the event with no other product
        (3, 0, 5, 90, "ror ror_low"),  # the product with nothing else
        (3, 5, 90, 0, "ror_low"),  # every other report has the event: the ratio is zero
        (3, 0, 0, 90, "prr prr_low ror ror_low"),
        (3, 5, 0, 0, "prr prr_low chi ror ror_low"),  # no other product at all
    ],
)
def test_a_cell_of_zero_leaves_what_needs_it_undefined(a: int, b: int, c: int, d: int, undefined: str) -> None:
    one = table(a, b, c, d)
    prr, ror = measures.prr(one), measures.ror(one)
    values = {"prr": prr.value, "prr_low": prr.low, "ror": ror.value, "ror_low": ror.low}
    assert {name for name, value in values.items() if math.isnan(value[0])} == set(undefined.split()) - {"chi"}
    assert not any(math.isinf(value[0]) for value in values.values())


@pytest.mark.parametrize(
    ("n", "product", "event", "reports_"),
    [(5, 4, 10, 100), (5, 10, 4, 100), (-1, 4, 4, 100), (1, 60, 60, 100), (1, 0, 1, 10)],
)
def test_counts_that_cannot_be_are_refused(n: int, product: int, event: int, reports_: int) -> None:
    with pytest.raises(CellInvalid, match="the table of reports is damaged"):
        cells(np.array([n]), np.array([product]), np.array([event]), reports_)


def test_an_expected_count_that_is_no_number_is_refused() -> None:
    with pytest.raises(CellInvalid, match="not a number"):
        measures.information_component(np.array([1.0]), np.array([np.nan]))


def one_by_one(*strata: tuple[int, int, int, int]) -> tuple[Cells, Strata]:
    """The tables of several strata as one pair."""
    a, b, c, d = (np.array(each, dtype=float)[:, None] for each in zip(*strata, strict=True))
    sums = summed(Tables(a, a + b, a + c, a + b + c + d))
    return table(*(sum(each) for each in zip(*strata, strict=True))), sums


def test_mantel_haenszel_by_hand() -> None:
    # Two strata worked by hand: (16, 14, 24, 46) of 100 and (5, 15, 10, 70) of 100.
    cell, sums = one_by_one((16, 14, 24, 46), (5, 15, 10, 70))
    assert measures.ror(cell, sums).value[0] == pytest.approx(
        (16 * 46 / 100 + 5 * 70 / 100) / (14 * 24 / 100 + 15 * 10 / 100)
    )
    assert measures.prr(cell, sums).value[0] == pytest.approx((16 * 70 + 5 * 80) / (24 * 30 + 10 * 20))
    expected = 30 * 40 / 100 + 20 * 15 / 100
    variance = 30 * 70 * 40 * 60 / (100**2 * 99) + 20 * 80 * 15 * 85 / (100**2 * 99)
    assert sums.expected[0] == pytest.approx(expected)
    assert measures.chi2(cell, sums)[0] == pytest.approx((abs(21 - expected) - 0.5) ** 2 / variance)


def test_intervals_of_mantel_haenszel_are_those_of_statsmodels() -> None:
    statsmodels = pytest.importorskip("statsmodels.stats.contingency_tables")
    strata = ((10, 20, 30, 40), (5, 15, 10, 70), (1, 9, 3, 30))
    cell, sums = one_by_one(*strata)
    other = statsmodels.StratifiedTable([np.array([[a, b], [c, d]], dtype=float) for a, b, c, d in strata])
    mine = measures.ror(cell, sums)
    assert mine.value[0] == pytest.approx(other.oddsratio_pooled, rel=1e-12)
    assert (mine.low[0], mine.high[0]) == pytest.approx(other.oddsratio_pooled_confint(), rel=1e-9)
    assert measures.prr(cell, sums).value[0] == pytest.approx(other.riskratio_pooled, rel=1e-12)


@given(*(st.integers(1, 300) for _ in range(4)))
def test_one_stratum_is_no_stratum(a: int, b: int, c: int, d: int) -> None:
    cell, sums = one_by_one((a, b, c, d))
    for of in (measures.prr, measures.ror):
        plain, stratified = of(cell), of(cell, sums)
        for left, right in (
            (plain.value, stratified.value),
            (plain.low, stratified.low),
            (plain.high, stratified.high),
        ):
            assert left[0] == pytest.approx(right[0], rel=1e-9)


def test_a_confounded_association_goes_away_when_stratified(tmp_path: Path) -> None:
    # Within women and within men A and X are independent; together they look associated, because women have both.
    columns = ("id", "product", "event", "sex")
    mixed = reports(tmp_path, two_by_two(64, 16, 16, 4, "F") + two_by_two(4, 16, 16, 64, "M"), columns)
    [crude] = rows(measure(count(mixed)), products=["A"], events=["X"], every_pair=True)
    [adjusted] = rows(measure(count(mixed, by=["sex"])), products=["A"], events=["X"], every_pair=True)
    assert crude.ror_low is not None
    assert crude.ror_low > 1
    assert "ror" in crude.crossed
    assert adjusted.ror == pytest.approx(1)
    assert adjusted.prr == pytest.approx(1)
    assert adjusted.ic == pytest.approx(0)
    assert adjusted.crossed == ()
