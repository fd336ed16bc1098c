"""Imports a file: read, mask, make cases, save. The same file again finds the same cases, and a bad row harms no other.

The masked text is kept once under the hash of the original bytes; every case names its stretch of it. What could not be
read stands at the end of that text, with its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from uuid import uuid4

from assistant.people import May, Person, require
from assistant.triage.case import Case, Receipt, ReceiptKind, Source, SourceOrigin
from assistant.triage.casebook import Opening
from assistant.triage.clock import day_of
from assistant.triage.desk import Desk
from assistant.triage.from_report import Told
from assistant.triage.intake.columns import Column, Mapping
from assistant.triage.intake.errors import FileRefused
from assistant.triage.intake.file_names import masked_name
from assistant.triage.intake.files import FileKind, FileText, read_file
from assistant.triage.intake.fill import filled
from assistant.triage.intake.form import looks_like_form, read_form, without_unticked
from assistant.triage.intake.places import Identify, Masked, masked
from assistant.triage.intake.prose import cases_of
from assistant.triage.intake.record import Problem, Record
from assistant.triage.intake.table import looks_like_table, read_table
from assistant.triage.intake.told import Setting, case_of, completed, is_empty
from assistant.triage.intake.values import DateOrder, order_of
from assistant.triage.judging import with_machine_proposals
from assistant.triage.opening import opening_deed
from assistant.triage.worklist import SourceText
from retrieval.medicines import Medicines

_NOTHING = "it names no medicine and no reaction, so there is nothing to make a case of"
_DATES = ("birth", "onset", "event_end", "start", "end", "received")


@dataclass(frozen=True, slots=True)
class Readers:
    """What reading needs from elsewhere: `identify` finds identifiers, `e2b` makes cases of an E2B(R3) message."""

    identify: Identify
    medicines: Medicines
    e2b: Callable[[bytes, Source, Receipt], Sequence[Case]] | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of a file: the cases opened now, those that it opened before, and what could not be read.

    `columns` says how each column of a table was understood, guesses included; `kind` what the file was read as.
    """

    name: str
    sha256: str
    kind: str
    opened: tuple[Case, ...]
    known: tuple[Case, ...]
    problems: tuple[Problem, ...]
    columns: tuple[Column, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class _Drafts:
    """Cases with their keys before they are saved, the text that is kept of the file, and what was not understood."""

    kind: str
    text: str
    cases: tuple[tuple[str, Case], ...]
    problems: tuple[Problem, ...] = ()
    columns: tuple[Column, ...] = ()


def import_file(
    desk: Desk, person: Person, readers: Readers, name: str, data: bytes, at: datetime, mapping: Mapping | None = None
) -> Imported:
    """Import one file that was received at `at` (UTC).

    Raises:
        FileRefused: the file as a whole cannot be read.
        MappingInvalid: the mapping names a column that the file does not have.
        NotAllowed: the person may not triage.
        SaveFailed: the database refused; cases saved before stay, and importing again goes on where it stopped.
    """
    require(person, May.TRIAGE)
    file = replace(read_file(name, data), name=masked_name(name, desk.mask))
    name = file.name
    source = Source(f"file-{file.sha256[:32]}", SourceOrigin.FILE, name, file.sha256)
    receipt = Receipt("r1", ReceiptKind.INITIAL, at, day_of(at, desk.zone), desk.zone, source.id)
    drafts = _drafts(desk, readers, file, data, Told("", source, receipt), mapping or Mapping())
    note = "\n".join(str(each) for each in drafts.problems)
    kept = f"{drafts.text}\n\nNot understood:\n{note}" if note else drafts.text
    text = SourceText(source.id, name, file.sha256, kept, desk.now())
    opened, known = [], []
    for key, case in drafts.cases:
        before = desk.book.opened_from(key)
        if before is None:
            opened.append(_open(desk, person, text, key, case))
        else:
            known.append(before)
    if not opened and not known:
        desk.book.save([], [text])
    return Imported(
        name, file.sha256, drafts.kind, tuple(opened), tuple(known), drafts.problems, drafts.columns, file.note
    )


def _drafts(desk: Desk, readers: Readers, file: FileText, data: bytes, told: Told, mapping: Mapping) -> _Drafts:
    if file.kind is FileKind.E2B:
        return _from_e2b(readers, file, data, told)
    if looks_like_form(file.text):
        return _from_form(desk, readers, file, told, mapping)
    if file.kind is FileKind.TEXT and (mapping.columns or looks_like_table(file.text)):
        return _from_table(desk, readers, file, told, mapping)
    return _from_prose(desk, readers, file, told)


def _from_e2b(readers: Readers, file: FileText, data: bytes, told: Told) -> _Drafts:
    if readers.e2b is None:
        raise FileRefused(f"{file.name} was not imported. It is an E2B(R3) message, and no reader of them is set up.")
    cases = [replace(case, id=case.id or _new_id()) for case in readers.e2b(data, told.source, told.receipt)]
    text = masked(file.text, readers.identify).text
    # By the file, not by the report's number: a newer version must come in, to be proposed as a follow-up.
    return _Drafts("E2B(R3) message", text, tuple((f"file {file.sha256}#{at}", case) for at, case in enumerate(cases)))


def _from_prose(desk: Desk, readers: Readers, file: FileText, told: Told) -> _Drafts:
    kept = masked(file.text, readers.identify)
    whole = replace(told, text=kept.text)
    cases = cases_of(file.text, kept, whole, desk.screen, readers.medicines, _new_id, desk.now())
    keyed = tuple((f"file {file.sha256}#{at}", case) for at, case in enumerate(cases))
    return _Drafts("text", kept.text, keyed)


def _from_form(desk: Desk, readers: Readers, file: FileText, told: Told, mapping: Mapping) -> _Drafts:
    record = read_form(file.text)
    setting = _setting(desk, readers, masked(file.text, readers.identify), told, mapping, [record])
    case, problems = _case(desk, file.text, record, setting)
    return _Drafts("form", setting.masked.text, ((f"file {file.sha256}#0", case),), problems)


def _from_table(desk: Desk, readers: Readers, file: FileText, told: Told, mapping: Mapping) -> _Drafts:
    table = read_table(file.text, mapping)
    setting = _setting(desk, readers, masked(table.text, readers.identify), told, mapping, table.records)
    seen: Counter[str] = Counter()
    cases, problems = [], list(table.problems)
    for record in table.records:
        case, wrong = _case(desk, table.text, record, setting)
        problems += wrong
        if is_empty(case):
            mend = "Name the medicine or the reaction and import the file again."
            problems.append(Problem(record.where, _NOTHING, mend, True))
            continue
        hashed = _content(record)
        seen[hashed] += 1
        cases.append((f"row {hashed}#{seen[hashed]}", case))
    return _Drafts("table", setting.masked.text, tuple(cases), tuple(problems), table.columns)


def _content(record: Record) -> str:
    """A hash of what the row tells, wherever it stands in the file: a list that grew opens its new rows only."""
    return sha256("\x1f".join(f"{cell.field}={cell.told}" for cell in record.cells).encode()).hexdigest()


def _setting(
    desk: Desk, readers: Readers, kept: Masked, told: Told, mapping: Mapping, records: Sequence[Record]
) -> Setting:
    order = mapping.date_order
    if order is DateOrder.UNKNOWN:
        order = order_of([cell.told for record in records for name in _DATES for cell in record.all(name)])
    return Setting(
        kept, told.source, told.receipt.at, desk.zone, readers.medicines, order, mapping.list_separators
    )  # fmt: skip


def _case(desk: Desk, text: str, record: Record, setting: Setting) -> tuple[Case, tuple[Problem, ...]]:
    """The case of a record, with what its narratives say beside its columns."""
    case, problems = case_of(_new_id(), record, setting)
    for cell in record.all("narrative"):
        own = setting.masked.part(cell.start, cell.end)
        told = Told(own.text, setting.source, case.receipts[0])
        words = text[cell.start : cell.end]
        said = cases_of(words, own, told, desk.screen, setting.medicines, _new_id, desk.now())
        if len(said) > 1:
            wrong = f"its free text seems to tell of {len(said)} patients; only the first was read"
            problems = (*problems, Problem(cell.where, wrong, "Split the report where it tells of others."))
        case = filled(case, said[0], setting.masked.place(cell.start, cell.end)[0])
        case, more = completed(case, record, setting, cell)
        problems = (*problems, *more)
    return case, problems


def _open(desk: Desk, person: Person, text: SourceText, key: str, case: Case) -> Case:
    words = {text.id: without_unticked(text.text)}
    proposed = with_machine_proposals(desk, replace(case, opened_at=desk.now()), words)
    deed = partial(opening_deed, person.user_name, "The case was opened from a file.")
    (opened,) = desk.book.open([Opening(proposed, key, deed)], [text], person.user_name)
    return opened


def _new_id() -> str:
    return uuid4().hex


def rejected(imported: Imported) -> Iterator[Problem]:
    """The records of which no case was made."""
    yield from (each for each in imported.problems if each.rejected)
