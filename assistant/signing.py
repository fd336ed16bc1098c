"""Signatures in the database: stored in the transaction of what was signed, and read again to be shown with it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, RowMapping

from assistant.chain import Break, Deed, EntryKind
from assistant.errors import NotAllowed
from assistant.ledger import Ledger, append
from assistant.people import Meaning, Signature
from assistant.tables.people import SIGNATURES

_COLUMNS = ("id", "person_id", "user_name", "name", "meaning", "signed_at", "record", "record_hash")


def keep_signature(connection: Connection, signature: Signature) -> None:
    """Store a signature and its ledger entry, in the transaction (`Ledger.writing`) that stores what was signed."""
    row = {name: getattr(signature, name) for name in _COLUMNS} | {"meaning": signature.meaning.value}
    connection.execute(sa.insert(SIGNATURES), [row])
    facts = {"signature": signature.id, "meaning": signature.meaning.value, "record_hash": signature.record_hash}
    append(connection, Deed(EntryKind.SIGNED, signature.user_name, signature.record, signature.line(), facts))


def signatures_of(ledger: Ledger, record: str) -> tuple[Signature, ...]:
    """The signatures under one record, oldest first."""
    query = sa.select(SIGNATURES).where(SIGNATURES.c.record == record).order_by(SIGNATURES.c.number)
    with ledger.reading() as connection:
        return tuple(_signature(dict(row)) for row in connection.execute(query).mappings())


def recorded_signatures_of(ledger: Ledger, record: str) -> tuple[Signature, ...]:
    """The signatures under one record that the ledger holds too, as they are stored; oldest first."""
    entries = {e.deed.facts.get("signature", ""): e.deed for e in ledger.entries(kind=EntryKind.SIGNED, subject=record)}
    found = ((each, entries.get(each.id)) for each in signatures_of(ledger, record))
    return tuple(each for each, deed in found if deed is not None and _fits(each, deed))


def verify_signatures(ledger: Ledger) -> tuple[Break, ...]:
    """Where a stored signature is not the one that the ledger recorded, is gone, or was never recorded."""
    # What is signed while this reads has its entry after the head; it is compared by the next verification.
    last = ledger.head().number
    with ledger.reading() as connection:
        # The moment as text: one that was made unreadable is a finding, not a failure.
        when = sa.type_coerce(SIGNATURES.c.signed_at, sa.String).label("signed_at")
        others = [SIGNATURES.c[name] for name in _COLUMNS if name != "signed_at"]
        rows = connection.execute(sa.select(when, *others)).mappings().all()
    stored = {row["id"]: row for row in rows}
    found = []
    for entry in ledger.entries(kind=EntryKind.SIGNED):
        row = stored.pop(entry.deed.facts.get("signature", ""), None)
        if entry.number > last >= 0:
            continue
        if row is None:
            found.append(Break(entry.number, f"The signature of entry {entry.number} is not stored any more."))
        elif not _is_of(row, entry.deed):
            found.append(Break(entry.number, f"The signature of entry {entry.number} was changed."))
    return (*found, *(Break(0, f"The signature {name} is stored, but was never recorded.") for name in stored))


def _is_of(row: RowMapping, deed: Deed) -> bool:
    try:
        signature = _signature({**row, "signed_at": datetime.fromisoformat(row["signed_at"])})
    except (ValueError, KeyError, TypeError):
        return False
    return _fits(signature, deed)


def _fits(signature: Signature, deed: Deed) -> bool:
    said = (deed.by, deed.subject, deed.summary, deed.facts.get("record_hash"))
    return said == (signature.user_name, signature.record, signature.line(), signature.record_hash)


def require_two_people(first: Signature, second: Signature) -> None:
    """Raise `NotAllowed` unless two different people signed the same record as it was."""
    if first.person_id == second.person_id:
        raise NotAllowed(f"{second.name} has signed already; a second person has to sign too.")
    if (first.record, first.record_hash) != (second.record, second.record_hash):
        raise NotAllowed("The two signatures are not under the same content; sign it again as it is now.")


def _signature(row: Mapping[str, object]) -> Signature:
    values = {name: row[name] for name in _COLUMNS} | {"meaning": Meaning(str(row["meaning"]))}
    return Signature(**values)  # type: ignore[arg-type]  # checked by the round-trip test
