"""Kidney function and body size: the published formulas, worked by hand in the comments, and what they refuse."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.body import adjusted_weight, ideal_weight, surface_area
from guardrails.patient import Patient
from guardrails.renal import (
    ckd_epi_2021,
    clearance,
    cockcroft_gault,
    creatinine_from_micromoles,
    dosing_weight,
    filtration,
    schwartz,
)


def _patient(**fields: str | None) -> Patient:
    words = {"sex"}
    return Patient(**{name: value if name in words else Decimal(str(value)) for name, value in fields.items()})  # type: ignore[arg-type]  # strings to decimals


def _near(value: Decimal | None, expected: str, within: str) -> bool:
    return value is not None and abs(value - Decimal(expected)) <= Decimal(within)


@pytest.mark.parametrize(
    ("height", "sex", "expected"),
    [
        ("152.4", "male", "50"),  # 5 ft
        ("152.4", "female", "45.5"),
        ("177.8", "male", "73"),  # 5 ft 10 in: 50 + 10 × 2.3
        ("165.1", "female", "57"),  # 5 ft 5 in: 45.5 + 5 × 2.3
        ("152.3", "male", None),  # the formula is not defined below 5 ft
    ],
)
def test_ideal_weight(height: str, sex: str, expected: str | None) -> None:
    found = ideal_weight(Decimal(height), sex)
    assert found is None if expected is None else found == Decimal(expected)


def test_adjusted_weight_is_two_fifths_of_the_excess() -> None:
    assert adjusted_weight(Decimal(120), Decimal(70)) == Decimal(90)


@pytest.mark.parametrize(
    ("height", "weight", "expected"),
    [("180", "80", "2"), ("160", "50", "1.490711984999860"), ("100", "16", "0.6666666666666667")],
)
def test_surface_area_by_mosteller(height: str, weight: str, expected: str) -> None:
    assert _near(surface_area(Decimal(height), Decimal(weight)), expected, "1e-12")


@pytest.mark.parametrize(
    ("fields", "choice", "expected"),
    [
        # 177.8 cm, male: ideal 73 kg, 120 % of it 87.6 kg.
        ({"height": "177.8", "sex": "male", "weight": "72.9"}, "actual", "72.9"),
        ({"height": "177.8", "sex": "male", "weight": "73"}, "ideal", "73"),
        ({"height": "177.8", "sex": "male", "weight": "87.6"}, "ideal", "73"),
        ({"height": "177.8", "sex": "male", "weight": "87.7"}, "adjusted", "78.88"),  # 73 + 0.4 × 14.7
        ({"weight": "120"}, "actual", "120"),  # no height: nothing to compare with
    ],
)
def test_which_weight_is_used(fields: dict[str, str], choice: str, expected: str) -> None:
    weight = dosing_weight(_patient(**fields))
    assert weight is not None
    assert (weight.choice, weight.value) == (choice, Decimal(expected))


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        # (140 - 60) × 72 / (72 × 1) = 80
        ({"age": "60", "weight": "72", "sex": "male", "creatinine": "1"}, "80"),
        # the same woman: × 0.85 = 68
        ({"age": "60", "weight": "72", "sex": "female", "creatinine": "1"}, "68"),
        # (140 - 85) × 50 / (72 × 1.5) = 25.46
        ({"age": "85", "weight": "50", "sex": "male", "creatinine": "1.5"}, "25.46296296296296"),
    ],
)
def test_cockcroft_gault(fields: dict[str, str], expected: str) -> None:
    found = cockcroft_gault(_patient(**fields))
    assert found is not None
    assert _near(found.value, expected, "1e-10")
    assert "actual weight" in found.arithmetic


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        # The equation of the paper, worked out a second time below in double precision.
        ({"age": "50", "sex": "female", "creatinine": "0.86"}, "81.88"),
        ({"age": "50", "sex": "male", "creatinine": "0.9"}, "104.05"),
        ({"age": "60", "sex": "male", "creatinine": "1.5"}, "52.97"),
        ({"age": "70", "sex": "female", "creatinine": "1.9"}, "28.05"),
        ({"age": "25", "sex": "female", "creatinine": "0.5"}, "133.45"),
    ],
)
def test_ckd_epi_2021(fields: dict[str, str], expected: str) -> None:
    age, scr = float(fields["age"]), float(fields["creatinine"])
    female = fields["sex"] == "female"
    kappa, alpha = (0.7, -0.241) if female else (0.9, -0.302)
    by_formula = 142 * min(scr / kappa, 1) ** alpha * max(scr / kappa, 1) ** -1.2 * 0.9938**age
    by_formula *= 1.012 if female else 1
    found = ckd_epi_2021(_patient(**fields))
    assert found is not None
    assert abs(float(found.value) - by_formula) < 1e-9
    assert _near(found.value, expected, "0.6")


def test_bedside_schwartz() -> None:
    found = schwartz(_patient(age="8", height="120", creatinine="0.6"))
    assert found is not None
    assert found.value == Decimal("82.6")  # 0.413 × 120 / 0.6


@pytest.mark.parametrize(
    "fields",
    [
        {"age": "60", "weight": "72", "creatinine": "1"},  # sex unknown
        {"age": "17.9", "weight": "72", "sex": "male", "creatinine": "1"},  # a child
        {"weight": "72", "sex": "male", "creatinine": "1"},  # age unknown
        {"age": "60", "sex": "male", "creatinine": "1"},  # weight unknown
        {"age": "60", "weight": "72", "sex": "male"},  # creatinine unknown
    ],
)
def test_what_is_unknown_is_not_guessed(fields: dict[str, str]) -> None:
    assert cockcroft_gault(_patient(**fields)) is None


def test_each_age_has_its_formula() -> None:
    child = _patient(age="17", height="170", sex="male", creatinine="1", weight="60")
    adult = _patient(age="18", height="170", sex="male", creatinine="1", weight="60")
    infant = _patient(age="0.9", height="70", creatinine="0.3")
    found = [filtration(one) for one in (child, adult, infant)]
    assert [one and one.source.split(",")[0] for one in found] == ["bedside Schwartz", "CKD-EPI 2021", None]


def test_a_given_value_wins() -> None:
    patient = _patient(age="60", weight="72", sex="male", creatinine="1", creatinine_clearance="25", egfr="31")
    assert [one and one.value for one in (clearance(patient), filtration(patient))] == [25, 31]


def test_creatinine_in_micromoles() -> None:
    assert creatinine_from_micromoles(Decimal("88.4")) == 1


@given(
    age=st.decimals(18, 125, places=0),
    weight=st.decimals(30, 300, places=1),
    creatinine=st.decimals("0.2", 20, places=2),
)
def test_more_creatinine_is_less_clearance(age: Decimal, weight: Decimal, creatinine: Decimal) -> None:
    one, other = (
        clearance(Patient(age=age, weight=weight, sex="male", creatinine=each)) for each in (creatinine, creatinine * 2)
    )
    assert one is not None
    assert other is not None
    assert other.value <= one.value
