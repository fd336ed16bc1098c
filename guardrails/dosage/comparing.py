"""Compares one total with one limit, exactly, in the unit of the limit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from guardrails.body import surface_area
from guardrails.dosage.totals import Total, Totals
from guardrails.dosage.wording import number, quantity
from guardrails.dose import Quantity
from guardrails.errors import UnitMismatch
from guardrails.patient import Patient
from guardrails.reading.ucum import TIMES, convert
from guardrails.rulebook import Amount, Limit, LimitKind

K = LimitKind
LEAST = frozenset({K.SINGLE_MIN, K.DAILY_MIN})
TIMED = frozenset({K.INTERVAL_MIN, K.DURATION_MAX, K.DOSES_PER_DAY_MAX})
_PER = {
    K.SINGLE_MAX: "at a time",
    K.SINGLE_MIN: "at a time",
    K.DAILY_MAX: "a day",
    K.DAILY_MIN: "a day",
    K.WEEKLY_MAX: "a week",
    K.COURSE_MAX: "a course",
    K.LIFETIME_MAX: "in a lifetime",
    K.RATE_MAX: "",
}
_ROUNDING = Decimal("1e-18")
"""A third of an hour is no exact decimal: what differs by less than this share is equal."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What a statement comes to beside a limit, both in the limit's unit.

    `mild` is the value at the slowest schedule that the statement allows, `high` at the fastest. `ratio` is `mild`
    divided by the limit (for a minimum, the limit divided by `high`). `said` is the arithmetic of `mild`, `fastest`
    that of `high`.
    """

    mild: Decimal
    high: Decimal
    limit: Decimal
    unit: str
    said: str
    allowed: str
    fastest: str = ""
    is_least: bool = False

    @property
    def is_over(self) -> bool:
        """Whether even the mildest reading passes the limit (for a minimum: stays below it)."""
        slack = self.limit * _ROUNDING
        return self.limit - self.high > slack if self.is_least else self.mild - self.limit > slack

    @property
    def is_partly_over(self) -> bool:
        """Whether the fastest schedule passes the limit, though the slowest does not."""
        return not self.is_least and not self.is_over and self.high - self.limit > self.limit * _ROUNDING

    @property
    def ratio(self) -> Decimal:
        """How many times too much, or too little for a minimum; 0 where that has no meaning."""
        above, below = (self.limit, self.high) if self.is_least else (self.mild, self.limit)
        return above / below if below > 0 else Decimal(0)


def compare(totals: Totals, limit: Limit, patient: Patient) -> Compared | None:
    """The two values; None where they measure different things or the body weight that they need is not known."""
    try:
        if limit.kind in TIMED:
            return _timed(totals, limit)
        total = _of_kind(totals, limit.kind)
        return None if total is None else _amounts(total, limit, patient)
    except UnitMismatch:
        return None


def _of_kind(totals: Totals, kind: LimitKind) -> Total | None:
    return {
        K.SINGLE_MAX: totals.single,
        K.SINGLE_MIN: totals.single,
        K.DAILY_MAX: totals.day,
        K.DAILY_MIN: totals.day,
        K.WEEKLY_MAX: totals.week,
        K.COURSE_MAX: totals.course or totals.day,
        K.LIFETIME_MAX: totals.course or totals.day,
        K.RATE_MAX: totals.rate,
    }.get(kind)


def _amounts(total: Total, limit: Limit, patient: Patient) -> Compared | None:
    body, time = _bases(limit.value)
    total = _hours_to(total, time) if limit.kind is K.RATE_MAX else total
    allowed = _allowed(limit, body, total.body, patient)
    if allowed is None:
        return None
    value, basis, allowed_words = allowed
    size = body_size(patient, total.body) if total.body and not basis else Decimal(1)
    if size is None or (total.body != basis and not total.body):
        return None
    unit, is_least = limit.value.unit, limit.kind in LEAST
    mild, high = (convert(Quantity(each * size, total.unit), unit).value for each in (total.mild, total.high))
    rated = limit.kind is K.RATE_MAX
    period = "" if rated else f" {_PER[limit.kind]}"
    scaled = f"; × {_size_words(size, total.body)} = " if total.body and not basis else ""
    words = f"{allowed_words}{period}".rstrip()
    slow = total.steps if is_least else total.mild_steps
    spent = f"/{time}" if rated and time and "/" not in slow else period
    said = _spelled(slow, scaled, mild, unit, spent)
    fastest = _spelled(total.steps, scaled, high, unit, spent)
    return Compared(mild, high, value, unit, said, words, fastest, is_least)


def _spelled(steps: str, scaled: str, value: Decimal, unit: str, period: str) -> str:
    """The arithmetic of a total, and of its scaling to the patient's body."""
    return f"{steps}{scaled + quantity(value, unit) if scaled else ''}{period}".rstrip()


def _allowed(limit: Limit, body: str, wanted: str, patient: Patient) -> tuple[Decimal, str, str] | None:
    """The limit as an amount, what it is per ("" for the whole patient), and how it comes to be in words."""
    written = quantity(limit.value.value, limit.value.unit, limit.value.per)
    if not body:
        return limit.value.value, "", written
    size = body_size(patient, body)
    cap = _cap(limit)
    if size is None:
        if wanted == body:
            return limit.value.value, body, written
        return (cap, "", quantity(cap, limit.value.unit)) if cap is not None else None
    value = limit.value.value * size
    words = f"{written} × {_size_words(size, body)} = {quantity(value, limit.value.unit)}"
    if cap is not None and value > cap:
        return cap, "", f"{quantity(cap, limit.value.unit)} (the cap of {written})"
    return value, "", words


def _cap(limit: Limit) -> Decimal | None:
    if limit.cap is None:
        return None
    return convert(Quantity(limit.cap.value, limit.cap.unit), limit.value.unit).value


def body_size(patient: Patient, body: str) -> Decimal | None:
    """The weight in kg or the surface in m2 (Mosteller); None where it is not known."""
    if body == "kg":
        return patient.weight
    if patient.height is None or patient.weight is None:
        return None
    return surface_area(patient.height, patient.weight)


def _size_words(size: Decimal, body: str) -> str:
    return f"{number(size)} {body}"


def _bases(amount: Amount) -> tuple[str, str]:
    """The body measure and the time of a limit's denominators."""
    bare = [each.partition("{")[0] for each in amount.per]
    body = next((each for each in bare if each in {"kg", "m2"}), "")
    return body, next((each for each in bare if each in TIMES), "")


def _hours_to(rate: Total, time: str) -> Total:
    """A rate per hour in the time of the limit."""
    hours = convert(Quantity(Decimal(1), time or "h"), "h").value
    return Total(rate.low * hours, rate.mild * hours, rate.high * hours, rate.unit, rate.body, rate.steps, rate.steps)


def _timed(totals: Totals, limit: Limit) -> Compared | None:
    """Intervals, numbers of doses in a day, and durations."""
    value = limit.value
    allowed = quantity(value.value, value.unit)
    if limit.kind is K.DURATION_MAX:
        if totals.duration_days is None:
            return None
        days = convert(Quantity(value.value, value.unit), "d").value
        return Compared(
            totals.duration_days, totals.duration_days, days, "d", f"{number(totals.duration_days)} days", allowed
        )
    schedule = totals.schedule
    if schedule is None:
        return None
    if limit.kind is K.DOSES_PER_DAY_MAX:
        said = f"{number(schedule.fewest)} doses a day"
        return Compared(schedule.fewest, schedule.most, value.value, "1", said, f"{number(value.value)} a day")
    hours = convert(Quantity(value.value, value.unit), "h").value
    return _interval(schedule.shortest_hours, schedule.longest_hours, hours, allowed)


def _interval(shortest: Decimal, longest: Decimal, least: Decimal, allowed: str) -> Compared:
    """An interval that is too short: compared by how often, so that "over" means too often."""
    day = Decimal(24)
    said, fastest = (f"one dose every {_hours(hours)}" for hours in (longest, shortest))
    return Compared(day / longest, day / shortest, day / least, "1", said, f"one every {allowed}", fastest)


def _hours(hours: Decimal) -> str:
    if hours >= 48 and hours % 24 == 0:
        return f"{number(hours / 24)} days"
    return "hour" if hours == 1 else f"{number(hours)} hours"
