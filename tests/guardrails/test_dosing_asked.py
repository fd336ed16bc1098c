"""Whom a question tells of, and what clinicians write short."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guardrails.dosage.asked import told, without_times
from guardrails.dosage.clinical import spelled_out
from guardrails.dosage.wording import aged, measured, number
from guardrails.patient import Patient


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ("78yo female, 50 kg", "age", "78"),
        ("a 3-year-old, 15 kg", "age", "3"),
        ("6 month old", "age", "0.5"),
        ("aged 70", "age", "70"),
        ("ciprofloxacin for 7 days", "age", None),  # a duration is no age
        ("natalizumab every 4 weeks", "age", None),
        ("adults aged 18 to 60", "age", None),  # a group is no person
        ("a 3 year old and a 5 year old", "age", None),  # two people are no person
        ("a 3-year-old, 15 kg", "weight", "15"),
        ("5 mg/kg in 16kg", "weight", "16"),
        ("children over 50 kg", "weight", None),
        ("20 kg or more", "weight", None),
        ("amoxicillin 45 mg/kg", "weight", None),
        ("Cr 2.1 mg/dL", "creatinine", "2.1"),
        ("creatinine 88.4 umol/L", "creatinine", "1"),
        ("creatinine 176.8", "creatinine", "2"),  # nobody has 176.8 mg/dL
        ("tramadol CR 200 mg", "creatinine", None),  # controlled release
        ("creatinine 1.2", "creatinine", "1.2"),
        ("CrCl 20", "creatinine_clearance", "20"),
        ("CrCl 30 to 50", "creatinine_clearance", None),
        ("eGFR of 25", "egfr", "25"),
        ("weighs 9000 kg", "weight", None),  # impossible, so nothing is taken
    ],
)
def test_what_a_question_tells_of_its_patient(text: str, field: str, value: str | None) -> None:
    found = getattr(told(text, Patient()), field)
    assert found == (None if value is None else Decimal(value))


def test_what_is_known_is_not_replaced() -> None:
    assert told("a 3 year old, 15 kg", Patient(age=Decimal(40))) == Patient(age=Decimal(40), weight=Decimal(15))


@pytest.mark.parametrize(
    ("text", "sex"),
    [("78 year old woman", "female"), ("he is male", "male"), ("men and women", None), ("male or female?", None)],
)
def test_the_sex_that_a_question_tells_of(text: str, sex: str | None) -> None:
    assert told(text, Patient()).sex == sex


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("cipro 500 mg bd 7 days", "cipro 500 mg bd  "),
        ("every 4 weeks", "every  "),
        ("a 6 month old", "a 6 month old"),
        ("infants under 6 months", "infants under 6 months"),
        ("aged 2 to 5 years", "aged 2 to 5 years"),
        ("for 2 years", " "),
    ],
)
def test_durations_are_no_ages(text: str, kept: str) -> None:
    assert without_times(text) == kept


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("apixaban for AF", "atrial fibrillation"),
        ("asthmatic with HF", "asthma"),
        ("asthmatic with HF", "heart failure"),
    ],
)
def test_what_is_written_short_is_spelled_out(text: str, said: str) -> None:
    assert said in spelled_out(text)


def test_words_in_small_letters_are_no_abbreviations() -> None:
    assert spelled_out("mi hf pe ra") == "mi hf pe ra"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("2550", "2,550"),
        ("0.0625", "0.0625"),  # as written
        ("0.33333333", "0.333"),
        ("33.33333333", "33.3"),
        ("1234.56789", "1,235"),
    ],
)
def test_numbers_are_shown_as_written_or_to_three_digits(value: str, shown: str) -> None:
    assert number(Decimal(value)) == shown


@pytest.mark.parametrize(("value", "shown"), [("55.556", "56"), ("18.702", "19"), ("9.96", "10"), ("7.25", "7.2")])
def test_a_worked_out_measure_is_rounded_as_laboratories_do(value: str, shown: str) -> None:
    assert measured(Decimal(value)) == shown


@pytest.mark.parametrize(
    ("years", "shown"), [("84.7", "84 years"), ("2", "2 years"), ("1.5", "18 months"), ("0.04", "15 days")]
)
def test_ages_in_words(years: str, shown: str) -> None:
    assert aged(Decimal(years)) == shown
