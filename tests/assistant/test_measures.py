"""Which sentences are about a patient with these numbers."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assistant.measures import Measure, fits, severities, stated
from guardrails.patient import Patient


@pytest.mark.parametrize(
    ("question", "measure", "value"),
    [
        ("egfr 28 now", Measure.RENAL, 28),
        ("CrCl of 22 ml/min", Measure.RENAL, 22),
        ("8 year old 25 kg", Measure.AGE, 8),
        ("8 year old 25 kg", Measure.WEIGHT, 25),
        ("84F frail", Measure.AGE, 84),
        ("78 yo on prednisone", Measure.AGE, 78),
        ("6 month old", Measure.AGE, 0.5),
    ],
)
def test_numbers_of_the_patient_are_read(question: str, measure: Measure, value: float) -> None:
    assert stated(question, Patient())[measure] == value


@pytest.mark.parametrize("question", ["10 mg/kg twice a day", "500 mg", "on day 3 of cipro", "2.5 mg/kg"])
def test_a_dose_is_no_number_of_the_patient(question: str) -> None:
    assert stated(question, Patient()) == {}


def test_the_panel_fills_what_the_question_leaves_out() -> None:
    patient = Patient(age=Decimal(70), creatinine_clearance=Decimal(40))
    assert stated("dose if egfr 20?", patient) == {Measure.RENAL: 20, Measure.AGE: 70}


@pytest.mark.parametrize(
    ("sentence", "measures", "fit"),
    [
        # Kidney function, ends and both sides.
        ("If the eGFR falls below 30 mL/minute, stop.", {Measure.RENAL: 28}, True),
        ("If the eGFR falls below 30 mL/minute, stop.", {Measure.RENAL: 38}, False),
        ("eGFR between 30 and 45 mL/min", {Measure.RENAL: 30}, True),
        ("eGFR between 30 and 45 mL/min", {Measure.RENAL: 50}, False),
        ("GFR of 10 to 30 mL/min", {Measure.RENAL: 20}, True),
        ("an eGFR between 30 to 45 mL/min/1.73 m2", {Measure.RENAL: 35}, True),
        ("an eGFR between 30 to 45 mL/min/1.73 m2", {Measure.RENAL: 25}, False),
        ("an eGFR below 45 mL/minute/1.73 m2", {Measure.RENAL: 60}, False),
        ("Mild (CLcr 50–80 mL/min) impairment", {Measure.RENAL: 22}, False),
        ("creatinine clearance <30 mL/minute", {Measure.RENAL: 22}, True),
        # Age and weight.
        ("children under 3 years old", {Measure.AGE: 2}, True),
        ("patients > 65 years", {Measure.AGE: 74}, True),
        ("adults and children 12 years and over", {Measure.AGE: 8}, False),
        ("10 years of age and older", {Measure.AGE: 10}, True),
        ("children who weigh less than 40 kg", {Measure.WEIGHT: 15}, True),
        ("children older than 3 months", {Measure.AGE: 0.06}, False),
        ("infants aged 12 weeks or less: at most; up to 12 weeks", {Measure.AGE: 0.06}, True),
        # Labels call patients from 65 years geriatric; a sentence about adults too is about all of them.
        ("Initial dose in geriatric or debilitated patients: 0.5 mg.", {Measure.AGE: 65}, True),
        ("Initial dose in geriatric or debilitated patients: 0.5 mg.", {Measure.AGE: 64}, False),
        ("Elderly: start low.", {Measure.AGE: 40}, False),
        ("Adults and geriatric patients: 5 mg.", {Measure.AGE: 40}, None),
        # A limit of another kind says nothing.
        ("children under 3 years old", {Measure.RENAL: 20}, None),
        ("Take 500 mg with food.", {Measure.AGE: 20, Measure.RENAL: 50}, None),
    ],
)
def test_a_sentence_fits_the_patient_or_not(sentence: str, measures: dict[Measure, float], fit: bool | None) -> None:
    assert fits(sentence, measures) is fit


def test_severities_are_read() -> None:
    assert severities("Mild or moderate infection") == {"mild", "moderate"}
    assert severities("Severity: Severe; severely") == {"severe"}
    assert severities("infection") == frozenset()
