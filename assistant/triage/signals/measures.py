"""The measures of disproportion that need no prior: PRR, ROR, chi-square and the information component.

n reports name the product and the event, `product` the product, `event` the event, out of `reports`. All are arrays of
one length. An undefined value is NaN, never a number that looks right: a ratio needs the event with another product,
and an interval needs every cell of the two-by-two table.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from assistant.triage.signals.errors import CellInvalid
from assistant.triage.signals.mantel_haenszel import Strata, chi_square, odds_ratio, risk_ratio

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

Z = 1.959963984540054
"""The 97.5 % point of the normal distribution, for two-sided 95 % intervals."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure and the ends of its interval, each one array."""

    value: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Cells:
    """The two-by-two tables of all pairs, checked."""

    n: Floats
    product: Floats
    event: Floats
    reports: float

    @property
    def neither(self) -> Floats:
        """Reports with neither the product nor the event."""
        return self.reports - self.product - self.event + self.n


def cells(n: Whole, product: Whole, event: Whole, reports: int) -> Cells:
    """Check counts and take them as tables.

    Raises:
        CellInvalid: a count is negative or not a number, or a pair has more reports than its product, its event or the
            whole set allows.
    """
    table = Cells(n.astype(np.float64), product.astype(np.float64), event.astype(np.float64), float(reports))
    wrong = ~(
        (table.n >= 0) & (table.n <= table.product) & (table.n <= table.event) & (table.product > 0) & (table.event > 0)
    )
    wrong |= ~(table.neither >= 0)
    if wrong.any():
        at = int(np.argmax(wrong))
        found = f"{table.n[at]:g} of {table.product[at]:g} and {table.event[at]:g} in {reports} reports"
        raise CellInvalid(f"{int(wrong.sum())} counts cannot be, the first: {found}; the table of reports is damaged.")
    return table


def prr(table: Cells, sums: Strata | None = None) -> Estimate:
    """The proportional reporting ratio with its 95 % interval; with sums over strata the risk ratio of Mantel-Haenszel.

    Source: Evans and others (Pharmacoepidemiol Drug Saf 2001;10:483-486).
    """
    if sums is not None:
        return _from_logarithm(*risk_ratio(sums))
    others, without = table.reports - table.product, table.event - table.n
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.log(table.n / table.product) - np.log(without / others)
        error = np.sqrt(1 / table.n - 1 / table.product + 1 / without - 1 / others)
    return _from_logarithm(logarithm, error)


def ror(table: Cells, sums: Strata | None = None) -> Estimate:
    """The reporting odds ratio with its 95 % interval; with sums over strata that of Mantel and Haenszel.

    Source: van Puijenbroek and others (Pharmacoepidemiol Drug Saf 2002;11:3-10).
    """
    if sums is not None:
        return _from_logarithm(*odds_ratio(sums))
    b, c, d = table.product - table.n, table.event - table.n, table.neither
    with np.errstate(divide="ignore", invalid="ignore"):
        logarithm = np.log(table.n) + np.log(d) - np.log(b) - np.log(c)
        error = np.sqrt(1 / table.n + 1 / b + 1 / c + 1 / d)
    return _from_logarithm(logarithm, error)


def chi2(table: Cells, sums: Strata | None = None) -> Floats:
    """Chi-square with Yates's correction, one degree of freedom; with sums over strata that of Mantel and Haenszel."""
    if sums is not None:
        return _finite(chi_square(table.n, sums))
    others, rest = table.reports - table.product, table.reports - table.event
    # n * reports - product * event is the determinant of the two-by-two table.
    distance = np.maximum(np.abs(table.n * table.reports - table.product * table.event) - table.reports / 2, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _finite((distance / table.product) * (distance / table.event) * (table.reports / others / rest))


def information_component(n: Floats, expected: Floats) -> Estimate:
    """The shrunk information component log2((n + ½) / (expected + ½)) with its 95 % credibility interval.

    The interval is that of a gamma distribution with shape n + ½ and rate expected + ½ (Norén, Hopstadius and Bate,
    Stat Methods Med Res 2013;22:57-69).

    Raises:
        CellInvalid: an expected count is negative or not a number.
    """
    from scipy.special import gammaincinv

    if not (expected >= 0).all():
        raise CellInvalid("an expected count is negative or not a number; the table of reports is damaged.")
    # The quantile depends on n alone, and few different n occur.
    different, place = np.unique(n, return_inverse=True)
    low, high = (np.log2(gammaincinv(different + 0.5, share))[place] for share in (0.025, 0.975))
    rate = np.log2(expected + 0.5)
    return Estimate(np.log2(n + 0.5) - rate, low - rate, high - rate)


def _from_logarithm(logarithm: Floats, error: Floats) -> Estimate:
    """The ratio and its interval; without an error there is no interval, even where the ratio is zero."""
    with np.errstate(over="ignore", invalid="ignore"):
        bounded = np.isfinite(logarithm) & np.isfinite(error)
        ends = (np.where(bounded, logarithm + sign * Z * error, np.nan) for sign in (-1, 1))
        return Estimate(_finite(np.exp(logarithm)), *(_finite(np.exp(each)) for each in ends))


def _finite(values: Floats) -> Floats:
    """The values with NaN for whatever is infinite: it stands for a cell of zero reports."""
    return np.where(np.isfinite(values), values, np.nan)
