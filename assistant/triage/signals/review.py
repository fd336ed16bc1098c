"""What people decide about a candidate signal: under review, confirmed or refuted, and back again with a reason.

The ledger holds it: each decision is an entry about "signal PRODUCT / EVENT", and the last one stands. A machine never
makes one; a pair that nobody decided on is new, however strong its numbers are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from assistant.chain import Deed, Entry, EntryKind
from assistant.ledger import Ledger
from assistant.people import May, Person, require
from assistant.triage.signals.candidates import SignalRow
from assistant.triage.signals.errors import MoveRefused


class SignalState(StrEnum):
    """Where a candidate stands."""

    NEW = "new"
    UNDER_REVIEW = "under review"
    CONFIRMED = "confirmed"
    REFUTED = "refuted"


MOVES: Mapping[SignalState, frozenset[SignalState]] = {
    SignalState.NEW: frozenset({SignalState.UNDER_REVIEW}),
    SignalState.UNDER_REVIEW: frozenset({SignalState.CONFIRMED, SignalState.REFUTED, SignalState.NEW}),
    SignalState.CONFIRMED: frozenset({SignalState.UNDER_REVIEW}),
    SignalState.REFUTED: frozenset({SignalState.UNDER_REVIEW}),
}
"""The moves that are allowed. Only the first needs no reason."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The last decision about a pair; without one it is new, by nobody."""

    state: SignalState = SignalState.NEW
    by: str = ""
    at: datetime | None = None
    reason: str = ""


def decide(
    ledger: Ledger, person: Person, row: SignalRow, to: SignalState, reason: str, mask: Callable[[str], str]
) -> Standing:
    """Record a person's decision about a pair, with the numbers that were on the screen; `mask` takes identifiers out.

    Two people who decide at the same moment are both recorded, and the later one stands.

    Raises:
        NotAllowed: the person may not do case work.
        MoveRefused: the move is not in the table, or lacks a reason.
        SaveFailed: it was not stored.
    """
    require(person, May.TRIAGE)
    subject = _subject(row.product, row.event)
    state = _last(ledger.entries(kind=EntryKind.REVIEW, subject=subject)).state
    if to not in MOVES[state]:
        allowed = " or ".join(sorted(MOVES[state]))
        raise MoveRefused(f"A signal that is {state} can become {allowed}, not {to}.")
    if state is not SignalState.NEW and not reason.strip():
        raise MoveRefused(f"Give a reason why this signal becomes {to}.")
    facts = {
        **{"product": row.product, "event": row.event, "old": state.value, "new": to.value},
        **{"reason": mask(reason.strip()), "reports": str(row.n), "crossed": " ".join(row.crossed)},
        **{
            name: "" if value is None else f"{value:.4g}"
            for name, value in (("eb05", row.eb05), ("ic_low", row.ic_low))
        },
    }
    entry = ledger.record(Deed(EntryKind.REVIEW, person.id, subject, f"{subject}: {state} to {to}.", facts))
    return _standing(entry)


def standing(ledger: Ledger, product: str, event: str) -> Standing:
    """How a pair stands."""
    return _last(ledger.entries(kind=EntryKind.REVIEW, subject=_subject(product, event)))


def standings(ledger: Ledger) -> Mapping[tuple[str, str], Standing]:
    """How every pair stands on which a person ever decided, by product and event in capitals."""
    about = (entry for entry in ledger.entries(kind=EntryKind.REVIEW) if entry.deed.subject.startswith(_SIGNAL))
    return {
        (entry.deed.facts["product"].upper(), entry.deed.facts["event"].upper()): _standing(entry) for entry in about
    }


_SIGNAL = "signal "


def _subject(product: str, event: str) -> str:
    return f"{_SIGNAL}{product.upper()} / {event.upper()}"


def _last(entries: Iterable[Entry]) -> Standing:
    last = None
    for last in entries:  # noqa: B007 -- the ledger gives them in order, and only the last stands.
        pass
    return _standing(last) if last is not None else Standing()


def _standing(entry: Entry) -> Standing:
    return Standing(SignalState(entry.deed.facts["new"]), entry.deed.by, entry.at, entry.deed.facts["reason"])
