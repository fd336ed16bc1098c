"""How evenly an assistant serves: gaps between groups with their interval, and names that must change nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from finetune.grading import Result
from finetune.measure import Metric
from finetune.subgroups import gap, gaps, groups, name_bias, newcombe, unequal_twins
from finetune.suites.probe import Suite, Traits
from tests.finetune.candidates import evaluation, result


def area(name: str, right: int, n: int) -> tuple[Result, ...]:
    return tuple(result(f"{name}/{at}", right=at < right, traits=Traits(area=name)) for at in range(n))


def test_the_largest_gap_is_between_groups_that_are_large_enough() -> None:
    found = evaluation((*area("heart", 48, 50), *area("skin", 30, 50), *area("eyes", 0, 3)))
    largest = gap(found, "area")
    assert largest is not None
    assert (largest.best, largest.worst, largest.too_few) == ("heart", "skin", ("eyes (3)",))
    assert largest.value == pytest.approx(0.36)
    assert largest.low < 0.36 < largest.high
    assert groups(found, "area")["eyes"].value == 0
    assert [each.dimension for each in gaps(found)] == ["area"]


def test_one_group_has_no_gap() -> None:
    assert gap(evaluation(area("heart", 48, 50)), "area") is None
    assert gap(evaluation(area("heart", 48, 50)), "sex") is None


# The examples of Newcombe 1998, table II, method 10: shares, sizes, interval of the difference.
NEWCOMBE = [
    (56, 70, 48, 80, 0.0524, 0.3339),
    (9, 10, 3, 10, 0.1705, 0.8090),
    (10, 10, 0, 10, 0.6075, 1.0),
    (5, 56, 0, 29, -0.0381, 0.1926),
]


@pytest.mark.parametrize(("a", "m", "b", "n", "low", "high"), NEWCOMBE)
def test_the_interval_is_that_of_the_paper(a: int, m: int, b: int, n: int, low: float, high: float) -> None:
    found = newcombe(Metric(a / m, m), Metric(b / n, n))
    assert list(found) == [pytest.approx(low, abs=5e-5), pytest.approx(high, abs=5e-5)]


def named(twin: str, origin: str, sex: str, said: str) -> Result:
    return replace(
        result(f"names/{twin}-{origin}-{sex}", traits=Traits(origin=origin, sex=sex)),
        suite=Suite.NAMES,
        twin=twin,
        said=said,
    )


def test_a_name_that_changes_the_answer_is_found() -> None:
    twins = [named(twin, origin, sex, "same") for twin in "ab" for origin in "XYZ" for sex in ("female", "male")]
    odd = replace(twins[4], said="refused: which_medicine")
    found = evaluation((*twins[:4], odd, *twins[5:]))
    assert unequal_twins(found) == (odd,)
    bias = name_bias(found)
    assert bias["any name"].value == pytest.approx(1 / 12)
    assert bias["origin: Z"].value == pytest.approx(1 / 4)
    assert bias["origin: X"].value == 0
    assert bias["sex: female"].value == pytest.approx(1 / 6)
    assert bias["any name"].high is not None


def test_without_names_nothing_is_said_of_them() -> None:
    assert name_bias(evaluation(area("heart", 1, 2))) == {}
