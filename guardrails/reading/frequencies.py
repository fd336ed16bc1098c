"""Reads how often, at a token, and into how many parts a dose is divided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from guardrails.dose import Frequency, Quantity, Range
from guardrails.numerals import Token, is_word
from guardrails.reading.amounts import HYPHENS, amount_at, code_at, numeral
from guardrails.reading.lexicon import DIVIDED, OFTEN, ORDINAL_PERIODS, phrase_at
from guardrails.reading.ucum import TIMES
from guardrails.units import REPETITIONS

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


def often(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "twice daily", "bd", "weekly", "bd-tds": the phrases of the table."""
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


def every(tokens: Sequence[Token], at: int) -> Timing | None:
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
    if read is not None and is_word(tokens, read.after, "cycle", "cycles", "course"):
        return None
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


def times(tokens: Sequence[Token], at: int) -> Timing | None:
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


def divided(tokens: Sequence[Token], at: int) -> Timing | None:
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
        inner = every(tokens, after) or times(tokens, after) or often(tokens, after)
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
