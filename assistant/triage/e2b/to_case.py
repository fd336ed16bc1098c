"""A report in E2B(R3) as a case of the desk. What no field holds is kept; identifiers are masked before anything else.

Names, telephone numbers and record numbers do not come in at all: the case keeps that they were there (MSK). Documents
inside the message stay in the file; they would carry identifiers that nobody has masked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from assistant.triage.case import Case, Narrative, NullFlavour, Receipt, ReceiptKind, ReportType, Study, Unknown
from assistant.triage.e2b import moments
from assistant.triage.e2b.clinical_fields import case_causality, case_events, case_products, case_tests, term
from assistant.triage.e2b.codes import QUALIFICATION, REPORT_TYPE, STUDY_TYPE, text_for, word_for
from assistant.triage.e2b.from_case import marked_report
from assistant.triage.e2b.kept import kept_of
from assistant.triage.e2b.patient_fields import case_patient
from assistant.triage.e2b.report import Group, Value, flatten
from assistant.triage.e2b.sender import Choices, Sender
from assistant.triage.e2b.table import name_of
from assistant.triage.people_in_case import Reporter
from assistant.triage.states import State

Mask = Callable[[str], str]

_IDENTIFYING = frozenset(
    {
        "C.2.r.1.1", "C.2.r.1.2", "C.2.r.1.3", "C.2.r.1.4", "C.2.r.2.3", "C.2.r.2.6", "C.2.r.2.7", "FDA.C.2.r.2.8",
        "D.1.1.1", "D.1.1.2", "D.1.1.3", "D.1.1.4", "D.10.1",
    }
)  # fmt: skip
_FREE = frozenset(
    {
        "H.1", "H.2", "H.4", "H.5.r.1a", "D.7.2", "D.7.1.r.5", "D.10.7.2", "D.10.7.1.r.5", "E.i.1.1a", "E.i.1.2",
        "F.r.3.4", "F.r.6", "G.k.4.r.8", "G.k.11", "C.1.6.1.r.1", "C.1.11.2", "D.1",
    }
)  # fmt: skip
_DOCUMENTS = ("C.1.6.1.r.2", "C.4.r.2")
_PROBE = Choices(Sender("-", "X", "X", "US"), datetime(2000, 1, 1, tzinfo=UTC))
"""Only to see which elements a case fills by itself; nothing of it is kept."""
_OURS = ("N.", "C.3.", "report.", "link.")
_OURS_ALONE = frozenset({"C.1.1", "C.1.2", "C.1.11.1", "C.1.11.2"})
"""What every sender says of himself and of his message, and the desk says anew."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A case that was read, what was masked or left out, in sentences, and the masked words of the report as text."""

    case: Case
    text: str
    notes: tuple[str, ...]


def case_from_report(report: Group, mask: Mask, received: datetime, zone: str = "UTC") -> Imported:
    """The case of one report (a group N.2.r). Its id and label are empty; the casebook gives them.

    `received` is when the file came (aware); day zero stays with the first sender's date (C.1.4) as long as that is
    earlier, because an imported report was known before.
    """
    safe, notes = _masked(report, mask)
    receipts = _receipts(safe, received, zone)
    case = Case(
        id="",
        label="",
        version=0,
        state=State.CANDIDATE,
        opened_at=received,
        receipts=receipts,
        sources=(),
        report_type=word_for(REPORT_TYPE, safe.text("C.1.3")) or ReportType.UNKNOWN,
        study=_study(safe),
        literature=tuple(each.text("C.4.r.1") for each in safe.all("C.4.r") if each.text("C.4.r.1")),
        worldwide_id=safe.text("C.1.8.1"),
        other_ids=tuple(_other_ids(safe)),
        country=next((each.text("E.i.9") for each in safe.all("E.i") if each.text("E.i.9")), ""),
        patient=case_patient(safe),
        reporters=tuple(_reporter(place, each) for place, each in enumerate(safe.all("C.2.r"), 1)),
        products=case_products(safe),
        events=case_events(safe),
        tests=case_tests(safe),
        causality=case_causality(safe),
        narrative=_narrative(safe),
    )
    case = replace(case, unknowns=tuple(_unknowns(safe)))
    kept = kept_of(_by_event(_without_ours(safe)), marked_report(case, _PROBE))
    return Imported(replace(case, kept=kept), told(safe), tuple(notes))


def _masked(report: Group, mask: Mask) -> tuple[Group, list[str]]:
    notes: list[str] = []

    def safe(number: str, value: Value) -> Value | None:
        if number in _DOCUMENTS:
            notes.append(f"A document ({name_of(number)}) of {len(value.text)} characters stays in the file.")
            return None
        if number in _IDENTIFYING and value.text:
            notes.append(f"{name_of(number)} ({number}) was masked.")
            return Value(null="MSK")
        if number in _FREE and value.text:
            return replace(value, text=mask(value.text))
        return value

    def walk(group: Group) -> Group:
        values = ((number, safe(number, value)) for number, value in group.values)
        return Group(
            group.name,
            tuple((number, value) for number, value in values if value is not None),
            tuple(walk(inner) for inner in group.groups),
        )

    return walk(report), notes


def _without_ours(report: Group) -> Group:
    values = tuple(pair for pair in report.values if not pair[0].startswith(_OURS) and pair[0] not in _OURS_ALONE)
    return replace(report, values=values)


def _by_event(report: Group) -> Group:
    """The report with the rows of its matrix naming events as the case does, e1 for the first."""
    names = {event.text("E.i.id"): f"e{place}" for place, event in enumerate(report.all("E.i"), 1)}
    drugs = []
    for drug in report.all("G.k"):
        rows = (row for row in drug.all("G.k.9.i") if row.text("G.k.9.i.1") in names)
        named = tuple(row.set("G.k.9.i.1", Value(names[row.text("G.k.9.i.1")])) for row in rows)
        drugs.append(drug.with_groups("G.k.9.i", named))
    return report.with_groups("G.k", tuple(drugs))


def _receipts(report: Group, received: datetime, zone: str) -> tuple[Receipt, ...]:
    """One receipt for the first sender's date and, where it differs, one for his newest information."""
    local = ZoneInfo(zone)
    days = []
    for text in dict.fromkeys([report.text("C.1.4")[:8], report.text("C.1.5")[:8]]):
        found = moments.earliest(text) if moments.is_at_least(text, "day") else None
        if found is not None and found.date() <= received.astimezone(local).date():
            days.append(found.date())
    days = sorted(set(days)) or [received.astimezone(local).date()]
    return tuple(
        Receipt(
            f"r{place}",
            ReceiptKind.INITIAL if place == 1 else ReceiptKind.FOLLOW_UP,
            datetime(day.year, day.month, day.day, tzinfo=local).astimezone(UTC),
            day,
            zone,
            "",
        )
        for place, day in enumerate(days, 1)
    )


def _study(report: Group) -> Study | None:
    registrations = tuple(each.text("C.5.1.r.1") for each in report.all("C.5.1.r") if each.text("C.5.1.r.1"))
    study = Study(
        report.text("C.5.2"),
        report.text("C.5.3"),
        text_for(STUDY_TYPE, report.text("C.5.4")),
        registrations,
        report.text("FDA.C.5.5a"),
        report.text("FDA.C.5.5b"),
    )
    return study if study != Study() else None


def _other_ids(report: Group) -> Iterator[str]:
    """Earlier identifiers, and the number of the sender that we have the report from."""
    if report.text("C.1.1") and report.text("C.1.1") != report.text("C.1.8.1"):
        yield f"{report.text('C.3.2') or 'sender of the imported report'}: {report.text('C.1.1')}"
    for each in report.all("C.1.9.1.r"):
        yield f"{each.text('C.1.9.1.r.1')}: {each.text('C.1.9.1.r.2')}"


def _reporter(place: int, group: Group) -> Reporter:
    named = any(group.value(number) for number in ("C.2.r.1.2", "C.2.r.1.3", "C.2.r.1.4"))
    return Reporter(
        id=f"q{place}",
        qualification=word_for(QUALIFICATION, group.text("C.2.r.4")),
        country=group.text("C.2.r.3"),
        name="[PERSON]" if named else "",
        organisation=group.text("C.2.r.2.1"),
        city=group.text("C.2.r.2.4"),
        state=group.text("C.2.r.2.5"),
        primary=group.text("C.2.r.5") == "1",
    )


def _narrative(report: Group) -> Narrative:
    diagnoses = (term(each, "H.3.r.1a", "H.3.r.1b") for each in report.all("H.3.r"))
    return Narrative(report.text("H.1"), report.text("H.2"), report.text("H.4"), tuple(d for d in diagnoses if d))


_PATHS = {
    "D.1": "patient.identification", "D.2.1": "patient.birth", "D.2.3": "patient.age_group", "D.5": "patient.sex",
    "D.6": "patient.last_period", "D.7.2": "patient.history_text", "D.9.1": "patient.died", "D.9.3": "patient.autopsy",
}  # fmt: skip
_ITEM_PATHS = {
    "E.i": ("events[e{}]", {"E.i.4": "onset", "E.i.5": "end"}),
    "F.r": ("tests[t{}]", {"F.r.1": "day"}),
    "C.2.r": ("reporters[q{}]", {
        "C.2.r.2.1": "organisation", "C.2.r.2.4": "city", "C.2.r.2.5": "state", "C.2.r.3": "country",
        "C.2.r.4": "qualification",
    }),
    "D.7.1.r": ("patient.history[h{}]", {"D.7.1.r.2": "start", "D.7.1.r.4": "end"}),
    "D.8.r": ("patient.past_medicines[m{}]", {"D.8.r.1": "name", "D.8.r.4": "start", "D.8.r.5": "end"}),
}  # fmt: skip


def _unknowns(report: Group) -> Iterator[Unknown]:
    """Null flavours of elements that a field of the case holds."""
    for number, path in _PATHS.items():
        yield from _unknown(report.value(number), path)
    for name, (pattern, fields) in _ITEM_PATHS.items():
        for place, group in enumerate(report.all(name), 1):
            for number, field in fields.items():
                yield from _unknown(group.value(number), f"{pattern.format(place)}.{field}")
    for place, drug in enumerate(report.all("G.k"), 1):
        for course, dose in enumerate(drug.all("G.k.4.r"), 1):
            for number, field in (("G.k.4.r.4", "start"), ("G.k.4.r.5", "end")):
                yield from _unknown(dose.value(number), f"products[p{place}].dosings[d{course}].{field}")


def _unknown(value: Value | None, path: str) -> Iterator[Unknown]:
    if value is not None and value.null in set(NullFlavour):
        yield Unknown(path, NullFlavour(value.null))


def told(report: Group) -> str:
    """The report as lines for people, each element with its number and name: what the desk keeps as its source text."""
    lines = []
    for where, number, value in flatten(report):
        if number in _DOCUMENTS or number.split(".")[0] in {"N", "link", "report"}:
            continue
        place = f"{where}: " if where else ""
        lines.append(f"{place}{number} {name_of(number)}: {value.text or f'({value.null})'}")
    return "\n".join(lines)
