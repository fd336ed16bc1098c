"""A first case from what was found in a text: fields with the words that they were read from. Pure.

Nothing is filled in that the text does not say: a reporter whom it does not name is missing, and is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from assistant.triage.case import Case, Event, Receipt, Source
from assistant.triage.judgement import Special, SpecialSituation
from assistant.triage.people_in_case import AgeGroup, Measure, PatientFacts, Qualification, Reporter, Sex
from assistant.triage.product import Product
from assistant.triage.states import State
from assistant.triage.terms import Evidence, Span
from guardrails.adverse.report import AdverseReport, PatientWords, Situation, SituationMention, Words
from guardrails.adverse.report import Reporter as Teller

_QUALIFIED = {
    Teller.CLINICIAN: Qualification.OTHER_PROFESSIONAL,
    Teller.LITERATURE: Qualification.OTHER_PROFESSIONAL,
    Teller.PATIENT: Qualification.CONSUMER,
    Teller.RELATIVE: Qualification.CONSUMER,
}
_SPECIAL = {kind: Special(kind.value) for kind in Situation if kind is not Situation.MISUSE} | {
    Situation.MISUSE: Special.MISUSE
}


@dataclass(frozen=True, slots=True)
class Told:
    """A text that told of a case: its masked words, the source that names it, and when and where it was received."""

    text: str
    source: Source
    receipt: Receipt


def case_from(case_id: str, told: Told, report: AdverseReport | None, opened_at: datetime) -> Case:
    """The case that a report makes; without one an empty candidate, so that a flag is never lost."""
    bare = Case(case_id, "", 0, State.CANDIDATE, opened_at, (told.receipt,), (told.source,))
    if report is None:
        return bare
    medicines = _numbered(
        [(mention.medicine, mention.medicine_span) for mention in report.mentions]
        + [(each.medicine, each.medicine_span) for each in report.situations if each.medicine_span is not None]
    )
    events = _numbered([(mention.event.lower(), mention.event_span) for mention in report.mentions])
    found = [*_places(told, medicines, events), *_patient_places(told, report.patient), *_teller_place(told, report)]
    return Case(
        case_id, "", 0, State.CANDIDATE, opened_at, (told.receipt,), (told.source,),
        patient=_patient(report.patient),
        reporters=_reporters(report),
        products=tuple(
            Product(f"p{at}", told.text[start:end], ingredient=name.lower())
            for at, (name, (start, end)) in enumerate(medicines.items(), start=1)
        ),
        events=tuple(
            Event(f"e{at}", told.text[start:end]) for at, (start, end) in enumerate(events.values(), start=1)
        ),
        special=tuple(_situations(told, report.situations, list(medicines))),
        evidence=tuple(Evidence(f"v{at}", path, span) for at, (path, span) in enumerate(found, start=1)),
    )  # fmt: skip


def _numbered(named: Sequence[tuple[str, tuple[int, int] | None]]) -> dict[str, tuple[int, int]]:
    """Each name once, in order, with the first place where it stands."""
    kept: dict[str, tuple[int, int]] = {}
    for name, span in named:
        if span is not None:
            kept.setdefault(name, span)
    return kept


def _span(told: Told, place: tuple[int, int]) -> Span:
    return Span(told.source.id, *place, told.text[place[0] : place[1]])


def _places(
    told: Told, medicines: dict[str, tuple[int, int]], events: dict[str, tuple[int, int]]
) -> Iterator[tuple[str, Span]]:
    for at, place in enumerate(medicines.values(), start=1):
        yield f"products[p{at}].name", _span(told, place)
    for at, place in enumerate(events.values(), start=1):
        yield f"events[e{at}].verbatim", _span(told, place)


def _patient_places(told: Told, words: PatientWords) -> Iterator[tuple[str, Span]]:
    known = (("age", words.age), ("sex", words.sex), ("pregnant", words.pregnancy), ("weight_kg", words.weight))
    for name, found in known:
        if found is None:
            continue
        if name == "age" and _measure(found) is None:
            name = "age_group"
        if name == "pregnant" and found.value == "breastfeeding":
            name = "breastfeeding"
        yield f"patient.{name}", _span(told, found.span)


def _teller_place(told: Told, report: AdverseReport) -> Iterator[tuple[str, Span]]:
    start, end = report.reporter.span
    if _reporters(report) and end > start:
        yield "reporters[q1].qualification", _span(told, (start, end))


def _patient(words: PatientWords) -> PatientFacts:
    weight = _measure(words.weight)
    pregnancy = words.pregnancy.value if words.pregnancy else ""
    return PatientFacts(
        identified=True,
        age=_measure(words.age),
        age_group=_age_group(words.age),
        sex=Sex(words.sex.value) if words.sex else None,
        weight_kg=weight.value if weight else None,
        pregnant=True if pregnancy == "pregnant" else None,
        breastfeeding=True if pregnancy == "breastfeeding" else None,
    )


def _measure(words: Words | None) -> Measure | None:
    number, _, unit = words.value.partition(" ") if words else ("", "", "")
    return Measure(Decimal(number), unit) if unit and number.replace(".", "", 1).isdecimal() else None


def _age_group(words: Words | None) -> AgeGroup | None:
    return AgeGroup(words.value) if words and words.value in set(AgeGroup) else None


def _reporters(report: AdverseReport) -> tuple[Reporter, ...]:
    if report.reporter.value not in set(Teller):
        return ()
    qualified = _QUALIFIED.get(Teller(report.reporter.value))
    return (Reporter("q1", qualified, primary=True),) if qualified else ()


def _situations(told: Told, found: Sequence[SituationMention], medicines: Sequence[str]) -> Iterator[SpecialSituation]:
    for at, each in enumerate(found, start=1):
        product = f"p{medicines.index(each.medicine) + 1}" if each.medicine in medicines else ""
        yield SpecialSituation(f"x{at}", _SPECIAL[each.kind], product, _span(told, each.span))
