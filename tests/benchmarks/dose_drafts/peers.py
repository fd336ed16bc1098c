"""What simple guards make of the same drafts: words in common, numbers in common, the quote in the passage."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from guardrails.claim import Claim
from retrieval.passage import Passage
from tests.benchmarks.dose_drafts.draft import Draft
from tests.benchmarks.dose_drafts.quantities import numbers

Rule = Callable[[Claim, Mapping[str, Passage]], bool]
_WORD = re.compile(r"[a-z]{3,}|\d[\d.,]*")
_LITTLE_WORDS = "the and for with not are may should that this from which was has have its per"
_LITTLE = frozenset(_LITTLE_WORDS.split())


def overlap(least: float) -> Rule:
    """Release where at least this share of the claim's words and numbers stands in the cited passages."""

    def rule(claim: Claim, evidence: Mapping[str, Passage]) -> bool:
        words = _words(claim.text)
        cited = _words(_cited(claim, evidence))
        return bool(words) and len(words & cited) >= least * len(words)

    return rule


def same_numbers(claim: Claim, evidence: Mapping[str, Passage]) -> bool:
    """Release where every number of the claim stands in the cited passages."""
    text = _cited(claim, evidence)
    return bool(text) and numbers(claim.text) <= numbers(text)


def quoted(claim: Claim, evidence: Mapping[str, Passage]) -> bool:
    """Release where every quote stands in its passage: what a guard does that looks at the citation alone."""
    return all(one.key in evidence and one.quote in evidence[one.key].text for one in claim.citations)


def all_rules(claim: Claim, evidence: Mapping[str, Passage]) -> bool:
    """Release where the quotes, the numbers and four fifths of the words agree."""
    return quoted(claim, evidence) and same_numbers(claim, evidence) and overlap(0.8)(claim, evidence)


RULES: Mapping[str, Rule] = {
    "token overlap of 0.6": overlap(0.6),
    "token overlap of 0.8": overlap(0.8),
    "quote in the passage": quoted,
    "all numbers in the passage": same_numbers,
    "quote, numbers and overlap of 0.8": all_rules,
}


def peer_figures(drafts: Sequence[Draft], rule: Rule) -> dict[str, float]:
    """Corrupted drafts released and faithful ones withheld, as shares of each; with quotes."""
    released = {draft.id: rule(draft.claim(quoted=True), draft.evidence) for draft in drafts}
    corrupted = [draft for draft in drafts if not draft.faithful]
    faithful = [draft for draft in drafts if draft.faithful]
    return {
        "corrupted released": sum(released[draft.id] for draft in corrupted) / len(corrupted),
        "faithful withheld": sum(not released[draft.id] for draft in faithful) / len(faithful),
    }


def _words(text: str) -> set[str]:
    return {word.rstrip(".,") for word in _WORD.findall(text.lower())} - _LITTLE


def _cited(claim: Claim, evidence: Mapping[str, Passage]) -> str:
    return " ".join(evidence[one.key].text for one in claim.citations if one.key in evidence)
