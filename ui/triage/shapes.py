"""The JSON of `pharmassist triage … --json`; documented in docs/json.md, a test holds both together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from pydantic import BaseModel

from assistant.triage.case import Case
from assistant.triage.changes import encode
from assistant.triage.clock import hours_left
from assistant.triage.e2b.violation import Violation
from assistant.triage.intake.take_in import Imported
from assistant.triage.moving import unfinished
from assistant.triage.worklist import CaseLine
from ui.triage.view import CaseView


class CaseLineShape(BaseModel):
    """One line of the worklist."""

    id: str
    label: str
    version: int
    state: str
    owner: str
    serious: bool
    received_at: datetime
    due_at: datetime | None
    products: tuple[str, ...]
    events: tuple[str, ...]
    markets: tuple[str, ...]


class WorklistShape(BaseModel):
    """How many cases match, and those of this page, due first."""

    total: int
    cases: tuple[CaseLineShape, ...]


class DeadlineShape(BaseModel):
    """When one market wants the report."""

    market: str
    rule: str
    basis: str
    days: int
    zone: str
    day_zero: date
    due: date
    due_at: datetime
    hours_left: float
    reason: str


class ChangeShape(BaseModel):
    """One line of the history."""

    version: int
    path: str
    old: object
    new: object
    by: str
    at: datetime
    why: str


class CaseShape(BaseModel):
    """A case with its clocks, what is still to do, and its history."""

    case: object
    deadlines: tuple[DeadlineShape, ...]
    missing: tuple[str, ...]
    questions: tuple[str, ...]
    to_do: tuple[str, ...]
    signatures: tuple[str, ...]
    history: tuple[ChangeShape, ...]


class DoneShape(BaseModel):
    """A case after something was done with it."""

    id: str
    label: str
    version: int
    state: str


class TakenShape(BaseModel):
    """The cases that flags of conversations opened."""

    opened: tuple[DoneShape, ...]


class ImportedShape(BaseModel):
    """What came of one file."""

    name: str
    kind: str
    sha256: str
    opened: tuple[str, ...]
    known: tuple[str, ...]
    problems: tuple[str, ...]


class FilesShape(BaseModel):
    """What came of each file; `refused` has the reason of each that was not read."""

    files: tuple[ImportedShape, ...]
    refused: tuple[str, ...]


class ViolationShape(BaseModel):
    """One finding of the checker."""

    element: str
    where: str
    severity: str
    rule: str
    wrong: str
    mend: str


class ExportShape(BaseModel):
    """A report: whether it was written, where, and what the checker found."""

    label: str
    market: str
    written: bool
    file: str
    sha256: str
    message: str
    violations: tuple[ViolationShape, ...]


class ReportShape(BaseModel):
    """One report of a batch: its case and its message number."""

    label: str
    message: str


class TogetherShape(BaseModel):
    """Reports of several cases in one file: whether it was written, where, and what the checker found."""

    market: str
    written: bool
    file: str
    sha256: str
    reports: tuple[ReportShape, ...]
    violations: tuple[ViolationShape, ...]


def line_shape(line: CaseLine) -> CaseLineShape:
    """One line."""
    return CaseLineShape(**{name: getattr(line, name) for name in CaseLineShape.model_fields})


def case_shape(view: CaseView) -> CaseShape:
    """A whole case as the person may see it."""
    deadlines = tuple(
        DeadlineShape(
            **{name: getattr(each, name) for name in DeadlineShape.model_fields if name != "hours_left"},
            hours_left=round(hours_left(each, view.now), 1),
        )
        for each in view.deadlines
    )
    changes = tuple(
        ChangeShape(**{name: getattr(each, name) for name in ChangeShape.model_fields}) for each in view.history
    )
    return CaseShape(
        case=encode(view.case),
        deadlines=deadlines,
        missing=tuple(each.value for each in view.validity.missing),
        questions=view.validity.questions,
        to_do=unfinished(view.case),
        signatures=tuple(each.line() for each in view.signatures),
        history=changes,
    )


def done_shape(case: Case) -> DoneShape:
    """A case in one line."""
    return DoneShape(id=case.id, label=case.label, version=case.version, state=case.state.value)


def imported_shape(done: Imported) -> ImportedShape:
    """What came of one file."""
    return ImportedShape(
        name=done.name,
        kind=done.kind,
        sha256=done.sha256,
        opened=tuple(case.label for case in done.opened),
        known=tuple(case.label for case in done.known),
        problems=tuple(map(str, done.problems)),
    )


def violation_shapes(found: Sequence[Violation]) -> tuple[ViolationShape, ...]:
    """The checker's findings."""
    return tuple(
        ViolationShape(**{name: str(getattr(each, name)) for name in ViolationShape.model_fields}) for each in found
    )
