"""The dose checks of an answer's claims: one table per rule, both sides of every boundary. Rules: `dosing_rules`."""

from __future__ import annotations

import pytest

from guardrails.dosing import calculations, not_known, unknown_that_matters
from guardrails.patient import Patient
from guardrails.verdict import Severity
from retrieval.passage import Section
from tests.guardrails.dosing_rules import claim, context, graded, person

B, W, INFORM = Severity.BLOCK, Severity.WARN, Severity.INFORM
CHILD = person(age="3", weight="12")
ADULT = person(age="40", weight="80")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Metformin 2550 mg daily.", {}),  # at the adult maximum
        ("Metformin 2551 mg daily.", {"dose.daily-max": B}),
        ("Metformin 2.55 g daily.", {}),  # the same in grams
        ("Metformin 2.551 g daily.", {"dose.daily-max": B}),
        ("Metformin 850 mg three times daily.", {}),  # 2,550 mg
        ("Metformin 851 mg three times daily.", {"dose.daily-max": B}),  # 2,553 mg
        ("Metformin 2,550,001 mcg daily.", {"dose.daily-max": B}),
        ("Metformin maximum 3000 mg per day.", {"dose.daily-max": B}),  # a maximum that is too high
        ("Adults: metformin 2200 mg daily.", {}),
        ("Children 10 years and older: metformin 2000 mg daily.", {}),
        ("Children 10 years and older: metformin 2200 mg daily.", {"dose.daily-max": B}),
        ("Metformin 2200 mg daily.", {}),  # whom for is not said: the mildest limit decides
        ("Acetaminophen 1 g every 6 hours.", {}),
        ("Acetaminophen 1 g every 4 hours.", {"dose.daily-max": B}),  # 6 g
        ("Acetaminophen 500 mg to 1 g every 4 to 6 hours.", {}),  # 4 g at the slower pace: bounded elsewhere
        ("Omeprazole 40 mg daily.", {}),
        ("Omeprazole 60 mg daily.", {"dose.daily-max": W}),  # within the maximum of another indication
        ("Omeprazole 361 mg daily.", {"dose.tenfold": B}),
        ("For Zollinger-Ellison syndrome: omeprazole 360 mg daily.", {}),
        ("For Zollinger-Ellison syndrome: omeprazole 400 mg daily.", {"dose.daily-max": B}),
    ],
)
def test_daily_maximum(text: str, expected: dict[str, Severity]) -> None:
    assert graded(claim(text, about=())) == expected


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("Levothyroxine 300 mcg daily.", ""),
        ("Levothyroxine 400 mcg daily.", "dose.daily-max"),  # 1.3 times
        ("Levothyroxine 1500 mcg daily.", "dose.tenfold"),  # five times and more
        ("Levothyroxine 1499 mcg daily.", "dose.daily-max"),
        ("Levothyroxine 30 mg daily.", "dose.unit-confusion"),  # a hundred times
        ("Levothyroxine 100 mg daily.", "dose.unit-confusion"),  # mg for mcg
    ],
)
def test_slips_by_size(text: str, rule: str) -> None:
    found = claim(text, about=())
    assert [one.rule for one in found] == ([rule] if rule else [])


def test_the_explanation_has_both_numbers_and_the_arithmetic() -> None:
    (found,) = claim("Metformin 900 mg three times daily.", about=())
    assert found.explanation == (
        "The dose of metformin, 3 × 900 mg = 2,700 mg a day, is over the 2,550 mg a day of Test label, section 2.1."
    )
    assert found.version == "metformin/adult@1"
    assert "Nobody, 2026-01-01" in found.evidence
    assert found.span == (10, 34)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Metformin 1000 mg twice daily.", {}),
        ("Metformin 1001 mg twice daily.", {"dose.single-max": W}),
        ("Metformin 2000 mg once daily.", {"dose.single-max": W}),
        ("Metformin 2000 mg daily.", {}),  # may be taken in parts
        ("Increase metformin by 500 mg weekly.", {}),  # a step, no weekly dose
    ],
)
def test_single_maximum(text: str, expected: dict[str, Severity]) -> None:
    assert graded(claim(text, about=())) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Acetaminophen 500 mg every 4 hours.", {}),
        ("Acetaminophen 300 mg every 3 hours.", {"dose.interval": B}),
        ("Acetaminophen 300 mg six times daily.", {}),  # every 4 hours on average
        ("Acetaminophen 300 mg seven times daily.", {"dose.interval": B}),
        ("Naproxen 250 mg three times daily.", {}),
        ("Naproxen 250 mg four times daily.", {"dose.interval": B}),
    ],
)
def test_interval(text: str, expected: dict[str, Severity]) -> None:
    assert graded(claim(text, about=())) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Methotrexate 7.5 mg once weekly.", {}),
        ("Methotrexate 2.5 mg once daily.", {"dose.weekly": B}),
        ("Methotrexate 1 mg every 12 hours.", {"dose.weekly": B}),
        ("Methotrexate 15 mg daily.", {"dose.weekly": B, "dose.weekly-max": W}),
        ("Methotrexate 7.5 mg twice weekly.", {"dose.interval": B}),
        ("For psoriasis: methotrexate 25 mg once weekly.", {}),
        ("For psoriasis: methotrexate 30 mg once weekly.", {"dose.weekly-max": B}),
        ("Methotrexate 30 mg once weekly.", {"dose.weekly-max": W}),  # for what is not said
    ],
)
def test_weekly_is_not_daily(text: str, expected: dict[str, Severity]) -> None:
    assert graded(claim(text, about=())) == expected


@pytest.mark.parametrize(
    ("text", "patient", "expected"),
    [
        ("Acetaminophen 180 mg every 6 hours.", CHILD, {}),  # 15 mg/kg × 12 kg
        ("Acetaminophen 181 mg every 6 hours.", CHILD, {"dose.single-max": B}),
        ("Acetaminophen 15 mg/kg every 6 hours.", CHILD, {}),
        ("Acetaminophen 16 mg/kg every 6 hours.", CHILD, {"dose.single-max": B}),
        ("Acetaminophen 150 mg six times daily.", CHILD, {}),  # 900 mg = 75 mg/kg × 12 kg
        ("Acetaminophen 151 mg six times daily.", CHILD, {"dose.daily-max": B}),
        ("Acetaminophen 1 g every 6 hours.", ADULT, {}),  # the cap: 15 mg/kg would be 1.2 g
        ("Acetaminophen 1.1 g every 8 hours.", ADULT, {"dose.single-max": B}),
        ("Acetaminophen 15 mg/kg every 6 hours.", None, {}),  # per kg against per kg
        ("Acetaminophen 20 mg/kg every 6 hours.", None, {"dose.single-max": B}),
        ("Acetaminophen 900 mg every 6 hours.", None, {}),  # weight unknown: only the cap can be passed
        ("Acetaminophen 1.1 g every 8 hours.", None, {"dose.single-max": B}),
        ("Vancomycin 4 g daily.", person(height="180", weight="80"), {}),  # 2 m2 by Mosteller
        ("Vancomycin 4.1 g daily.", person(height="180", weight="80"), {"dose.daily-max": B}),
        ("Vancomycin 4.1 g daily.", person(weight="80"), {}),  # height unknown: nothing to compare
    ],
)
def test_by_weight_and_surface(text: str, patient: Patient | None, expected: dict[str, Severity]) -> None:
    assert graded(claim(text, patient, about=())) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Vancomycin 1 g over 100 minutes.", {}),  # 10 mg/min
        ("Vancomycin 1 g over 60 minutes.", {"dose.rate": B}),
        ("Vancomycin 10 mg/min.", {}),
        ("Vancomycin 11 mg/min.", {"dose.rate": B}),
    ],
)
def test_rate(text: str, expected: dict[str, Severity]) -> None:
    assert graded(claim(text, about=())) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Acetaminophen 500 mg every 6 hours for 10 days.", {}),
        ("Acetaminophen 500 mg every 6 hours for 11 days.", {"dose.duration": INFORM}),
        ("Naproxen 500 mg twice daily for 10 days.", {}),  # 10 g
        ("Naproxen 500 mg twice daily for 2 weeks.", {"dose.course": W}),  # 14 g
    ],
)
def test_course_and_duration(text: str, expected: dict[str, Severity]) -> None:
    assert graded(claim(text, about=())) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Metformin 500 mg daily.", {}),
        ("Metformin 499 mg daily.", {"dose.below-effective": W}),
        ("Start metformin at 250 mg daily.", {}),  # a start may be low
        ("Metformin 250 mg daily in patients with CrCl below 30 mL/min.", {}),  # low for a reason
        ("Levothyroxine 1.25 mcg daily.", {"dose.tenfold": W}),  # ten times too little
        ("Levothyroxine 0.1 mcg daily.", {"dose.unit-confusion": W}),  # a hundred times
    ],
)
def test_below_effective(text: str, expected: dict[str, Severity]) -> None:
    assert graded(claim(text, about=())) == expected


@pytest.mark.parametrize(
    ("text", "patient", "expected"),
    [
        ("Metformin 500 mg twice daily.", person(age="50", egfr="45.1"), {}),
        ("Metformin 1000 mg twice daily.", person(age="50", egfr="44"), {"dose.renal": B}),  # over 1,000 mg a day
        ("Metformin 500 mg twice daily.", person(age="50", egfr="44"), {}),
        ("Metformin 500 mg twice daily.", person(age="50", egfr="30"), {}),
        ("Metformin 500 mg twice daily.", person(age="50", egfr="29"), {"dose.contraindication": B}),
        # eGFR unknown, clearance known: it stands in
        ("Metformin 500 mg twice daily.", person(age="50", creatinine_clearance="20"), {"dose.contraindication": B}),
        # A limit for bad kidneys counts though its indication is not said; as that is unknown, it warns.
        ("Enoxaparin 1 mg/kg twice daily.", person(creatinine_clearance="29"), {"dose.renal": W}),
        ("Enoxaparin 1 mg/kg once daily.", person(creatinine_clearance="29"), {}),
        ("Enoxaparin 1 mg/kg twice daily.", person(creatinine_clearance="30"), {}),
        ("Enoxaparin treatment 1 mg/kg twice daily.", person(creatinine_clearance="29"), {"dose.renal": B}),
        ("Metformin 500 mg twice daily.", person(hepatic_class="B"), {"dose.hepatic": W}),
        ("Acetaminophen 500 mg twice daily.", person(hepatic_class="A"), {"dose.hepatic": W}),
        ("Metformin 500 mg twice daily.", person(age="9"), {"dose.population": W}),
        # a dose that is explicitly for others: said, not blocked
        ("Patients with eGFR of 60 mL/min or more: metformin 500 mg twice daily.", person(egfr="29"),
         {"dose.population": INFORM}),
        ("Methotrexate 7.5 mg once weekly.", person(pregnant=True), {"dose.pregnancy": B}),
        ("Methotrexate 7.5 mg once weekly.", person(pregnant=False), {}),
        ("Methotrexate 7.5 mg once weekly.", person(breastfeeding=True), {"dose.lactation": B}),
        ("Methotrexate 7.5 mg intrathecally once weekly.", None, {"dose.route": B}),
        ("Naproxen 250 mg twice daily.", person(allergies=("ibuprofen",)), {"dose.allergy": B}),  # the class
        ("Naproxen 250 mg twice daily.", person(allergies=("naproxen",)), {"dose.allergy": B}),
        ("Naproxen 250 mg twice daily.", person(allergies=("penicillin",)), {}),
        ("Naproxen 250 mg twice daily.", person(medicines=("warfarin",)), {"dose.contraindication": B}),
        ("Naproxen 250 mg twice daily.", person(medicines=("ibuprofen 400 mg tds",)), {"dose.duplicate-therapy": W}),
        ("Omeprazole 20 mg daily.", person(medicines=("Plavix",)), {"dose.interaction": W}),  # a brand of clopidogrel
        ("Omeprazole 20 mg daily.", person(medicines=("aspirin",)), {}),
    ],
)  # fmt: skip
def test_the_patient(text: str, patient: Patient | None, expected: dict[str, Severity]) -> None:
    assert graded(claim(text, patient, about=())) == expected


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("Metformin 500.0 mg twice daily.", B),  # a trailing zero
        ("Insulin glargine 10U daily.", B),
    ],
)
def test_unsafe_abbreviations_are_not_written(text: str, severity: Severity) -> None:
    assert graded(claim(text, quote="Metformin 500 mg twice daily."))["dose.abbreviation"] is severity
    assert graded(claim(text))["dose.abbreviation"] is INFORM  # the source says it so


def test_an_allergy_reaches_to_relatives() -> None:
    found = claim("Amoxicillin 500 mg three times daily.", person(allergies=("penicillin",)), about=())
    assert graded(found) == {"dose.allergy": B}
    assert found[0].evidence


def test_a_contraindication_that_is_told_is_no_dose() -> None:
    text = "Metformin is contraindicated in patients with an eGFR below 30 mL/min/1.73 m2."
    assert claim(text, person(egfr="20")) == ()


def test_an_adult_dose_for_a_child_warns() -> None:
    text = "Adults: acetaminophen 1 g every 6 hours."
    (found,) = claim(text, CHILD, about=())
    assert (found.rule, found.severity) == ("dose.population", W)
    assert "over a limit" in found.explanation
    assert claim(text, ADULT, about=()) == ()


@pytest.mark.parametrize(
    "section", [Section.OVERDOSE, Section.STUDIES, Section.PHARMACOLOGY, Section.ADVERSE_REACTIONS]
)
def test_what_a_section_tells_is_no_advice(section: Section) -> None:
    text = "Patients on metformin 50 g daily."
    assert claim(text, section=section) == ()
    assert graded(claim(text)) == {"dose.tenfold": B}
    # Only words that are proven make the exception.
    assert "dose.tenfold" in graded(claim("Take metformin 50 g daily.", quote=text, section=section))


@pytest.mark.parametrize(
    ("text", "quote", "expected"),
    [
        ("Metformin 0.5 g twice daily.", "Metformin 500 mg every 12 hours.", {}),
        ("Metformin 500 mg twice daily.", "Metformin 500 mg once daily.", {"dose-source": B}),
        ("Metformin 500 mg daily.", "Metformin 850 mg daily.", {"dose-source": B}),
        ("Metformin 500 mg intravenously.", "Metformin 500 mg orally.", {"dose-source": B}),
        ("The maximum is metformin 500 mg daily.", "Start metformin at 500 mg daily.", {"dose-source": B}),
        ("Children: metformin 500 mg daily.", "Adults: metformin 500 mg daily.", {"dose-source": B}),
        ("Sitagliptin 100 mg daily.", "Metformin 500 mg and sitagliptin 100 mg daily.", {}),
    ],
)  # fmt: skip
def test_the_source_states_the_same_dose(text: str, quote: str, expected: dict[str, Severity]) -> None:
    assert graded(claim(text, quote=quote)) == expected


@pytest.mark.parametrize(
    ("text", "quote", "severity"),
    [
        ("Take 5 mg qxz bd.", "Take 5 mg qxz bd.", INFORM),  # word for word: proven, though not understood
        ("Take 0.5 g qxz twice daily.", "Take 500 mg qxz twice daily.", INFORM),  # the same in another notation
        ("Twice daily take 5 mg qxz.", "Take 5 mg qxz bd.", INFORM),  # its amounts and its odd word are the quote's
        ("Take 5 mg zzz bd.", "Take 5 mg qxz bd.", B),  # what was not understood is new
        ("Take 6 mg qxz bd.", "Take 5 mg qxz bd.", B),
        ("Take up to 5 mg qxz bd.", "Take 5 mg qxz bd.", B),  # bounded in another way
        ("Take 5 mg qxz bd, 5 mg qxz bd.", "Take 5 mg qxz bd.", B),  # twice as much
    ],
)
def test_an_unread_dose_is_withheld_unless_its_source_says_it(text: str, quote: str, severity: Severity) -> None:
    assert graded(claim(text, quote=quote))["dose.unread"] is severity


def test_a_number_that_is_no_dose_is_no_unread_dose() -> None:
    assert claim("Grade 3 or 4 anaemia in 12% of patients.", quote="Anaemia of grade 3 or 4 occurred in 12%.") == ()


def test_an_unread_dose_over_every_limit_warns() -> None:
    text = "Acetaminophen 9 g qxz twice daily."
    assert graded(claim(text, about=("acetaminophen",))) == {"dose.unread": INFORM, "dose.daily-max": W}


def test_a_medicine_in_another_measure() -> None:
    assert graded(claim("Insulin glargine 10 mg daily.", about=())) == {"dose.unit-confusion": B}
    assert claim("Insulin glargine 10 units daily.", about=()) == ()


def test_calculations_show_their_arithmetic() -> None:
    found = calculations("acetaminophen 10 to 15 mg/kg every 6 hours", context(CHILD))
    assert [one.arithmetic for one in found] == [
        "10 to 15 mg/kg × 12 kg = 120 to 180 mg a dose",
        "40 to 60 mg/kg × 12 kg = 480 to 720 mg a day",
    ]
    kidneys = calculations("metformin", context(person(age="60", weight="72", sex="male", creatinine="1")))
    assert [one.what for one in kidneys] == ["creatinine clearance", "eGFR"]
    assert calculations("acetaminophen 15 mg/kg", context()) == ()  # the weight is not known


def test_a_calculation_says_when_it_passes_a_limit() -> None:
    found = calculations("acetaminophen 15 mg/kg every 6 hours", context(ADULT))
    assert found[0].arithmetic == (
        "15 mg/kg × 80 kg = 1,200 mg a dose; this is over the 1,000 mg (the cap of 15 mg/kg) at a time of Test label, "
        "section 2.1"
    )
    stated = calculations("omeprazole 1 mg/kg daily, maximum 20 mg daily", context(person(weight="30")))
    assert stated[0].arithmetic == "1 mg/kg × 30 kg = 30 mg a dose; the text limits it to 20 mg a day"


def test_what_is_unknown_and_matters() -> None:
    found = unknown_that_matters(["metformin"], context())
    assert "kidney function: what rule severe says" in found
    known = unknown_that_matters(["metformin"], context(person(age="50", egfr="60", hepatic_class="A")))
    assert not any(line.startswith(("kidney", "age", "liver")) for line in known)


EVERYTHING = ("age", "weight", "kidney function", "liver function", "pregnancy", "allergies", "other medicines")


@pytest.mark.parametrize(
    ("text", "known", "told"),
    [
        ("Amoxicillin dose?", person(), ()),
        ("Amoxicillin for my 80-year-old?", person(), ("age", "pregnancy")),
        ("My 4-year-old, 16 kg, is allergic to penicillin.", person(), ("age", "weight", "allergies")),
        # Durations, groups and grades that name no class tell of no one person.
        ("For 7 days in adults and children with hepatic impairment?", person(), ()),
        ("In severe renal impairment?", person(), ("kidney function",)),
        ("On dialysis?", person(), ("kidney function",)),
        ("A pregnant woman, Child-Pugh B", person(), ("pregnancy", "liver function")),
        ("A man with eGFR 35", person(), ("kidney function", "pregnancy")),
        ("Dose?", person(egfr="60", sex="male"), ("kidney function", "pregnancy")),
        ("Dose at 50 kg?", person(weight="60", age="50"), ("weight", "age")),
        ("For my 59-year-old?", person(), ("age",)),
        ("For my 60-year-old?", person(), ("age", "pregnancy")),
    ],
)
def test_what_a_question_tells_of_the_patient_is_known(text: str, known: Patient, told: tuple[str, ...]) -> None:
    assert set(not_known(text, known)) == set(EVERYTHING) - set(told)
