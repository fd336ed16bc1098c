"""Fits the prior of the shrinker by maximum likelihood over the pairs that were reported.

Source: DuMouchel and Pregibon, Empirical Bayes screening for multi-item associations (KDD 2001:67-76). Only counts
above zero are seen, so each of the two components is conditioned on that by itself, as openEBGM does. A count with very
many pairs is first squashed: pairs with nearly the same expected count become one point with a weight. The gradient is
analytic; the search starts from several points and must agree with itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.optimize import OptimizeResult, minimize
from scipy.special import digamma, gammaln

from assistant.triage.signals.errors import PriorNotFitted
from assistant.triage.signals.shrinker import Prior

Floats = npt.NDArray[np.float64]

FEWEST_PAIRS = 100
FEWEST_REPEATED = 20
"""Five numbers are not fitted to fewer pairs than this, nor where fewer were reported more than once: pairs that were
reported once look alike under every prior.
"""

STARTS = (
    Prior(0.2, 0.1, 2.0, 4.0, 1 / 3),
    Prior(0.2041, 0.05816, 1.415, 1.838, 0.0969),
    Prior(2.0, 0.3, 2.0, 2.0, 0.1),
    Prior(0.5, 0.5, 10.0, 10.0, 0.5),
    Prior(5.0, 0.5, 1.0, 1.0, 0.02),
    Prior(10.0, 1.0, 1.5, 1.5, 0.05),
    Prior(30.0, 3.0, 2.0, 2.0, 0.02),
)
"""Where the search starts. The likelihood can have several summits, so wide and narrow components are tried."""

AGREEMENT = 0.01
"""Two starts agree when their log-likelihoods differ by less than this."""

STEEPEST = 1e-6
"""A summit is where the mean log-likelihood of a pair rises by less than this in every direction."""

BOUNDS = [(-9.0, 7.0)] * 4 + [(-12.0, 12.0)]
"""Of the logarithms of shapes and rates, and of the log-odds of the weight. A shape and a rate at their upper bounds
make a spike of 3 % width, which is an answer (all ratios are alike); a fit at any other bound is refused.
"""


@dataclass(frozen=True, slots=True)
class Fit:
    """The prior, its log-likelihood over the points, and how many of the starts found it."""

    prior: Prior
    log_likelihood: float
    points: int
    agreeing: int


@dataclass(frozen=True, slots=True)
class _Points:
    """Counts (by their different values and each point's place among them), expected counts and weights."""

    counts: Floats
    place: npt.NDArray[np.intp]
    expected: Floats
    weights: Floats


def fit_prior(n: Floats, expected: Floats, *, most_points: int = 20_000) -> Fit:
    """Estimate the prior from pairs with at least one report; a count with over `most_points` pairs is squashed to it.

    Raises:
        PriorNotFitted: there are too few pairs, the search does not settle, no two starts agree, or it ends at a bound.
    """
    used = (n >= 1) & (expected > 0)
    if used.sum() < FEWEST_PAIRS:
        raise PriorNotFitted(f"{int(used.sum())} pairs are too few to fit a prior (at least {FEWEST_PAIRS}); give one.")
    if (n[used] > 1).sum() < FEWEST_REPEATED:
        raise PriorNotFitted(f"Fewer than {FEWEST_REPEATED} pairs were reported more than once; give a prior.")
    points = _squash(n[used], expected[used], most_points)
    runs = [_climb(start, points) for start in STARTS]
    settled = [run for run in runs if np.isfinite(run.fun) and _slope(run) < STEEPEST]
    if not settled:
        raise PriorNotFitted("The search for a prior does not settle on these counts; give a prior.")
    total = float(points.weights.sum())
    best = min(settled, key=lambda run: float(run.fun))
    agreeing = sum(abs(float(run.fun) - float(best.fun)) * total < AGREEMENT for run in settled)
    if agreeing < 2:
        raise PriorNotFitted("The search for a prior ends elsewhere from every start; give a prior.")
    lowest = [low for low, _ in BOUNDS]
    if (best.x - lowest < 1e-6).any() or BOUNDS[4][1] - best.x[4] < 1e-6:
        raise PriorNotFitted("These counts do not determine a prior: the search ends at a bound; give a prior.")
    return Fit(_prior(best.x), -float(best.fun) * total, len(points.place), agreeing)


def _climb(start: Prior, points: _Points) -> OptimizeResult:
    """The nearest summit of the mean log-likelihood; the mean, so that one tolerance fits tables of every size."""
    total = float(points.weights.sum())

    def mean(free: Floats) -> tuple[float, Floats]:
        value, gradient = _negative(free, points)
        return value / total, gradient / total

    options = {"ftol": 1e-15, "gtol": 1e-8, "maxiter": 1000}
    return minimize(mean, _free(start), jac=True, method="L-BFGS-B", bounds=BOUNDS, options=options)


def _slope(run: OptimizeResult) -> float:
    """The steepest slope at the end of a search, without those that lead out of the bounds."""
    low, high = np.array(BOUNDS).T
    return float(np.abs(np.clip(run.x - run.jac, low, high) - run.x).max())


def log_likelihood(n: Floats, expected: Floats, prior: Prior) -> float:
    """The log-likelihood of a prior over all pairs given, none squashed."""
    counts, place = np.unique(n, return_inverse=True)
    return -_negative(_free(prior), _Points(counts, place, expected, np.ones_like(expected)))[0]


def _free(prior: Prior) -> Floats:
    """The prior as five numbers without limits: logarithms, and the log-odds of the weight."""
    shapes = np.log([prior.alpha1, prior.beta1, prior.alpha2, prior.beta2])
    return np.append(shapes, np.log(prior.weight) - np.log1p(-prior.weight))


def _prior(free: Floats) -> Prior:
    """The prior again; the component with the larger mean comes first, so that equal priors look equal."""
    a1, b1, a2, b2 = (float(each) for each in np.exp(free[:4]))
    weight = float(1 / (1 + np.exp(-free[4])))
    return Prior(a1, b1, a2, b2, weight) if a1 / b1 >= a2 / b2 else Prior(a2, b2, a1, b1, 1 - weight)


def _squash(n: Floats, expected: Floats, most_points: int) -> _Points:
    counts, place, pairs = np.unique(n, return_inverse=True, return_counts=True)
    if pairs.max() <= most_points:
        return _Points(counts, place, expected, np.ones_like(expected))
    order = np.lexsort((expected, n))
    place, expected = place[order], expected[order]
    rank = np.arange(len(n)) - np.searchsorted(place, np.arange(len(counts)))[place]
    size = -(-pairs // most_points)
    # The largest expected counts lie far apart, so the last two bins of a count stay single points.
    opens = (rank % size[place] == 0) | (rank >= (pairs - 2 * size)[place])
    bins = np.cumsum(opens) - 1
    weights = np.bincount(bins).astype(np.float64)
    return _Points(counts, place[opens], np.bincount(bins, weights=expected) / weights, weights)


def _negative(free: Floats, points: _Points) -> tuple[float, Floats]:
    """Minus the log-likelihood of counts above zero, and its gradient in the free numbers."""
    shapes = np.exp(free[:4])
    weight = 1 / (1 + np.exp(-free[4]))
    first, second = (_component(points, *shapes[index : index + 2]) for index in (0, 2))
    top = np.maximum(first.log, second.log)
    likely = np.exp(first.log - top), np.exp(second.log - top)
    total = weight * likely[0] + (1 - weight) * likely[1]
    shares = points.weights * weight * likely[0] / total, points.weights * (1 - weight) * likely[1] / total
    parts = zip(shares, (first, second), strict=True)
    gradient = [float(np.sum(share * slope)) for share, part in parts for slope in part.slopes]
    of_weight = float(np.sum(points.weights * (likely[0] - likely[1]) / total)) * weight * (1 - weight)
    value = float(np.sum(points.weights * (top + np.log(total))))
    return -value, -np.append(np.array(gradient) * shapes, of_weight)


@dataclass(frozen=True, slots=True)
class _Component:
    """One component: the log-probability of each count, given one above zero, and its slopes in shape and rate."""

    log: Floats
    slopes: tuple[Floats, Floats]


def _component(points: _Points, alpha: float, beta: float) -> _Component:
    n, e = points.counts[points.place], points.expected
    of_none = -np.log1p(e / beta)
    none = np.exp(alpha * of_none)
    # The chance of a count above zero by expm1: with a tiny expected count, 1 - none would lose every digit.
    seen = -np.expm1(alpha * of_none)
    per_count = gammaln(points.counts + alpha) - gammaln(alpha) - gammaln(points.counts + 1)
    log = per_count[points.place] + alpha * of_none + n * (np.log(e) - np.log(beta + e)) - np.log(seen)
    in_shape = (digamma(points.counts + alpha) - digamma(alpha))[points.place] + of_none * (1 + none / seen)
    in_rate = alpha / beta - (alpha + n) / (beta + e) + none * alpha * (1 / beta - 1 / (beta + e)) / seen
    return _Component(log, (in_shape, in_rate))
