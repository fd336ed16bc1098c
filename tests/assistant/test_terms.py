"""Two ways of saying one thing meet in one form."""

from __future__ import annotations

import pytest
import yaml

from assistant.terms import SECTION_WORDS, stem, terms


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("kidney", "renal"),
        ("CrCl", "renal"),
        ("kids", "paediatric"),
        ("max", "maximum"),
        ("beers", "alcohol"),
        ("bled", "bled"),
        ("haemorrhage", "bleeding"),
        ("premeds", "premedicate"),
        ("subcut", "subcutaneous"),
    ],
)
def test_synonyms_and_spellings_meet(one: str, other: str) -> None:
    assert terms(one) == terms(other) != ()


@pytest.mark.parametrize(("one", "other"), [("milk", "lactation"), ("maximum", "minimum"), ("renal", "hepatic")])
def test_different_things_stay_apart(one: str, other: str) -> None:
    assert terms(one) != terms(other)


def test_a_question_without_content_has_no_terms() -> None:
    assert terms("what is the") == ()


def test_no_word_is_read_in_two_ways() -> None:
    from importlib.resources import files

    table = yaml.safe_load((files("assistant") / "ward_words.yaml").read_text(encoding="utf-8"))
    words = [word for group in table["same"].values() for word in group]
    assert len(words) == len(set(words))
    assert all(isinstance(word, str) for word in [*words, *table["same"]])


def test_section_words_are_in_their_common_form() -> None:
    assert stem("kidney") in SECTION_WORDS
    assert stem("grapefruit") not in SECTION_WORDS
