"""The ledger's nouns and its mathematics: what an entry holds, how entries are chained, how a break is found.

Pure functions: the database is `assistant/ledger.py`. An entry's hash is the SHA-256 (FIPS 180-4) of its canonical
JSON, which holds the hash of the entry before it. Whoever changes, removes, moves or inserts an entry must therefore
recompute every later one, and then the last hash no longer agrees with the anchors that were kept elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256

GENESIS = "0" * 64
"""What the first entry carries as the hash before it."""


class EntryKind(StrEnum):
    """What happened."""

    ANSWER_RELEASED = "answer_released"
    ANSWER_WITHHELD = "answer_withheld"
    FLAG = "flag"
    OVERRIDE = "override"
    REVIEW = "review"
    RELEASE = "release"
    CASE_CHANGED = "case_changed"
    PEOPLE_CHANGED = "people_changed"
    SIGNED = "signed"
    SIGNED_IN = "signed_in"
    SIGNED_OUT = "signed_out"
    SIGN_IN_FAILED = "sign_in_failed"
    SETTING_CHANGED = "setting_changed"
    EXPORTED = "exported"
    UNREADABLE = "unreadable"
    """Never recorded: how a row is read whose columns no longer hold what was written. Its hash cannot fit."""


@dataclass(frozen=True, slots=True)
class Deed:
    """A decision that is about to be recorded. No text of it may identify a patient.

    `subject` names the record ("turn 3f…", "case 12"); `summary` is one plain sentence; `facts` are small values that
    a program may want (a hash, an old and a new value).
    """

    kind: EntryKind
    by: str
    subject: str
    summary: str
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Entry:
    """A recorded decision: its place in the chain, when it was recorded, and both hashes."""

    number: int
    at: datetime
    deed: Deed
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """What the end of the chain was at some moment: the number and the hash of its last entry."""

    number: int
    hash: str


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain does not hold, and what that means in one sentence. `number` 0 is the ledger as a whole."""

    number: int
    explanation: str


def digest(content: Mapping[str, object]) -> str:
    """SHA-256, as hex, of the canonical JSON of a content: keys sorted, no spaces, ASCII escapes.

    Use it for what a signature is bound to. Raises `TypeError` or `ValueError` where something is not JSON.
    """
    return sha256(canonical(content).encode("ascii")).hexdigest()


def canonical(content: Mapping[str, object]) -> str:
    """The one way to write a content as JSON."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def moment(at: datetime) -> str:
    """The one way to write a moment: UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def link(deed: Deed, at: datetime, before: Anchor) -> Entry:
    """The entry of a deed that follows `before`."""
    unhashed = Entry(before.number + 1, at.astimezone(UTC), deed, before.hash, "")
    return Entry(unhashed.number, unhashed.at, deed, before.hash, entry_hash(unhashed))


def entry_hash(entry: Entry) -> str:
    """What the hash of this entry must be, from everything else that it holds."""
    deed = entry.deed
    return digest(
        {
            "number": entry.number,
            "at": moment(entry.at),
            "kind": deed.kind.value,
            "by": deed.by,
            "subject": deed.subject,
            "summary": deed.summary,
            "facts": dict(deed.facts),
            "previous": entry.previous,
        }
    )


def breaks(entries: Iterable[Entry], head: Anchor, anchors: Sequence[Anchor]) -> Iterator[Break]:
    """Every place where the chain does not hold; nothing where it does.

    `head` is what the database says the last entry is, `anchors` what was noted elsewhere. Reads each entry once.
    """
    noted: dict[int, set[str]] = {}
    for anchor in anchors:
        noted.setdefault(anchor.number, set()).add(anchor.hash)
    last = Anchor(0, GENESIS)
    for entry in entries:
        yield from _breaks_at(entry, last, noted.pop(entry.number, set()))
        last = Anchor(entry.number, entry.hash)
    if head != last:
        yield Break(
            last.number,
            f"The ledger ends at entry {last.number}, but its head says {head.number}: "
            "entries at the end were removed, added or changed.",
        )
    for number in sorted(number for number in noted if number > 0):
        yield Break(number, f"Entry {number} was noted in an anchor and is gone.")


def _breaks_at(entry: Entry, last: Anchor, noted: set[str]) -> Iterator[Break]:
    if entry.number != last.number + 1:
        yield Break(
            entry.number,
            f"Entry {entry.number} follows entry {last.number}: entries between were removed, or the order changed.",
        )
    if entry.previous != last.hash:
        yield Break(
            entry.number,
            f"Entry {entry.number} does not carry the hash of the entry before it: "
            "an entry was changed, removed, moved or inserted here.",
        )
    if entry.hash != entry_hash(entry):
        yield Break(entry.number, f"Entry {entry.number} was changed: its content does not give its hash.")
    if noted - {entry.hash}:
        yield Break(
            entry.number,
            f"Entry {entry.number} is not the one that an anchor noted: the ledger was rewritten here or before.",
        )
