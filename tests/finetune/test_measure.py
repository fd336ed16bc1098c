"""Intervals against published values, and their refusals."""

from __future__ import annotations

import pytest

from finetune.measure import bootstrap_interval, exact_interval, mean_metric, proportion


def test_exact_interval_matches_the_rule_of_three_and_tables() -> None:
    # 0 of 2,995 is the smallest sample whose one-sided 95 % bound is under 0.1 %.
    assert exact_interval(0, 2995, confidence=0.90)[1] < 0.001 < exact_interval(0, 2994, confidence=0.90)[1]
    low, high = exact_interval(8, 10)
    assert low == pytest.approx(0.4439, abs=1e-4)
    assert high == pytest.approx(0.9748, abs=1e-4)


@pytest.mark.parametrize(("successes", "n"), [(1, 0), (-1, 5), (6, 5)])
def test_exact_interval_refuses_impossible_counts(successes: int, n: int) -> None:
    with pytest.raises(ValueError, match="no interval"):
        exact_interval(successes, n)


def test_proportion_ends_are_closed() -> None:
    assert proportion(0, 4).low == 0.0
    assert proportion(4, 4).high == 1.0


def test_bootstrap_contains_the_mean_and_refuses_nan() -> None:
    metric = mean_metric([0.0, 1.0, 1.0, 0.0, 1.0])
    assert metric.low is not None
    assert metric.high is not None
    assert metric.low <= metric.value <= metric.high
    with pytest.raises(ValueError, match="NaN"):
        bootstrap_interval([1.0, float("nan")])
