"""Numbers with their intervals, and the report that every benchmark returns."""

from __future__ import annotations

import math
import resource
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, slots=True)
class Metric:
    """A measured value over `n` cases, with the ends of its 95 % interval where one is defined."""

    value: float
    n: int
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class BenchReport:
    """What a benchmark found. `peers` holds other systems' numbers from the same run: name, then metric, then value."""

    bench: str
    metrics: Mapping[str, Metric]
    peers: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    failures: tuple[str, ...] = ()
    seconds: float = 0.0
    peak_mb: float = 0.0


def exact_interval(successes: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """The two-sided Clopper-Pearson interval of a proportion (Biometrika 1934;26:404).

    Raises:
        ValueError: `n` is not positive, or `successes` is outside 0..n.
    """
    # scipy.stats takes a second to import, and only benchmarks need it.
    from scipy.stats import beta

    if n <= 0 or not 0 <= successes <= n:
        raise ValueError(f"no interval for {successes} of {n}")
    tail = (1 - confidence) / 2
    low = 0.0 if successes == 0 else float(beta.ppf(tail, successes, n - successes + 1))
    high = 1.0 if successes == n else float(beta.ppf(1 - tail, successes + 1, n - successes))
    return low, high


def proportion(successes: int, n: int) -> Metric:
    """A share with its exact interval."""
    low, high = exact_interval(successes, n)
    return Metric(successes / n, n, low, high)


def mcnemar(won: int, lost: int) -> float:
    """The exact two-sided McNemar probability (Psychometrika 1947;12:153) of so many cases won and lost; 1 for none."""
    from scipy.stats import binomtest

    return float(binomtest(won, won + lost, 0.5).pvalue) if won + lost else 1.0


def mcnemar_loss(won: int, lost: int) -> float:
    """The exact one-sided probability of so many losses or more where both are equally good; 1 for none."""
    from scipy.stats import binomtest

    return float(binomtest(lost, won + lost, 0.5, alternative="greater").pvalue) if won + lost else 1.0


def bootstrap_interval(
    values: Sequence[float], *, resamples: int = 2000, seed: int = 7, confidence: float = 0.95
) -> tuple[float, float]:
    """The percentile bootstrap interval of the mean of `values`, repeatable by its seed.

    Raises:
        ValueError: `values` is empty or holds a NaN.
    """
    sample = np.asarray(values, dtype=np.float64)
    if sample.size == 0 or np.isnan(sample).any():
        raise ValueError("no interval for an empty sample or one with NaN")
    rng = np.random.default_rng(seed)
    means = rng.choice(sample, size=(resamples, sample.size), replace=True).mean(axis=1)
    tail = 100 * (1 - confidence) / 2
    low, high = np.percentile(means, [tail, 100 - tail])
    return float(low), float(high)


def mean_metric(values: Sequence[float]) -> Metric:
    """The mean with its bootstrap interval."""
    low, high = bootstrap_interval(values)
    return Metric(math.fsum(values) / len(values), len(values), low, high)


def peak_mb() -> float:
    """The largest resident size of this process so far, in MiB (Linux reports kilobytes)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
