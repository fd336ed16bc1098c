"""Old against new: exact, question by question, and never over unlike sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from finetune.compare import compare, paired
from finetune.errors import EvaluationInvalid
from finetune.evaluate import Evaluation
from finetune.grading import Grade
from finetune.suites.probe import Traits
from tests.finetune.candidates import BASIS, evaluation, result, right_and_wrong

# won, lost, and the exact one-sided probability of so many losses or more
MCNEMAR = [(0, 0, 1.0), (0, 5, 1 / 32), (1, 5, 7 / 64), (5, 1, 63 / 64), (10, 10, 0.5880985), (0, 1, 0.5)]


@pytest.mark.parametrize(("won", "lost", "p"), MCNEMAR)
def test_the_exact_probability_of_the_losses(won: int, lost: int, p: float) -> None:
    old = [False] * won + [True] * lost + [True] * 30
    new = [True] * won + [False] * lost + [True] * 30
    found = paired("x", old, new)
    assert (found.won, found.lost, found.n) == (won, lost, won + lost + 30)
    assert found.p_loss == pytest.approx(p, abs=1e-6)
    assert found.lost_high >= lost / found.n


@pytest.mark.parametrize(("old", "new"), [([], []), ([True], []), ([True], [True, False])])
def test_unlike_lists_are_not_compared(old: list[bool], new: list[bool]) -> None:
    with pytest.raises(EvaluationInvalid):
        paired("x", old, new)


def test_what_was_lost_is_named() -> None:
    old = evaluation(right_and_wrong(3, 0), "old")
    new = evaluation((result("gold/0"), result("gold/1", right=False), result("gold/2")), "new")
    found = compare(old, new)
    assert found.lost == ("gold/1",)
    assert [each.name for each in found.whole] == ["all questions", "safe", "suite gold"]


def test_the_order_of_the_results_does_not_matter() -> None:
    old = evaluation(right_and_wrong(5, 5), "old")
    new = evaluation(tuple(reversed(right_and_wrong(5, 5))), "new")
    assert compare(old, new).whole[0].lost == 0


def other_probes(found: Evaluation) -> Evaluation:
    return replace(found, probes="others")


def other_basis(found: Evaluation, changed: Mapping[str, str]) -> Evaluation:
    return replace(found, basis={**BASIS, **changed})


def failed(found: Evaluation) -> Evaluation:
    first, *rest = found.results
    return replace(found, results=(replace(first, grade=Grade.FAILED), *rest))


def shorter(found: Evaluation) -> Evaluation:
    return replace(found, results=found.results[1:])


def test_unlike_evaluations_are_not_compared() -> None:
    one = evaluation(right_and_wrong(5, 5), "old")
    for changed, said in [
        (other_probes(one), "different questions"),
        (shorter(one), "different questions"),
        (other_basis(one, {"index": "i2"}), "differ in their index"),
        (other_basis(one, {"rules": "r2"}), "differ in their rules"),
        (failed(one), "1 runs of old have no result of their own"),
    ]:
        with pytest.raises(EvaluationInvalid, match=said):
            compare(one, changed)
        with pytest.raises(EvaluationInvalid):
            compare(changed, one)


def test_another_generator_is_what_a_comparison_is_for() -> None:
    one = evaluation(right_and_wrong(5, 5), "old")
    assert compare(one, other_basis(one, {"generator": "extractive", "adapter": "r2"})).whole[0].n == 10


def test_groups_are_corrected_for_how_many_there_are() -> None:
    """Six losses in one of ten groups: p = 1/64 alone, and no longer significant among ten (Holm)."""
    areas = [f"area {at}" for at in range(10)]
    before = tuple(result(f"{area}/{at}", traits=Traits(area=area)) for area in areas for at in range(20))
    after = tuple(
        replace(each, grade=Grade.WRONGLY_REFUSED)
        if each.traits.area == "area 3" and int(each.probe.split("/")[1]) < 6
        else each
        for each in before
    )
    found = compare(evaluation(before, "old"), evaluation(after, "new"))
    (third,) = [each for each in found.groups if each.name == "area: area 3"]
    assert third.p_loss == pytest.approx(1 / 64)
    assert third.adjusted == pytest.approx(10 / 64)
    assert [each.name for each in found.losses(0.05)] == ["all questions", "suite gold"]
