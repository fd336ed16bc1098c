"""Abbreviations are written out beside a question; symbols of the laboratory only where a value stands beside them."""

from __future__ import annotations

import pytest

from retrieval.abbreviations import expanded, laboratory_words


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("spironolactone hold if K 6.1?", ["potassium"]),
        ("K+ of 5.8 on lisinopril", ["potassium"]),
        ("lithium with Na 128", ["sodium"]),
        ("metformin, Cr > 2", ["creatinine"]),
        ("Hb: 7.2 and Plt 40 on warfarin", ["haemoglobin hemoglobin", "platelets"]),
        ("K level 3.1", ["potassium"]),
        # What only looks like one.
        ("vitamin K 10 mg for INR 9", []),
        ("Vit K 5 mg", []),
        ("K. pneumoniae, 7 days", []),
        ("does it raise K?", []),
        ("k 5", []),
        ("OK 5 mg?", []),
    ],
)
def test_symbols_of_the_laboratory(question: str, words: list[str]) -> None:
    assert laboratory_words(question) == words


def test_long_forms_stand_after_the_question_once() -> None:
    asked = "metformin bd with eGFR 30, bd and K 6"
    assert expanded(asked) == f"{asked} twice daily glomerular filtration rate renal impairment potassium"
    assert expanded("metformin?") == "metformin?"
