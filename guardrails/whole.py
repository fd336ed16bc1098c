"""The check of whole doses: what a quote says of a dose in numbers, and what it gives with it, is not dropped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from guardrails.amounts import words_of
from guardrails.bounds import Bound
from guardrails.equivalence import Measure, measures
from guardrails.examined import Examined
from guardrails.grounds import Ground
from guardrails.quoted import Quoted
from guardrails.verdict import Finding, Severity
from guardrails.zones import Zone, is_condition, is_dose, is_within, zones
from retrieval.medicines import Mention

VERSION = "3"


def _finding(explanation: str) -> Finding:
    return Finding("whole-dose", VERSION, Severity.BLOCK, explanation)


_CONDITIONS = frozenset({Bound.LESS, Bound.MORE, Bound.AT_LEAST})


def whole_dose(examined: Examined) -> tuple[Finding, ...]:
    """What the quote says of a dose in numbers is not dropped: how often, how long, from what age or weight on."""
    found = []
    for ground in examined.grounds:
        if ground is None:
            continue
        kept = {quoted.start for _, quoted in ground.pairs}
        lost = [one for one in ground.zone.amounts if one.start not in kept and _is_needed(one, ground)]
        if lost and not _all_kept(lost, examined):
            words = words_of(ground.quote.text, lost[:1])
            found.append(_finding(f"The quote adds “{words}”, which the claim leaves out."))
        elif partner := _lost_partner(examined, ground):
            found.append(_finding(f"The quote gives {partner} too, which the claim leaves out."))
        elif cap := _lost_maximum(examined, ground):
            found.append(_finding(f"The quote limits this to “{cap}”, which the claim leaves out."))
    return tuple(found)


def _lost_partner(examined: Examined, ground: Ground) -> str:
    """A medicine that the same clause doses together with this one ("A 30 mg, B 1 g and C 500 mg") and nobody names."""
    quote = ground.quote
    named = {frozenset(one.ingredients) for one in examined.mentions}
    of_each = [(zone, _dosed(quote, zone)) for zone in zones(quote.text) if zone.sentence == ground.zone.sentence]
    dosed = [(zone, each) for zone, each in of_each if each]
    own = next((at for at, (zone, _) in enumerate(dosed) if zone == ground.zone), None)
    if own is None:
        return ""
    for (zone, one), (other, two) in pairwise(dosed):
        between = quote.text[zone.amounts[0].end : other.amounts[-1].start]
        if one[0].ingredients == two[0].ingredients or not _TOGETHER.search(between) or _APART.search(between):
            continue
        for mention in (*one, *two):
            if frozenset(mention.ingredients) not in named:
                return mention.surface
    return ""


_TOGETHER = re.compile(r",|\+|\b(?:and|with|plus)\b", re.IGNORECASE)
_APART = re.compile(r"[;.:](?=\s)|\b(?:or|then|followed|if|but|while|when)\b", re.IGNORECASE)


def _dosed(quote: Quoted, zone: Zone) -> tuple[Mention, ...]:
    """The medicines in a zone's own stretch of the quote, where it gives a dose."""
    if not any(is_dose(quote.text, one) for one in zone.amounts):
        return ()
    return tuple(one for one in quote.mentions if is_within(one.start, zone.own))


def _lost_maximum(examined: Examined, ground: Ground) -> str:
    """The maximum that the same clause of the quote sets to the dose, and the claim does not say."""
    text, (start, end) = ground.quote.text, ground.zone.sentence
    if any(quoted.bound is Bound.AT_MOST for _, quoted in ground.pairs):
        return ""
    semicolons = [start, *(n for n in range(start, end) if text[n] == ";"), end]
    clause = next((a, b) for a, b in pairwise(semicolons) if ground.zone.own[0][0] < b)
    caps = [one for one in measures(text) if is_within(one.start, (clause,)) and one.bound is Bound.AT_MOST]
    caps = [one for one in caps if is_dose(text, one) and not _all_kept([one], examined)]
    return words_of(text, caps[:1]) if caps else ""


def _all_kept(lost: Sequence[Measure], examined: Examined) -> bool:
    """Whether another part of the claim says what this one leaves out."""
    everywhere = measures(examined.claim.text)
    return all(any(one.is_said_by(other) and one.bound is other.bound for one in everywhere) for other in lost)


def _is_needed(one: Measure, ground: Ground) -> bool:
    """Whether the claim may not do without this amount of the dose that it states."""
    if one.unit in {"code", "ordinal", "grade"} or (one.size[:2] == (Fraction(1), None) and not one.unit):
        return False
    if one.bound in _CONDITIONS or is_condition(ground.quote.text, one):
        return True
    if one.in_brackets:
        return one.bound is Bound.AT_MOST
    if any(quoted.in_brackets and quoted.unit == one.unit for _, quoted in ground.pairs):
        return False  # the claim says it as the brackets do: "b.i.d. (two times a day)"
    return is_within(one.start, ground.zone.own) or _is_window(one, ground)


_WINDOW = re.compile(
    r"\b(?:in|within|per)\s+(?:a|an|any|the|each)?\s*(?:about\s+|at least\s+|up to\s+)?$", re.IGNORECASE
)


def _is_window(one: Measure, ground: Ground) -> bool:
    """Whether an amount behind all doses of a clause says in which time ("25 mg in a 48 hour period")."""
    behind = [span for span in ground.zone.shared if span[0] >= ground.zone.own[-1][1]]
    text = ground.quote.text[max(0, one.start - 30) : one.start]
    return one.unit == "s" and is_within(one.start, behind) and bool(_WINDOW.search(text))
