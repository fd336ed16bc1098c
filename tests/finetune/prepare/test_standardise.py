from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finetune.prepare.standardise import codes, ingredients, standard, standardise
from finetune.prepare.ucum import CODES, SAFE
from retrieval.medicines import Medicines
from tests.finetune.prepare.made import rows

KNOWN = Medicines.load()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Give 500mg bid.", "Give 500 mg twice daily."),
        ("Give 5U of insulin q.d. before food", "Give 5 units of insulin once daily before food"),
        ("10 cc (50 µg) t.i.d. now", "10 mL (50 mcg) three times daily now"),
        ("100 IU/kg q6h", "100 international units/kg every 6 hours"),
        ("Use Glucophage; Glucophage is oral.", "Use Glucophage (metformin); Glucophage is oral."),
        ("Glucophage is metformin.", "Glucophage is metformin."),
        # what could mean something else stays
        ("a 20 G needle, 2 M later, od", "a 20 G needle, 2 M later, od"),
        ("the bid (PO) failed", "the bid (PO) failed"),
    ],
)
def test_one_word_for_one_thing(answer: str, expected: str) -> None:
    assert standard(answer, KNOWN) == expected


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="0123456789.,/ mgµUIkLbidtqhpo()-", max_size=60))
def test_no_number_is_ever_changed(answer: str) -> None:
    numbers = re.compile(r"\d+(?:[.,]\d+)*")
    assert numbers.findall(standard(answer, KNOWN)) == numbers.findall(answer)


def test_questions_and_answers_from_evidence_keep_their_words() -> None:
    given_rows = rows(
        {"question": "Glucophage 500mg bid ok?", "answer": "Glucophage 500mg bid.", "evidence": '[{"key":"k"}]'},
        {"question": "Glucophage 500mg bid ok?", "answer": "500mg bid."},
    )
    made = standardise(given_rows, KNOWN)
    assert made["question"].to_list() == given_rows["question"].to_list()
    assert made["answer"].to_list() == ["Glucophage 500mg bid.", "500 mg twice daily."]
    assert made["medicines"].to_list() == [["metformin"], ["metformin"]]


def test_medicines_are_named_by_ingredient() -> None:
    assert ingredients(["Coumadin", "warfarin sodium"], "", "", KNOWN) == ["warfarin"]
    assert ingredients([], "is Lipitor ok?", "warfarin", KNOWN) == ["atorvastatin"]
    assert ingredients([], "is it ok?", "not with warfarin", KNOWN) == ["warfarin"]


def test_units_have_their_ucum_codes() -> None:
    assert codes("5 µg or 10 cc, 3 IU", CODES) == ("ug", "mL", "[iU]")
    assert SAFE["µg"] == "mcg"  # UCUM's "ug" is on the lists of unsafe abbreviations
