"""Reads how often, for how long, and when, at a token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from guardrails.dose import Frequency, Quantity, Range
from guardrails.numerals import Token, is_word
from guardrails.reading.amounts import HYPHENS, amount_at, code_at, numeral
from guardrails.reading.lexicon import DAYS, DIVIDED, OFTEN, ORDINAL_PERIODS, WHEN, phrase_at
from guardrails.reading.ucum import TIMES
from guardrails.units import REPETITIONS

_SHORT_PERIODS = {Decimal(7): "d", Decimal(52): "wk", Decimal(12): "mo"}
_DAYS_IN_WEEK = 7
DAILY = Frequency(Decimal(1), Range(Quantity(Decimal(1), "d")))
"""Once a day."""


@dataclass(frozen=True, slots=True)
class Timing:
    """What was read about time up to the token `after`; only what was said is set."""

    after: int
    frequency: Frequency | None = None
    duration: Range | None = None
    over: Range | None = None
    when: tuple[str, ...] = ()
    implied: bool = False


def timing_at(tokens: Sequence[Token], at: int) -> Timing | None:
    """The frequency, duration, infusion time or time of day that begins at this token."""
    for reader in (_divided, _lasting, _anchored, _step_label, _every, _times, _often, _when, _weekdays, _over):
        found = reader(tokens, at)
        if found is not None:
            return found
    return None


def _often(tokens: Sequence[Token], at: int) -> Timing | None:
    found = phrase_at(OFTEN, tokens, at)
    if found is None or (is_word(tokens, at, "od") and _is_of_eye(tokens, at)):
        return None
    frequency = _frequency(found[0])
    joined = is_word(tokens, found[1], "to", "or", *HYPHENS) and found[1] + 1 < len(tokens)
    other = phrase_at(OFTEN, tokens, found[1] + 1) if joined else None
    if other is not None:
        high = _frequency(other[0])
        if frequency.period == high.period and (frequency.times or 0) < (high.times or 0):
            return Timing(other[1], replace(frequency, times_high=high.times))
    return Timing(found[1], frequency)


def _is_of_eye(tokens: Sequence[Token], at: int) -> bool:
    """Whether "OD" may mean the right eye here."""
    return any(is_word(tokens, i, "drop", "drops", "gtt", "eye", "ointment", "lens") for i in range(max(0, at - 6), at))


def _frequency(meaning: str) -> Frequency:
    times, _, period = meaning.partition(" ")
    count, _, unit = period.rpartition(".")
    return Frequency(Decimal(times), Range(Quantity(Decimal(count or 1), unit)))


def _every(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "every 6 hours", "q4-6h", "q.4.d", "every third day", "6-hourly", "once every 3 months"."""
    head = at + 1 if is_word(tokens, at, "once") and is_word(tokens, at + 1, "every", "in") else at
    if is_word(tokens, head, "every", "each", "q", "q.") or (head > at and is_word(tokens, head, "in")):
        return _period_after(tokens, head + 1)
    if tokens[at].kind == "number" or is_word(tokens, at, "two", "three", "four", "six", "eight", "twelve"):
        return _hourly(tokens, at)
    return None


def _period_after(tokens: Sequence[Token], head: int) -> Timing | None:
    while is_word(tokens, head, ".", *HYPHENS):
        head += 1
    if head >= len(tokens):
        return None
    if tokens[head].text.lower() in ORDINAL_PERIODS and code_at(tokens, head + 1) in TIMES:
        value = ORDINAL_PERIODS[tokens[head].text.lower()]
        return _once_per(Range(Quantity(value, code_at(tokens, head + 1))), head + 2)
    dotted = head + 2 < len(tokens) and tokens[head].kind == "number" and tokens[head + 1].text == "."
    if dotted and code_at(tokens, head + 2) in TIMES and tokens[head].end == tokens[head + 2].start - 1:
        return _once_per(Range(Quantity(Decimal(tokens[head].text), code_at(tokens, head + 2))), head + 3)
    read = amount_at(tokens, head)
    if read is not None and not read.unit and is_word(tokens, read.after, "w"):
        high = read.amount.high and Quantity(read.amount.high.value, "wk")
        return _once_per(Range(Quantity(read.amount.low.value, "wk"), high), read.after + 1)
    if read is None or read.unit not in TIMES or read.amount.low.unit not in TIMES or read.per:
        return None
    return _once_per(read.amount, read.after)


def _hourly(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "6 hourly", "4-6 hourly", "8-hourly", "12 hrly"."""
    low = numeral(tokens, at)
    if low is None:
        return None
    high, after = None, low[1]
    if is_word(tokens, after, "to", *HYPHENS) and after + 1 < len(tokens):
        other = numeral(tokens, after + 1)
        high, after = other if other else (None, after)
    if is_word(tokens, after, *HYPHENS):
        after += 1
    if not is_word(tokens, after, "hourly", "hrly", "hly"):
        return None
    return _once_per(Range(Quantity(low[0], "h"), Quantity(high, "h") if high else None), after + 1)


def _once_per(period: Range, after: int) -> Timing:
    return Timing(after, Frequency(Decimal(1), period))


def _times(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "3 times a day", "2-3 times daily", "once or twice weekly", "3x/day", "twice every 3 weeks"."""
    head, marked = (at + 1, True) if is_word(tokens, at, "x") else (at, False)
    low = _count(tokens, head)
    if low is None:
        return None
    high, after = None, low[1]
    if is_word(tokens, after, "to", "or", *HYPHENS):
        other = _count(tokens, after + 1)
        high, after = other if other else (None, after)
    words = head < len(tokens) and tokens[head].text.lower() in REPETITIONS
    if is_word(tokens, after, "x", "times", "time", "doses", "applications"):
        if is_word(tokens, after, "doses", "applications") and not is_word(tokens, after + 1, "daily"):
            return None
        after += 1
    elif not (words or (marked and is_word(tokens, after, "/", "daily", "per"))):
        return None
    period = _repetition_period(tokens, after)
    if period is None:
        return None
    return Timing(period[1], Frequency(low[0], period[0], high and high))


def _count(tokens: Sequence[Token], at: int) -> tuple[Decimal, int] | None:
    if at >= len(tokens):
        return None
    word = tokens[at].text.lower()
    return (REPETITIONS[word], at + 1) if word in REPETITIONS else numeral(tokens, at)


def _repetition_period(tokens: Sequence[Token], at: int) -> tuple[Range, int] | None:
    if is_word(tokens, at, "daily", "weekly", "monthly", "yearly"):
        unit = {"daily": "d", "weekly": "wk", "monthly": "mo", "yearly": "a"}[tokens[at].text.lower()]
        return Range(Quantity(Decimal(1), unit)), at + 1
    if not is_word(tokens, at, "a", "an", "per", "/", "each", "every", "in"):
        return None
    head = at + 1
    if code_at(tokens, head) in TIMES:
        return Range(Quantity(Decimal(1), code_at(tokens, head))), head + 1
    read = amount_at(tokens, head) if head < len(tokens) else None
    if read is None or read.unit not in TIMES or read.amount.high or read.per:
        return None
    if str(read.amount) == "24 h":
        return Range(Quantity(Decimal(1), "d")), read.after
    return read.amount, read.after


def _divided(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "in 3 divided doses", "divided every 8 hours", "divided into two doses", "div q6h"."""
    for head in (at + 1, at + 2) if is_word(tokens, at, "in", "as", "given", "by") else ():
        if head < len(tokens) and _count(tokens, head):
            return _parts(tokens, head)
    found = phrase_at(DIVIDED, tokens, at)
    if found is None:
        return None
    after = found[1]
    if is_word(tokens, after, "into", "in", "over", "as", "between", "by"):
        after += 1
    if after < len(tokens):
        inner = _every(tokens, after) or _times(tokens, after) or _often(tokens, after)
        if inner is not None and inner.frequency is not None:
            return Timing(inner.after, replace(inner.frequency, divided=True))
        parts = _parts(tokens, after)
        if parts is not None:
            return parts
    return Timing(found[1], Frequency(None, None, divided=True))


def _parts(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "3 divided doses", "two to four equally divided doses", "2 doses", and "daily" after it."""
    low = _count(tokens, at)
    if low is None:
        return None
    high, after = None, low[1]
    if is_word(tokens, after, "to", "or", *HYPHENS):
        other = _count(tokens, after + 1)
        high, after = other if other else (None, after)
    said = False
    while is_word(tokens, after, "equally", "equal", "evenly", "divided", "separate"):
        after, said = after + 1, True
    if not (is_word(tokens, after, "doses") and (said or is_word(tokens, at - 1, "into", "in", "as"))):
        return None
    after += 1
    if is_word(tokens, after, "daily") or (
        is_word(tokens, after, "per", "a", "each") and code_at(tokens, after + 1) == "d"
    ):
        after += 1 if is_word(tokens, after, "daily") else 2
    return Timing(after, Frequency(low[0], Range(Quantity(Decimal(1), "d")), high and high, divided=True))


def _lasting(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "for 7 days", "x 5 days", "for up to 2 weeks", "7/7", "for 3 doses"."""
    head = at
    if is_word(tokens, at, "for", "x", "×", "during"):
        head += 1
        if is_word(tokens, head, "up") and is_word(tokens, head + 1, "to"):
            head += 2
        while is_word(
            tokens, head, "the", "a", "about", "first", "next", "at", "least", "further", "another", "total", "of"
        ):
            head += 1
    short = _short_period(tokens, head)
    if short is not None:
        return short
    if head == at or head >= len(tokens):
        return None
    read = amount_at(tokens, head)
    if read is None or read.per or read.unit not in TIMES | {"{dose}"} or read.amount.low.unit != read.unit:
        return None
    if read.unit == "{dose}" and str(read.amount) == "1 {dose}":
        return None
    return Timing(read.after, duration=read.amount)


def _short_period(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "5/7" is five days, "2/52" two weeks and "3/12" three months, in British prescriptions."""
    parts = tokens[at : at + 4]
    if len(parts) < 3 or parts[0].kind != "number" or parts[1].text != "/" or parts[2].kind != "number":
        return None
    if not (parts[0].text.isdecimal() and parts[2].text.isdecimal()) or len(parts[0].text) > 2:
        return None
    unit = _SHORT_PERIODS.get(Decimal(parts[2].text))
    measured = code_at(tokens, at + 3) != "" or (len(parts) > 3 and parts[3].text == "/")
    before = at > 0 and is_word(tokens, at - 1, "1", "(", "bp")
    if unit is None or measured or before or parts[2].text not in {"7", "52", "12"}:
        return None
    return Timing(at + 3, duration=Range(Quantity(Decimal(parts[0].text), unit)))


def _over(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "over 30 minutes", "over at least 1 hour": how long one dose takes to give."""
    if not is_word(tokens, at, "over"):
        return None
    head = at + 1
    while is_word(tokens, head, "a", "at", "least", "approximately", "about", "period", "of"):
        head += 1
    read = amount_at(tokens, head) if head < len(tokens) else None
    if read is None or read.per or read.unit not in {"s", "min", "h", "d"} or read.amount.low.unit != read.unit:
        return None
    return Timing(read.after, over=read.amount)


def _when(tokens: Sequence[Token], at: int) -> Timing | None:
    found = phrase_at(WHEN, tokens, at)
    if found is None:
        return None
    meaning, after = found
    if not meaning.startswith("+"):
        return Timing(after, when=(meaning,))
    return Timing(after, DAILY, when=(meaning[1:],), implied=True)


def _weekdays(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "on Mondays", "every Monday, Wednesday and Friday"."""
    head = at + 1 if is_word(tokens, at, "on", "every", "each") else at
    days: list[str] = []
    while head < len(tokens):
        found = phrase_at(DAYS, tokens, head)
        if found is None:
            break
        days.append(found[0])
        at, head = found[1], found[1]
        while is_word(tokens, head, ",", "and", "/", "&") and head + 1 < len(tokens):
            head += 1
    if not days or len(days) > _DAYS_IN_WEEK:
        return None
    weekly = Frequency(Decimal(len(days)), Range(Quantity(Decimal(1), "wk")))
    return Timing(at, weekly, when=tuple(days), implied=True)


def _anchored(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "30 minutes before meals", "after 2 weeks", "1 hour before surgery", "may repeat after 5 minutes"."""
    if is_word(tokens, at, "after", "repeat", "repeated"):
        head, label = at + 1, "after"
        if not is_word(tokens, at, "after"):
            label = "repeat after"
            while is_word(tokens, head, "once", "the", "dose", "after", "in", "every"):
                head += 1
        while is_word(tokens, head, "at", "least", "a", "further", "another", "the", "first"):
            head += 1
        read = amount_at(tokens, head) if head < len(tokens) else None
        if read is None or read.per or read.unit not in TIMES:
            return None
        return Timing(read.after, when=(f"{label} {read.amount}",))
    read = amount_at(tokens, at)
    if read is None or read.per or read.unit not in TIMES or read.after >= len(tokens):
        return None
    found = phrase_at(WHEN, tokens, read.after)
    if found is None or not found[0].startswith(("before", "after")):
        later = is_word(tokens, read.after, "later")
        return Timing(read.after + 1, when=(f"after {read.amount}",)) if later else None
    return Timing(found[1], when=(f"{read.amount} {found[0]}",))


def _step_label(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "on day 1", "days 2-5", "weeks 1 and 2", "on days 1, 8 and 15"."""
    head = at
    while is_word(tokens, head, "on", "from", "for", "in", "at", "the"):
        head += 1
    if not is_word(tokens, head, "day", "days", "week", "weeks"):
        return None
    label, after = tokens[head].text.lower().rstrip("s"), head + 1
    numbers: list[str] = []
    while after < len(tokens) and tokens[after].kind == "number" and tokens[after].text.isdecimal():
        numbers.append(tokens[after].text)
        after += 1
        joint = "-" if is_word(tokens, after, "to", "through", *HYPHENS) else ","
        follows = after + 1 < len(tokens) and tokens[after + 1].kind == "number"
        if not (is_word(tokens, after, "to", "through", ",", "and", "&", *HYPHENS) and follows):
            break
        if code_at(tokens, after + 2) and code_at(tokens, after + 2) not in TIMES:
            break
        numbers.append(joint)
        after += 1
    onwards = is_word(tokens, after, "onwards", "onward")
    text = "".join(numbers) + ("-" if onwards else "")
    return Timing(after + onwards, when=(f"{label} {text}",)) if numbers else None
