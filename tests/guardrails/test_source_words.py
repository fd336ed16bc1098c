"""What the learned check of support reads: amounts, medicines and words proved equal, in the words of the quote."""

from __future__ import annotations

import pytest

from guardrails.claim import Claim
from guardrails.examined import examine
from guardrails.source_words import in_source_words
from retrieval.passage import Citation
from tests.guardrails.claims import medicines, passage

READ = [
    # a brand becomes the name of the quote
    ("Give dimethyl fumarate with food.", "Give Tecfidera with food.", "Give dimethyl fumarate with food."),
    # equal amounts, by exact conversion; "2 h" is no part of "2 hours"
    ("Give 0.5 mg over 2 hours.", "Give 500 mcg over 2 h.", "Give 0.5 mg over 2 hours."),
    # a ward abbreviation
    ("Patients start with 63 micrograms.", "Pts start with 63 mcg.", "Patients start with 63 micrograms."),
    # what is not equal stays, so that the check can see it
    ("Give 0.5 mg daily.", "Give 5 mg daily.", "Give 5 mg daily."),
    ("Give metformin with food.", "Give sitagliptin with food.", "Give sitagliptin with food."),
    ("Avoid it in pregnancy.", "Use it in pregnancy.", "Use it in pregnancy."),
    ("", "Give 5 mg daily.", "Give 5 mg daily."),
]


@pytest.mark.parametrize(("quote", "claim", "read"), READ)
def test_only_what_is_proved_equal_is_exchanged(quote: str, claim: str, read: str) -> None:
    evidence = {"p1": passage(quote)}
    examined = examine(Claim(claim, (Citation("p1", quote),)), evidence, medicines())
    assert in_source_words(examined) == read


def test_a_claim_without_evidence_stays_as_it_is() -> None:
    assert in_source_words(examine(Claim("Give Tecfidera daily.", ()), {}, medicines())) == "Give Tecfidera daily."
