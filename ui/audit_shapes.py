"""The JSON shapes of people and of the ledger; documented in docs/json.md, a test holds both together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pydantic import BaseModel

from assistant.chain import Break, Entry, moment
from assistant.ledger import Verified
from assistant.people import Person


class PersonShape(BaseModel):
    """One account."""

    user_name: str
    name: str
    roles: list[str]
    disabled: bool


class PeopleShape(BaseModel):
    """All accounts."""

    people: list[PersonShape]


class BreakShape(BaseModel):
    """Where the ledger does not hold; number 0 is the ledger as a whole."""

    number: int
    explanation: str


class VerifiedShape(BaseModel):
    """What a verification read and found; `head` is the last entry's number, `head_hash` its hash."""

    holds: bool
    entries: int
    head: int
    head_hash: str
    anchors: int
    breaks: list[BreakShape]


class EntryShape(BaseModel):
    """One entry of the ledger."""

    number: int
    at: str
    kind: str
    by: str
    subject: str
    summary: str
    facts: dict[str, str]
    previous: str
    hash: str


class EntriesShape(BaseModel):
    """Entries in order."""

    entries: list[EntryShape]


class ExportedFileShape(BaseModel):
    """A file that was written, and its SHA-256."""

    file: str
    sha256: str


class ExportedShape(BaseModel):
    """What an export wrote; `holds` as in a verification."""

    holds: bool
    entries: int
    head: int
    head_hash: str
    files: list[ExportedFileShape]


def person_shape(person: Person) -> PersonShape:
    """One account."""
    roles = sorted(role.value for role in person.roles)
    return PersonShape(user_name=person.user_name, name=person.name, roles=roles, disabled=person.disabled)


def people_json(people: Sequence[Person]) -> str:
    """All accounts, as one JSON object."""
    return PeopleShape(people=[person_shape(person) for person in people]).model_dump_json(indent=2)


def verified_json(verified: Verified) -> str:
    """A verification, as one JSON object."""
    return VerifiedShape(
        holds=not verified.breaks,
        entries=verified.entries,
        head=verified.head.number,
        head_hash=verified.head.hash,
        anchors=verified.anchors,
        breaks=[_break(each) for each in verified.breaks],
    ).model_dump_json(indent=2)


def _break(found: Break) -> BreakShape:
    return BreakShape(number=found.number, explanation=found.explanation)


def entries_json(entries: Iterable[Entry]) -> str:
    """Entries, as one JSON object."""
    return EntriesShape(entries=[_entry(entry) for entry in entries]).model_dump_json(indent=2)


def _entry(entry: Entry) -> EntryShape:
    deed = entry.deed
    said = {"kind": deed.kind.value, "by": deed.by, "subject": deed.subject, "summary": deed.summary}
    chained = {"previous": entry.previous, "hash": entry.hash}
    return EntryShape(number=entry.number, at=moment(entry.at), facts=dict(deed.facts), **said, **chained)


def exported_json(verified: Verified, files: Sequence[tuple[str, str]]) -> str:
    """An export, as one JSON object; `files` are names and hashes."""
    return ExportedShape(
        holds=not verified.breaks,
        entries=verified.entries,
        head=verified.head.number,
        head_hash=verified.head.hash,
        files=[ExportedFileShape(file=name, sha256=hashed) for name, hashed in files],
    ).model_dump_json(indent=2)
