"""Made-up cases for tests: one full case, and parts to vary it by. Nobody in them exists."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from assistant.triage.case import (
    Case,
    Event,
    EventOutcome,
    Receipt,
    ReceiptKind,
    Source,
    SourceOrigin,
)
from assistant.triage.judgement import Criterion, Seriousness
from assistant.triage.people_in_case import Measure, PatientFacts, Qualification, Reporter, Sex
from assistant.triage.product import ActionTaken, Dosing, Product
from assistant.triage.states import State
from assistant.triage.terms import Span
from assistant.triage.when import PartialDate

TEXT = (
    "My patient, 67 years old, took lunarine 500 mg twice a day from 1 March. On 4 March she vomited blood and was "
    "admitted to hospital. Lunarine was stopped and she recovered."
)
RECEIVED = datetime(2026, 3, 5, 9, 30, tzinfo=UTC)


def span(words: str, source_id: str = "s1") -> Span:
    """The words where they stand in the text."""
    start = TEXT.index(words)
    return Span(source_id, start, start + len(words), words)


def receipt(
    at: datetime = RECEIVED, id: str = "r1", zone: str = "UTC", day: date | None = None, source_id: str = "s1"
) -> Receipt:
    """Information received; the day is that of UTC unless another is given."""
    kind = ReceiptKind.INITIAL if id == "r1" else ReceiptKind.FOLLOW_UP
    return Receipt(id, kind, at, day or at.date(), zone, source_id)


def serious(criterion: Criterion = Criterion.HOSPITALISATION) -> Seriousness:
    """A criterion that a person confirmed."""
    return Seriousness(criterion, span("admitted to hospital"), "", "p-ann", True)


def full_case(*events: Event, **changed: object) -> Case:
    """A valid case with one serious event, or with the events given."""
    bleeding = Event(
        "e1", "vomited blood", onset=PartialDate(2026, 3, 4), outcome=EventOutcome.RECOVERED, seriousness=(serious(),)
    )
    fields: dict[str, object] = {
        "id": "case-1",
        "label": "2026-000001",
        "version": 1,
        "state": State.OPEN,
        "opened_at": RECEIVED,
        "receipts": (receipt(),),
        "sources": (Source("s1", SourceOrigin.CHAT, turn_id="t1", conversation_id="c1", flag_id="f1"),),
        "patient": PatientFacts(identified=True, age=Measure(Decimal(67), "a"), sex=Sex.FEMALE),
        "reporters": (Reporter("q1", Qualification.PHYSICIAN, "US", primary=True),),
        "products": (
            Product(
                "p1",
                "Lunarine",
                ingredient="lunarine",
                dosings=(
                    Dosing("d1", "500 mg twice a day", start=PartialDate(2026, 3, 1), end=PartialDate(2026, 3, 4)),
                ),
                action=ActionTaken.WITHDRAWN,
            ),
        ),
        "events": events or (bleeding,),
    }
    return Case(**{**fields, **changed})  # type: ignore[arg-type]
