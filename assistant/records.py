"""Saves turns and flags, and reads them again. History is only ever added to: there is no update and no delete.

A turn goes in with everything that belongs to it in one transaction; when `save_turn` has returned, the turn survives
a crash of the process and of the machine (SQLite: write-ahead log with full synchronisation).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, RowMapping
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from assistant.chain import Break, Deed, EntryKind
from assistant.conversation import Conversation, Flag, FlagKind, Override, OverrideRate, Turn
from assistant.database import (
    ALERTS,
    CHECKS,
    CITATIONS,
    CLAIMS,
    CONVERSATIONS,
    FINDINGS,
    FLAGS,
    OVERRIDES,
    PASSAGES,
    TURNS,
)
from assistant.deeds import flag_deed, flag_hash, override_deed, override_hash, turn_deed, turn_hash, verify_records
from assistant.errors import ReadFailed, SaveFailed, UnknownTurn
from assistant.ledger import Ledger, append
from assistant.rows import (
    StoredParts,
    conversation_row,
    flag_row,
    override_row,
    read_flag,
    read_override,
    read_turn,
    turn_rows,
)
from guardrails.verdict import Severity

MACHINE_FLAGS = frozenset({FlagKind.ADVERSE_EVENT, FlagKind.ESCALATED})
"""Kinds that are noticed before the turn that they mark has ended."""


OURS = frozenset({EntryKind.ANSWER_RELEASED, EntryKind.ANSWER_WITHHELD, EntryKind.FLAG, EntryKind.OVERRIDE})
"""Kinds of entries whose records are kept here."""


class Records:
    """The stored conversations behind one engine. Safe to share between threads; every call is one transaction.

    Each turn, flag and override goes in together with its entry in the ledger. Without a `ledger`, one is opened that
    notes its head nowhere else.
    """

    def __init__(self, engine: Engine, ledger: Ledger | None = None) -> None:
        self._engine = self.engine = engine
        self.ledger = ledger or Ledger(engine)

    def save_turn(self, turn: Turn, flags: Sequence[Flag] = ()) -> None:
        """Save the turn and its flags, all or nothing. A flag that is stored already stays as it is.

        Raises `SaveFailed`; then nothing of the turn is stored.
        """
        question = turn.outcome.question
        if (question.id, question.conversation_id) != (turn.id, turn.conversation_id):
            raise SaveFailed("A turn must carry the ids of its question; nothing was saved.")
        with self.ledger.writing(f"turn {turn.id}") as connection:
            _begin_conversation(connection, turn)
            for table, rows in turn_rows(turn):
                if rows:
                    connection.execute(sa.insert(table), rows)
            stored = set(connection.scalars(sa.select(FLAGS.c.id).where(FLAGS.c.id.in_([flag.id for flag in flags]))))
            fresh = [flag for flag in flags if flag.id not in stored]
            if fresh:
                connection.execute(sa.insert(FLAGS), [flag_row(flag) for flag in fresh])
            _enter(connection, turn_deed(turn), *map(flag_deed, fresh))

    def save_flag(self, flag: Flag) -> None:
        """Save one flag. A noticed adverse event may come before its turn; every other flag needs a stored turn.

        Raises `UnknownTurn` or `SaveFailed`.
        """
        with self.ledger.writing(f"flag {flag.id}") as connection:
            turn = connection.scalar(sa.select(TURNS.c.id).where(TURNS.c.id == flag.turn_id))
            if turn is None and flag.kind not in MACHINE_FLAGS:
                raise UnknownTurn("The answer that this flag marks is not stored; reload the conversation.")
            connection.execute(sa.insert(FLAGS), [flag_row(flag)])
            _enter(connection, flag_deed(flag))

    def turns(self, conversation_id: str) -> tuple[Turn, ...]:
        """The turns of a conversation, oldest first; empty where there is no such conversation."""
        return self._read_turns(TURNS.c.conversation_id == conversation_id)

    def turn(self, turn_id: str) -> Turn | None:
        """One turn, or None where it is not stored."""
        found = self._read_turns(TURNS.c.id == turn_id)
        return found[0] if found else None

    def conversations(self, limit: int = 50) -> tuple[Conversation, ...]:
        """The conversations, the one with the newest turn first."""
        newest = sa.func.max(TURNS.c.number)
        query = (
            sa.select(CONVERSATIONS, sa.func.count().label("turns"))
            .join(TURNS, TURNS.c.conversation_id == CONVERSATIONS.c.id)
            .group_by(CONVERSATIONS.c.id, CONVERSATIONS.c.title, CONVERSATIONS.c.started_at)
            .order_by(newest.desc())
            .limit(limit)
        )
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
            return tuple(Conversation(row["id"], row["title"], row["started_at"], row["turns"]) for row in rows)

    def flags(self, turn_id: str | None = None) -> tuple[Flag, ...]:
        """The flags of one turn, or all of them, oldest first."""
        query = sa.select(FLAGS).order_by(FLAGS.c.number)
        if turn_id is not None:
            query = query.where(FLAGS.c.turn_id == turn_id)
        with self._reading() as connection:
            return tuple(read_flag(row) for row in connection.execute(query).mappings())

    def save_override(self, override: Override) -> None:
        """Save a clinician's override of a warning that the stored turn showed.

        Raises `UnknownTurn` where the turn showed no such warning, or `SaveFailed`.
        """
        with self.ledger.writing(f"override {override.id}") as connection:
            table = ALERTS if override.claim is None else FINDINGS
            shown = sa.select(table.c.rule).where(
                table.c.turn_id == override.turn_id,
                table.c.rule == override.rule,
                table.c.version == override.version,
                table.c.severity == Severity.WARN.value,
            )
            if override.claim is not None:
                shown = shown.where(FINDINGS.c.claim == override.claim)
            if connection.scalars(shown).first() is None:
                raise UnknownTurn("The warning that this override names was not shown; reload the conversation.")
            connection.execute(sa.insert(OVERRIDES), [override_row(override)])
            _enter(connection, override_deed(override))

    def overrides(self, turn_id: str | None = None) -> tuple[Override, ...]:
        """The overrides of one turn, or all of them, oldest first."""
        query = sa.select(OVERRIDES).order_by(OVERRIDES.c.number)
        if turn_id is not None:
            query = query.where(OVERRIDES.c.turn_id == turn_id)
        with self._reading() as connection:
            return tuple(read_override(row) for row in connection.execute(query).mappings())

    def override_rates(self) -> tuple[OverrideRate, ...]:
        """For every rule that has warned: how many warnings were shown and how many overridden, most shown first.

        A warning that was overridden twice counts once.
        """
        question = sa.literal(-1).label("claim")
        alerts = sa.select(ALERTS.c.rule, ALERTS.c.version, ALERTS.c.turn_id, question).where(
            ALERTS.c.severity == Severity.WARN.value
        )
        findings = (
            sa.select(FINDINGS.c.rule, FINDINGS.c.version, FINDINGS.c.turn_id, FINDINGS.c.claim)
            .join(CLAIMS, (CLAIMS.c.turn_id == FINDINGS.c.turn_id) & (CLAIMS.c.position == FINDINGS.c.claim))
            .where(FINDINGS.c.severity == Severity.WARN.value, CLAIMS.c.released)
        )
        shown = sa.union(alerts, findings).subquery()
        place = sa.func.coalesce(OVERRIDES.c.claim, -1).label("claim")
        named = (OVERRIDES.c.rule, OVERRIDES.c.version, OVERRIDES.c.turn_id)
        taken = sa.select(*named, place).distinct().subquery()
        query = (
            sa.select(shown.c.rule, sa.func.count().label("shown"), sa.func.count(taken.c.rule).label("overridden"))
            .outerjoin(
                taken,
                (taken.c.rule == shown.c.rule)
                & (taken.c.version == shown.c.version)
                & (taken.c.turn_id == shown.c.turn_id)
                & (taken.c.claim == shown.c.claim),
            )
            .group_by(shown.c.rule)
            .order_by(sa.desc("shown"), shown.c.rule)
        )
        with self._reading() as connection:
            return tuple(OverrideRate(*row) for row in connection.execute(query))

    def verify(self) -> tuple[Break, ...]:
        """Where a stored turn, flag or override is gone or is not what the ledger recorded."""
        # What is saved while this reads has its entry after the head; it is compared by the next verification.
        last = self.ledger.head().number
        flags = {flag.id: flag_hash(flag) for flag in self.flags()}
        overrides = {override.id: override_hash(override) for override in self.overrides()}

        def stored(deed: Deed) -> str | None:
            if deed.kind is EntryKind.FLAG:
                return flags.get(deed.facts.get("flag", ""))
            if deed.kind is EntryKind.OVERRIDE:
                return overrides.get(deed.facts.get("override", ""))
            try:
                turn = self.turn(deed.subject.removeprefix("turn "))
            except ReadFailed:
                return "not readable"
            return None if turn is None else turn_hash(turn)

        ours = (each for each in self.ledger.entries() if each.deed.kind in OURS and not each.number > last >= 0)
        return tuple(verify_records(ours, stored))

    def _read_turns(self, wanted: sa.ColumnElement[bool]) -> tuple[Turn, ...]:
        with self._reading() as connection:
            rows = connection.execute(sa.select(TURNS).where(wanted).order_by(TURNS.c.number)).mappings().all()
            return tuple(read_turn(_parts(connection, row)) for row in rows)

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, ValueError, KeyError, TypeError) as error:
            raise ReadFailed("The stored conversations cannot be read. Run “pharmassist doctor”.") from error


def _enter(connection: Connection, *deeds: Deed) -> None:
    """Record what is being saved, in the same transaction: no record without its entry, and no entry without it."""
    for deed in deeds:
        append(connection, deed)


def _begin_conversation(connection: Connection, turn: Turn) -> None:
    query = sa.select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.id == turn.conversation_id)
    if connection.scalar(query) is not None:
        return
    # Another connection may begin the same conversation at this very moment; then its row is as good as ours.
    with suppress(IntegrityError), connection.begin_nested():
        connection.execute(sa.insert(CONVERSATIONS), [conversation_row(turn)])


def _parts(connection: Connection, row: RowMapping) -> StoredParts:
    def of_turn(table: sa.Table, *order: sa.Column[int]) -> Sequence[RowMapping]:
        query = sa.select(table).where(table.c.turn_id == row["id"]).order_by(*order)
        return connection.execute(query).mappings().all()

    return StoredParts(
        turn=row,
        passages=of_turn(PASSAGES, PASSAGES.c.position),
        claims=of_turn(CLAIMS, CLAIMS.c.position),
        citations=of_turn(CITATIONS, CITATIONS.c.claim, CITATIONS.c.position),
        findings=of_turn(FINDINGS, FINDINGS.c.claim, FINDINGS.c.position),
        checks=of_turn(CHECKS, CHECKS.c.claim, CHECKS.c.position),
        alerts=of_turn(ALERTS, ALERTS.c.position),
    )
