"""Whom a dose is for, as texts say it, and what that means beside a rule and a patient."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guardrails.dosage.facts import Fact, Facts, others
from guardrails.dosage.whom import Interval, whom
from guardrails.rulebook import When
from tests.guardrails.dosing_rules import person

_Ends = tuple[str | None, str | None]


def _near(found: Interval | None, expected: _Ends | None) -> bool:
    if found is None or expected is None:
        return found is None and expected is None
    pairs = zip((found.low, found.high), expected, strict=True)
    return all(
        one is None if end is None else one is not None and abs(one - Decimal(end)) < Decimal("0.002")
        for one, end in pairs
    )


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("adults", ("18", None)),
        ("children", ("0", "18")),
        ("elderly patients", ("65", None)),
        ("adults and children 12 years and over", ("12", None)),
        ("paediatric patients 10 years of age and older", ("10", "18")),
        ("patients 10 years of age and older", ("10", None)),
        ("children 6 to 11 years", ("6", "12")),  # to the end of the 11th year
        ("children under 6 years", (None, "6")),
        ("neonates and infants aged 12 weeks or less", (None, "0.249")),
        ("an 8-year-old child", ("8", "9")),
        ("infants 3 months and older", ("0.25", "18")),
        ("patients ≥65 years of age", ("65", None)),
        ("age 60 or older", ("60", None)),
        ("hepatic impairment, child-pugh class b", None),
        ("patients", None),
    ],
)
def test_ages(text: str, age: _Ends | None) -> None:
    assert _near(whom(text).age, age)


@pytest.mark.parametrize(
    ("text", "kidneys"),
    [
        ("creatinine clearance < 30 ml/min", (None, "30")),
        ("crcl 15 – 29 ml/min", ("15", "29")),
        ("egfr between 30 and 45 ml/min/1.73 m2", ("30", "45")),
        ("gfr of 10 to 30 ml/min", ("10", "30")),
        ("creatinine clearance ≥ 10 ml/min and ≤ 30 ml/min", ("10", "30")),
        ("creatinine clearance ≤50 ml/min", (None, "50")),
        ("egfr 25", ("25", "25")),
        ("moderate renal impairment", ("30", "60")),
        ("severe renal impairment", ("0", "30")),
        ("clearance of dalfampridine", None),
    ],
)
def test_kidneys(text: str, kidneys: _Ends | None) -> None:
    assert _near(whom(text).kidneys, kidneys)


@pytest.mark.parametrize(
    ("text", "weight"),
    [
        ("15 kg to 40 kg", ("15", "40")),
        ("children under 40 kg", (None, "40")),
        ("weighing over 30 kg", ("30", None)),
        ("to 35 kg", (None, "35")),
        ("10 mg/kg", None),
    ],
)
def test_weights(text: str, weight: _Ends | None) -> None:
    assert _near(whom(text).weight, weight)


def test_other_words() -> None:
    assert whom("moderate hepatic impairment").hepatic == {"B"}
    assert whom("hepatic impairment, child-pugh class a or b").hepatic == {"A", "B"}
    assert whom("cirrhosis").hepatic == {"A", "B", "C"}
    assert whom("patients on haemodialysis").dialysis
    assert whom("pregnant women").pregnant
    assert whom("non-pregnant women").pregnant is None
    assert whom("breastfeeding").breastfeeding
    assert (whom("men and women").sex, whom("women").sex) == (None, "female")


@pytest.mark.parametrize(
    ("when", "said", "patient", "failed", "open_facts"),
    [
        ({"age": "18 a.."}, "adults", {}, False, set()),
        ({"age": "18 a.."}, "children", {}, True, set()),
        ({"age": "18 a.."}, "", {}, False, {Fact.AGE}),
        ({"age": "18 a.."}, "", {"age": "17.9"}, True, set()),
        ({"age": "18 a.."}, "", {"age": "18"}, False, set()),
        ({"age": "12 a.."}, "adults", {}, False, set()),  # all adults are older than 12
        ({"age": "18 a.."}, "patients over 12 years of age", {}, False, {Fact.AGE}),  # some are adults
        ({"egfr": "..30"}, "", {"egfr": "29.9"}, False, set()),
        ({"egfr": "..30"}, "", {"egfr": "30"}, True, set()),
        ({"egfr": "..=30"}, "", {"egfr": "30"}, False, set()),
        ({"crcl": "..30"}, "crcl < 30 ml/min", {}, False, set()),
        ({"crcl": "..30"}, "crcl 30 to 50 ml/min", {}, True, set()),
        ({"crcl": "..30"}, "", {}, False, {Fact.KIDNEYS}),
        ({"hepatic": ["C"]}, "", {"hepatic_class": "C"}, False, set()),
        ({"hepatic": ["C"]}, "", {"hepatic_class": "A"}, True, set()),
        ({"hepatic": ["B", "C"]}, "mild hepatic impairment", {}, True, set()),
        ({"pregnant": True}, "", {"sex": "male"}, True, set()),
        ({"pregnant": True}, "", {}, False, {Fact.PREGNANCY}),
        ({"pregnant": True}, "", {"age": "59"}, False, {Fact.PREGNANCY}),
        ({"pregnant": True}, "", {"age": "60"}, True, set()),
        ({"pregnant": True}, "", {"age": "60", "pregnant": True}, False, set()),
        ({"states": ["opioid-naive"]}, "", {"conditions": ("opioid-naive",)}, False, set()),
        ({"states": ["opioid-naive"]}, "", {}, False, {Fact.STATE}),
        ({"medicines": ["warfarin"]}, "", {}, False, {Fact.MEDICINES}),
    ],
)
def test_standing(
    when: dict[str, str | list[str] | bool],
    said: str,
    patient: dict[str, str | bool | tuple[str, ...]],
    failed: bool,
    open_facts: set[Fact],
) -> None:
    standing = Facts(whom(said), person(**patient)).standing(When.model_validate(when))
    assert (standing.failed, set(standing.open)) == (failed, open_facts)


def test_people_who_are_not_the_patient() -> None:
    assert others(whom("adults"), person(age="3")) == (Fact.AGE,)
    assert others(whom("adults"), person(age="30")) == ()
    assert others(whom("adults"), person()) == ()
    assert others(whom("crcl < 30 ml/min"), person(egfr="90")) == (Fact.KIDNEYS,)
    assert others(whom("pregnant women"), person(pregnant=False)) == (Fact.PREGNANCY,)
