"""How a case begins: from a flag that answering left in the records, from an imported text, or by a person's hand.

Opening from the same flag or text twice finds the case that is there already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from uuid import uuid4

from assistant.chain import Deed, EntryKind
from assistant.conversation import Flag, FlagKind, Turn
from assistant.people import May, Person, require
from assistant.triage.case import Case, CaseLink, LinkKind, Receipt, ReceiptKind, Source, SourceOrigin
from assistant.triage.casebook import Casebook, Opening
from assistant.triage.clock import day_of
from assistant.triage.desk import CASE_HASH, MACHINE, Arrived, Desk, kept_text
from assistant.triage.from_report import Told, case_from
from assistant.triage.judging import with_machine_proposals
from assistant.triage.signed import case_hash, subject
from assistant.triage.worklist import SourceText
from guardrails.adverse.report import AdverseReport

_OPENED = "The case was opened."


def take_in(desk: Desk, flags: Iterable[Flag], turn: Callable[[str], Turn | None]) -> tuple[Case, ...]:
    """A candidate for every patient whom a flagged turn tells of; the new cases only.

    `turn` reads a stored turn. A flag whose turn was never stored is opened from the flag's own words, so that what was
    noticed just before a crash is not lost.
    """
    fresh = untaken(desk.book, flags)
    return tuple(case for flag in fresh for case in open_from_flag(desk, flag, turn(flag.turn_id)))


def untaken(book: Casebook, flags: Iterable[Flag]) -> tuple[Flag, ...]:
    """The flags of adverse events that are no case yet, the first of each turn."""
    first: dict[str, Flag] = {}
    for flag in flags:
        if flag.kind is FlagKind.ADVERSE_EVENT:
            first.setdefault(flag.turn_id, flag)
    known = book.turns_taken_in()
    return tuple(flag for flag in first.values() if flag.turn_id not in known)


def open_from_flag(desk: Desk, flag: Flag, turn: Turn | None) -> tuple[Case, ...]:
    """The cases of one flagged turn, one for each patient; at least one."""
    text = turn.outcome.question.text if turn else flag.comment
    conversation = turn.conversation_id if turn else ""
    hashed = sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    # Masked before it was stored; masking it again would only cost time and could move the spans.
    kept = SourceText(f"turn-{flag.turn_id}", "chat", hashed, text, desk.now())
    source = Source(kept.id, SourceOrigin.CHAT, "chat", hashed, flag.turn_id, conversation, flag.id)
    received = Arrived(text, flag.made_at, "chat", SourceOrigin.CHAT)
    return _open_all(desk, MACHINE, received, kept, source, f"turn {flag.turn_id}")


def import_text(desk: Desk, person: Person, arrived: Arrived) -> tuple[Case, ...]:
    """The cases that a text tells of, one for each patient, each linked to its place in the text; at least one.

    The same words again find the same cases. Raises `NotAllowed` or `SaveFailed`.
    """
    require(person, May.TRIAGE)
    hashed = sha256(arrived.text.encode("utf-8", "surrogatepass")).hexdigest()
    kept, source = kept_text(desk, arrived, f"text-{hashed[:32]}")
    return _open_all(desk, person.user_name, arrived, kept, source, f"text {hashed}")


def open_by_hand(desk: Desk, person: Person, arrived: Arrived, case: Case, key: str = "") -> Case:
    """Open a case whose fields a person or a reader of files has filled; `arrived` is where they come from.

    `key` makes opening repeatable ("e2b US-ACME-123"); without one every call opens a case.
    """
    require(person, May.TRIAGE)
    case_id = case.id or uuid4().hex
    kept, source = kept_text(desk, arrived, f"case-{case_id}")
    receipt = Receipt("r1", ReceiptKind.INITIAL, arrived.at, day_of(arrived.at, desk.zone), desk.zone, source.id)
    filled = replace(
        case, id=case_id, opened_at=desk.now(), receipts=case.receipts or (receipt,), sources=(*case.sources, source)
    )
    filled = with_machine_proposals(desk, filled, {source.id: kept.text})
    (opened,) = desk.book.open(
        [Opening(filled, key or f"hand {case_id}", partial(opening_deed, person.user_name, _OPENED))],
        [kept],
        person.user_name,
    )
    return opened


def _open_all(desk: Desk, by: str, arrived: Arrived, kept: SourceText, source: Source, key: str) -> tuple[Case, ...]:
    day = day_of(arrived.at, desk.zone)
    receipt = Receipt("r1", ReceiptKind.INITIAL, arrived.at, day, desk.zone, source.id)
    reports: Sequence[AdverseReport | None] = desk.screen(kept.text).reports or (None,)
    names = [uuid4().hex for _ in reports]
    openings = []
    for at, (name, report) in enumerate(zip(names, reports, strict=True)):
        # One patient is the whole text; each of several is a part of it.
        start, end = report.span if report is not None and len(reports) > 1 else (0, 0)
        told = Told(kept.text, replace(source, start=start, end=end), receipt)
        case = case_from(name, told, report, desk.now())
        case = with_machine_proposals(desk, case, {source.id: kept.text})
        links = tuple(CaseLink(other, LinkKind.SAME_SOURCE) for other in names if other != name)
        openings.append(Opening(replace(case, links=links), f"{key}#{at}", partial(opening_deed, by, _OPENED)))
    return desk.book.open(openings, [kept], by)


def opening_deed(by: str, said: str, case: Case) -> Deed:
    """What the ledger keeps of a case that was opened; `said` tells how."""
    facts = {"version": str(case.version), CASE_HASH: case_hash(case)}
    return Deed(EntryKind.CASE_CHANGED, by, subject(case), said, facts)
