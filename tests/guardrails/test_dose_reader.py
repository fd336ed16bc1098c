"""Doses as they are read: our labelled sentences, the round trip of generated ones, and any text at all."""

from __future__ import annotations

import random
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrails.dose import Limit, Quantity
from guardrails.dose_reader import LONGEST_CLAUSE, read_doses
from guardrails.errors import UnitMismatch
from guardrails.reading import marks
from guardrails.reading.ucum import convert
from retrieval.medicines import Medicines
from tests.benchmarks import dose_fuzz
from tests.guardrails.dose_labels import Reading, Sentence, bare, graded, load

# Sentences that are not read in full, and say so.
KNOWN_UNREAD = frozenset({"GTN 2 sprays SL prn"})
SENTENCES = [sentence for name in dose_fuzz.SETS for sentence in load(name)]


@cache
def medicines() -> Medicines:
    return Medicines.load()


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence.text)
def test_every_labelled_sentence_is_read_as_its_label_says(sentence: Sentence) -> None:
    wanted = Reading.UNREAD if sentence.text in KNOWN_UNREAD else Reading.RIGHT
    assert graded(sentence, read_doses(sentence.text, medicines())) is wanted


def test_the_labels_are_many_and_different() -> None:
    texts = [sentence.text for sentence in SENTENCES]
    assert len(texts) >= 400
    assert len(set(texts)) == len(texts)


def test_weekly_is_never_daily() -> None:
    (dose,) = read_doses("methotrexate 7.5 mg once WEEKLY", medicines())
    assert str(dose.frequency) == "1 per 1 wk"


def test_places_are_those_of_the_whole_text() -> None:
    text = "Store safely. Adults: metformin 500 mg twice daily. Maximum 2 g daily."
    first, second = read_doses(text, medicines())
    assert text[first.start : first.end] == "500 mg twice daily"
    assert text[second.start : second.end] == "2 g daily"
    assert second.limit is Limit.MAXIMUM
    assert {first.drug, second.drug} == {"metformin"}


def test_a_medicine_that_is_taken_beside_is_not_the_medicine() -> None:
    (dose,) = read_doses("With clarithromycin or itraconazole do not exceed 20 mg daily.", medicines())
    assert dose.drug == ""


# text, ingredients in the order of its strengths, whether that order is known
COMBINATIONS = [
    ("Percocet 5/325 2 tablets every 6 hours", ("oxycodone", "acetaminophen"), True),
    ("Zestoretic 20/12.5 1 tablet daily", ("lisinopril", "hydrochlorothiazide"), True),
    ("Symbicort 160/4.5 2 puffs bd", ("budesonide", "formoterol"), True),
    ("hydrocodone/acetaminophen 5/325 mg, 1 tab PO q6h", ("hydrocodone", "acetaminophen"), True),
    # the names are written in another order than the strengths
    ("acetaminophen/hydrocodone 5/325 mg, 1 tab PO q6h", ("hydrocodone", "acetaminophen"), False),
    # no product has these strengths
    ("Percocet 6/333 1 tablet daily", ("acetaminophen", "oxycodone"), False),
]


@pytest.mark.parametrize(("text", "ingredients", "known"), COMBINATIONS)
def test_strengths_belong_to_the_ingredients_of_the_products_sold(
    text: str, ingredients: tuple[str, ...], known: bool
) -> None:
    (dose,) = read_doses(text, medicines())
    assert dose.ingredients == ingredients
    assert (dose.unread == "") is known


# text, population and times of its last dose
ROWS = [
    ("Age: 3-6 months; Starting daily dosage per kg: 8-10 mcg/kg/day.", "age: 3-6 months", ()),
    ("Day: Day 8 and thereafter; Dose of ozanimod: 0.92 mg once daily.", "", ("day 8-",)),
    (
        "Body weight (kg): 6 to less than 9; Days 8 and beyond: 1 mg twice daily.",
        "body weight (kg): 6 to less than 9",
        ("day 8-",),
    ),
]


@pytest.mark.parametrize(("text", "population", "when"), ROWS)
def test_a_row_of_a_table_keeps_its_label(text: str, population: str, when: tuple[str, ...]) -> None:
    dose = read_doses(text, medicines())[-1]
    assert dose.unread == ""
    assert dose.population == population
    assert dose.when == when


def test_a_clearance_in_a_row_is_never_lost() -> None:
    read = read_doses("Renal impairment in adults; 5 to 15 mL/minute 50 mg twice weekly", medicines())
    assert all(dose.unread for dose in read)


def test_a_reduced_risk_is_no_reduced_dose() -> None:
    (dose,) = read_doses("Reduction in the risk of stroke: apixaban 5 mg twice daily", medicines())
    assert dose.change == ""


def test_words_that_are_passed_over_begin_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    quick = [read_doses(sentence.text, medicines()) for sentence in SENTENCES]
    monkeypatch.setattr(marks, "_may_begin", lambda *_: True)
    assert [read_doses(sentence.text, medicines()) for sentence in SENTENCES] == quick


def test_the_reader_can_be_wrong_in_the_grader() -> None:
    sentence = next(one for one in SENTENCES if one.text == "1 tab (5/325)")
    assert graded(sentence, read_doses("2 tabs (5/325)", medicines())) is Reading.SILENT
    assert graded(sentence, ()) is Reading.SILENT
    assert graded(sentence, read_doses("1 tab (5/325) qxz", medicines())) is Reading.UNREAD


@given(seed=st.integers(0, 2**32))
@settings(max_examples=150, deadline=None)
def test_what_is_written_is_what_is_read(seed: int) -> None:
    text, meaning = dose_fuzz.prescription(random.Random(seed))
    assert [bare(one) for one in read_doses(text, medicines())] == [meaning]


@given(text=st.text(max_size=300))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_is_read_without_raising(text: str) -> None:
    assert dose_fuzz.fault(text, None, medicines())[0] == ""


@given(seed=st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_made_texts_have_no_fault(seed: int) -> None:
    text, meaning = dose_fuzz.made(random.Random(seed), [sentence.text for sentence in SENTENCES])
    assert dose_fuzz.fault(text, meaning, medicines())[0] == "", text


REPEATED = [
    "5 mg, ", "one hundred thousand ", "1/2/", "mon ", "take a tablet ", "5 mg\n", "for the ", "adults and ",
    "not a b c d ", "1,", "p.", "(", "q6h ", "maximum ", "children over 12 years ", "up to ", "every day ", "1-",
]  # fmt: skip


@pytest.mark.timeout(300)  # a hang, on any machine
@pytest.mark.parametrize("part", REPEATED)
def test_long_text_does_not_hang(part: str) -> None:
    read_doses(part * 4000, medicines())


def test_an_endless_sentence_is_unread() -> None:
    (dose,) = read_doses("take 5 mg " * LONGEST_CLAUSE, medicines())
    assert dose.unread


@pytest.mark.parametrize(
    ("value", "unit", "target", "expected"),
    [
        ("0.5", "g", "mg", "500"),
        ("500", "ug", "mg", "0.5"),
        ("1", "wk", "d", "7"),
        ("2", "mg/kg/h", "ug/kg/min", "33.33333333333333333333333333"),
        ("1", "[tsp_us]", "mL", "5"),
        ("250", "mg/(5.mL)", "mg/mL", "50"),
        ("3", "{tablet}", "{tablet}", "3"),
        ("2", "mg/kg{ideal}", "ug/kg{ideal}", "2000"),
    ],
)
def test_units_are_converted_exactly(value: str, unit: str, target: str, expected: str) -> None:
    converted = convert(Quantity(Decimal(value), unit), target)
    assert converted.unit == target
    assert abs(converted.value - Decimal(expected)) <= Decimal("1e-20")


@pytest.mark.parametrize(
    ("unit", "target"),
    [("mg", "mL"), ("[iU]", "mg"), ("[arb'U]", "[iU]"), ("{tablet}", "{capsule}"), ("mg", "furlong")],
)
def test_what_measures_something_else_is_not_converted(unit: str, target: str) -> None:
    with pytest.raises(UnitMismatch):
        convert(Quantity(Decimal(1), unit), target)
