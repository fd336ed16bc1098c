"""Sums over strata, and the ratios of Mantel and Haenszel that are made of them.

Sources: Mantel and Haenszel (J Natl Cancer Inst 1959;22:719-748); variance of the odds ratio by Robins, Breslow and
Greenland (Biometrics 1986;42:311-323), of the risk ratio by Greenland and Robins (Biometrics 1985;41:55-68).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tables:
    """Counts by stratum (rows) and pair (columns): reports with both, with the product, with the event.

    `reports` is a column: all reports of each stratum.
    """

    both: Floats
    product: Floats
    event: Floats
    reports: Floats


@dataclass(frozen=True, slots=True)
class Strata:
    """Sums over the strata, one number for each pair."""

    expected: Floats
    variance: Floats
    odds: tuple[Floats, ...]
    """R, S, PR, PS + QR and QS of Robins, Breslow and Greenland."""
    risk: tuple[Floats, ...]
    """The two sums of the risk ratio, and the one of its variance."""


def summed(tables: Tables) -> Strata:
    """Add the shares of the strata."""
    n, both = tables.reports, tables.both
    only_product, only_event = tables.product - both, tables.event - both
    others = n - tables.product
    neither = others - only_event
    expected = tables.product * tables.event / n
    # A stratum of one report has no variance.
    variance = expected * others * (n - tables.event) / (n * np.maximum(n - 1, 1))
    r, s = both * neither / n, only_product * only_event / n
    p = (both + neither) / n
    q = 1 - p
    risk = both * others / n, only_event * tables.product / n, (expected * others - both * only_event) / n
    odds = r, s, p * r, p * s + q * r, q * s
    return Strata(_over(expected), _over(variance), tuple(map(_over, odds)), tuple(map(_over, risk)))


def joined(parts: Sequence[Strata]) -> Strata:
    """The sums of all parts, one after the other."""
    odds = tuple(np.concatenate([part.odds[place] for part in parts]) for place in range(5))
    risk = tuple(np.concatenate([part.risk[place] for part in parts]) for place in range(3))
    expected = np.concatenate([part.expected for part in parts])
    return Strata(expected, np.concatenate([part.variance for part in parts]), odds, risk)


def _over(shares: Floats) -> Floats:
    total: Floats = shares.sum(axis=0)
    return total


def odds_ratio(sums: Strata) -> tuple[Floats, Floats]:
    """The logarithm of the odds ratio and its standard error; infinite or NaN where it is not defined."""
    r, s, pr, mixed, qs = sums.odds
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(r) - np.log(s), np.sqrt(pr / (2 * r * r) + mixed / (2 * r * s) + qs / (2 * s * s))


def risk_ratio(sums: Strata) -> tuple[Floats, Floats]:
    """The logarithm of the risk ratio and its standard error; infinite or NaN where it is not defined."""
    with_product, without, spread = sums.risk
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(with_product) - np.log(without), np.sqrt(spread / (with_product * without))


def chi_square(both: Floats, sums: Strata) -> Floats:
    """The Mantel-Haenszel chi-square with continuity correction, one degree of freedom."""
    distance = np.maximum(np.abs(both - sums.expected) - 0.5, 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return distance * distance / sums.variance
