"""What a dose statement adds up to: per dose, per day and per week, the shortest interval, the rate, the whole course.

Exact decimals throughout. Each total keeps a low and a high value ("500 mg to 1 g every 4 to 6 hours" is from 2 g to
6 g a day) and the arithmetic behind the high one in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from guardrails.dosage.wording import number, quantity
from guardrails.dose import DoseStatement, Frequency, Quantity, Range
from guardrails.errors import UnitMismatch
from guardrails.reading.ucum import MASS_LIKE, TIMES, VOLUMES, convert

BODY = frozenset({"kg", "m2"})
_DAY, _WEEK_DAYS = Decimal(1), Decimal(7)
_HOURS = Decimal(24)


_HEAVIER = frozenset({"acetaminophen", "ibuprofen", "aspirin", "sulfamethoxazole", "amoxicillin"})
"""Of which every product with another ingredient holds the more: 325 mg beside 5 mg, 800 mg beside 160 mg."""
_MONOVALENT = frozenset({"potassium chloride"})
"""Salts of one charge: a millimole is a milliequivalent."""


@dataclass(frozen=True, slots=True)
class Total:
    """From `low` to `high` of a unit, per kg or m2 (`body`) or not; `mild` is the high amount at the slowest schedule.

    `steps` is the arithmetic of `high` and `mild_steps` that of `mild`.
    """

    low: Decimal
    mild: Decimal
    high: Decimal
    unit: str
    body: str = ""
    steps: str = ""
    mild_steps: str = ""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Doses in a day from `fewest` to `most`, and in a week; the interval between two in hours."""

    fewest: Decimal
    most: Decimal
    weekly_fewest: Decimal
    weekly_most: Decimal
    shortest_hours: Decimal
    longest_hours: Decimal
    is_daily: bool


@dataclass(frozen=True, slots=True)
class Totals:
    """All that one statement says of one ingredient; None where it does not say it."""

    single: Total | None = None
    day: Total | None = None
    week: Total | None = None
    course: Total | None = None
    rate: Total | None = None
    """Per hour."""
    schedule: Schedule | None = None
    duration_days: Decimal | None = None


def schedule_of(frequency: Frequency | None) -> Schedule | None:
    """How often in a day and in a week; None where it is not said."""
    if frequency is None or frequency.times is None or frequency.period is None:
        return None
    low, high = frequency.period.low, frequency.period.high or frequency.period.low
    if low.unit not in TIMES or low.value <= 0 or frequency.times <= 0:
        return None
    shortest, longest = convert(low, "h").value, convert(high, "h").value
    most, fewest = frequency.times_high or frequency.times, frequency.times
    return Schedule(
        fewest=max(_DAY, fewest * _HOURS / longest),
        most=max(_DAY, most * _HOURS / shortest),
        weekly_fewest=fewest * _HOURS * _WEEK_DAYS / longest,
        weekly_most=most * _HOURS * _WEEK_DAYS / shortest,
        shortest_hours=shortest / most,
        longest_hours=longest / fewest,
        is_daily=low.unit in {"h", "min", "d"} and shortest <= _HOURS,
    )


def totals(statement: DoseStatement, ingredient: str) -> Totals:
    """The totals of one ingredient of the statement; a share that the text does not tell is left out."""
    schedule = schedule_of(statement.frequency)
    days = _days(statement.duration)
    amount = amount_of(statement, ingredient)
    if amount is None:
        return Totals(schedule=schedule, duration_days=days)
    body, times = _denominators(statement.per)
    if body is None or times is None:
        return Totals(schedule=schedule, duration_days=days)
    low, high = (_equivalents(one, ingredient) for one in amount)
    if low.unit != high.unit:
        low = convert(low, high.unit)
    plain = Total(low.value, high.value, high.value, high.unit, body, *_shown(high, body))
    found = _by_time(plain, times, statement, schedule)
    course = _course(found.day, days) if statement.change not in {"start", "load"} else None
    return Totals(found.single, found.day, found.week, course, found.rate, schedule, days)


def _by_time(plain: Total, time: str, statement: DoseStatement, schedule: Schedule | None) -> Totals:
    """The amount read as per dose, per day, per week or as a rate."""
    if time == "d":
        return Totals(single=_share(plain, schedule), day=plain, week=_times(plain, _WEEK_DAYS, _WEEK_DAYS, "days"))
    if time == "wk":
        return Totals(week=plain)
    if time in {"h", "min"}:
        return Totals(rate=_hourly(plain, time))
    if time:
        return Totals()
    if statement.frequency is not None and statement.frequency.divided:
        return Totals(single=_share(plain, schedule), day=plain)
    rate = _rate(plain, statement.over)
    if schedule is None:
        return Totals(single=plain, day=plain if not statement.as_needed or statement.once else None, rate=rate)
    day = _times(plain, schedule.fewest, schedule.most)
    return Totals(plain, day, _times(plain, schedule.weekly_fewest, schedule.weekly_most), rate=rate)


def amount_of(statement: DoseStatement, ingredient: str) -> tuple[Quantity, Quantity] | None:
    """The dose of the ingredient from low to high: counted tablets and millilitres times their strength."""
    strength = _strength(statement, ingredient)
    if statement.amount is None:
        return (strength, strength) if strength is not None and strength.unit in MASS_LIKE else None
    low, high = statement.amount.low, statement.amount.high or statement.amount.low
    if high.unit in MASS_LIKE:
        return (low, high) if len(statement.ingredients) < 2 else None
    restated = next((each for each in statement.also if each.low.unit in MASS_LIKE), None)
    if restated is not None:
        return restated.low, restated.high or restated.low
    if strength is None:
        return low, high
    try:
        return _contained(low, strength), _contained(high, strength)
    except UnitMismatch:
        return None


def _equivalents(amount: Quantity, ingredient: str) -> Quantity:
    return Quantity(amount.value, "meq") if amount.unit == "mmol" and ingredient in _MONOVALENT else amount


def _contained(counted: Quantity, strength: Quantity) -> Quantity:
    """How much active substance is in so many tablets or millilitres."""
    unit, _, per = strength.unit.partition("/")
    if not per:
        if counted.unit in VOLUMES:
            raise UnitMismatch("a volume needs a strength per volume")
        return Quantity(counted.value * strength.value, unit)
    if counted.unit in VOLUMES:
        concentration = convert(strength, f"{unit}/mL")
        return Quantity(convert(counted, "mL").value * concentration.value, unit)
    return Quantity(counted.value * convert(strength, f"{unit}/{counted.unit}").value, unit)


def _strength(statement: DoseStatement, ingredient: str) -> Quantity | None:
    """The strength that belongs to the ingredient: "5/325" names them in the order of the product, in mg."""
    found = None
    if len(statement.strength) == 1 and len(statement.ingredients) < 2:
        found = statement.strength[0]
    elif len(statement.strength) == len(statement.ingredients) and ingredient in statement.ingredients:
        names = _as_written(statement)
        found = statement.strength[names.index(ingredient)]
    return Quantity(found.value, found.unit or "mg") if found is not None else None


def _as_written(statement: DoseStatement) -> tuple[str, ...]:
    """The ingredients in the order of their strengths: "Percocet 5/325" is oxycodone and acetaminophen.

    The table of medicines knows no order; a tablet holds more of an ingredient of `_HEAVIER` than of its partner.
    """
    names = statement.ingredients
    heavy = [one for one in names if one in _HEAVIER]
    if len(names) != 2 or len(heavy) != 1:
        return names
    other = next(one for one in names if one not in heavy)
    first, second = (each.value for each in statement.strength)
    return (heavy[0], other) if first > second else (other, heavy[0])


def _denominators(per: Sequence[str]) -> tuple[str | None, str | None]:
    """Per body measure and per time; None where a denominator is neither."""
    body, time = "", ""
    for each in per:
        bare = each.partition("{")[0]
        if bare in BODY and not body:
            body = bare
        elif each in {"d", "wk", "h", "min", "mo"} and not time:
            time = each
        elif each != "{dose}":
            return None, None
    return body, time


def _shown(amount: Quantity, body: str) -> tuple[str, str]:
    text = quantity(amount.value, amount.unit, (body,) if body else ())
    return text, text


def _times(one: Total, fewest: Decimal, most: Decimal, of: str = "") -> Total:
    return Total(
        one.low * fewest,
        one.high * fewest,
        one.high * most,
        one.unit,
        one.body,
        _product(one, most, of),
        _product(one, fewest, of),
    )


def _product(one: Total, times: Decimal, of: str) -> str:
    per = (one.body,) if one.body else ()
    if times == 1:
        return quantity(one.high, one.unit, per)
    left = f"{number(times)} {of}".strip()
    return f"{left} × {quantity(one.high, one.unit, per)} = {quantity(one.high * times, one.unit, per)}"


def _share(day: Total, schedule: Schedule | None) -> Total | None:
    """One of the parts of a daily amount."""
    if schedule is None:
        return None
    one = day.high / schedule.most
    per = (day.body,) if day.body else ()
    steps = f"{quantity(day.high, day.unit, per)} / {number(schedule.most)} = {quantity(one, day.unit, per)}"
    return Total(day.low / schedule.most, one, day.high / schedule.fewest, day.unit, day.body, steps, steps)


def _hourly(plain: Total, time: str) -> Total:
    return plain if time == "h" else _times(plain, Decimal(60), Decimal(60), "minutes")


def _rate(plain: Total, over: Range | None) -> Total | None:
    if over is None or over.low.value <= 0:
        return None
    hours = convert(over.low, "h").value
    per = (plain.body,) if plain.body else ()
    value = plain.high / hours
    steps = f"{quantity(plain.high, plain.unit, per)} over {over.low} = {quantity(value, plain.unit, per)}/h"
    return Total(plain.low / hours, value, value, plain.unit, plain.body, steps, steps)


def _course(day: Total | None, days: Decimal | None) -> Total | None:
    return _times(day, days, days, "days") if day is not None and days is not None else None


def _days(duration: Range | None) -> Decimal | None:
    if duration is None:
        return None
    longest = duration.high or duration.low
    return convert(longest, "d").value if longest.unit in TIMES else None


def every(found: Totals) -> Iterator[Total]:
    """The totals that are amounts, without the rate."""
    yield from (one for one in (found.single, found.day, found.week, found.course) if one is not None)
