"""Citations must resolve, quote verbatim, leave nothing out that matters, and name a current source."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from guardrails.claim import Claim
from guardrails.judge import judge
from retrieval.passage import Citation
from tests.guardrails.claims import is_released, judged, medicines, passage, rules

TEXT = (
    "Adults start metformin at 500 mg twice daily with meals. Do not exceed 2,550 mg per day; swallow tablets whole. "
    "Metformin 10 to 20 mg is enough unless the patient is over 80 years. "
    "There is no evidence that metformin is safe in pregnancy."
)
LIST = "Do not use metformin in:\n• severe renal impairment\n• metabolic acidosis\nThe tablets are white."


def test_a_claim_without_a_citation_is_withheld() -> None:
    assert rules(judge(Claim("Take it.", ()), {}, medicines())) >= {"citation"}


def test_an_invented_key_fails_the_claim_even_beside_a_good_one() -> None:
    cited = passage("Take it with food.")
    claim = Claim("Take it with food.", (Citation("p1", "Take it with food."), Citation("p9", "Take it with food.")))
    verdict = judge(claim, {"p1": cited}, medicines())
    assert rules(verdict) == {"citation"}
    assert "“p9” is not among the retrieved passages" in verdict.findings[0].explanation
    assert not is_released(verdict)


QUOTES = [
    # (quote and claim, the rule that must find fault)
    ("Do not exceed 2,550 mg per day; swallow tablets whole.", ""),
    ("Do not exceed  2,550 mg\nper day; swallow tablets whole.", ""),  # white space only
    ("Do not exceed 2,550 mg per day", ""),  # what is left out is another clause and changes nothing
    ("swallow tablets whole.", ""),  # the negation belongs to the other clause
    ("Do not exceed 2,550 MG per day; swallow tablets whole.", "quote"),  # letter case is not white space
    ("Do not exceed 2550 mg per day; swallow tablets whole.", "quote"),
    ("Do not take more than 2,550 mg per day.", "quote"),
    ("", "quote"),
    ("   ", "quote"),
    ("exceed 2,550 mg per day", "quote-cut"),  # "Do not" is cut off
    ("not exceed 2,550 mg per day", ""),
    ("550 mg per day; swallow tablets whole.", "quote"),  # the edge goes through a number
    ("Do not exceed 2", "quote"),
    ("etformin 10 to 20 mg is enough", "quote"),  # the edge goes through a word
    ("20 mg is enough", "quote-cut"),  # the edge goes through a range
    ("Metformin 10 to 20 mg is enough", "quote-cut"),  # "unless" is cut off
    ("metformin is safe in pregnancy.", "quote-cut"),  # "no evidence that" is cut off
    ("start metformin at 500 mg twice daily with meals.", "quote-cut"),  # whom it is for is cut off
    ("Adults start metformin at 500 mg", ""),
    ("Adults", "statement"),  # quoted word for word, and no statement
    ("500 mg twice", "statement"),
]


@pytest.mark.parametrize(("quote", "rule"), QUOTES)
def test_a_quote_is_verbatim_and_whole_in_meaning(quote: str, rule: str) -> None:
    verdict = judged(quote, quote, passage(TEXT))
    assert (rule in rules(verdict)) if rule else is_released(verdict)
    assert is_released(verdict) == (not rule)


LISTS = [
    ("severe renal impairment", "quote-cut"),  # the line above says "Do not use"
    ("metabolic acidosis", "quote-cut"),
    ("• metabolic acidosis", "quote-cut"),
    ("The tablets are white.", ""),  # no item of the list
    ("Do not use metformin in: • severe renal impairment", ""),
    (LIST, ""),
]


@pytest.mark.parametrize(("quote", "rule"), LISTS)
def test_an_item_of_a_list_needs_the_line_that_introduces_it(quote: str, rule: str) -> None:
    assert is_released(judged(quote, quote, passage(LIST))) == (not rule)


def test_a_second_quote_can_show_what_the_first_leaves_out() -> None:
    cited = passage(LIST)
    quotes = ("Do not use metformin in:", "• metabolic acidosis")
    claim = Claim("Do not use metformin in metabolic acidosis.", tuple(Citation("p1", quote) for quote in quotes))
    assert is_released(judge(claim, {"p1": cited}, medicines()))
    assert not is_released(judge(replace(claim, citations=claim.citations[1:]), {"p1": cited}, medicines()))


def test_a_quote_that_stands_alone_somewhere_is_not_cut() -> None:
    cited = passage("Do not take it at night. Take it at noon. In children, do not take it at noon.")
    assert is_released(judged("Take it at noon.", "Take it at noon.", cited))


def test_pieces_of_two_sentences_do_not_add_up_to_a_quotation() -> None:
    one = passage("Metformin is contraindicated in renal failure.", key="p1")
    two = passage("It was studied in asthma in 1999.", key="p2", source_id="other@1")
    pieces = (Citation("p1", "Metformin is contraindicated in"), Citation("p2", "asthma"))
    verdict = judge(Claim("Metformin is contraindicated in asthma", pieces), {"p1": one, "p2": two}, medicines())
    assert not is_released(verdict)


def test_whole_sentences_of_two_passages_may_follow_each_other() -> None:
    one = passage("Take it with food.", key="p1")
    two = passage("Swallow it whole.", key="p2", source_id="other@1")
    pieces = (Citation("p1", "Take it with food."), Citation("p2", "Swallow it whole."))
    assert is_released(
        judge(Claim("Take it with food. Swallow it whole.", pieces), {"p1": one, "p2": two}, medicines())
    )


def test_a_superseded_source_is_not_cited() -> None:
    cited = passage("Take it with food.")
    claim = Claim("Take it with food.", (Citation("p1", "Take it with food."),))
    verdict = judge(claim, {"p1": cited}, medicines(), superseded={"metformin@2"})
    assert rules(verdict) == {"superseded"}
    assert is_released(judge(claim, {"p1": cited}, medicines(), superseded={"metformin@1"}))


def test_of_two_versions_in_the_evidence_only_the_newer_is_cited() -> None:
    old = replace(passage("Take 1 tablet.", key="old", source_id="label@1"), effective=date(2020, 1, 1))
    new = replace(passage("Take 2 tablets.", key="new", source_id="label@2"), effective=date(2026, 1, 1))
    evidence = {"old": old, "new": new}
    assert not is_released(judge(Claim(old.text, (Citation("old", old.text),)), evidence, medicines()))
    assert is_released(judge(Claim(new.text, (Citation("new", new.text),)), evidence, medicines()))


LEANING = [
    # (passage, quote and claim, released)
    ("Use it in adults. In these patients, monitor glucose.", "In these patients, monitor glucose.", False),
    ("Use it in adults. Monitor glucose in these patients.", "Monitor glucose in these patients.", True),
    ("Take 500 mg. If so, take 250 mg.", "If so, take 250 mg.", False),
    ("Take 500 mg for a week. Then take 250 mg.", "Then take 250 mg.", False),
    ("Take 500 mg for a week. Then take 250 mg.", "Take 500 mg for a week. Then take 250 mg.", True),
    ("This medicine lowers glucose.", "This medicine lowers glucose.", True),
    ("This dose was well tolerated.", "This dose was well tolerated.", False),  # the passage starts with it
    ("It is well tolerated. However, nausea is common.", "It is well tolerated.", False),  # the next one limits it
    ("It is well tolerated. Nausea is common.", "It is well tolerated.", True),
    ("They lower glucose.", "They lower glucose.", False),
    ("Both medicines lower glucose.", "Both medicines lower glucose.", True),
]


@pytest.mark.parametrize(("text", "quote", "released"), LEANING)
def test_a_sentence_that_leans_on_its_neighbour_is_quoted_with_it(text: str, quote: str, released: bool) -> None:
    verdict = judged(quote, quote, passage(text))
    assert is_released(verdict) is released
    assert rules(verdict) == (set() if released else {"stands-alone"})


ROW = "Table 2. Dose by renal function in adults. Creatinine clearance: below 30 mL/min; Dose: 250 mg once daily."
ROWS = [
    (ROW, True),
    ("Creatinine clearance: below 30 mL/min; Dose: 250 mg once daily.", False),  # whom the table is for is left out
    ("Dose: 250 mg once daily.", False),
]


@pytest.mark.parametrize(("quote", "released"), ROWS)
def test_a_row_of_a_table_is_quoted_with_its_caption(quote: str, released: bool) -> None:
    cited = replace(passage(ROW), is_table_row=True)
    assert is_released(judged(quote, quote, cited)) is released


RETRACTED = [
    ("RETRACTED: Metformin and longevity", True),
    ("[Retracted] Metformin and longevity", True),
    ("Retraction of: Metformin and longevity", True),
    ("WITHDRAWN: Metformin for obesity", True),
    ("Metformin tablets (withdrawn label)", True),
    ("Drugs withdrawn from the market", False),
    ("Withdrawal of metformin before surgery", False),
    ("Metformin tablets", False),
]


@pytest.mark.parametrize(("title", "retracted"), RETRACTED)
def test_a_retracted_or_withdrawn_source_is_not_cited(title: str, retracted: bool) -> None:
    verdict = judged("Take it with food.", "Take it with food.", passage("Take it with food.", title))
    assert rules(verdict) == ({"superseded"} if retracted else set())
