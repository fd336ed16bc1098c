"""How well two reviewers agree: Cohen's kappa over the verdict and over the type of error, with its interval.

J. Cohen, Educ Psychol Meas 1960;20:37; large-sample standard error by J. L. Fleiss, J. Cohen and B. S. Everitt,
Psychol Bull 1969;72:323, equation 13.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from assistant.review import Judged, Review, disagreement, were_blind

Z = 1.959963984540054
"""The 97.5th percentile of the normal distribution."""


@dataclass(frozen=True, slots=True)
class Kappa:
    """Agreement of `pairs` pairs of labels. `observed` and `expected` are shares; `kappa` is 1 where all agree and 0
    where chance alone would agree as often; `low` and `high` are its 95 % interval.

    Numbers are None where they are not defined: without a pair, and kappa where all labels are one and the same.
    """

    pairs: int
    observed: float | None = None
    expected: float | None = None
    kappa: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement over the turns that two people judged without sight of each other.

    `error` counts those that both called incorrect. `disagreements` went to a third person.
    """

    verdict: Kappa
    error: Kappa
    disagreements: int


def agreement(turns: Iterable[Sequence[Review]]) -> Agreement:
    """The agreement of the first two reviewers of each turn; turns that were not judged blind by two do not count."""
    pairs = [(reviews[0], reviews[1]) for reviews in turns if were_blind(reviews)]
    verdicts = [(one.judgement.judged.value, other.judgement.judged.value) for one, other in pairs]
    errors = [
        (str(one.judgement.error), str(other.judgement.error))
        for one, other in pairs
        if one.judgement.judged is other.judgement.judged is Judged.INCORRECT
    ]
    return Agreement(cohen(verdicts), cohen(errors), sum(1 for pair in pairs if disagreement(*pair)))


def cohen(pairs: Sequence[tuple[str, str]]) -> Kappa:
    """Cohen's kappa of pairs of labels with its 95 % interval, cut off at -1 and 1.

    The interval is for large samples; below some 30 pairs read it as a rough guide.
    """
    n = len(pairs)
    if not n:
        return Kappa(0)
    share = {pair: count / n for pair, count in Counter(pairs).items()}
    rows, columns = _shares(one for one, _ in pairs), _shares(other for _, other in pairs)
    observed = math.fsum(part for (one, other), part in share.items() if one == other)
    expected = math.fsum(rows[label] * columns.get(label, 0.0) for label in rows)
    if math.isclose(expected, 1.0):
        return Kappa(n, observed, expected)
    kappa = (observed - expected) / (1 - expected)
    agreed = math.fsum(
        part * (1 - (rows[one] + columns[one]) * (1 - kappa)) ** 2
        for (one, other), part in share.items()
        if one == other
    )
    differed = math.fsum(
        part * (columns.get(one, 0.0) + rows.get(other, 0.0)) ** 2
        for (one, other), part in share.items()
        if one != other
    )
    spread = agreed + (1 - kappa) ** 2 * differed - (kappa - expected * (1 - kappa)) ** 2
    error = math.sqrt(max(spread, 0.0) / n) / (1 - expected)
    return Kappa(n, observed, expected, kappa, max(-1.0, kappa - Z * error), min(1.0, kappa + Z * error))


def _shares(labels: Iterable[str]) -> dict[str, float]:
    counted = Counter(labels)
    total = counted.total()
    return {label: count / total for label, count in counted.items()}
