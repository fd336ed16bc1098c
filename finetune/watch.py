"""Watches what is served: rates of a release against control limits from what served beside or before it.

A canary is compared with the stable arm over the same time, by the arm that each conversation was given to, whoever
answered in the end: were the turns counted of which it failed and another generator took over under that other one,
a canary that fails would look good. A stable release without a canary is compared with the turns before it.

The limit is that of a p chart (Shewhart; NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.3.2) with exact instead
of normal probabilities and with the reference's own uncertainty in it: the smallest count c of n turns whose one-sided
Fisher exact probability (J R Stat Soc 1935;98:39), given x of m turns in the reference,

    P(H >= c),  H ~ hypergeometric(m + n turns, x + c marked, n drawn)

is at most `ALPHA`, the upper tail beyond three standard deviations. For a large reference it is the exact binomial
limit. Latency has no distribution that one could name, so its rate is that of turns slower than the reference's 95th
percentile. Turns of one conversation are not independent and every look is one more test: a false alarm is somewhat
likelier than `ALPHA`, in the safe direction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from types import MappingProxyType

from assistant.outcomes import TurnEnd, turn_ends
from assistant.serving import ALWAYS, ServingState, in_canary
from finetune.deploy import Changed, stop_canary
from finetune.measure import exact_interval
from finetune.serving_state import Loop, served_now

ALPHA = 0.00135
MOST_TURNS = 20_000
"""Turns looked at in each arm, the newest."""
SETTINGS = "the model of the settings"
_SLOW = 0.95


@dataclass(frozen=True, slots=True)
class Rate:
    """One rate in both arms: counts and turns. `limit` is the smallest breaching count, None where no count breaches.

    `low` and `high` are the ends of the exact 95 % interval of the watched share; None without a turn.
    """

    name: str
    reference: int
    reference_turns: int
    watched: int
    turns: int
    limit: int | None
    low: float | None
    high: float | None

    @property
    def breached(self) -> bool:
        """Whether the watched arm is beyond its limit."""
        return self.limit is not None and self.watched >= self.limit


@dataclass(frozen=True, slots=True)
class Watch:
    """One look: which release, against what, since when."""

    release: str
    is_canary: bool
    against: str
    since: datetime
    rates: tuple[Rate, ...]

    @property
    def breaches(self) -> tuple[str, ...]:
        """What is beyond its limit, one sentence each."""
        return tuple(
            f"{rate.name}: {rate.watched} of {rate.turns} turns, against {rate.reference} of {rate.reference_turns} "
            f"({self.against}); the limit is {rate.limit}."
            for rate in self.rates
            if rate.breached
        )


_MARKS: Mapping[str, Callable[[TurnEnd], bool]] = MappingProxyType(
    {
        "withheld": lambda turn: turn.withheld > 0,
        "refused": lambda turn: turn.refused,
        "flagged": lambda turn: turn.flags > 0,
        "escalated": lambda turn: turn.escalated,
        "failed": lambda turn: turn.fell_back,
    }
)
"""What is counted: sentences were withheld; no answer; people flagged it; a person must look; the model failed."""


def watch(loop: Loop) -> Watch | None:
    """Look at the canary, or without one at the stable release; None where there is none. Raises `ReadFailed`."""
    state = served_now(loop)
    if state.canary is not None:
        canary, since = state.canary, state.canary.since
        arms: tuple[list[TurnEnd], list[TurnEnd]] = ([], [])
        for turn in islice(turn_ends(loop.ledger, since), 2 * MOST_TURNS):
            arms[in_canary(canary, turn.conversation_id)].append(turn)
        return Watch(canary.target.release, True, _stable_name(state), since, rates(*arms))
    if state.stable is None:
        return None
    since = state.stable_since
    before = islice(turn_ends(loop.ledger, ALWAYS, since), MOST_TURNS)
    now = islice(turn_ends(loop.ledger, since), MOST_TURNS)
    return Watch(state.stable.release, False, "the turns before it", since, rates(list(before), list(now)))


def stop_if_breached(loop: Loop, seen: Watch) -> Changed | None:
    """End a canary that is beyond a limit; a stable release is a person's to roll back. None where nothing was done."""
    if not (seen.is_canary and seen.breaches):
        return None
    return stop_canary(loop, seen.release, " ".join(seen.breaches))


def rates(reference: Sequence[TurnEnd], watched: Sequence[TurnEnd]) -> tuple[Rate, ...]:
    """Every rate of `_MARKS`, and that of slow turns."""
    found = [_rate(name, _count(reference, mark), _count(watched, mark)) for name, mark in _MARKS.items()]
    if reference:
        slow = sorted(turn.seconds for turn in reference)[int(_SLOW * (len(reference) - 1))]
        marks = [_count(turns, lambda turn: turn.seconds > slow) for turns in (reference, watched)]
        found.append(_rate(f"slower than {slow:.1f} s", *marks))
    return tuple(found)


def limit(reference: int, reference_turns: int, turns: int, alpha: float = ALPHA) -> int | None:
    """The smallest breaching count among `turns`, given `reference` of `reference_turns`; None where none is.

    See the head of this file for the formula. Takes the logarithm of `turns` steps.
    """
    if not turns or not reference_turns or probability(reference, reference_turns, turns, turns) > alpha:
        return None
    low, high = -1, turns
    while low + 1 < high:
        middle = (low + high) // 2
        breaches = probability(reference, reference_turns, middle, turns) <= alpha
        low, high = (low, middle) if breaches else (middle, high)
    return high


def probability(reference: int, reference_turns: int, count: int, turns: int) -> float:
    """Of so many or more marks among `turns` where both arms are alike: Fisher's exact test, one-sided."""
    from scipy.stats import hypergeom

    return float(hypergeom.sf(count - 1, reference_turns + turns, reference + count, turns))


def _rate(name: str, reference: tuple[int, int], watched: tuple[int, int]) -> Rate:
    ends = exact_interval(*watched) if watched[1] else (None, None)
    return Rate(name, *reference, *watched, limit(*reference, watched[1]), *ends)


def _count(turns: Iterable[TurnEnd], mark: Callable[[TurnEnd], bool]) -> tuple[int, int]:
    marks = [mark(turn) for turn in turns]
    return sum(marks), len(marks)


def _stable_name(state: ServingState) -> str:
    return state.stable.release if state.stable else SETTINGS
