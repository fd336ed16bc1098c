"""Sums over strata, and the ratios of Mantel and Haenszel that are made of them.

Sources: Mantel and Haenszel (J Natl Cancer Inst 1959;22:719-748); variance of the odds ratio by Robins, Breslow and
Greenland (Biometrics 1986;42:311-323), of the risk ratio by Greenland and Robins (Biometrics 1985;41:55-68).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stratum:
    """One stratum: reports with both, with the product and with the event, for each pair; and all of its reports."""

    both: Floats
    product: Floats
    event: Floats
    reports: float


@dataclass(slots=True)
class Strata:
    """Sums over the strata, one number for each pair; filled by `add` while counting and only read afterwards."""

    expected: Floats
    variance: Floats
    odds: tuple[Floats, Floats, Floats, Floats, Floats]
    risk: tuple[Floats, Floats, Floats]

    @staticmethod
    def empty(pairs: int) -> Strata:
        """Sums over no stratum."""
        zeros = [np.zeros(pairs) for _ in range(10)]
        return Strata(zeros[0], zeros[1], (zeros[2], zeros[3], zeros[4], zeros[5], zeros[6]), tuple(zeros[7:]))  # type: ignore[arg-type]

    def add(self, one: Stratum) -> None:
        """Add the shares of a stratum."""
        n, both = one.reports, one.both
        only_product, only_event = one.product - both, one.event - both
        neither = n - one.product - only_event
        self.expected += one.product * one.event / n
        if n > 1:
            self.variance += one.product * (n - one.product) * (one.event / n) * ((n - one.event) / n) / (n - 1)
        r, s = both * neither / n, only_product * only_event / n
        p, q = (both + neither) / n, (only_product + only_event) / n
        for total, share in zip(self.odds, (r, s, p * r, p * s + q * r, q * s), strict=True):
            total += share
        others = n - one.product
        spread = (one.event / n) * (one.product / n) * others - (both / n) * only_event
        for total, share in zip(self.risk, (both * others / n, only_event * one.product / n, spread), strict=True):
            total += share


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
