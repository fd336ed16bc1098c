"""Which numbers a model may say, and with what beside them. The tables are for a pharmacist to read."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.grammar import LONGEST_QUOTE, has_digit, quantities, quotable, reply_grammar, text_pattern
from retrieval.passage import Passage
from tests.assistant.evidence import ADULTS, PASSAGES, RENAL, ROW, passage

OFFERED = [
    # a number and its unit are one thing
    ("Give 500 mg twice daily.", {"500 mg"}, set()),
    # the comparison sign belongs to it
    ("Avoid below < 30 mL/min.", {"< 30 mL/min"}, set()),
    ("Patients (≥ 65 years) need less.", {"≥ 65 years"}, set()),
    # so does the whole range
    ("Give 500 to 850 mg daily.", {"500 to 850 mg"}, set()),
    ("Give 5–10 mg/kg.", {"5–10 mg/kg"}, set()),
    # and what the amount is per
    ("Not more than 10 mg per kg per day.", {"10 mg per kg per day"}, set()),
    # a thousands separator or a decimal point is part of the number, a full stop is not
    ("At most 2,550 mg.", {"2,550 mg"}, set()),
    ("Give .5 mg, or 0.25 mg.", {".5 mg", "0.25 mg"}, set()),
    # a number made of several words
    ("eGFR 30-45 mL/min/1.73 m2 or less.", {"30-45 mL/min/1.73 m2"}, set()),
    ("A count of 1 x 10^9/L.", {"1 x 10^9/L"}, set()),
    ("Seen in 3 of 20 patients.", {"3 of 20 patients"}, set()),
    # the noun that is counted
    ("Give in 2 divided doses every 12 hours.", {"2 divided", "12 hours"}, set()),
    # numbers that end a clause have no unit, and may only stand before punctuation
    ("See section 5.1. Doses are 2, 4 and 8 mg.", {"4 and 8 mg"}, {"5.1", "2"}),
    # names with digits in them
    ("CYP2D6 inhibitors and vitamin B12.", {"CYP2D6", "B12"}, set()),
    # other scripts' digits are digits
    ("Take ½ tablet or ٥ mg.", {"½ tablet", "٥ mg"}, set()),
    ("Nothing to count here.", set(), set()),
]


@pytest.mark.parametrize(("text", "bound", "bare"), OFFERED)
def test_the_numbers_that_a_text_offers(text: str, bound: set[str], bare: set[str]) -> None:
    found = quantities(text)
    assert (set(found.bound), set(found.bare)) == (bound, bare)


SAYABLE = [
    (ADULTS, "The usual starting dose is 500 mg twice daily.", True),
    (ADULTS, "Give 500 mg, or 850 mg once daily.", True),
    (ADULTS, "The maximum is 2,550 mg per day.", True),
    (ADULTS, "Don’t exceed 2,550 mg per day: it’s the well-known maximum.", True),
    # another dose, another unit, another frequency, a part of the number, two numbers made one
    (ADULTS, "Give 600 mg twice daily.", False),
    (ADULTS, "Give 500 g twice daily.", False),
    (ADULTS, "Give 500 mcg.", False),
    (ADULTS, "The maximum is 2,550 mg.", False),
    (ADULTS, "The maximum is 550 mg per day.", False),
    (ADULTS, "Give 500850 mg.", False),
    (ADULTS, "Give 500.850 mg.", False),
    (ADULTS, "Give 5 hundred mg.", False),
    (ADULTS, "Give 500.", False),
    # another passage's number
    (ADULTS, "Avoid below 30 mL/min/1.73 m2.", False),
    (RENAL, "Avoid below 30 mL/min/1.73 m2.", True),
    # a sign that would turn it into something else
    (ADULTS, "Give -500 mg.", False),
    (ADULTS, "Give > 500 mg.", False),
    (ADULTS, "Give 500 mg/kg.", False),
    (ADULTS, "Give 500 mg%.", False),
    (ADULTS, "Give 500 mg2.", False),
    # digits of other scripts, and control characters
    (ADULTS, "Give ٥٠٠ mg.", False),
    (ADULTS, "Give ５００ mg.", False),
    (ADULTS, "Give ² or Ⅳ or 五.", False),
    (ADULTS, "Give\nit.", False),
    (ADULTS, "Give\u202eit.", False),
    (ROW, "Adults of ≥ 65 years take ½ tablet.", True),
    (ROW, "Adults of 65 years take a tablet.", False),
]


@pytest.mark.parametrize(("cited", "text", "allowed"), SAYABLE)
def test_what_may_be_said_beside_a_quote(cited: Passage, text: str, allowed: bool) -> None:
    assert bool(re.fullmatch(text_pattern(cited), text)) is allowed


@settings(max_examples=60, deadline=None)
@given(st.from_regex(re.compile(text_pattern(ADULTS)), fullmatch=True))
def test_no_sentence_of_the_language_holds_another_number(text: str) -> None:
    rest = text
    for quantity in quantities(ADULTS.text).bound:
        rest = rest.replace(quantity, "")
    assert not has_digit(rest)


SCRAPS = "5 2,550 .5 10–20 ½ 65 mg mg/kg per day ≥ < ( ) to and or x of, 3. (4) B12 % patients"
words = st.sampled_from([*SCRAPS.split(" "), '"', "\\"])


@given(st.lists(words, max_size=14).map(" ".join))
def test_what_is_offered_stands_in_the_text_and_has_its_digits(text: str) -> None:
    found = quantities(text)
    for quantity in (*found.bound, *found.bare):
        assert quantity in text
        assert has_digit(quantity)
    re.compile(text_pattern(passage("k", text)))


@given(st.text(st.characters(codec="utf-8"), max_size=120))
def test_any_text_makes_a_grammar(text: str) -> None:
    grammar = reply_grammar([passage("k", text)])
    assert grammar.startswith("root ::= ")
    re.compile(text_pattern(passage("k", text)))


def test_prose_is_quoted_by_the_sentence_and_a_row_as_a_whole() -> None:
    assert [ADULTS.text.index(quote) for quote in quotable(ADULTS)] == [0, ADULTS.text.index("The maximum")]
    assert quotable(ROW) == (ROW.text,)


def test_a_sentence_that_would_fill_the_reply_is_not_offered() -> None:
    long = passage("k", "Metformin " + "and so on " * (LONGEST_QUOTE // 10) + ". It is short.")
    assert quotable(long) == ("It is short.",)


def test_without_a_sentence_to_quote_only_the_empty_reply_is_left() -> None:
    assert reply_grammar([passage("k", " \n ")]) == 'root ::= "[]"'
    assert reply_grammar([]) == 'root ::= "[]"'


def test_a_key_stands_in_one_rule_with_the_quotes_of_its_own_passage() -> None:
    lines = reply_grammar(PASSAGES).splitlines()
    assert [line for line in lines if ADULTS.key in line] == [line for line in lines if line.startswith("p0 ::=")]
    quotes = next(line for line in lines if line.startswith("p0q ::="))
    assert "usual starting dose" in quotes
    assert "contraindicated" not in quotes
