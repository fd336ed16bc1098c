"""Learns the weights from pairs of which it is known whether they are one patient's one reaction.

m and u are counted. Fields depend on each other (a cluster shares medicine, reaction, place and month at once) and the
pairs were chosen by shared keys, so log2(m/u) would count the same thing several times: the bits are fitted together,
by logistic regression with a penalty that pulls what little is known of towards no bits at all.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from assistant.triage.duplicates.compare import FIELDS
from assistant.triage.duplicates.score import probability_of
from assistant.triage.duplicates.weights import Context, Level

Levels = Mapping[str, str | None]
_STEPS, _PENALTY = 40, 2.0


def learned(levels: Sequence[Levels], same: Sequence[bool]) -> Context:
    """The weights of one situation, from the levels of pairs and whether each pair is the same.

    Raises:
        ValueError: there is not at least one pair of each kind.
    """
    if len(set(same)) < 2:
        raise ValueError("weights are learned from pairs that are the same and pairs that are not")
    columns = sorted({(field, level) for each in levels for field, level in each.items() if level is not None})
    place = {column: at for at, column in enumerate(columns)}
    design = np.zeros((len(levels), len(columns) + 1), dtype=np.float64)
    design[:, -1] = 1
    for row, each in enumerate(levels):
        design[row, [place[field, level] for field, level in each.items() if level is not None]] = 1
    bits = _fitted(design, np.array(same, dtype=np.float64)) / math.log(2)
    shares = {field: _shares(field, levels, same) for field in FIELDS}
    return Context(
        prior=round(float(bits[-1]), 3),
        fields={
            field: {name: Level(bits=round(float(bits[place[field, name]]), 3), m=m, u=u) for name, m, u in found}
            for field, found in shares.items()
        },
    )


def best_threshold(odds: Sequence[float], same: Sequence[bool], missed: int) -> float:
    """The probability from which on proposing is best by F1; `missed` true pairs were never compared."""
    order = np.argsort(-np.asarray(odds), kind="stable")
    right = np.cumsum(np.asarray(same)[order])
    proposed = np.arange(1, len(order) + 1)
    f1 = 2 * right / (proposed + right[-1] + missed)
    return round(probability_of(float(np.asarray(odds)[order[int(f1.argmax())]])), 3)


def _shares(field: str, levels: Sequence[Levels], same: Sequence[bool]) -> list[tuple[str, float, float]]:
    """Each level of a field with its share of true and of other pairs; half a pair is added to each."""
    counts = {True: Counter[str](), False: Counter[str]()}
    for each, one in zip(levels, same, strict=True):
        level = each[field]
        if level is not None:
            counts[one][level] += 1
    names = sorted({*counts[True], *counts[False]})
    total = {kind: sum(found.values()) + len(names) / 2 for kind, found in counts.items()}
    return [
        (name, *(round((counts[kind][name] + 0.5) / total[kind], 6) for kind in (True, False)))  # type: ignore[misc]
        for name in names
    ]


def _fitted(design: NDArray[np.float64], same: NDArray[np.float64]) -> NDArray[np.float64]:
    """The penalised weights by Newton's method, the prior (last column) without a penalty."""
    at = np.zeros(design.shape[1])
    penalty = np.full(design.shape[1], _PENALTY)
    penalty[-1] = 1e-6
    for _ in range(_STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ at, -500, 500)))
        slope = design.T @ (same - chance) - penalty * at
        curve = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        at = at + step
        if float(np.abs(step).max()) < 1e-6:
            break
    return at
