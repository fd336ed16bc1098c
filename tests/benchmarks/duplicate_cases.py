"""A synthetic report as a `Case`, so that a benchmark takes the same way as a report that a person imports."""

from __future__ import annotations

from datetime import UTC, datetime, time
from decimal import Decimal

from assistant.triage.case import Case, Event, EventOutcome, Receipt, ReceiptKind, Source, SourceOrigin
from assistant.triage.duplicates.fingerprint import Fingerprint, fingerprint
from assistant.triage.people_in_case import Measure, PatientFacts, Qualification, Reporter, Sex
from assistant.triage.product import Dosing, Product, ProductRole
from assistant.triage.states import State
from assistant.triage.when import PartialDate
from retrieval.medicines import Medicines
from tests.benchmarks.duplicate_reports import Told


def case_of(told: Told) -> Case:
    """The case that an import of this report opens."""
    at = datetime.combine(told.received, time(9), UTC)
    onset = PartialDate.parse(told.onset) if told.onset else None
    outcome = EventOutcome(told.outcome) if told.outcome else None
    return Case(
        id=told.id,
        label=told.id,
        version=1,
        state=State.CANDIDATE,
        opened_at=at,
        receipts=(Receipt("r1", ReceiptKind.INITIAL, at, told.received, "UTC", told.source),),
        sources=(Source(told.source, SourceOrigin.FILE, sha256=told.source, start=told.place),),
        country=told.country,
        literature=(f"https://doi.org/{told.article}",) if told.article else (),
        worldwide_id=told.number,
        other_ids=(told.cites,) if told.cites else (),
        patient=_patient(told),
        reporters=(Reporter("q1", Qualification(told.qualification) if told.qualification else None,
                            told.country, organisation=told.sender, primary=True),),
        products=_products(told),
        events=tuple(Event(f"e{at}", word, onset=onset, outcome=outcome) for at, word in enumerate(told.events)),
    )  # fmt: skip


def fingerprint_of(told: Told, medicines: Medicines) -> Fingerprint:
    """The report as the product compares it."""
    return fingerprint(case_of(told), medicines, told.text)


def _patient(told: Told) -> PatientFacts:
    return PatientFacts(
        identified=True,
        identification=told.initials,
        birth=PartialDate.parse(told.birth) if told.birth else None,
        age=Measure(Decimal(told.age), "a") if told.age is not None else None,
        sex=Sex(told.sex) if told.sex else None,
        weight_kg=Decimal(str(told.weight)) if told.weight else None,
    )


def _products(told: Told) -> tuple[Product, ...]:
    start = PartialDate.parse(told.start) if told.start else None
    dosings = (Dosing("d1", start=start),) if start else ()
    suspects = [Product(f"p{at}", name, dosings=dosings) for at, name in enumerate(told.suspects)]
    others = [Product(f"c{at}", name, ProductRole.CONCOMITANT) for at, name in enumerate(told.others)]
    return (*suspects, *others)
