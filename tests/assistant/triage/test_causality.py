"""Naranjo's items and WHO-UMC's categories from fields. What no field says stays unknown."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.triage.case import Case, Event, EventOutcome, TestResult
from assistant.triage.causality import Answered, proposals, propose, reconsidered, score_words, scored, umc_category
from assistant.triage.errors import JudgementRefused
from assistant.triage.judgement import Causality, Expectedness, Listed, NaranjoAnswer, WhoUmc
from assistant.triage.people_in_case import PastMedicine, PatientFacts, Reporter
from assistant.triage.product import ActionTaken, Challenge, Dosing, Product, ProductRole
from assistant.triage.terms import Term
from assistant.triage.when import PartialDate
from tests.assistant.triage.made_cases import full_case

YES, NO, UNKNOWN = NaranjoAnswer.YES, NaranjoAnswer.NO, NaranjoAnswer.UNKNOWN


def answer(case: Case, number: int) -> NaranjoAnswer:
    return propose(case, case.events[0], case.products[0]).naranjo[number - 1].answer


def starting(start: str, onset: str) -> Case:
    dosing = Dosing("d1", start=PartialDate.parse(start)) if start else Dosing("d1")
    when = PartialDate.parse(onset) if onset else None
    return full_case(Event("e1", "rash", onset=when), products=(Product("p1", "Lunarine", dosings=(dosing,)),))


def after(action: ActionTaken | None, outcome: EventOutcome | None) -> Case:
    return full_case(Event("e1", "rash", outcome=outcome), products=(Product("p1", "Lunarine", action=action),))


# Points as published: Naranjo et al. 1981. Columns: item, yes, no, do not know.
POINTS = [
    (1, 1, 0, 0), (2, 2, -1, 0), (3, 1, 0, 0), (4, 2, -1, 0), (5, -1, 2, 0),
    (6, -1, 1, 0), (7, 1, 0, 0), (8, 1, 0, 0), (9, 1, 0, 0), (10, 1, 0, 0),
]  # fmt: skip


@pytest.mark.parametrize(("item", "yes", "no", "unknown"), POINTS)
def test_the_points_are_the_published_ones(item: int, yes: int, no: int, unknown: int) -> None:
    for given_answer, points in ((YES, yes), (NO, no), (UNKNOWN, unknown)):
        assert scored([Answered(given_answer, "x")] * 10)[item - 1].points == points


@pytest.mark.parametrize(
    ("score", "words"),
    [(13, "definite"), (9, "definite"), (8, "probable"), (5, "probable"), (4, "possible"), (1, "possible"),
     (0, "doubtful"), (-4, "doubtful")],
)  # fmt: skip
def test_what_a_score_is_called(score: int, words: str) -> None:
    assert score_words(score) == words


@given(st.lists(st.sampled_from([YES, NO, UNKNOWN]), min_size=10, max_size=10))
def test_every_score_lies_between_the_published_ends(answers: list[NaranjoAnswer]) -> None:
    score = sum(item.points for item in scored([Answered(each, "x") for each in answers]))
    assert -4 <= score <= 13
    assert score_words(score)


@pytest.mark.parametrize(
    ("start", "onset", "expected"),
    [
        ("2026-03-01", "2026-03-04", YES),
        ("2026-03-01", "2026-02-27", NO),
        ("2026-03-01", "2026-03-01", UNKNOWN),  # the same day does not say which came first
        ("2026-03", "2026-04", YES),
        ("2026-03", "2026-03-31", UNKNOWN),
        ("2026-03-15", "2026-03", UNKNOWN),
        ("2025", "2026-01-01", YES),
        ("2026", "2025-12", NO),
        ("", "2026-03-04", UNKNOWN),
        ("2026-03-01", "", UNKNOWN),
    ],
)
def test_item_2_began_after_the_medicine(start: str, onset: str, expected: NaranjoAnswer) -> None:
    assert answer(starting(start, onset), 2) is expected


@pytest.mark.parametrize(
    ("action", "outcome", "expected"),
    [
        (ActionTaken.WITHDRAWN, EventOutcome.RECOVERED, YES),
        (ActionTaken.WITHDRAWN, EventOutcome.RECOVERING, YES),
        (ActionTaken.WITHDRAWN, EventOutcome.NOT_RECOVERED, NO),
        (ActionTaken.WITHDRAWN, EventOutcome.UNKNOWN, UNKNOWN),
        (ActionTaken.WITHDRAWN, EventOutcome.FATAL, UNKNOWN),
        (ActionTaken.NOT_CHANGED, EventOutcome.RECOVERED, UNKNOWN),
        (None, EventOutcome.RECOVERED, UNKNOWN),
        (ActionTaken.WITHDRAWN, None, UNKNOWN),
    ],
)
def test_item_3_got_better_when_stopped(
    action: ActionTaken | None, outcome: EventOutcome | None, expected: NaranjoAnswer
) -> None:
    assert answer(after(action, outcome), 3) is expected


@pytest.mark.parametrize(
    ("challenge", "item_3", "item_4"),
    [
        (Challenge.NOT_RECURRED, YES, NO),
        (Challenge.RECURRED, NO, YES),
        (Challenge.DONE_UNKNOWN, UNKNOWN, UNKNOWN),
        (Challenge.NOT_DONE, UNKNOWN, UNKNOWN),
        (None, UNKNOWN, UNKNOWN),
    ],
)
def test_items_3_and_4_take_a_recorded_dechallenge_and_rechallenge(
    challenge: Challenge | None, item_3: NaranjoAnswer, item_4: NaranjoAnswer
) -> None:
    kept = Causality("e1/p1", "e1", "p1", dechallenge=challenge, rechallenge=challenge)
    case = replace(after(None, None), causality=(kept,))
    assert (answer(case, 3), answer(case, 4)) == (item_3, item_4)


@pytest.mark.parametrize(
    ("listed", "expected"), [(Listed.EXPECTED, YES), (Listed.UNEXPECTED, NO), (Listed.UNKNOWN, UNKNOWN)]
)
def test_item_1_takes_the_label(listed: Listed, expected: NaranjoAnswer) -> None:
    assert answer(full_case(expectedness=(Expectedness("e1/p1", "e1", "p1", listed, "lunarine@3"),)), 1) is expected


def test_item_5_knows_only_of_other_suspects() -> None:
    case = full_case()
    assert answer(case, 5) is UNKNOWN
    second = replace(case, products=(*case.products, Product("p2", "Moonex", ProductRole.SUSPECT)))
    assert answer(second, 5) is YES
    beside = replace(case, products=(*case.products, Product("p2", "Moonex", ProductRole.CONCOMITANT)))
    assert answer(beside, 5) is UNKNOWN


@pytest.mark.parametrize(
    ("test", "item_7", "item_10"),
    [
        (TestResult("t1", "Lunarine level", value=Decimal(9), unit="mg/L", normal_high="4"), YES, YES),
        (TestResult("t1", "Lunarine level", value=Decimal(3), unit="mg/L", normal_high="4"), UNKNOWN, UNKNOWN),
        (TestResult("t1", "Haemoglobin", value=Decimal(7), unit="g/dL", normal_low="12"), UNKNOWN, YES),
        (TestResult("t1", "Patch test", result="positive"), UNKNOWN, YES),
        (TestResult("t1", "Haemoglobin", value=Decimal(7), normal_low="about twelve"), UNKNOWN, UNKNOWN),
    ],
)
def test_items_7_and_10_take_the_tests(test: TestResult, item_7: NaranjoAnswer, item_10: NaranjoAnswer) -> None:
    case = full_case(tests=(test,))
    assert (answer(case, 7), answer(case, 10)) == (item_7, item_10)


def test_items_8_and_9() -> None:
    assert answer(after(ActionTaken.REDUCED, EventOutcome.RECOVERING), 8) is YES
    assert answer(after(ActionTaken.REDUCED, EventOutcome.NOT_RECOVERED), 8) is NO
    assert answer(after(ActionTaken.NOT_CHANGED, EventOutcome.RECOVERED), 8) is UNKNOWN
    past = PastMedicine("m1", "lunarine", reaction=Term("open", "1", "r", "Vomited blood"))
    assert answer(full_case(patient=PatientFacts(past_medicines=(past,))), 9) is YES
    other = replace(past, reaction=Term("open", "1", "r", "Rash"))
    assert answer(full_case(patient=PatientFacts(past_medicines=(other,))), 9) is UNKNOWN


ANY = (YES, NO, UNKNOWN)


@pytest.mark.parametrize(
    ("time", "other", "dechallenge", "rechallenge", "category"),
    [
        (YES, NO, YES, YES, WhoUmc.CERTAIN),
        (YES, NO, YES, UNKNOWN, WhoUmc.PROBABLE),
        (YES, NO, YES, NO, WhoUmc.PROBABLE),
        (YES, NO, UNKNOWN, UNKNOWN, WhoUmc.POSSIBLE),
        (YES, UNKNOWN, YES, YES, WhoUmc.POSSIBLE),
        (YES, YES, YES, YES, WhoUmc.POSSIBLE),
        (YES, YES, NO, NO, WhoUmc.UNLIKELY),
        (NO, NO, YES, YES, WhoUmc.UNLIKELY),
        (UNKNOWN, NO, YES, YES, WhoUmc.CONDITIONAL),
        (UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, WhoUmc.CONDITIONAL),
    ],
)
def test_the_table_of_who_umc(
    time: NaranjoAnswer, other: NaranjoAnswer, dechallenge: NaranjoAnswer, rechallenge: NaranjoAnswer, category: WhoUmc
) -> None:
    found = umc_category(time=time, other_cause=other, dechallenge=dechallenge, rechallenge=rechallenge)
    assert found is category


def test_nobody_who_can_be_asked_makes_it_unassessable() -> None:
    case = replace(starting("", ""), reporters=(Reporter("q1", may_be_contacted=False),))
    assert propose(case, case.events[0], case.products[0]).category is WhoUmc.UNASSESSABLE


def test_a_proposal_is_only_a_proposal_and_says_why() -> None:
    case = full_case()
    (found,) = proposals(case)
    # Began after (+2), better when stopped (+1); everything else is unknown.
    assert (found.score, found.category, found.committed_by) == (3, WhoUmc.POSSIBLE, "")
    assert found.reasons[0] == "Naranjo 3 of 13: possible."
    assert len(found.naranjo) == 10
    assert all(item.reason for item in found.naranjo)


def test_the_machine_never_proposes_certain_by_itself() -> None:
    """It cannot know that nothing else is the cause."""
    kept = Causality("e1/p1", "e1", "p1", dechallenge=Challenge.NOT_RECURRED, rechallenge=Challenge.RECURRED)
    case = full_case(causality=(kept,))
    assert propose(case, case.events[0], case.products[0]).category is WhoUmc.POSSIBLE


def test_a_person_answers_what_the_machine_cannot() -> None:
    kept = Causality("e1/p1", "e1", "p1", dechallenge=Challenge.NOT_RECURRED, rechallenge=Challenge.RECURRED)
    case = full_case(causality=(kept,))
    found = reconsidered(
        propose(case, case.events[0], case.products[0]), {5: Answered(NO, "No other cause was found.")}
    )
    assert (found.score, found.category) == (7, WhoUmc.CERTAIN)
    assert "No other cause was found." in found.reasons
    for wrong in ({11: Answered(NO, "x")}, {5: Answered(NO, " ")}):
        with pytest.raises(JudgementRefused, match="1 to 10"):
            reconsidered(found, wrong)


def test_concomitant_medicines_are_not_assessed() -> None:
    case = full_case(products=(Product("p1", "Lunarine"), Product("p2", "Moonex", ProductRole.CONCOMITANT)))
    assert [each.id for each in proposals(case)] == ["e1/p1"]
