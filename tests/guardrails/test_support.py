"""A draft without quotes: the passage's own words are found, whole; none is cited for what it does not say."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guardrails.claim import Claim
from guardrails.judge import judge
from guardrails.support import with_quotes
from retrieval.passage import Citation
from tests.guardrails.claims import is_released, medicines, passage, rules

TEXT = (
    "Adults start metformin at 500 mg twice daily with meals. Children 10 years and older start at 500 mg once daily. "
    "The maximum dose in adults is 2,550 mg per day. It is not recommended in severe renal impairment.\n"
    "Do not use metformin in:\n• metabolic acidosis\n• severe heart failure"
)

FOUND = [
    # (claim, quotes that are found, released)
    (
        "Adults start at 500 mg BID with food.",
        ["Adults start metformin at 500 mg twice daily with meals."],
        True,
    ),
    ("The maximum for adults is 2.55 g a day.", ["The maximum dose in adults is 2,550 mg per day."], True),
    ("Metformin should not be used in metabolic acidosis.", ["Do not use metformin in:", "• metabolic acidosis"], True),
    # right number, other people
    ("Children 10 years and older start at 500 mg twice daily with meals.", None, False),
    ("The maximum dose in children is 2,550 mg per day.", None, False),
    ("Use metformin in metabolic acidosis.", None, False),
    # nothing of it is in the passage: no quote at all
    ("It cures baldness and grey hair.", [""], False),
]


@pytest.mark.parametrize(("text", "quotes", "released"), FOUND)
def test_the_supporting_words_are_found_in_the_passage(text: str, quotes: list[str] | None, released: bool) -> None:
    cited = passage(TEXT)
    claim = with_quotes(Claim(text, (Citation("p1", ""),)), {"p1": cited}, medicines())
    if quotes is not None:
        assert [one.quote for one in claim.citations] == quotes
    assert is_released(judge(claim, {"p1": cited}, medicines())) is released


def test_a_quote_that_was_given_is_kept_even_if_another_one_would_do() -> None:
    cited = passage(TEXT)
    claim = Claim("The maximum for adults is 2550 mg a day.", (Citation("p1", "Children 10 years and older"),))
    assert with_quotes(claim, {"p1": cited}, medicines()) == claim


def test_an_unknown_key_stays_unknown() -> None:
    claim = with_quotes(Claim("Take it.", (Citation("p9", ""),)), {"p1": passage(TEXT)}, medicines())
    assert rules(judge(claim, {"p1": passage(TEXT)}, medicines())) >= {"citation"}


def test_a_second_passage_that_does_not_support_the_claim_fails_it() -> None:
    cited = passage(TEXT)
    other = passage("Store the tablets below 25 °C in a dry place.", key="p2", source_id="storage@1")
    claim = Claim("The maximum dose in adults is 2,550 mg per day.", (Citation("p1", ""), Citation("p2", "")))
    evidence = {"p1": cited, "p2": other}
    assert rules(judge(with_quotes(claim, evidence, medicines()), evidence, medicines())) >= {"quote"}


def test_a_row_of_a_table_is_quoted_whole() -> None:
    text = "Table 2. Dose in adults. Creatinine clearance: below 30 mL/min; Dose: 250 mg once daily."
    row = replace(passage(text), is_table_row=True)
    claim = Claim("Adults with a creatinine clearance below 30 mL/min take 250 mg once daily.", (Citation("p1", ""),))
    found = with_quotes(claim, {"p1": row}, medicines())
    assert [one.quote for one in found.citations] == [text]
    assert is_released(judge(found, {"p1": row}, medicines()))
