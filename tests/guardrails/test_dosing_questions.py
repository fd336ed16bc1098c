"""The dose checks of a question: warnings that are shown first, never a refusal. Rules: `dosing_rules`."""

from __future__ import annotations

import pytest

from guardrails.patient import Patient
from guardrails.verdict import Severity
from tests.guardrails.dosing_rules import graded, person, question

W, INFORM = Severity.WARN, Severity.INFORM


@pytest.mark.parametrize(
    ("text", "patient", "expected"),
    [
        ("is 10 g paracetamol ok?", None, {"dose.daily-max": W, "dose.tenfold": W}),  # 10 times the single maximum
        ("is 1 g paracetamol ok?", None, {}),
        ("can I take paracetamol 1 g every 3 hours", None, {"dose.daily-max": W, "dose.interval": W}),
        ("metformin 500 mg for an adult with eGFR 25?", None, {"dose.contraindication": W}),
        ("metformin 500 mg for an adult with eGFR 30?", None, {}),
        ("what is the maximum of metformin?", person(egfr="20"), {"dose.contraindication": W}),
        ("what is the maximum of metformin?", None, {}),
        ("methotrexate in pregnancy", None, {"dose.pregnancy": W}),
        ("methotrexate while breastfeeding", None, {"dose.lactation": W}),
        ("omeprazole with clopidogrel", None, {"dose.interaction": W}),
        ("omeprazole", person(medicines=("clopidogrel 75 mg od",)), {"dose.interaction": W}),
        ("is naproxen ok", person(allergies=("naproxen",)), {"dose.allergy": W}),
        # 4 g and 4 × 2 × 500 mg: each within its limit, together over it
        ("paracetamol 1 g qds and co-codamol 30/500 two tablets qds", None, {"dose.cumulative": W}),
        ("paracetamol 500 mg qds and co-codamol 30/500 one tablet qds", None, {}),  # 2 g + 2 g
        ("paracetamol 1 g qds", person(medicines=("co-codamol 8/500 two tablets qds",)),
         {"dose.cumulative": W, "dose.duplicate-therapy": W}),
        ("paracetamol 500 mg or 1 g qds", None, {}),  # alternatives are not added
        # 0.15 × 240 mg + 30 mg = 66 mg of oral morphine
        ("codeine 60 mg qds and morphine 10 mg tds by mouth", None, {"dose.morphine-equivalents": W}),
        ("codeine 30 mg qds and morphine 10 mg tds by mouth", None, {}),  # 18 + 30 = 48 mg
        # 25 µg an hour × 2.4 = 60 mg
        ("fentanyl patch 25 mcg/h", None, {"dose.morphine-equivalents": W}),
        ("fentanyl patch 20 mcg/h", None, {}),  # 48 mg
        ("is methotrexate intrathecal ok?", None, {"dose.route": W}),
        ("amoxicillin for a penicillin allergic patient", None, {"dose.allergy": W}),
        ("amoxicillin, she is allergic to penicillin", None, {"dose.allergy": W}),
        ("methotrexate 2.5 mg weekly", person(medicines=("metolazone",)), {"dose.lookalike": INFORM}),
        ("naproxen 250 mg bd", person(medicines=("ibuprofen",)), {"dose.duplicate-therapy": W}),
        ("take 0.5 g (50 mg) metformin", None, {"dose.unit-confusion": W}),
        ("metformin contains 500 mg per tablet, more than 10000 mg daily is toxic", None, {}),
    ],
)  # fmt: skip
def test_questions(text: str, patient: Patient | None, expected: dict[str, Severity]) -> None:
    assert graded(question(text, patient)) == expected


def test_the_allergen_is_not_what_is_asked_about() -> None:
    found = question("amoxicillin for a penicillin allergic patient")
    assert [one.explanation.split(":")[0] for one in found] == [
        "The patient is allergic to penicillin, and this is amoxicillin"
    ]


def test_a_question_speaks_of_itself() -> None:
    (found,) = question("metformin 1 g four times a day?")
    assert found.explanation.startswith(
        "The question's dose of metformin, 4 × 1 g = 4 g a day, is over the 2,550 mg a day"
    )


def test_the_sum_is_spelled_out() -> None:
    (found,) = question("paracetamol 1 g qds and co-codamol 30/500 two tablets qds")
    assert "4,000 mg in paracetamol + 4,000 mg in co-codamol = 8,000 mg of acetaminophen a day" in found.explanation


def test_morphine_is_summed_with_its_source() -> None:
    (found,) = question("codeine 60 mg qds and morphine 10 mg tds by mouth")
    assert "= 66 mg of oral morphine a day" in found.explanation
    assert "MMWR" in found.evidence


def test_nothing_in_a_question_blocks() -> None:
    texts = ["methotrexate 20 mg daily", "metformin 99 g", "naproxen 1 kg daily", "levothyroxine 100 mg every hour"]
    patient = person(egfr="5", pregnant=True, allergies=("naproxen",), medicines=("warfarin",))
    found = [one for text in texts for one in question(text, patient)]
    assert found
    assert all(one.severity is not Severity.BLOCK for one in found)
