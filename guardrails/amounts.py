"""The checks of amounts: whether a claim's numbers are those of its quotes, for the same people, medicine and purpose.

Each check is one plain function with one concern. Amounts are compared after conversion (`guardrails.equivalence`).
Where a check cannot be sure it finds fault.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations, pairwise

from guardrails.cells import misplaced
from guardrails.equivalence import Measure, measures
from guardrails.examined import Examined
from guardrails.grounds import Ground, said
from guardrails.quoted import spared_alternatives, taken_with
from guardrails.verdict import Finding, Severity
from guardrails.wording import GLUE, INSTRUCTING, content_words, outside, squeezed, stems
from guardrails.zones import Span, Zone, is_dose, is_within, zones
from retrieval.sentences import sentences

VERSIONS = dict.fromkeys(("numbers", "amounts-together", "limits", "subjects"), "3")
"""The version of each rule of this file; raise it when the rule judges differently."""


def _finding(rule: str, explanation: str, span: Span = (0, 0)) -> Finding:
    return Finding(rule, VERSIONS[rule], Severity.BLOCK, explanation, span)


def words_of(text: str, amounts: Sequence[Measure]) -> str:
    """The words of a text from its first of these amounts to its last."""
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
        _finding("amounts-together", f"The quote does not say “{words_of(text, part.amounts)}” in one place.")
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
    return f"The quote limits “{words_of(text, ground.claimed.amounts)}” in another way ({spoken})."


def subjects(examined: Examined) -> tuple[Finding, ...]:
    """Nothing that the claim says of a dose belongs to another dose of the quote: people, medicine, purpose, row."""
    found = []
    for ground in examined.grounds:
        if ground is not None and (strange := _belongs_elsewhere(examined, ground)):
            words = words_of(examined.claim.text, ground.claimed.amounts)
            found.append(_finding("subjects", f"In the quote “{strange}” is not said of “{words}”."))
    moved = [cell for quote in examined.quoted if (cell := misplaced(examined.claim.text, quote.text))]
    if moved:
        found.append(_finding("subjects", f"In the quote “{moved[0]}” stands with another label or in another place."))
    if _both_for_either(examined):
        found.append(_finding("subjects", "The quote joins these doses in another way (“and”, “or”)."))
    if _exchanged(examined):
        found.append(_finding("subjects", "The quote states these amounts in another order."))
    return tuple(found)


def _both_for_either(examined: Examined) -> bool:
    """Whether the claim says "and" between two doses where the quote says "or", or the other way round."""
    text = examined.claim.text
    for one, other in pairwise(examined.grounds):
        if one is None or other is None or one.quote is not other.quote:
            continue
        claimed = _joint(text, one.claimed, other.claimed)
        quoted = _joint(one.quote.text, *sorted((one.zone, other.zone), key=lambda zone: zone.own))
        if {claimed, quoted} == {"and", "or"}:
            return True
    return False


def _joint(text: str, one: Zone, other: Zone) -> str:
    """The word between two doses of one sentence: and, or, both of them, or ""."""
    if one.sentence != other.sentence or not one.amounts or not other.amounts:
        return ""
    between = text[one.amounts[-1].end : other.amounts[0].start]
    return "/".join(sorted({found.lower() for found in re.findall(r"\b(?:and|or)\b", between, re.IGNORECASE)}))


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
