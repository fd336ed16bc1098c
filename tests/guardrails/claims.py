"""A passage, a claim and a judge in one line each, for the tables of the checks."""

from __future__ import annotations

from functools import cache

from guardrails.claim import Claim
from guardrails.judge import judge
from guardrails.verdict import Decision, Verdict
from retrieval.medicines import Medicines
from retrieval.passage import Citation, Passage, Section


@cache
def medicines() -> Medicines:
    """The shipped table of names."""
    return Medicines.load()


def passage(
    text: str,
    title: str = "Metformin tablets",
    ingredients: tuple[str, ...] = ("metformin",),
    heading: tuple[str, ...] = (),
    key: str = "p1",
    source_id: str = "metformin@2",
) -> Passage:
    """A passage that is all of its source's text."""
    return Passage(key, source_id, text, Section.DOSAGE, heading, 0, len(text), ingredients, title, None)


def judged(text: str, quote: str, cited: Passage | None = None) -> Verdict:
    """The verdict on a claim with one quote; the passage is the quote unless another one is given."""
    found = cited or passage(quote)
    return judge(Claim(text, (Citation(found.key, quote),)), {found.key: found}, medicines())


def rules(verdict: Verdict) -> set[str]:
    """The rules that found fault."""
    return {finding.rule for finding in verdict.findings}


def is_released(verdict: Verdict) -> bool:
    """Whether the claim may be shown."""
    return verdict.decision is Decision.RELEASE
