"""Cohen's kappa against a published table, against scikit-learn, and its interval against the jackknife."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from assistant.review import ErrorType, Judgement, Review
from assistant.review_agreement import Kappa, agreement, cohen
from tests.assistant.made_reviews import CORRECT, review_of, wrong

LABELS = st.sampled_from(["a", "b", "c"])


def _pairs(table: list[list[int]]) -> list[tuple[str, str]]:
    return [(str(i), str(j)) for i, row in enumerate(table) for j, count in enumerate(row) for _ in range(count)]


def test_two_by_two() -> None:
    """20 both yes, 15 both no, 5 and 10 split: agreement 0.7, by chance 0.5, kappa 0.4."""
    found = cohen(_pairs([[20, 5], [10, 15]]))
    assert found.pairs == 50
    assert found.observed == pytest.approx(0.7)
    assert found.expected == pytest.approx(0.5)
    assert found.kappa == pytest.approx(0.4)


@given(st.lists(st.tuples(LABELS, LABELS), min_size=1, max_size=40))
def test_the_estimate_is_scikit_learns(pairs: list[tuple[str, str]]) -> None:
    found = cohen(pairs)
    if found.kappa is None:
        assert {label for pair in pairs for label in pair} == {pairs[0][0]}
        return
    assert found.kappa == pytest.approx(cohen_kappa_score(*zip(*pairs, strict=True)), abs=1e-9)
    assert found.low is not None
    assert found.high is not None
    assert -1 <= found.low <= found.kappa <= found.high <= 1


@pytest.mark.parametrize("table", [[[20, 5], [10, 15]], [[40, 3, 2], [4, 30, 6], [1, 5, 25]], [[90, 4], [3, 8]]])
def test_the_standard_error_is_that_of_the_infinitesimal_jackknife(table: list[list[int]]) -> None:
    """The delta method's derivative, taken numerically: each cell a little heavier, each pair's influence squared."""
    counts = np.array(table, dtype=float)
    n, step = counts.sum(), 1e-6

    def kappa(shares: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float:
        shares = shares / shares.sum()
        expected = float(shares.sum(1) @ shares.sum(0))
        return (float(np.trace(shares)) - expected) / (1 - expected)

    base, variance = kappa(counts / n), 0.0
    for cell in np.ndindex(*counts.shape):
        moved = (1 - step) * counts / n
        moved[cell] += step
        variance += counts[cell] / n * ((kappa(moved) - base) / step) ** 2
    found = cohen(_pairs(table))
    assert found.low is not None
    assert found.kappa is not None
    assert (found.kappa - found.low) / 1.959963984540054 == pytest.approx(math.sqrt(variance / n), rel=1e-3)


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    drawn, held = random.Random(7), 0
    cells = [("y", "y")] * 45 + [("n", "n")] * 30 + [("y", "n")] * 15 + [("n", "y")] * 10
    truth = cohen(cells).kappa
    assert truth is not None
    for _ in range(400):
        found = cohen(drawn.choices(cells, k=120))
        held += found.low is not None and found.high is not None and found.low <= truth <= found.high
    assert 0.92 <= held / 400 <= 0.98


@pytest.mark.parametrize(
    ("pairs", "found"),
    [
        ([], Kappa(0)),
        ([("a", "a")] * 3, Kappa(3, 1.0, 1.0)),
        ([("a", "b")], Kappa(1, 0.0, 0.0, 0.0, 0.0, 0.0)),
    ],
)
def test_where_nothing_can_be_said_nothing_is(pairs: list[tuple[str, str]], found: Kappa) -> None:
    assert cohen(pairs) == found


def _two(one: Judgement, other: Judgement, *, blind: bool = True) -> tuple[Review, ...]:
    return review_of(1, one, dosing=blind), review_of(2, other)


def test_only_what_two_judged_blind_counts() -> None:
    fact, unsafe = wrong(ErrorType.WRONG_FACT), wrong(ErrorType.UNSAFE_DOSE)
    found = agreement(
        [
            _two(CORRECT, CORRECT), _two(CORRECT, fact), _two(fact, fact), _two(fact, unsafe),
            _two(CORRECT, fact, blind=False), _two(CORRECT, CORRECT)[:1],
        ]
    )  # fmt: skip
    assert (found.verdict.pairs, found.verdict.observed) == (4, 0.75)
    assert (found.error.pairs, found.error.observed) == (2, 0.5)
    assert found.disagreements == 2
