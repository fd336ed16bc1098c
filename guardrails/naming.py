"""The check of medicines: whether a claim names those of its quotes, in their order and in their relation."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from guardrails.examined import Examined
from guardrails.quoted import Quoted, mentions_of
from guardrails.verdict import Finding, Severity
from retrieval.medicines import Mention

VERSION = "3"


def _finding(explanation: str, span: tuple[int, int] = (0, 0)) -> Finding:
    return Finding("medicines", VERSION, Severity.BLOCK, explanation, span)


def medicines(examined: Examined) -> tuple[Finding, ...]:
    """Every medicine of the claim is named in a quote, or is what its passage is about; two keep their order."""
    known: set[frozenset[str]] = set()
    for quote in examined.quoted:
        named = (*quote.mentions, *mentions_of(quote.medicines, quote.passage.title))
        known |= {frozenset(mention.ingredients) for mention in named} | {quote.own_ingredients}
    strange = [one for one in examined.mentions if frozenset(one.ingredients) not in known]
    found = [_finding(f"The quote does not name {one.surface}.", (one.start, one.end)) for one in strange]
    twice = [one for one in examined.mentions if _mentioned(one, examined.mentions) > _told(one, examined)]
    if not strange and twice:
        found.append(_finding(f"The claim names {twice[0].surface} in the place of another medicine."))
    if not strange and _either_for_both(examined):
        found.append(_finding("The quote says this of both medicines together."))
    if not strange and not any(_same_order(examined, quote) for quote in examined.quoted):
        found.append(_finding("The quote names these medicines in another order or relation."))
    return tuple(found)


def _either_for_both(examined: Examined) -> bool:
    """Whether the claim says "with A or B" of "with A and B"."""
    claimed = _joined(examined.claim.text, examined.mentions, "or")
    quoted = [_joined(quote.text, quote.mentions, "and") for quote in examined.quoted]
    either = [_joined(quote.text, quote.mentions, "or") for quote in examined.quoted]
    return bool(claimed & frozenset().union(*quoted) - frozenset().union(*either))


def _joined(text: str, mentions: Sequence[Mention], word: str) -> frozenset[frozenset[tuple[str, ...]]]:
    """The pairs of medicines that one word joins."""
    pairs = ((one, other) for one, other in pairwise(mentions) if text[one.end : other.start].strip().lower() == word)
    return frozenset(frozenset((one.ingredients, other.ingredients)) for one, other in pairs)


def _mentioned(one: Mention, mentions: Sequence[Mention]) -> int:
    return sum(each.ingredients == one.ingredients for each in mentions)


def _told(one: Mention, examined: Examined) -> int:
    """How often the quotes name a medicine; any number of times where the passage is about it or names it once only."""
    about = any(frozenset(one.ingredients) == quote.own_ingredients for quote in examined.quoted)
    several = len({each.ingredients for quote in examined.quoted for each in quote.mentions}) > 2
    times = sum(_mentioned(one, quote.mentions) for quote in examined.quoted)
    return times if several and not about else len(examined.mentions)


_ACTS = re.compile(
    r"\b(?:increas|rais|decreas|reduc|lower|inhibit|induc|affect|potentiat|displac|caus|convert|switch|replac|substitut|chang"
    r"|prevent|enhanc|block|antagoni|instead|before|after|than)\w*",
    re.IGNORECASE,
)
"""Where one medicine acts on another or follows it, their order carries the meaning."""


def _same_order(examined: Examined, quote: Quoted) -> bool:
    """With two medicines or more, who acts on whom must not change: the same order, or the other one with "by"."""
    claimed = list(dict.fromkeys(mention.ingredients for mention in examined.mentions))
    if len(claimed) < 2:
        return True
    rests = " ".join(rest.text for rest in examined.rests if rest.quote is quote)
    found = mentions_of(quote.medicines, rests)
    quoted = [each for each in dict.fromkeys(mention.ingredients for mention in found) if each in claimed]
    kept = [each for each in claimed if each in quoted]
    if _is_turned(examined.claim.text, examined.mentions) is not _is_turned(rests, found):
        return len(kept) == 2 and kept == quoted[::-1]
    if kept == quoted or not _ACTS.search(rests):
        return True
    roles = _roles(examined.claim.text, examined.mentions)
    told = _roles(rests, found)
    return list(roles.values()).count("") < 2 and all(told.get(name) == role for name, role in roles.items())


_ROLE = re.compile(
    r"\b(with|of|by|from|to|than|after|before|on|for|between|and|or|plus|in|taking|receiving|starting|stopping)\s+"
    r"(?:(?:a|an|the)\s+)?$",
    re.IGNORECASE,
)


def _roles(text: str, mentions: Sequence[Mention]) -> dict[tuple[str, ...], str]:
    """The preposition in front of each medicine, "" where none is: what acts or is acted on."""
    found: dict[tuple[str, ...], str] = {}
    for one in mentions:
        role = _ROLE.search(text[max(0, one.start - 30) : one.start])
        found.setdefault(one.ingredients, role.group(1).lower() if role else "")
    return found


def _is_turned(text: str, mentions: Sequence[Mention]) -> bool:
    """Whether a medicine is what something is done by."""
    return any(re.search(r"\bby\s+(?:\w+\s+)?$", text[max(0, one.start - 30) : one.start]) for one in mentions)
