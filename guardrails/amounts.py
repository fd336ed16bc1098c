"""The checks of amounts: whether a claim's numbers are those of its quotes, for the same people, medicine and purpose.

Each check is one plain function with one concern. Amounts are compared after conversion (`guardrails.equivalence`).
Where a check cannot be sure it finds fault.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, pairwise

from guardrails.bounds import Bound
from guardrails.cells import misplaced
from guardrails.equivalence import Measure, measures
from guardrails.examined import Examined
from guardrails.grounds import Ground, said
from guardrails.quoted import Quoted, spared_alternatives, taken_with
from guardrails.verdict import Finding, Severity
from guardrails.wording import GLUE, INSTRUCTING, content_words, outside, squeezed, stems
from guardrails.zones import Span, Zone, is_condition, is_dose, is_within, zones
from retrieval.medicines import Mention
from retrieval.sentences import sentences

VERSIONS = dict.fromkeys(("numbers", "amounts-together", "limits", "subjects", "whole-dose"), "3")
"""The version of each rule of this file; raise it when the rule judges differently."""


def _finding(rule: str, explanation: str, span: Span = (0, 0)) -> Finding:
    return Finding(rule, VERSIONS[rule], Severity.BLOCK, explanation, span)


def _words(text: str, amounts: Sequence[Measure]) -> str:
    return squeezed(text[min(one.start for one in amounts) : max(one.end for one in amounts)])


def numbers(examined: Examined) -> tuple[Finding, ...]:
    """Every number of the claim, with its unit, is in a quote. Notations and units may differ, the amount may not."""
    text = examined.claim.text
    quoted = [(one, quote.text[one.start : one.end]) for quote in examined.quoted for one in measures(quote.text)]
    claimed, stated = measures(text), _stated(examined)
    found = []
    for one in claimed:
        if not any(one.is_said_by(other) for other, _ in quoted):
            found.append(_finding("numbers", _missing(text[one.start : one.end], quoted), (one.start, one.end)))
        elif _times(one, claimed) > sum(one.size == other.size for other in stated):
            explanation = f"“{squeezed(text[one.start : one.end])}” stands in the quote less often."
            found.append(_finding("numbers", explanation, (one.start, one.end)))
    return tuple(found)


def _times(one: Measure, claimed: Sequence[Measure]) -> int:
    """How often the claim says an amount; what brackets only restate ("1.5 days (36 hours)") does not count."""
    same = [each for each in claimed if each.size == one.size]
    return sum(not each.in_brackets for each in same) or len(same)


def _stated(examined: Examined) -> list[Measure]:
    """The amounts of the sentences that the claim rests on."""
    return [one for rest in examined.rests for one in measures(rest.quote.text) if is_within(one.start, rest.sentences)]


def _missing(words: str, quoted: Sequence[tuple[Measure, str]]) -> str:
    number = words.split()[0]
    others = sorted({squeezed(other) for _, other in quoted if other.split()[0] == number})
    if others:
        return f"“{squeezed(words)}” is not in the quote; there it reads “{'”, “'.join(others)}”."
    return f"“{squeezed(words)}” is not in the quote."


def amounts_together(examined: Examined) -> tuple[Finding, ...]:
    """Amounts that the claim puts together are stated of one dose of one quote."""
    text = examined.claim.text
    everything = [one for quote in examined.quoted for one in measures(quote.text)]
    told = [_names(quote.text[a:b]) for quote in examined.quoted for a, b in sentences(quote.text)]
    for start, end in sentences(text):
        names = _names(text[start:end])
        if set(names) <= set().union(*told) and not any(_in_order(names, quoted) for quoted in told):
            return (_finding("amounts-together", f"The quote does not name {', '.join(names)} in this order."),)
    if _from_two_sentences(examined):
        return (_finding("amounts-together", "The claim puts together amounts of two sentences of the quote."),)
    return tuple(
        _finding("amounts-together", f"The quote does not say “{_words(text, part.amounts)}” in one place.")
        for part, ground in zip(examined.parts, examined.grounds, strict=True)
        if ground is None and all(any(one.is_said_by(other) for other in everything) for one in part.amounts)
    )


def _from_two_sentences(examined: Examined) -> bool:
    """Whether one clause of the claim takes its doses from more than one sentence."""
    text = examined.claim.text
    found: dict[tuple[int, int], set[tuple[str, Span]]] = {}
    for part, ground in zip(examined.parts, examined.grounds, strict=True):
        if ground is not None and any(is_dose(text, one) for one in part.amounts):
            clause = part.sentence[0], text.count(";", 0, part.own[0][0] + 1)
            found.setdefault(clause, set()).add((ground.quote.text, ground.zone.sentence))
    return any(len(each) > 1 for each in found.values())


def _names(text: str) -> list[str]:
    """Names with digits and grades: CYP3A4, Child-Pugh class B."""
    return [one.size[3] for one in measures(text) if one.unit in {"code", "grade"}]


def _in_order(names: Sequence[str], quoted: Sequence[str]) -> bool:
    rest = iter(quoted)
    return all(name in rest for name in names)


def limits(examined: Examined) -> tuple[Finding, ...]:
    """A maximum stays a maximum, "below" stays "below", a starting dose stays one, "by" is not "to"."""
    return tuple(
        _finding("limits", _limited(examined.claim.text, ground))
        for ground in examined.grounds
        if ground is not None and not ground.same_limits
    )


def _limited(text: str, ground: Ground) -> str:
    spoken = "; ".join(", ".join(filter(None, (quoted.bound.value, quoted.change))) for _, quoted in ground.pairs)
    return f"The quote limits “{_words(text, ground.claimed.amounts)}” in another way ({spoken})."


def subjects(examined: Examined) -> tuple[Finding, ...]:
    """Nothing that the claim says of a dose belongs to another dose of the quote: people, medicine, purpose, row."""
    found = []
    for ground in examined.grounds:
        if ground is not None and (strange := _belongs_elsewhere(examined, ground)):
            words = _words(examined.claim.text, ground.claimed.amounts)
            found.append(_finding("subjects", f"In the quote “{strange}” is not said of “{words}”."))
    moved = [cell for quote in examined.quoted if (cell := misplaced(examined.claim.text, quote.text))]
    if moved:
        found.append(_finding("subjects", f"In the quote “{moved[0]}” stands with another label or in another place."))
    if _exchanged(examined):
        found.append(_finding("subjects", "The quote states these amounts in another order."))
    return tuple(found)


def _exchanged(examined: Examined) -> bool:
    """Whether two amounts of one unit changed places without their labels, or although "respectively" orders them."""
    text = examined.claim.text
    grounds = [ground for ground in examined.grounds if ground is not None]
    for one, other in combinations(grounds, 2):
        if one.quote is not other.quote or not {a.unit for a, _ in one.pairs} & {a.unit for a, _ in other.pairs}:
            continue
        if one.zone.own[0] <= other.zone.own[0]:
            continue
        if "respectively" in one.quote.text or not (_keeps_label(text, one, other) and _keeps_label(text, other, one)):
            return True
    return False


def _keeps_label(text: str, one: Ground, other: Ground) -> bool:
    """Whether the claim says of an amount something that the quote says of this one and not of the other."""
    quote = one.quote.text
    label = stems(said(quote, one.zone.own)) - stems(said(quote, other.zone.own)) - GLUE - INSTRUCTING
    return bool(label & stems(said(text, one.claimed.own)))


def _belongs_elsewhere(examined: Examined, ground: Ground) -> str:
    """The first word of the claim's part that the quote says of another dose only, or ""."""
    around = GLUE | INSTRUCTING | ground.quote.surroundings
    elsewhere = frozenset().union(*(stems(text) for text in _elsewhere(examined, ground))) - around
    own, everything = stems(said(ground.quote.text, ground.zone.own)), stems(ground.text)
    text = examined.claim.text
    places = [place for one in measures(text) for place in one.places]
    for word in outside(content_words(text), places):
        if is_within(word.start, ground.claimed.own) and word.stem in elsewhere - own:
            return word.text
        if is_within(word.start, ground.claimed.shared) and word.stem in elsewhere - everything:
            return word.text
    return _other_medicine(examined, ground)


def _elsewhere(examined: Examined, ground: Ground) -> list[str]:
    """What the quotes say of other doses, and in other clauses of the same sentence."""
    return [
        said(quote.text, other.own)
        for quote in examined.quoted
        for other in zones(quote.text)
        if not (quote is ground.quote and other is ground.zone)
        and (
            any(is_dose(quote.text, one) for one in other.amounts)
            or (quote is ground.quote and other.sentence == ground.zone.sentence)
        )
    ]


def _other_medicine(examined: Examined, ground: Ground) -> str:
    """A medicine of the claim's part that is neither in the dose's zone nor what the passage is about."""
    near = [one for one in ground.quote.mentions if is_within(one.start, ground.zone.spans)]
    known = {frozenset(one.ingredients) for one in near}
    if not known or ground.quote.own_ingredients not in known:
        known |= {ground.quote.own_ingredients}
    for one in examined.mentions:
        if is_within(one.start, ground.claimed.spans) and frozenset(one.ingredients) not in known:
            return one.surface
    named = {frozenset(one.ingredients) for one in examined.mentions} | {ground.quote.own_ingredients}
    spared = spared_alternatives(ground.quote, taken_with(examined.claim.text, examined.mentions))
    lost = [one.surface for one in near if frozenset(one.ingredients) not in named and one.start not in spared]
    return lost[0] if lost else ""


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
            words = _words(ground.quote.text, lost[:1])
            found.append(_finding("whole-dose", f"The quote adds “{words}”, which the claim leaves out."))
        elif partner := _lost_partner(examined, ground):
            found.append(_finding("whole-dose", f"The quote gives {partner} too, which the claim leaves out."))
        elif cap := _lost_maximum(examined, ground):
            found.append(_finding("whole-dose", f"The quote limits this to “{cap}”, which the claim leaves out."))
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
    return _words(text, caps[:1]) if caps else ""


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
    return is_within(one.start, ground.zone.own)
