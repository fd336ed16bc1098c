"""Which words of a quote its numbers make needless, which medicine stands for its alternatives, what "it" may name."""

from __future__ import annotations

import pytest

from guardrails.quoted import Quoted, spared_alternatives
from guardrails.restated import said_by_it
from guardrails.wording import stem
from tests.guardrails.claims import is_released, judged, medicines, passage

NUMBERS = [
    # the quote puts the words and the numbers side by side, and the claim has the numbers
    ("Metformin, 2 to 12 years: 250 mg.", "Children 2 to 12 years: metformin 250 mg.", True),
    (
        "Metformin 250 mg if CrCl is below 30 mL/min.",
        "Severe renal impairment (CrCl below 30 mL/min): metformin 250 mg.",
        True,
    ),
    # ages without an upper end are those of adults too; a lower end of clearance is no impairment
    ("Metformin, 10 years and older: 250 mg.", "Children 10 years and older: metformin 250 mg.", False),
    (
        "Metformin 250 mg if CrCl is above 30 mL/min.",
        "Mild renal impairment (CrCl above 30 mL/min): metformin 250 mg.",
        False,
    ),
    # another organ, another number, or numbers far from the word
    (
        "Metformin 250 mg if CrCl is below 30 mL/min.",
        "Severe hepatic impairment (CrCl below 30 mL/min): metformin 250 mg.",
        False,
    ),
    ("Metformin, 2 to 16 years: 250 mg.", "Children 2 to 12 years: metformin 250 mg.", False),
    (
        "Metformin is not indicated; below 18 years its safety has not been established.",
        "Metformin is not indicated in children; below 18 years its safety has not been established.",
        False,
    ),
]
ALTERNATIVES = [
    ("With verapamil, diltiazem or dronedarone: 10 mg.", {"verapamil"}, 3),
    ("With verapamil or diltiazem: 10 mg.", {"diltiazem"}, 2),
    # named is none of them, both are meant, or nothing is taken with them
    ("With verapamil, diltiazem or dronedarone: 10 mg.", {"amlodipine"}, 0),
    ("With verapamil and diltiazem: 10 mg.", {"verapamil"}, 0),
    ("Verapamil, diltiazem or dronedarone: 10 mg.", {"verapamil"}, 0),
]
IT = [
    ("Stop at a rash, unless the rash is mild.", "Stop at a rash unless it is mild.", {"rash"}),
    ("Stop at a rash, unless the rash is mild.", "Stop at a rash if it is mild.", set()),
    ("Stop at a rash, unless mild.", "Stop at a rash unless it is mild.", set()),
]


@pytest.mark.parametrize(("claim", "quote", "released"), NUMBERS)
def test_numbers_say_what_they_stand_beside(claim: str, quote: str, released: bool) -> None:
    assert is_released(judged(claim, quote, passage(quote))) is released


@pytest.mark.parametrize(("text", "named", "spared"), ALTERNATIVES)
def test_one_alternative_is_enough(text: str, named: set[str], spared: int) -> None:
    quoted = Quoted(text, passage(text), medicines())
    assert len(spared_alternatives(quoted, {frozenset({name}) for name in named})) == spared


@pytest.mark.parametrize(("quote", "claim", "words"), IT)
def test_it_names_what_stood_behind_the_same_word(quote: str, claim: str, words: set[str]) -> None:
    assert set(said_by_it(quote, claim, frozenset())) == {stem(word) for word in words}
