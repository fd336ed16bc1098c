"""What of its quotes a claim rests on: the zone that states each of its doses, else the clauses with its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

from guardrails.bounds import changes_in
from guardrails.equivalence import Measure
from guardrails.polarity import EXCEPTIONS, Cue, cues
from guardrails.quoted import Quoted
from guardrails.wording import GLUE, INSTRUCTING, implied, stems
from guardrails.zones import Span, Zone, is_condition, is_dose, is_within, zones

Pairs: TypeAlias = tuple[tuple[Measure, Measure], ...]
Changes: TypeAlias = tuple[frozenset[str], frozenset[str]]


@dataclass(frozen=True)
class Ground:
    """A dose of the claim and the zone of a quote that states it; `pairs` are the amounts of both, one to one."""

    claimed: Zone
    quote: Quoted
    zone: Zone
    pairs: Pairs
    changes: Changes

    @property
    def same_limits(self) -> bool:
        """Whether every amount is bounded in the same way and belongs to the same change on both sides."""
        return all(
            one.bound is other.bound and (not is_dose(self.quote.text, other) or self._same_change(one, other))
            for one, other in self.pairs
        )

    def _same_change(self, claimed: Measure, quoted: Measure) -> bool:
        """Equal, or said elsewhere ("500 mg is the starting dose") and the only change on both sides."""
        if claimed.change == quoted.change:
            return True
        return (
            not (claimed.change and quoted.change) and len(self.changes[0]) == 1 and self.changes[0] == self.changes[1]
        )

    @property
    def text(self) -> str:
        """What the quote says of the dose, in its order."""
        return said(self.quote.text, self.zone.spans)


@dataclass(frozen=True)
class Rest:
    """Stretches of one quote on which a claim rests."""

    quote: Quoted
    spans: tuple[Span, ...]

    @property
    def text(self) -> str:
        """The words of the stretches, in order."""
        return said(self.quote.text, self.spans)

    @property
    def sentences(self) -> tuple[Span, ...]:
        """The sentences that are touched."""
        found = dict.fromkeys(zone.sentence for zone in zones(self.quote.text))
        return tuple(one for one in found if any(start < one[1] and one[0] < end for start, end in self.spans))

    @property
    def cues(self) -> tuple[Cue, ...]:
        """The negations and conditions inside, and in the same sentences exceptions elsewhere and what is unclear."""
        text = self.quote.text
        near = [zone for zone in zones(text) if zone.sentence in self.sentences]
        sentences = self.sentences
        beside = [span for zone in near if not zone.amounts for span in zone.own]
        clear = [span for zone in near for span in zone.spans]
        return tuple(
            cue
            for cue in cues(text)
            if is_within(cue.start, self.spans)
            or (cue.kind in _WIDE and is_within(cue.start, beside))
            or (is_within(cue.start, sentences) and not is_within(cue.start, clear))
        )


_WIDE = EXCEPTIONS - {"if", "until"}
"""Exceptions that limit other clauses too; "; if tolerated, continue" limits its own."""


def said(text: str, spans: Sequence[Span]) -> str:
    """The stretches of a text, one after the other."""
    return " ".join(text[start:end].strip() for start, end in sorted(spans))


def ground_of(text: str, zone: Zone, quotes: Sequence[Quoted]) -> Ground | None:
    """The zone of the quotes that states all amounts of this zone of the claim's text, nearest in words; or None."""
    claimed = _kinds(text, zone)
    found = [
        Ground(zone, quote, other, pairs, (_changes(text, zone), _changes(quote.text, other)))
        for quote in quotes
        for other, kinds in _kinds_of_zones(quote.text)
        if (pairs := _pairs(claimed, kinds)) is not None
    ]
    words = stems(said(text, zone.spans))
    return min(
        found,
        key=lambda one: (not one.same_limits, -len(words & stems(one.text)), len(one.zone.amounts)),
        default=None,
    )


def _changes(text: str, zone: Zone) -> frozenset[str]:
    return changes_in(said(text, zone.spans))


Kinds: TypeAlias = tuple[tuple[Measure, bool], ...]


def _kinds(text: str, zone: Zone) -> Kinds:
    """The amounts of a zone, each with whether it says for whom (a weight of 40 kg) instead of how much."""
    return tuple((one, is_condition(text, one)) for one in zone.amounts)


@lru_cache(maxsize=4096)
def _kinds_of_zones(text: str) -> tuple[tuple[Zone, Kinds], ...]:
    return tuple((zone, _kinds(text, zone)) for zone in zones(text))


def _pairs(claimed: Kinds, quoted: Kinds) -> Pairs | None:
    """Each claimed amount with the quoted one that says it, those of one kind in order; None: one is not said."""
    kinds = [(one.unit, condition) for one, condition in quoted]
    pairs: list[tuple[Measure, Measure]] = []
    after: dict[tuple[str, bool], int] = {}
    for one, condition in claimed:
        kind = one.unit, condition
        places = [at for at in range(after.get(kind, 0), len(quoted)) if one.is_said_by(quoted[at][0])]
        if not places:
            return None
        best = next((at for at in places if quoted[at][0].bound is one.bound), places[0])
        if one.unit and kinds.count(kind) > 1:
            after[kind] = best + 1
        pairs.append((one, quoted[best][0]))
    return tuple(pairs)


def rests_of(text: str, grounds: Sequence[Ground], quotes: Sequence[Quoted]) -> tuple[Rest, ...]:
    """The zones of the claim's doses, and the fewest clauses of the quotes that hold its other words."""
    spans: dict[int, set[Span]] = {at: set() for at in range(len(quotes))}
    missing = stems(text) - GLUE - INSTRUCTING
    for ground in grounds:
        at = next(n for n, quote in enumerate(quotes) if quote is ground.quote)
        spans[at].update(ground.zone.spans)
        missing -= implied(stems(ground.text))
    parts = [(n, zone) for n, quote in enumerate(quotes) for zone in zones(quote.text)]
    for zone in zones(text) if quotes else ():  # each clause of the claim rests on something
        if not zone.amounts:
            words = stems(said(text, zone.own))
            gains = [len(words & implied(stems(said(quotes[n].text, each.spans)))) for n, each in parts]
            best = max(range(len(gains)), key=gains.__getitem__, default=-1)
            if best >= 0 and gains[best]:
                n, each = parts[best]
                spans[n].update(each.spans)
                missing -= implied(stems(said(quotes[n].text, each.spans)))
    while parts and (missing or not any(spans.values())):
        gains = [len(missing & implied(stems(said(quotes[n].text, zone.spans)))) for n, zone in parts]
        best = max(range(len(gains)), key=gains.__getitem__)
        if not gains[best] and any(spans.values()):
            break
        n, zone = parts.pop(best)
        missing -= implied(stems(said(quotes[n].text, zone.spans)))
        spans[n].update(zone.spans)
    for n, quote in enumerate(quotes):
        if quote.passage.is_table_row and spans[n]:  # the caption says whom its rows are for
            spans[n].update(zone.sentence for zone in zones(quote.text) if zone.sentence[1] <= max(spans[n])[0])
    return tuple(Rest(quote, _filled(quote.text, _joined(spans[n]))) for n, quote in enumerate(quotes) if spans[n])


def _filled(text: str, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """The stretches, with what lies between two of them and belongs to no zone."""
    others = [span for zone in zones(text) for span in zone.spans]
    gaps = {
        (end, start)
        for (_, end), (start, _) in pairwise(spans)
        if end < start and "\n" not in text[end:start] and not any(a < start and end < b for a, b in others)
    }
    return _joined({*spans, *gaps})


def _joined(spans: set[Span]) -> tuple[Span, ...]:
    """The stretches in order, those that overlap made one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return tuple(joined)
