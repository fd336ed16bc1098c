"""Notices that somebody reports a reaction to a medicine, so that it reaches pharmacovigilance.

Every message and every imported text is read: medicines and words of reactions are found, each reaction is paired with
the medicine suspected of it, and pairs that nobody reports are left out (asked in general, denied, planned, an illness
in the family, what the medicine is for). A learned net marks what happened to somebody; rules stand beside it, and
alone where it cannot be used, which is then said. Both lean towards noticing: a person looks at every find.

It is no diagnosis and decides nothing. What the parts do is in `guardrails/adverse/`, and the words that a pharmacist
may edit in `guardrails/rules/adverse/`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from guardrails.adverse.events import event_words, shares, widened
from guardrails.adverse.net import NET, AdverseNets, Marks, marks_of
from guardrails.adverse.pairing import Named, pairs
from guardrails.adverse.people import parts_by_patient, patient_words, reporter_words
from guardrails.adverse.proposed import is_proposed
from guardrails.adverse.report import AdverseFindings, AdverseMention, AdverseReport, SituationMention, Span
from guardrails.adverse.signs import signs
from guardrails.adverse.situations import situations
from guardrails.adverse.telling import is_reported, speaks_against, window
from guardrails.errors import NetUnavailable
from guardrails.examined import MedicineNames
from retrieval.sentences import sentences

__all__ = ["AdverseEvents", "AdverseFindings", "AdverseMention", "AdverseReport", "notice"]

SUSPECTED = 0.7
"""From which probability on a word that no table knows is taken for a medicine."""
NO_MEDICINE = "other"
"""The kind of medicines.yaml for words that are none."""
_NEAR = 400
"""How many characters around a pair are read in a text without sentences."""
# "amiodarone-induced" is one word to a reader of names; the sign is replaced so that positions stay.
_COMPOUND = re.compile(r"-(?=(?:induced|associated|related|treated|dependent|triggered|mediated)\b)", re.IGNORECASE)
# What stands for an identifier, such as “[RECORD NUMBER]”: no word of it was written by whoever reports.
_MASKED = re.compile(r"\[[A-Z][A-Z ]*\]")


@dataclass(frozen=True)
class AdverseEvents:
    """The detector. Build it once and share it; without nets rules alone judge."""

    medicines: MedicineNames
    nets: AdverseNets | None = None
    folder: Path = NET

    def screen(self, text: str) -> AdverseFindings:
        """All that the text reports, patient by patient. What the net cannot do is said in `fault`, and rules go on.

        Raises:
            RuleInvalid: a table of words cannot be read.
        """
        marks, fault = self._marks(text)
        return self.judged(text, marks, fault)

    def judged(self, text: str, marks: Marks | None, fault: str = "") -> AdverseFindings:
        """What the text reports, with what the net marked in it (None: rules alone judge, and `fault` may say why).

        Raises:
            RuleInvalid: a table of words cannot be read.
        """
        named = _named(text, self.medicines, marks)
        found = tuple(_mentions(text, named, marks))
        return AdverseFindings(_by_patient(text, found, situations(text, named)), fault)

    def _marks(self, text: str) -> tuple[Marks | None, str]:
        if self.nets is None or not text.strip():
            return None, ""
        try:
            return marks_of([text], self.nets, self.folder)[0], ""
        except NetUnavailable as unavailable:
            return None, str(unavailable)


def notice(text: str, medicines: MedicineNames) -> tuple[AdverseMention, ...]:
    """Every pair of medicine and reaction that rules alone take for reported."""
    return AdverseEvents(medicines).screen(text).mentions


def _named(text: str, medicines: MedicineNames, marks: Marks | None) -> list[Named]:
    """The medicines of the text: those of the table, everyday words for one, and what the net takes for one."""
    known = [
        (one.name or one.surface, _to_comma(text, (one.start, one.end)))
        for one in medicines.find(_COMPOUND.sub(" ", text))
    ]
    taken = [span for _, span in known]
    words = signs("medicines", text)
    others = tuple(sign.span for sign in words if sign.kind == NO_MEDICINE)
    loose = [sign.span for sign in words if sign.kind != NO_MEDICINE]
    loose += [span for span in marks.medicines(text, SUSPECTED) if not shares(span, others)] if marks else ()
    for span in loose:
        if not shares(span, taken):
            insort(taken, span)
    cut, listed = sentences(text), {span: name for name, span in known}
    return [
        Named(
            listed.get(span, text[slice(*span)]),
            span,
            marks.suspected(span) if marks else 0.0,
            is_proposed(text, span, _around(cut, span)),
            span in listed,
        )
        for span in taken
    ]


def _to_comma(text: str, span: Span) -> Span:
    """A name without what a comma parts from it: in "trimethoprim, potassium went to 6.1" the salt is none."""
    comma = text.find(",", *span)
    return span if comma < 0 or text[comma - 1].isdigit() else (span[0], comma)


def _mentions(text: str, named: Sequence[Named], marks: Marks | None) -> Iterator[AdverseMention]:
    if not named:
        return
    cut = sentences(text)
    seen: set[tuple[Span, Span]] = set()
    for medicine, event in pairs(text, _events(text, named, marks), named, cut):
        near = _around(cut, medicine.span, event)
        if (medicine.span, event) not in seen and _counts(text, near, medicine, event, marks):
            seen.add((medicine.span, event))
            certainty = marks.certainty(event) if marks else None
            yield AdverseMention(
                medicine.name, medicine.span, text[slice(*event)], event, text[slice(*near)], certainty
            )


def _events(text: str, named: Sequence[Named], marks: Marks | None) -> tuple[Span, ...]:
    """Reactions as the net marks them, and beside them those that rules know by their words."""
    names = [one.span for one in named]
    others = (sign.span for sign in signs("medicines", text) if sign.kind == NO_MEDICINE)
    names = sorted([*names, *(found.span() for found in _MASKED.finditer(text))])
    marked = [span for span in marks.events(text, marks.threshold) if not shares(span, names)] if marks else []
    marked = [widened(text, span) for span in marked]
    listed = event_words(text, (0, len(text)), sorted({*names, *others}))
    return _merged(sorted([*marked, *listed]))


def _merged(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Spans in order, those that overlap as one: "not slept" of the rules and "slept a wink" of the net."""
    made: list[Span] = []
    for start, end in spans:
        if made and start < made[-1][1]:
            made[-1] = (made[-1][0], max(end, made[-1][1]))
        else:
            made.append((start, end))
    return tuple(made)


def _around(cut: Sequence[Span], *places: Span) -> Span:
    """The sentences that hold both places, and those between them; of an endless one only what is near."""
    first, last = min(start for start, _ in places), max(end for _, end in places)
    before = bisect_right(cut, first, key=lambda one: one[0]) - 1
    after = bisect_left(cut, last, key=lambda one: one[1])
    start = cut[before][0] if before >= 0 else first
    end = cut[after][1] if after < len(cut) else last
    return max(start, first - _NEAR), min(max(end, last), last + _NEAR)


def _counts(text: str, near: Span, medicine: Named, event: Span, marks: Marks | None) -> bool:
    """Whether the pair is reported: by the net unless words speak against it, or by rules."""
    said = window(text, near)
    if marks is None:
        return is_reported(said, medicine.span, event)
    if marks.certainty(event) >= marks.threshold and not speaks_against(said, medicine.span, event):
        return True
    return is_reported(said, medicine.span, event)


def _by_patient(
    text: str, mentions: Sequence[AdverseMention], told: Sequence[SituationMention]
) -> tuple[AdverseReport, ...]:
    """One report for each patient. A cut that would part a medicine from its reaction is no cut, nor one that leaves a
    part without either."""
    if not mentions and not told:
        return ()
    places = [_around((), one.medicine_span, one.event_span) for one in mentions] or [one.span for one in told]
    cuts = [at for at in parts_by_patient(text) if not any(start < at < end for start, end in places)]
    spans = [
        (start, end)
        for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)
        if any(start <= place[0] < end for place in places)
    ]
    joined = _without_gaps(spans, len(text))
    return tuple(_report(text, span, mentions, told) for span in joined)


def _without_gaps(spans: Sequence[Span], length: int) -> list[Span]:
    starts = [0, *(start for start, _ in spans[1:])]
    return list(zip(starts, [*starts[1:], length], strict=True))


def _report(
    text: str, span: Span, mentions: Sequence[AdverseMention], told: Sequence[SituationMention]
) -> AdverseReport:
    start, end = span
    return AdverseReport(
        span,
        patient_words(text, span),
        reporter_words(text, span),
        tuple(one for one in mentions if start <= one.event_span[0] < end),
        tuple(one for one in told if start <= one.span[0] < end),
    )
