"""What of a quote a claim need not repeat: what its numbers say, what the quote says twice, what it calls "it"."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from guardrails.bounds import Bound
from guardrails.equivalence import measures
from guardrails.grounds import Rest
from guardrails.wording import POPULATIONS, Word, content_words, stems

_GROWN_UP = 18 * 12
"""Months of age up to which a patient is a child."""
_NEAR = 40
"""Characters between "children" or "renal impairment" and the numbers that say the same."""
_KIDNEYS = frozenset({"crcl", "egfr", "gfr"})
GRADES = frozenset({"mild", "moderate", "severe"})
_WEIGHT = re.compile(
    r"\s*(?:of|is|:|between|from|over|under|above|below|at least|≥|<|>|≤|less than|more than|up to)?\s*\d"
)


@lru_cache(maxsize=1024)
def needless_words(rest: Rest, claim: str) -> frozenset[int]:
    """Where words of a quote stand that the claim need not repeat: its numbers say them, or the quote says them twice.

    "2 to 12 years" says children, and a clearance below 30 mL/min says severe renal impairment, where the quote puts
    the two side by side and the claim has the numbers as often as the quote.
    """
    text = rest.quote.text
    said = _said_in_numbers(text, claim)
    words = content_words(text)
    return frozenset(word.start for at, word in enumerate(words) if _is_needless(words, at, text, said))


def _is_needless(words: Sequence[Word], at: int, text: str, said: frozenset[tuple[str, int]]) -> bool:
    word = words[at]
    if at and words[at - 1].stem == word.stem and not text[words[at - 1].end : word.start].strip(" ("):
        return True
    if word.stem == "any":
        return at + 1 < len(words) and words[at + 1].stem in POPULATIONS | {"patient"}
    if word.stem in {"weight", "body-weight"}:
        return bool(_WEIGHT.match(text, word.end))
    if word.stem in GRADES:
        following = next((each.stem for each in words[at + 1 :] if each.stem not in GRADES), "")
        return following == "renal" and _is_near(word, said)
    if word.stem == "renal":
        return _is_near(word, said)
    return ("child" if word.stem == "child" else "renal", word.start) in said


def _is_near(word: Word, said: frozenset[tuple[str, int]]) -> bool:
    """Whether the impairment that the word belongs to is said by numbers."""
    return any(what == "renal" and 0 <= place - word.start <= _NEAR for what, place in said)


@lru_cache(maxsize=1024)
def _said_in_numbers(text: str, claim: str) -> frozenset[tuple[str, int]]:
    """The places of "child" and of the "impairment" of kidneys in a quote that numbers beside them say."""
    if not stems(text) & {"child", *_KIDNEYS}:
        return frozenset()
    found: set[tuple[str, int]] = set()
    stated, told = Counter(one.size for one in measures(text)), Counter(one.size for one in measures(claim))
    for one in measures(text):
        low, high, unit, _ = one.size
        most = high if high is not None else low if one.bound in {Bound.LESS, Bound.AT_MOST} else None
        if most is None or told[one.size] < stated[one.size]:
            continue
        near = [word for word in content_words(text) if 0 <= one.start - word.end <= _NEAR]
        near = [word for word in near if not set(text[word.end : one.start]) & set(".;:)")]
        stems_near = {word.stem for word in near}
        if unit == "mo" and most <= _GROWN_UP:
            found |= {("child", word.start) for word in near if word.stem == "child"}
        if _KIDNEYS & stems_near and _KIDNEYS & stems(claim):
            found |= {("renal", word.start) for word in near if word.stem == "impairment"}
    return frozenset(found)


_NAMED_AGAIN = re.compile(
    r"\b(if|unless|until|when|after|before|while)\s+(?:the|this)\s+(\w+(?:\s+\w+)?)\s+(?:is|are|was|has|does|occurs|persists)\b",
    re.IGNORECASE,
)


def said_by_it(quote: str, claim: str, kept: frozenset[str]) -> Counter[str]:
    """The words for which a claim says "it": "unless it is …" of "unless the rash is …". `kept` must be said again."""
    found: Counter[str] = Counter()
    for again in _NAMED_AGAIN.finditer(quote):
        if re.search(rf"\b{again.group(1)}\s+it\b", claim, re.IGNORECASE):
            found.update(stems(again.group(2)) - kept)
    return found
