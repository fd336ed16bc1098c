"""The gamma-Poisson shrinker: EBGM with its 5 % and 95 % points, and its prior by maximum likelihood.

Source: DuMouchel, Bayesian data mining in large frequency tables (Am Stat 1999;53:177-190). The ratio of a pair's count
to its expected count has a prior of two gamma distributions; its posterior is again two gammas, of which EBGM is the
geometric mean. Pairs that were never reported are not counted, so the likelihood is that of counts above zero.
docs/decisions says why this is written here and not taken from vigipy.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, gammainc, gammaincinv, gammaln

from assistant.triage.signals.errors import CellInvalid

Floats = npt.NDArray[np.float64]

CHUNK = 50_000
"""Pairs whose quantiles are looked for at a time: small enough for the cache, large enough for a thread."""

ROUNDS = 100
TOLERANCE = 1e-9
"""The search for a quantile ends when no step is larger than this share of the value, or after so many rounds."""


@dataclass(frozen=True, slots=True)
class Prior:
    """Two gamma distributions (shape, rate) and the weight of the first."""

    alpha1: float
    beta1: float
    alpha2: float
    beta2: float
    weight: float

    def __post_init__(self) -> None:
        """Refuse what is no prior."""
        shapes = (self.alpha1, self.beta1, self.alpha2, self.beta2)
        if not (all(0 < each < np.inf for each in shapes) and 0 <= self.weight <= 1):
            raise CellInvalid(f"{self} is no prior: shapes and rates are positive, the weight lies between 0 and 1.")


@dataclass(frozen=True, slots=True)
class Shrunk:
    """EBGM and the 5 % and 95 % points of each pair's ratio."""

    ebgm: Floats
    eb05: Floats
    eb95: Floats


@dataclass(frozen=True, slots=True)
class _Posterior:
    """Two gammas per pair and the weight of the first. Their shapes depend on the count alone, and few counts differ:
    `shapes` are by different count, `place` says which one a pair has.
    """

    weight: Floats
    place: npt.NDArray[np.intp]
    shapes: tuple[Floats, Floats]
    rates: tuple[Floats, Floats]

    def of(self, pairs: slice | npt.NDArray[np.intp]) -> _Posterior:
        """The posterior of some pairs."""
        rates = self.rates[0][pairs], self.rates[1][pairs]
        return _Posterior(self.weight[pairs], self.place[pairs], self.shapes, rates)


def shrink(n: Floats, expected: Floats, prior: Prior) -> Shrunk:
    """EBGM, EB05 and EB95 for each pair.

    Raises:
        CellInvalid: a count or expected count is negative or not a number, nothing was expected, or a result is none.
    """
    if not ((n >= 0) & (expected > 0) & np.isfinite(n) & np.isfinite(expected)).all():
        raise CellInvalid("a count or an expected count is missing, negative or zero; nothing can be shrunk.")
    posterior = _posterior(n, expected, prior)
    parts = zip(posterior.shapes, posterior.rates, strict=True)
    logs = [digamma(shape)[posterior.place] - np.log(rate) for shape, rate in parts]
    ebgm = np.exp(posterior.weight * logs[0] + (1 - posterior.weight) * logs[1])
    result = Shrunk(ebgm, _quantiles(posterior, 0.05), _quantiles(posterior, 0.95))
    if not all(np.isfinite(each).all() for each in (result.ebgm, result.eb05, result.eb95)):
        raise CellInvalid("the shrinker found a value that is no number; check the prior.")
    return result


def _posterior(n: Floats, expected: Floats, prior: Prior) -> _Posterior:
    counts, place = np.unique(n, return_inverse=True)
    shapes, rates = (prior.alpha1 + counts, prior.alpha2 + counts), (prior.beta1 + expected, prior.beta2 + expected)
    priors = ((prior.alpha1, prior.beta1), (prior.alpha2, prior.beta2))
    marginals = []
    for (alpha, beta), shape, rate in zip(priors, shapes, rates, strict=True):
        # The negative binomial probability of n, without the terms that both components share.
        marginals.append((gammaln(shape) - gammaln(alpha))[place] + alpha * np.log(beta / rate) - n * np.log(rate))
    with np.errstate(divide="ignore", over="ignore"):
        odds = np.log(prior.weight) - np.log1p(-prior.weight) + marginals[0] - marginals[1]
        return _Posterior(1 / (1 + np.exp(-odds)), place, shapes, rates)


def _quantiles(posterior: _Posterior, share: float) -> Floats:
    """The point below which `share` of each posterior lies."""
    pieces = [slice(start, start + CHUNK) for start in range(0, len(posterior.weight), CHUNK)]
    # scipy releases the interpreter's lock, so two threads are nearly twice as fast.
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda piece: _quantile(posterior.of(piece), share), pieces))
    return np.concatenate(found) if found else np.empty(0)


def _quantile(posterior: _Posterior, share: float) -> Floats:
    """Newton's method inside a bracket: a mixture's point lies between the points of its two parts."""
    parts = zip(posterior.shapes, posterior.rates, strict=True)
    ends = [gammaincinv(shape, share)[posterior.place] / rate for shape, rate in parts]
    low, high = np.minimum(*ends), np.maximum(*ends)
    at: Floats = posterior.weight * ends[0] + (1 - posterior.weight) * ends[1]
    searching = np.arange(len(at))
    for _ in range(ROUNDS):
        x = at[searching]
        below, density = _distribution(posterior.of(searching), x)
        low[searching] = np.where(below <= share, x, low[searching])
        high[searching] = np.where(below > share, x, high[searching])
        with np.errstate(divide="ignore", invalid="ignore"):
            step = x - (below - share) / density
        inside = (step >= low[searching]) & (step <= high[searching])
        at[searching] = np.where(inside, step, (low[searching] + high[searching]) / 2)
        searching = searching[np.abs(at[searching] - x) > TOLERANCE * x]
        if not len(searching):
            break
    return at


def _distribution(posterior: _Posterior, x: Floats) -> tuple[Floats, Floats]:
    """The share of each posterior below x, and its density there."""
    below, density = np.zeros_like(x), np.zeros_like(x)
    weights = (posterior.weight, 1 - posterior.weight)
    for weight, shapes, rate in zip(weights, posterior.shapes, posterior.rates, strict=True):
        shape = shapes[posterior.place]
        scaled = rate * x
        below += weight * gammainc(shape, scaled)
        density += weight * rate * np.exp((shape - 1) * np.log(scaled) - scaled - gammaln(shapes)[posterior.place])
    return below, density
