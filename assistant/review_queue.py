"""What waits at the review desk: every turn that a person or the machine flagged, and a seeded sample of the others.

A noticed adverse event is work for the pharmacovigilance desk and no item here of itself.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from assistant.conversation import Flag, FlagKind, Turn
from assistant.people import May, Person, require
from assistant.records import Records
from assistant.review import Review, Standing, State, standing, visible_to
from assistant.review_desk import ReadDoses, about_dosing, stored_turn, waits_for
from assistant.reviews import Reviews

# The gravest first: what may harm is looked at before what is merely wrong.
GRAVITY = (
    FlagKind.UNSAFE,
    FlagKind.ESCALATED,
    FlagKind.INACCURATE,
    FlagKind.OUTDATED,
    FlagKind.CITATION,
    FlagKind.OTHER,
)
_STATES = (State.THIRD, State.SECOND, State.OPEN, State.SETTLED)


@dataclass(frozen=True, slots=True)
class Sample:
    """Which unflagged turns are reviewed too: a share of them from 0 to 1, drawn by `seed`."""

    share: float
    seed: str

    def holds(self, turn_id: str) -> bool:
        """Whether the turn is drawn. It depends on the seed and the turn alone, so that new turns move no old one."""
        drawn = int.from_bytes(sha256(f"{self.seed} {turn_id}".encode()).digest()[:8])
        return drawn < self.share * 2**64


@dataclass(frozen=True, slots=True)
class Queue:
    """What the queue is made of; `closed` names the conversations that must not be learnt from."""

    records: Records
    reviews: Reviews
    doses: ReadDoses
    sample: Sample
    closed: Callable[[], frozenset[str]]


@dataclass(frozen=True, slots=True)
class Line:
    """One item as listed. `flags` is empty for a turn of the sample; `closed`: it will not be learnt from for now."""

    turn: Turn
    flags: tuple[FlagKind, ...]
    state: State
    mine: bool
    closed: bool


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the queue, how many items there are in all, and how many in each state."""

    lines: tuple[Line, ...]
    total: int
    states: Mapping[State, int]


@dataclass(frozen=True, slots=True)
class Item:
    """One turn as one person sees it.

    `reviews` are those that this person may see; `place` is the place that their decision would take. `waits` says
    whether a decision of theirs is wanted, `dosing` whether a dose makes it one for two people already.
    """

    turn: Turn
    flags: tuple[Flag, ...]
    reviews: tuple[Review, ...]
    standing: Standing
    place: int
    waits: bool
    dosing: bool
    closed: bool


def page(queue: Queue, person: Person, *, settled: bool = False, limit: int = 100, offset: int = 0) -> Page:
    """The items that wait for a decision of this person, or with `settled` those that are decided; the gravest first.

    Raises `NotAllowed`.
    """
    require(person, May.REVIEW)
    reviews = {each[0].turn_id: each for each in queue.reviews.outlines()}
    flagged = _flagged(queue.records.flags())
    wanted: list[tuple[tuple[int, int], str]] = []
    states: Counter[State] = Counter()
    for turn_id in _items(queue, flagged, reviews):
        of_turn = reviews.get(turn_id, ())
        state = standing(of_turn).state
        states[state] += 1
        if (state is State.SETTLED) if settled else waits_for(of_turn, person):
            wanted.append(((_STATES.index(state), _gravity(flagged.get(turn_id, ()))), turn_id))
    # The sort is stable: within one gravity the oldest comes first.
    wanted.sort(key=lambda each: each[0])
    closed = queue.closed()
    shown = (turn_id for _, turn_id in wanted[offset : offset + limit])
    lines = tuple(_line(queue, person, turn_id, flagged, reviews, closed) for turn_id in shown)
    return Page(lines, len(wanted), states)


def item(queue: Queue, person: Person, turn_id: str) -> Item:
    """One turn for one person, whether or not it is in their queue. Raises `NotAllowed` or `UnknownTurn`."""
    require(person, May.REVIEW)
    turn = stored_turn(queue.records, turn_id)
    reviews = queue.reviews.of_turn(turn_id)
    found = standing(reviews)
    seen = visible_to(reviews, person.id)
    hidden = len(seen) < len(reviews)
    shown = Standing(found.state) if hidden else found
    flags = tuple(flag for flag in queue.records.flags(turn_id) if flag.kind in GRAVITY)
    dosing = about_dosing(queue.doses, turn) or any(review.dosing for review in seen)
    closed = turn.conversation_id in queue.closed()
    return Item(turn, flags, seen, shown, len(reviews) + 1, waits_for(reviews, person), dosing, closed)


def _flagged(flags: Sequence[Flag]) -> Mapping[str, tuple[FlagKind, ...]]:
    """The kinds of flags of each turn that is an item because of them."""
    found: dict[str, tuple[FlagKind, ...]] = {}
    for flag in flags:
        if flag.kind in GRAVITY:
            found[flag.turn_id] = (*found.get(flag.turn_id, ()), flag.kind)
    return found


def _items(queue: Queue, flagged: Mapping[str, object], reviews: Mapping[str, object]) -> Iterator[str]:
    """The ids of all items, oldest first; a turn that was reviewed stays one, whatever the sample is now."""
    for turn_id in queue.reviews.turn_ids():
        if turn_id in flagged or turn_id in reviews or queue.sample.holds(turn_id):
            yield turn_id


def _gravity(kinds: Sequence[FlagKind]) -> int:
    return min((GRAVITY.index(kind) for kind in kinds), default=len(GRAVITY))


def _line(
    queue: Queue,
    person: Person,
    turn_id: str,
    flagged: Mapping[str, tuple[FlagKind, ...]],
    reviews: Mapping[str, tuple[Review, ...]],
    closed: frozenset[str],
) -> Line:
    turn = stored_turn(queue.records, turn_id)
    of_turn = reviews.get(turn_id, ())
    mine = any(review.person_id == person.id for review in of_turn)
    kinds = tuple(sorted(set(flagged.get(turn_id, ())), key=GRAVITY.index))
    return Line(turn, kinds, standing(of_turn).state, mine, turn.conversation_id in closed)
