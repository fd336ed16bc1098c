"""The states of a case and the moves between them that are allowed, as one table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Where a case stands."""

    CANDIDATE = "candidate"
    """Found by the machine or imported; nobody has looked."""
    OPEN = "open"
    """A person works on it."""
    AWAITING = "awaiting follow-up"
    """A question to the reporter is out."""
    ASSESSED = "assessed"
    """Coded, serious or not, expected or not, causality committed; ready for a second look and export."""
    EXPORTED = "exported"
    """A report was written to the export folder."""
    ACKNOWLEDGED = "acknowledged"
    """The gateway accepted it."""
    REJECTED = "rejected by gateway"
    """The gateway's acknowledgement refused it; it must be mended and exported again."""
    CLOSED = "closed"
    """Done."""
    NOT_VALID = "closed as not valid"
    """Not a case, with a reason and two people."""
    MERGED = "merged under a master"
    """A duplicate; it lives on under its master, nothing of it is deleted."""


OPEN_STATES = frozenset(State) - {State.CLOSED, State.NOT_VALID, State.MERGED}
"""States in which the clock runs and the conversation stays closed to fine-tuning."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One allowed move. `second_person`: who proposed it must not be the one who makes it; a machine's proposal is
    nobody's. `signature`: the move is signed with its meaning.
    """

    start: State
    end: State
    reason: bool = False
    signature: bool = False
    second_person: bool = False


_NOT_VALID = tuple(
    Transition(start, State.NOT_VALID, reason=True, signature=True, second_person=True)
    for start in (State.CANDIDATE, State.OPEN, State.AWAITING, State.ASSESSED)
)
_MERGED = tuple(
    Transition(start, State.MERGED, reason=True)
    for start in (State.CANDIDATE, State.OPEN, State.AWAITING, State.ASSESSED, State.EXPORTED, State.ACKNOWLEDGED)
)
_UNMERGED = tuple(
    Transition(State.MERGED, end, reason=True)
    for end in (State.CANDIDATE, State.OPEN, State.AWAITING, State.ASSESSED, State.EXPORTED, State.ACKNOWLEDGED)
)
TRANSITIONS = (
    Transition(State.CANDIDATE, State.OPEN),
    Transition(State.OPEN, State.AWAITING),
    Transition(State.AWAITING, State.OPEN),
    Transition(State.OPEN, State.ASSESSED),
    Transition(State.AWAITING, State.ASSESSED),
    Transition(State.ASSESSED, State.OPEN, reason=True),
    Transition(State.ASSESSED, State.EXPORTED, signature=True),
    Transition(State.EXPORTED, State.ACKNOWLEDGED),
    Transition(State.EXPORTED, State.REJECTED, reason=True),
    Transition(State.EXPORTED, State.OPEN, reason=True),
    Transition(State.REJECTED, State.OPEN, reason=True),
    Transition(State.EXPORTED, State.EXPORTED, signature=True),
    Transition(State.ACKNOWLEDGED, State.EXPORTED, signature=True),
    Transition(State.REJECTED, State.EXPORTED, signature=True),
    Transition(State.ACKNOWLEDGED, State.CLOSED, signature=True),
    Transition(State.ACKNOWLEDGED, State.OPEN, reason=True),
    Transition(State.ASSESSED, State.CLOSED, reason=True, signature=True),
    Transition(State.CLOSED, State.OPEN, reason=True),
    Transition(State.NOT_VALID, State.OPEN, reason=True),
    *_NOT_VALID,
    *_MERGED,
    *_UNMERGED,
)
"""Every allowed move; what is not here is refused. New information reopens a case by one of the moves to OPEN."""


def allowed(start: State, end: State) -> Transition | None:
    """The move from one state to another, or None where the table has none."""
    return next((move for move in TRANSITIONS if (move.start, move.end) == (start, end)), None)


def next_states(start: State) -> tuple[Transition, ...]:
    """Every move that the table allows from a state."""
    return tuple(move for move in TRANSITIONS if move.start is start)
