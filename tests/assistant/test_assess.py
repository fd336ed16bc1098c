"""What the dose rules make of a question and its patient, with the shipped rules."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from assistant.assess import assess, conflicts, worked_out
from assistant.conversation import Question
from guardrails.patient import Patient
from guardrails.rulebook import shipped
from guardrails.verdict import Severity
from retrieval.passage import Passage, Section
from tests.guardrails.claims import medicines

NOW = datetime(2026, 11, 26, tzinfo=UTC)
KIDNEYS = Patient(age=Decimal(80), weight=Decimal(60), sex="female", creatinine=Decimal("1.9"))


def _question(text: str, patient: Patient | None = None) -> Question:
    return Question("t", "c", text, NOW, (), patient or Patient())


def test_a_dose_over_the_limit_is_a_warning_before_the_answer() -> None:
    made = assess(_question("Is paracetamol 1 g every 2 hours ok?"), shipped(), medicines())
    assert any("12 × 1 g = 12 g a day" in alert.explanation for alert in made.alerts)
    assert all(alert.severity is not Severity.BLOCK for alert in made.alerts)


def test_kidney_function_is_worked_out_and_held_against_the_rules() -> None:
    made = assess(_question("metformin dose?", KIDNEYS), shipped(), medicines())
    assert any("Cockcroft-Gault" in line and "22.37 mL/min" in line for line in made.calculations)
    assert any(alert.rule == "dose.contraindication" for alert in made.alerts)


def test_what_the_question_tells_is_not_asked_for() -> None:
    bare = assess(_question("Is metformin 5 g daily ok?"), shipped(), medicines())
    told = assess(_question("Is metformin 5 g daily ok with an eGFR of 60?"), shipped(), medicines())
    assert any(line.startswith("kidney function") for line in bare.asked_for)
    assert told.asked_for
    assert not any(line.startswith("kidney function") for line in told.asked_for)


def test_a_question_about_no_dose_and_no_patient_is_left_alone() -> None:
    made = assess(_question("What are the side effects of metformin?"), shipped(), medicines())
    assert (made.alerts, made.calculations, made.asked_for) == ((), (), ())


def test_the_doses_of_an_answer_are_worked_out_for_a_known_weight_only() -> None:
    claims = ["Amoxicillin for children: 40 mg/kg/day in divided doses every 8 hours."]
    assert worked_out(claims, Patient(), shipped(), medicines()) == ()
    lines = worked_out(claims, Patient(weight=Decimal(12), age=Decimal(3)), shipped(), medicines())
    assert any("40 mg/kg × 12 kg = 480 mg" in line for line in lines)


def test_contradictions_name_both_sources() -> None:
    def passage(key: str, amount: str) -> Passage:
        text = f"The maximum dose of metformin in adults is {amount} per day."
        return Passage(
            key, f"{key}@1", text, Section.DOSAGE, ("Maximum",), 0, len(text), ("metformin",), f"Label {key}", None
        )

    (found,) = conflicts([passage("a", "2,550 mg"), passage("b", "2,000 mg")], medicines())
    assert set(found.titles) == {"Label a", "Label b"}
    assert {said.key for said in found.statements} == {"a", "b"}
