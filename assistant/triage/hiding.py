"""What identifies a patient or a reporter is shown only to those whose role allows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from assistant.people import May, Person
from assistant.triage.case import Case
from assistant.triage.changes import Change
from assistant.triage.when import PartialDate

HIDDEN = "[hidden]"
_PATHS = (
    "patient.identification", "patient.birth", "patient.parent",
    "reporters", "narrative.reporter_comment", "kept",
)  # fmt: skip


def seen_by(case: Case, person: Person) -> Case:
    """The case as a person may see it: with identifiers, or with the field saying that one is hidden."""
    if person.may(May.SEE_IDENTIFIERS):
        return case
    patient = replace(
        case.patient,
        identification=_hidden(case.patient.identification),
        birth=_year(case.patient.birth),
        parent=replace(case.patient.parent, identification=HIDDEN, birth=_year(case.patient.parent.birth))
        if case.patient.parent
        else None,
    )
    reporters = tuple(
        replace(
            each, name=_hidden(each.name), organisation=_hidden(each.organisation), city=_hidden(each.city),
            state=_hidden(each.state),
        )
        for each in case.reporters
    )  # fmt: skip
    return replace(case, patient=patient, reporters=reporters, kept=())


def changes_seen_by(changes: Iterable[Change], person: Person) -> tuple[Change, ...]:
    """The history as a person may see it: that a field changed, and not from what to what where it identifies."""
    if person.may(May.SEE_IDENTIFIERS):
        return tuple(changes)
    return tuple(
        replace(each, old=None, new=HIDDEN) if not each.path or each.path.startswith(_PATHS) else each
        for each in changes
    )


def _hidden(text: str) -> str:
    return HIDDEN if text else ""


def _year(day: PartialDate | None) -> PartialDate | None:
    return PartialDate(day.year) if day else None
