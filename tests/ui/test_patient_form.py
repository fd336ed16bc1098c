"""The patient of a conversation: what the form sends is parsed before it is believed, and nothing is guessed."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guardrails.errors import PatientInvalid
from guardrails.patient import Patient
from ui.patient_form import bar, dump, load, read, summary


def test_an_empty_form_is_an_unknown_patient() -> None:
    assert read({}) == Patient()
    assert dump(Patient()) == ""
    assert load("") == Patient()
    assert "general limits only" in summary(Patient())


def test_a_form_becomes_a_patient_and_comes_back() -> None:
    sent = {
        "age": " 72 ", "weight": "60,5", "sex": "female", "creatinine": "1.2", "dialysis": "no", "pregnant": "",
        "allergies": "penicillin; sulfonamides", "medicines": "warfarin 2,5 mg daily\nibuprofen, aspirin 75 mg",
    }  # fmt: skip
    patient = read(sent)
    assert patient == Patient(
        age=Decimal(72),
        weight=Decimal("60.5"),
        sex="female",
        creatinine=Decimal("1.2"),
        dialysis=False,
        allergies=("penicillin", "sulfonamides"),
        # A decimal comma parts nothing.
        medicines=("warfarin 2,5 mg daily", "ibuprofen", "aspirin 75 mg"),
    )
    assert load(dump(patient)) == patient


def test_micromoles_are_converted() -> None:
    patient = read({"creatinine": "88.4", "creatinine_unit": "umol/L"})
    assert patient.creatinine == 1


WRONG = [
    ({"age": "old"}, "Age: “old” is not a number"),
    ({"age": "500"}, "The age must be between 0 and 125 years"),
    ({"weight": "-3"}, "The weight must be between"),
    ({"weight": "NaN"}, "The weight must be between"),
    ({"creatinine": "0"}, "The serum creatinine must be between"),
    ({"sex": "male", "pregnant": "yes"}, "both male and pregnant"),
    ({"hepatic_class": "D"}, "Child-Pugh class A, B or C"),
    ({"creatinine_unit": "stones"}, "could not be read"),
    ({"allergies": "x" * 1001}, "could not be read"),
    ({"name": "John Smith"}, "could not be read"),
    (None, "could not be read"),
]


@pytest.mark.parametrize(("sent", "said"), WRONG)
def test_what_no_person_can_have_is_one_clear_sentence(sent: object, said: str) -> None:
    with pytest.raises(PatientInvalid, match=said):
        read(sent)


@pytest.mark.parametrize("facts", ["{", '{"wieght": 3}', '{"age": "x"}', '{"age": NaN}'])
def test_facts_that_make_no_sense_are_refused(facts: str) -> None:
    with pytest.raises(PatientInvalid):
        load(facts)


def test_the_line_says_what_is_known_and_works_the_kidneys_out() -> None:
    patient = Patient(age=Decimal(72), weight=Decimal(60), sex="female", creatinine=Decimal("1.7"), pregnant=False)
    assert summary(patient) == "Patient: 72 years · female · 60 kg · CrCl 28 mL/min (Cockcroft-Gault)"


def test_nothing_typed_can_run_in_the_page() -> None:
    html = bar(Patient(allergies=("<script>bad()</script>",), medicines=('" onfocus="bad()',)), "<img src=x>")
    assert "<script>" not in html
    assert "<img" not in html
    assert 'onfocus="bad' not in html
    assert "hidden" not in html.split('<form class="card patient-form"')[1].split(">")[0]
