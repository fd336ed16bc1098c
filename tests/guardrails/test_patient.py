"""What a patient can be, and what is refused as a slip of the hand."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.errors import GuardrailError, PatientInvalid
from guardrails.patient import Patient, years


@pytest.mark.parametrize(
    ("field", "value", "possible"),
    [
        ("age", "0", True),  # newborn
        ("age", "125", True),
        ("age", "125.1", False),
        ("age", "200", False),
        ("age", "-1", False),
        ("weight", "0.2", True),  # the lightest that survive are above
        ("weight", "0.19", False),
        ("weight", "-70", False),
        ("weight", "0", False),
        ("weight", "700", True),
        ("weight", "701", False),
        ("height", "20", True),
        ("height", "19.9", False),
        ("height", "275", True),
        ("height", "1.75", False),  # metres in a field for centimetres
        ("creatinine", "0", False),
        ("creatinine", "0.05", True),
        ("creatinine", "40", True),
        ("creatinine", "88", False),  # µmol/L in a field for mg/dL
        ("creatinine_clearance", "0", True),  # no kidneys
        ("creatinine_clearance", "401", False),
        ("egfr", "-1", False),
        ("egfr", "15", True),
        ("age", "NaN", False),
        ("weight", "Infinity", False),
    ],
)
def test_impossible_values_are_refused(field: str, value: str, possible: bool) -> None:
    if possible:
        Patient(**{field: Decimal(value)})  # type: ignore[arg-type]  # the field is a decimal
        return
    with pytest.raises(PatientInvalid, match="must be between"):
        Patient(**{field: Decimal(value)})  # type: ignore[arg-type]  # the field is a decimal


def test_words_that_mean_nothing_are_refused() -> None:
    for wrong in ({"sex": "f"}, {"hepatic_class": "mild"}, {"sex": "male", "pregnant": True}):
        with pytest.raises(PatientInvalid):
            Patient(**wrong)


def test_the_error_is_one_of_the_package_and_a_value_error() -> None:
    assert issubclass(PatientInvalid, GuardrailError)
    assert issubclass(PatientInvalid, ValueError)


def test_nothing_known_is_empty() -> None:
    assert Patient().is_empty
    assert not Patient(allergies=("penicillin",)).is_empty


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [("30", "a", "30"), ("18", "mo", "1.5"), ("365.25", "d", "1"), ("0", "d", "0")],
)
def test_ages_in_years(value: str, unit: str, expected: str) -> None:
    assert years(Decimal(value), unit) == Decimal(expected)


@given(weeks=st.decimals(0, 500, places=1))
def test_weeks_are_seven_days(weeks: Decimal) -> None:
    assert abs(years(weeks, "wk") - years(weeks * 7, "d")) < Decimal("1e-20")


def test_another_unit_of_age_is_refused() -> None:
    with pytest.raises(PatientInvalid):
        years(Decimal(1), "h")
