"""Keeps cases. A change is saved as a new version with a history row for every field that differs, all or nothing.

History is only ever added to; the row of a case is what its history adds up to, and `rebuilt` proves it. Whoever saves
names the version that they read: where somebody else was faster, `CaseChanged` says so and nothing is saved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from assistant.chain import Deed
from assistant.errors import ReadFailed
from assistant.ledger import Ledger, append, in_turn
from assistant.people import Signature
from assistant.signing import keep_signature
from assistant.tables.cases import CASE_BODIES, CASE_CHANGES, CASE_ORIGINS, CASE_SOURCES, CASES
from assistant.triage.case import Case
from assistant.triage.case_json import read_case
from assistant.triage.case_rows import (
    LINE,
    OPENED_FROM,
    UNLIKE_ITS_KEY,
    body_row,
    case_row,
    change_row,
    conditions,
    misfiled,
    origin_rows,
    read_change,
    read_line,
    text_row,
)
from assistant.triage.changes import Change, Json, differences, encode, with_field
from assistant.triage.errors import CaseChanged, CaseMissing
from assistant.triage.proof import with_hashes
from assistant.triage.states import OPEN_STATES
from assistant.triage.worklist import CaseLine, SourceText, Wanted

_BODIES = sa.select(CASE_BODIES.c.body).join(CASES, CASES.c.id == CASE_BODIES.c.case_id)


@dataclass(frozen=True, slots=True)
class Edit:
    """One case before and after, who changed it and why, and what the ledger says of it with the signatures given."""

    old: Case
    new: Case
    by: str
    why: str
    deeds: tuple[Deed, ...] = ()
    signatures: tuple[Signature, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """A new case, the key of what it is opened from, and the ledger's entry about it once it has its label."""

    case: Case
    key: str
    deed: Callable[[Case], Deed]


class Casebook:
    """The cases behind one engine. Safe to share between threads; every call is one transaction.

    `due` computes the earliest deadline of a case, or None; it fills the column that the worklist is sorted by.
    """

    def __init__(self, engine: Engine, ledger: Ledger, due: Callable[[Case], datetime | None]) -> None:
        self._engine = engine
        self._ledger = ledger
        self._due = due

    def open(self, openings: Sequence[Opening], texts: Sequence[SourceText], by: str) -> tuple[Case, ...]:
        """Save new cases and what told of them, all or nothing; the labels are given here.

        Where cases were opened from these keys before, they are given back and nothing is saved. Raises `SaveFailed`.
        """
        known = [case for each in openings if (case := self.opened_from(each.key)) is not None]
        return tuple(known) if known else self._opened(openings, texts, by)

    def _opened(self, openings: Sequence[Opening], texts: Sequence[SourceText], by: str) -> tuple[Case, ...]:
        with self._ledger.writing(f"the case opened from {openings[0].key}") as connection:
            in_turn(connection)
            keys = [each.key for each in openings]
            taken = connection.execute(_BODIES.where(CASES.c.opened_from.in_(keys))).scalars().all()
            if taken:
                return tuple(read_case(body) for body in taken)
            last = connection.scalar(sa.select(sa.func.max(CASES.c.number))) or 0
            kept = _add_texts(connection, texts)
            opened = tuple(
                replace(each.case, version=1, label=f"{each.case.opened_at:%Y}-{last + at:06d}")
                for at, each in enumerate(openings, start=1)
            )
            now, first = datetime.now(UTC), []
            for new, each in zip(opened, openings, strict=True):
                row = {**case_row(new, self._due(new), now), "id": new.id, "opened_from": each.key}
                connection.execute(sa.insert(CASES), [row])
                connection.execute(sa.insert(CASE_BODIES), [body_row(new)])
                _add_origins(connection, new)
                first.append([Change(new.id, 1, "", None, encode(new), by, now, f"{OPENED_FROM}{each.key}")])
                _add_changes(connection, first[-1])
            for new, each, changes in zip(opened, openings, first, strict=True):
                append(connection, with_hashes(each.deed(new), changes, kept))
        return opened

    def save(self, edits: Sequence[Edit], texts: Sequence[SourceText] = ()) -> tuple[Case, ...]:
        """Save changed cases together, all or nothing, and give them back with their new versions.

        An edit without a difference changes no version. Raises `CaseChanged` or `SaveFailed`.
        """
        now = datetime.now(UTC)
        with self._ledger.writing("the changed cases") as connection:
            kept = _add_texts(connection, texts)
            saved = [self._save_one(connection, edit, now) for edit in edits]
            for edit, (_, changes) in zip(edits, saved, strict=True):
                for signature in edit.signatures:
                    keep_signature(connection, signature)
                for deed in edit.deeds:
                    append(connection, with_hashes(deed, changes, kept))
        return tuple(new for new, _ in saved)

    def _save_one(self, connection: Connection, edit: Edit, now: datetime) -> tuple[Case, list[Change]]:
        found = differences(edit.old, edit.new)
        new = replace(edit.new, version=edit.old.version + (1 if found else 0))
        where = (CASES.c.id == new.id) & (CASES.c.version == edit.old.version)
        result = connection.execute(sa.update(CASES).where(where).values(case_row(new, self._due(new), now)))
        if result.rowcount != 1:
            raise CaseChanged(
                f"Case {edit.old.label} was changed by somebody else since you opened it; reload it and try again."
            )
        body = body_row(new)
        connection.execute(sa.update(CASE_BODIES).where(CASE_BODIES.c.case_id == new.id).values(body))
        changes = [Change(new.id, new.version, each.path, each.old, each.new, edit.by, now, edit.why) for each in found]
        _add_changes(connection, changes)
        _add_origins(connection, new)
        return new, changes

    def case(self, name: str) -> Case:
        """The case with this id or label, as it is now. Raises `CaseMissing` or `ReadFailed`."""
        found = self._case_where((CASES.c.id == name) | (CASES.c.label == name))
        if found is None:
            raise CaseMissing(f"There is no case {name}.")
        return found

    def opened_from(self, key: str) -> Case | None:
        """The case that was opened from a flag's turn or an imported text, or None."""
        return self._case_where(CASES.c.opened_from == key)

    def _case_where(self, wanted: sa.ColumnElement[bool]) -> Case | None:
        with self._reading() as connection:
            body = connection.execute(_BODIES.where(wanted)).scalar()
        return None if body is None else read_case(body)

    def cases(self, wanted: Wanted | None = None) -> Iterator[Case]:
        """Whole cases, oldest first, all that match whatever the limit: for exports, signals and duplicates."""
        query = _BODIES.where(*conditions(wanted or Wanted())).order_by(CASES.c.number)
        with self._reading() as connection:
            for body in connection.execution_options(yield_per=500).execute(query).scalars():
                yield read_case(body)

    def worklist(self, wanted: Wanted | None = None) -> tuple[CaseLine, ...]:
        """One page of lines, due first, those without a deadline last."""
        wanted = wanted or Wanted()
        query = sa.select(*LINE).where(*conditions(wanted)).order_by(CASES.c.due_at, CASES.c.number)
        with self._reading() as connection:
            rows = connection.execute(query.limit(wanted.limit).offset(wanted.offset)).mappings()
            return tuple(read_line(row) for row in rows)

    def count(self, wanted: Wanted | None = None) -> int:
        """How many cases match, whatever the limit."""
        query = sa.select(sa.func.count()).select_from(CASES).where(*conditions(wanted or Wanted()))
        with self._reading() as connection:
            return connection.scalar(query) or 0

    def recount(self) -> int:
        """Compute the deadline of every open case anew, after the rules of the markets changed; how many moved."""
        still = CASES.c.state.in_([state.value for state in OPEN_STATES])
        moved = 0
        with self._ledger.writing("the deadlines") as connection:
            for row in connection.execute(_BODIES.add_columns(CASES.c.due_at).where(still)).all():
                case = read_case(row[0])
                due = case_row(case, self._due(case), datetime.now(UTC))["due_at"]
                if due != row[1]:
                    connection.execute(sa.update(CASES).where(CASES.c.id == case.id).values(due_at=due))
                    moved += 1
        return moved

    def misfiled(self) -> tuple[tuple[str, bool], ...]:
        """The labels of cases that the worklist shows otherwise than they are, and whether in their deadlines only."""
        with self._reading() as connection:
            rows = connection.execution_options(yield_per=500).execute(_BODIES.add_columns(*CASES.c)).mappings()
            wrong = [(row["label"], misfiled(case := read_case(row["body"]), self._due(case), row)) for row in rows]
        return tuple((label, columns == {"due_at"}) for label, columns in wrong if columns)

    def unlinked(self) -> tuple[str, ...]:
        """The labels of cases that lost their way back: to what they were opened from, or from a source to its turn."""
        with self._reading() as connection:
            kept = {tuple(row) for row in connection.execute(sa.select(CASE_ORIGINS))}
            keyless = connection.scalars(UNLIKE_ITS_KEY).all()
        lost = (case.label for case in self.cases() if not {tuple(row.values()) for row in origin_rows(case)} <= kept)
        return tuple(sorted({*keyless, *lost}))

    def history(self, case_id: str) -> tuple[Change, ...]:
        """Every change of a case, oldest first."""
        query = sa.select(CASE_CHANGES).where(CASE_CHANGES.c.case_id == case_id).order_by(CASE_CHANGES.c.number)
        with self._reading() as connection:
            return tuple(read_change(row) for row in connection.execute(query).mappings())

    def rebuilt(self, case_id: str, version: int | None = None) -> Case:
        """The case as its history says it was at a version (default: now). Raises `CaseMissing`."""
        body: Json = None
        last = 0
        for change in self.history(case_id):
            if version is not None and change.version > version:
                break
            body = change.new if not change.path else with_field(body, change.path, change.new)
            last = change.version
        if body is None:
            raise CaseMissing(f"There is no case {case_id}.")
        return read_case(with_field(body, "version", last))

    def text(self, source_id: str) -> SourceText | None:
        """The masked text of a source, or None where only the turn holds it."""
        with self._reading() as connection:
            row = connection.execute(sa.select(CASE_SOURCES).where(CASE_SOURCES.c.id == source_id)).mappings().first()
        return None if row is None else SourceText(**row)

    def of_turn(self, turn_id: str) -> tuple[str, ...]:
        """The ids of the cases that a turn of a conversation told of."""
        with self._reading() as connection:
            return tuple(connection.scalars(sa.select(CASE_ORIGINS.c.case_id).where(CASE_ORIGINS.c.turn_id == turn_id)))

    def turns_taken_in(self) -> frozenset[str]:
        """The turns that told of any case."""
        with self._reading() as connection:
            query = sa.select(CASE_ORIGINS.c.turn_id).where(CASE_ORIGINS.c.turn_id != "").distinct()
            return frozenset(connection.scalars(query))

    def conversations_with_open_cases(self) -> frozenset[str]:
        """The conversations that are closed to fine-tuning: one of their cases is open, or its master is."""
        master = CASES.alias("master")
        still = [state.value for state in OPEN_STATES]
        query = (
            sa.select(CASE_ORIGINS.c.conversation_id)
            .join(CASES, CASES.c.id == CASE_ORIGINS.c.case_id)
            .join(master, master.c.id == CASES.c.master, isouter=True)
            .where(CASE_ORIGINS.c.conversation_id != "", CASES.c.state.in_(still) | master.c.state.in_(still))
            .distinct()
        )
        with self._reading() as connection:
            return frozenset(connection.scalars(query))

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise ReadFailed("The cases cannot be read. Run “pharmassist doctor”.") from error


def _add_texts(connection: Connection, texts: Sequence[SourceText]) -> list[SourceText]:
    """Keep the texts that are not kept yet; gives back those."""
    known = set(
        connection.scalars(sa.select(CASE_SOURCES.c.id).where(CASE_SOURCES.c.id.in_([text.id for text in texts])))
    )
    new = [text for text in texts if text.id not in known]
    if new:
        connection.execute(sa.insert(CASE_SOURCES), [text_row(text) for text in new])
    return new


def _add_origins(connection: Connection, case: Case) -> None:
    query = sa.select(CASE_ORIGINS.c.source_id).where(CASE_ORIGINS.c.case_id == case.id)
    known = set(connection.scalars(query))
    rows = [row for row in origin_rows(case) if row["source_id"] not in known]
    if rows:
        connection.execute(sa.insert(CASE_ORIGINS), rows)


def _add_changes(connection: Connection, changes: Sequence[Change]) -> None:
    rows = [change_row(each) for each in changes]
    if rows:
        connection.execute(sa.insert(CASE_CHANGES), rows)
