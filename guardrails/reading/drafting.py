"""A dose statement while it is being put together, and what may be added to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from guardrails.dose import DoseStatement, Frequency, Limit, Quantity, Range
from guardrails.reading.amounts import COUNTED, Read
from guardrails.reading.frequencies import DAILY, Timing
from guardrails.reading.ucum import MASS_LIKE, VOLUMES, is_rising


@dataclass(slots=True)
class Draft:
    """The statement so far. `timed` counts the separate frequencies that were said of it."""

    statement: DoseStatement
    first: int
    last: int
    joint: str = ""
    follows: bool = False
    timed: int = 0
    plain_daily: bool = False
    inherits: bool = False
    doubts: list[str] = field(default_factory=list)

    def set(self, statement: DoseStatement, last: int) -> None:
        """Take the fuller statement, read up to the token before `last`."""
        self.statement, self.last = statement, max(self.last, last)

    @property
    def unit(self) -> str:
        """The unit of the amount, "" where there is none."""
        amount = self.statement.amount
        return (amount.high or amount.low).unit if amount else ""

    @property
    def is_lone_mass(self) -> bool:
        """Whether only a mass has been said, which may turn out to be a product's strength."""
        said = self.statement
        return (
            self.unit in MASS_LIKE
            and said.amount is not None
            and said.amount.high is None
            and not (said.per or said.frequency or said.route or said.duration or said.strength or said.also)
            and said.limit is Limit.NONE
        )


def is_count(read: Read) -> bool:
    """Whether this is a number of tablets, puffs, millilitres: an amount of a product."""
    return read.unit in COUNTED | VOLUMES


_MEALS = frozenset({"before meals", "after meals", "with meals"})


def add_timing(draft: Draft, timing: Timing, last: int, word: str, joined: bool = False) -> None:
    """Add how often, how long or when; what contradicts the statement becomes a doubt.

    `word` is the first word of the timing; `joined` says that "and" stands before it.
    """
    said = draft.statement
    if joined and not draft.timed and _MEALS & {*said.when, *timing.when} and (said.when and timing.when):
        draft.doubts.append("how many times a day")
    if timing.frequency is not None:
        said = replace(said, frequency=_merged(draft, said.frequency, timing))
        draft.plain_daily = draft.plain_daily or word in {"daily", "weekly", "each", "every"}
    if timing.duration is not None:
        if said.duration not in (None, timing.duration):
            draft.doubts.append("two durations")
        said = replace(said, duration=timing.duration)
    if timing.over is not None:
        if said.over is not None:
            draft.doubts.append("two infusion times")
        said = replace(said, over=timing.over)
    if timing.when:
        said = replace(said, when=(*said.when, *(one for one in timing.when if one not in said.when)))
    draft.set(said, last)


def _merged(draft: Draft, old: Frequency | None, timing: Timing) -> Frequency | None:
    new = timing.frequency
    if new is None or old is None:
        draft.timed += not timing.implied
        return new
    if old.divided and old.times is None:
        draft.timed += 1
        return replace(new, divided=True)
    if new.divided and new.times is None:
        return replace(old, divided=True)
    if draft.timed == 0 and old == DAILY and not timing.implied:
        draft.timed += 1
        return new
    if timing.implied and draft.timed and old.period == new.period and old.times == new.times:
        return old
    if timing.implied and new == DAILY:
        return _with_another_time(draft, old)
    if timing.implied and new.period == old.period and old.times == new.times:
        return new
    if _per_day(old) == _per_day(new) is not None:
        return old
    if old == DAILY and new.divided:
        return new
    if (old.times, old.times_high, old.period) == (new.times, new.times_high, new.period):
        return old
    draft.doubts.append("two frequencies")
    return old


def _with_another_time(draft: Draft, old: Frequency) -> Frequency:
    """ "in the morning and at night" is twice a day; "twice daily, in the morning and at night" stays so."""
    if draft.timed or old.period != DAILY.period or old.times is None:
        return old
    return replace(old, times=old.times + 1)


def _per_day(frequency: Frequency) -> str | None:
    """How often a day, to see that "twice daily (every 12 hours)" says one thing twice."""
    if frequency.period is None or frequency.times is None or frequency.period.high or frequency.times_high:
        return None
    hours = {"d": 24, "h": 1}.get(frequency.period.low.unit)
    return str((frequency.times * 24 / (frequency.period.low.value * hours)).normalize()) if hours else None


def add_route(draft: Draft, route: str, joined: bool, last: int) -> None:
    """Add a route; a second one only after "or"."""
    said = draft.statement.route
    if said and route != said and not joined:
        draft.doubts.append("two routes")
    text = f"{said} or {route}" if said and joined and route != said else said or route
    draft.set(replace(draft.statement, route=text), last)


def add_people(draft: Draft, people: str, last: int) -> None:
    """Add words about the patient."""
    said = draft.statement.population
    draft.set(replace(draft.statement, population=f"{said}, {people}" if said else people), last)


def add_strength(draft: Draft, strengths: Sequence[Quantity], last: int) -> None:
    """Add what is in the product."""
    if draft.statement.strength:
        draft.doubts.append("two strengths")
    draft.set(replace(draft.statement, strength=tuple(strengths)), last)


def strength_of(read: Read) -> tuple[Quantity, ...]:
    """The strength in one quantity ("mg/(5.mL)" for 250 mg/5 mL), or one for each part of a combination."""
    if read.strengths:
        return read.strengths
    low = read.amount.low
    per = "".join(f"/({part})" if "." in part else f"/{part}" for part in read.per)
    return (Quantity(low.value, low.unit + per),)


def add_restatement(draft: Draft, amount: Range, last: int) -> None:
    """Add the same amount said in another way: "1 g (10 mL)"."""
    draft.set(replace(draft.statement, also=(*draft.statement.also, amount)), last)


def finished(draft: Draft) -> DoseStatement:
    """The statement with what follows from all of it: "maximum 4 g daily" is 4 g per day."""
    said = draft.statement
    once_in = said.frequency.period if said.frequency and said.frequency.times == 1 else None
    if said.limit is not Limit.NONE and draft.plain_daily and once_in and not said.per and str(once_in)[:2] == "1 ":
        said = replace(said, per=(once_in.low.unit,), frequency=None)
    if said.frequency and said.frequency.divided and said.amount and not {"d", "wk"} & set(said.per):
        said = replace(said, per=(*said.per, "d"))
    for span in (said.amount, said.duration, said.over, said.frequency.period if said.frequency else None):
        if span is not None and not is_rising(span):
            draft.doubts.append("a range that does not rise")
    return said
