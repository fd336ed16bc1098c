"""The ledger of decisions: appended to in the transaction of the record it is about, read and verified again.

Nothing here changes or removes an entry, and triggers in the database refuse it. What the chain proves and what it
cannot is in docs/people-and-audit.md; its mathematics is `assistant/chain.py`.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from assistant.chain import GENESIS, Anchor, Break, Deed, Entry, EntryKind, breaks, canonical, link, moment
from assistant.database import WRITING
from assistant.errors import ReadFailed, SaveFailed
from assistant.tables.people import LEDGER, LEDGER_HEAD

log = logging.getLogger(__name__)

AT_ONCE = 1000
"""Entries read at a time."""

_COLUMNS = ("number", "at", "kind", "by", "subject", "summary", "facts", "previous", "hash")

Row: TypeAlias = Mapping[str, object]


def append(connection: Connection, deed: Deed) -> Entry:
    """Add one entry, in the transaction of `connection`: it is there exactly if that transaction commits.

    The connection must come from `Ledger.writing`. Writers in other threads and processes wait here (PostgreSQL: for
    the head's row; SQLite: their transaction has not begun), so that each entry follows the one before it. Append last
    in a transaction, to be waited for as shortly as can be.
    """
    if deed.kind is EntryKind.UNREADABLE:
        raise ValueError("an unreadable entry is never recorded")
    entry = link(deed, datetime.now(UTC), in_turn(connection))
    connection.execute(sa.insert(LEDGER), [row_of(entry)])
    connection.execute(
        sa.update(LEDGER_HEAD).where(LEDGER_HEAD.c.id == 1), [{"number": entry.number, "hash": entry.hash}]
    )
    return entry


def in_turn(connection: Connection) -> Anchor:
    """The head, once no other writer holds it; until this transaction ends nobody else appends.

    Call it first where what is written depends on what others have written, such as the next free number of a case.
    """
    query = sa.select(LEDGER_HEAD.c.number, LEDGER_HEAD.c.hash).where(LEDGER_HEAD.c.id == 1).with_for_update()
    number, last = connection.execute(query).one()
    return Anchor(number, last)


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification read and found. It holds where `breaks` is empty."""

    entries: int
    head: Anchor
    anchors: int
    breaks: tuple[Break, ...]


class Ledger:
    """The ledger behind one engine. Safe to share between threads.

    `anchor_file`, where given, gets a line with the number and the hash of the last entry after every transaction. Kept
    where those who can write the database cannot, it proves that nothing was removed from the ledger's end.
    """

    def __init__(self, engine: Engine, anchor_file: Path | None = None) -> None:
        self._engine = engine
        self._writer = engine.execution_options(**{WRITING: True})
        self._anchor_file = anchor_file
        self._noted: Anchor | None = None

    @contextmanager
    def writing(self, what: str) -> Iterator[Connection]:
        """One transaction for a record (`what`, for the message) and its entries; the head is noted once it committed.

        Raises `SaveFailed`; then nothing of it is stored.
        """
        try:
            with self._writer.begin() as connection:
                yield connection
        except (SQLAlchemyError, UnicodeError, ValueError, OverflowError) as error:
            advice = (
                "It is stored already, or lacks a value that it needs."
                if isinstance(error, IntegrityError)
                else "Check that the disk is not full and that the database can be written to."
            )
            raise SaveFailed(f"Could not save {what}. {advice}") from error
        self.note_head()

    def record(self, deed: Deed) -> Entry:
        """Add one entry in a transaction of its own. Raises `SaveFailed`."""
        with self.writing(f"the ledger entry on {deed.subject}") as connection:
            return append(connection, deed)

    def entries(self, *, after: int = 0, kind: EntryKind | None = None, subject: str = "") -> Iterator[Entry]:
        """Entries in order: those with a higher number than `after`, of one kind, about one subject."""
        with self.reading() as connection:
            yield from _entries(connection, after, kind, subject)

    def head(self) -> Anchor:
        """The last entry's number and hash, as the database says."""
        with self.reading() as connection:
            return _head(connection)

    def verify(self, anchors: Sequence[Anchor] = ()) -> Verified:
        """Read the whole chain and say where it does not hold; `anchors` are added to those of the anchor file."""
        # Before the snapshot: an anchor that is noted while we read would name an entry that we do not see.
        noted, unread = _read_anchors(self._anchor_file)
        with self.reading() as connection:
            head, count = _head(connection), 0

            def counted() -> Iterator[Entry]:
                nonlocal count
                for entry in _entries(connection, 0, None, ""):
                    count += 1
                    yield entry

            found = tuple(breaks(counted(), head, (*noted, *anchors)))
        return Verified(count, head, len(noted) + len(anchors), (*unread, *found))

    def note_head(self) -> None:
        """Add a line with the head to the anchor file. That it cannot be written stops nothing, and is logged."""
        if self._anchor_file is None:
            return
        try:
            head = self.head()
            if head == self._noted:
                return
            descriptor = os.open(self._anchor_file, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
            with os.fdopen(descriptor, "w", encoding="ascii") as file:
                file.write(f"{head.number} {head.hash}\n")
            self._noted = head
        except (OSError, ReadFailed) as error:
            log.warning("The ledger's anchor file %s cannot be written: %s", self._anchor_file, error)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One snapshot of the database. Raises `ReadFailed`."""
        engine = self._engine
        if engine.dialect.name != "sqlite":
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        try:
            with engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, ValueError, KeyError, TypeError) as error:
            raise ReadFailed("The database cannot be read. Run “pharmassist doctor”.") from error


def _head(connection: Connection) -> Anchor:
    """The head; one that was removed reads as number -1, which no chain ends at."""
    query = sa.select(LEDGER_HEAD.c.number, LEDGER_HEAD.c.hash).where(LEDGER_HEAD.c.id == 1)
    row = connection.execute(query).one_or_none()
    return Anchor(-1, "") if row is None else Anchor(row[0], row[1])


def _entries(connection: Connection, after: int, kind: EntryKind | None, subject: str) -> Iterator[Entry]:
    query = sa.select(LEDGER).where(LEDGER.c.number > after).order_by(LEDGER.c.number)
    if kind is not None:
        query = query.where(LEDGER.c.kind == kind.value)
    if subject:
        query = query.where(LEDGER.c.subject == subject)
    rows = connection.execution_options(yield_per=AT_ONCE).execute(query).mappings()
    return (entry_of(dict(row)) for row in rows)


def row_of(entry: Entry) -> Row:
    """The columns of an entry."""
    deed = entry.deed
    return {
        "number": entry.number,
        "at": moment(entry.at),
        "kind": deed.kind.value,
        "by": deed.by,
        "subject": deed.subject,
        "summary": deed.summary,
        "facts": canonical(dict(deed.facts)),
        "previous": entry.previous,
        "hash": entry.hash,
    }


def entry_of(row: Row) -> Entry:
    """The entry of a row; one whose characters are not those that were written reads as `UNREADABLE`."""
    number, *texts = (row[name] for name in _COLUMNS)
    assert isinstance(number, int)
    at, kind, by, subject, summary, facts, previous, hashed = map(str, texts)
    try:
        deed = Deed(EntryKind(kind), by, subject, summary, json.loads(facts))
        entry = Entry(number, datetime.fromisoformat(at), deed, previous, hashed)
        if dict(row) == row_of(entry) and all(isinstance(value, str) for value in deed.facts.values()):
            return entry
    except (ValueError, TypeError, AttributeError):
        pass
    lost = Deed(EntryKind.UNREADABLE, "", "", "This row does not hold an entry as it was written.")
    return Entry(number, datetime.min.replace(tzinfo=UTC), lost, previous, hashed)


def _read_anchors(path: Path | None) -> tuple[tuple[Anchor, ...], tuple[Break, ...]]:
    """The anchors of a file, and a break for every line of it that is none; a last line without its end is ignored."""
    if path is None or not path.exists():
        return (), ()
    lines = path.read_text(encoding="utf-8", errors="replace").split("\n")[:-1]
    read = [(at, parse_anchor(line)) for at, line in enumerate(lines, start=1)]
    unread = tuple(Break(0, f"Line {at} of the anchor file is not readable.") for at, anchor in read if anchor is None)
    return tuple(anchor for _, anchor in read if anchor is not None), unread


def parse_anchor(text: str) -> Anchor | None:
    """The anchor in a text such as `57 9f86d0…`, None where it is none."""
    number, _, hashed = text.strip().partition(" ")
    if not (number.isascii() and number.isdecimal() and len(hashed) == len(GENESIS)):
        return None
    return Anchor(int(number), hashed) if set(hashed) <= set("0123456789abcdef") else None
