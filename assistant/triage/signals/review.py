"""What people decide about a candidate signal: under review, confirmed or refuted, and back again with a reason.

The ledger holds it: each decision is an entry about "signal PRODUCT / EVENT", and the last one stands. A machine never
makes one; a pair that nobody decided on is new, however strong its numbers are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
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


@dataclass(frozen=True, slots=True)
class Decision:
    """One decision as the ledger holds it: who took a pair from one state to another, when, why, on which numbers.

    `source` are the reports that were counted; `crossed` the rules that held, with blanks between them; a measure that
    was not defined is "".
    """

    product: str
    event: str
    old: SignalState
    new: SignalState
    by: str
    at: datetime
    reason: str
    source: str
    reports: int
    crossed: str
    eb05: str
    ic_low: str


def decide(
    ledger: Ledger,
    person: Person,
    row: SignalRow,
    to: SignalState,
    reason: str,
    mask: Callable[[str], str],
    source: str = "",
) -> Standing:
    """Record a person's decision about a pair, with the numbers that were on the screen; `mask` takes identifiers out.

    `source` says which reports were counted. Two people who decide at the same moment are both recorded, and the later
    one stands.

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
        "source": source,
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
    return {key(each.product, each.event): _standing(entry) for entry, each in _about_signals(ledger)}


def decisions(ledger: Ledger, product: str = "", event: str = "") -> tuple[Decision, ...]:
    """Every decision in order, of one product and one event where they are named, whatever their capitals."""
    wanted = key(product, event)
    return tuple(
        each
        for _, each in _about_signals(ledger)
        if (not product or key(each.product, "")[0] == wanted[0]) and (not event or key("", each.event)[1] == wanted[1])
    )


def key(product: str, event: str) -> tuple[str, str]:
    """What decisions about a pair are found by: its names in capitals."""
    return product.strip().upper(), event.strip().upper()


def _about_signals(ledger: Ledger) -> Iterator[tuple[Entry, Decision]]:
    for entry in ledger.entries(kind=EntryKind.REVIEW):
        if entry.deed.subject.startswith(_SIGNAL):
            yield entry, _decision(entry)


def _decision(entry: Entry) -> Decision:
    facts = entry.deed.facts
    return Decision(
        facts["product"],
        facts["event"],
        SignalState(facts["old"]),
        SignalState(facts["new"]),
        entry.deed.by,
        entry.at,
        facts["reason"],
        facts.get("source", ""),
        int(facts["reports"]),
        facts["crossed"],
        facts["eb05"],
        facts["ic_low"],
    )


_SIGNAL = "signal "


def _subject(product: str, event: str) -> str:
    return f"{_SIGNAL}{' / '.join(key(product, event))}"


def _last(entries: Iterable[Entry]) -> Standing:
    last = None
    for last in entries:  # noqa: B007 -- the ledger gives them in order, and only the last stands.
        pass
    return _standing(last) if last is not None else Standing()


def _standing(entry: Entry) -> Standing:
    return Standing(SignalState(entry.deed.facts["new"]), entry.deed.by, entry.at, entry.deed.facts["reason"])
