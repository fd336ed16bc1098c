"""Reads for how long, over what time, and on what occasion a dose is given, at a token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from guardrails.dose import Frequency, Quantity, Range
from guardrails.numerals import Token, is_word
from guardrails.reading.amounts import HYPHENS, amount_at, code_at
from guardrails.reading.frequencies import DAILY, Timing
from guardrails.reading.lexicon import DAYS, THEN, WHEN, phrase_at
from guardrails.reading.ucum import TIMES

_SHORT_PERIODS = {Decimal(7): "d", Decimal(52): "wk", Decimal(12): "mo"}
_DAYS_IN_WEEK = 7
_GIVEN = frozenset({"{dose}", "{infusion}", "{injection}"})
_ONWARDS = ("beyond", "thereafter", "onwards", "later", "after")


def lasting(tokens: Sequence[Token], at: int) -> Timing | None:
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
    short = short_period(tokens, head)
    if short is not None:
        return short
    if head == at or head >= len(tokens):
        return None
    article = head > 0 and is_word(tokens, head - 1, "a") and code_at(tokens, head) in {"wk", "mo", "a"}
    if article:
        return Timing(head + 1, duration=Range(Quantity(Decimal(1), code_at(tokens, head))))
    read = amount_at(tokens, head)
    if read is not None and not read.unit and is_word(tokens, read.after, "consecutive"):
        unit = code_at(tokens, read.after + 1)
        high = read.amount.high and Quantity(read.amount.high.value, unit)
        read = replace(read, amount=Range(Quantity(read.amount.low.value, unit), high), after=read.after + 2)
    if read is None or read.per or read.unit not in TIMES | _GIVEN or read.amount.low.unit != read.unit:
        return None
    if read.unit == "{dose}" and str(read.amount) == "1 {dose}":
        return None
    return Timing(read.after, duration=read.amount)


def short_period(tokens: Sequence[Token], at: int) -> Timing | None:
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


def over(tokens: Sequence[Token], at: int) -> Timing | None:
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


def when(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "nocte", "with meals": the phrases of the table."""
    found = phrase_at(WHEN, tokens, at)
    if found is None:
        return _now(tokens, at)
    meaning, after = found
    if not meaning:
        return Timing(after)
    if not meaning.startswith("+"):
        return Timing(after, when=(meaning,))
    times = tuple(meaning[1:].split("+"))
    return Timing(after, replace(DAILY, times=Decimal(len(times))), when=times, implied=True)


def _now(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "two tablets now, then one …": only where nothing else follows, and not "patients now taking"."""
    ends = at + 1 >= len(tokens) or tokens[at + 1].kind == "sign" or phrase_at(THEN, tokens, at + 1) is not None
    return Timing(at + 1, when=("immediately",)) if is_word(tokens, at, "now") and ends else None


def weekdays(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "on Mondays", "every Monday, Wednesday and Friday"."""
    head = at + 1 if is_word(tokens, at, "on", "every", "each") else at
    days: list[str] = []
    through = False
    while head < len(tokens):
        found = phrase_at(DAYS, tokens, head)
        if found is None:
            break
        days += _until(days, found[0]) if through else [found[0]]
        at, head = found[1], found[1]
        through = is_word(tokens, head, "to", "through", *HYPHENS) and head + 1 < len(tokens)
        head += through
        while is_word(tokens, head, ",", "and", "/", "&") and head + 1 < len(tokens):
            head += 1
    if not days or len(days) > _DAYS_IN_WEEK:
        return None
    weekly = Frequency(Decimal(len(days)), Range(Quantity(Decimal(1), "wk")))
    return Timing(at, weekly, when=tuple(days), implied=True)


def _until(days: Sequence[str], last: str) -> list[str]:
    """The days after the last one up to this one: "Mon to Fri"."""
    week = list(dict.fromkeys(meaning for phrases in DAYS.values() for _, meaning in phrases))
    first = week.index(days[-1]) + 1
    return [week[(first + i) % 7] for i in range((week.index(last) - first) % 7 + 1)]


def anchored(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "30 minutes before meals", "after 2 weeks", "1 hour before surgery", "may repeat after 5 minutes"."""
    if is_word(tokens, at, "at"):
        return _at_least(tokens, at)
    if is_word(tokens, at, "after", "repeat", "repeated"):
        head, label = at + 1, "after"
        if not is_word(tokens, at, "after"):
            label = "repeat after"
            while is_word(tokens, head, "once", "the", "dose", "after", "in", "every"):
                head += 1
        while is_word(tokens, head, "at", "least", "a", "further", "another", "the", "first"):
            head += 1
        short = short_period(tokens, head)
        if short is not None and short.duration is not None:
            return Timing(short.after, when=(f"{label} {short.duration}",))
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


def _at_least(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "at least 1 hour before meals"."""
    later = anchored(tokens, at + 2) if is_word(tokens, at + 1, "least") and at + 2 < len(tokens) else None
    if later is None or " before " not in later.when[0]:
        return None
    return replace(later, when=(f"at least {later.when[0]}",))


def _day_of_cycle(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "D1", "D8": the day of a cycle of chemotherapy. D2 and D3 are vitamins."""
    days = {"D1": "day 1", "D8": "day 8", "D15": "day 15", "D22": "day 22"}
    found = days.get(tokens[at].text) if not (at > 0 and is_word(tokens, at - 1, "vitamin", "vit")) else None
    return Timing(at + 1, when=(found,)) if found else None


def step_label(tokens: Sequence[Token], at: int) -> Timing | None:
    """ "on day 1", "days 2-5", "weeks 1 and 2", "on days 1, 8 and 15"."""
    head = at
    while is_word(tokens, head, "on", "from", "for", "in", "at", "the"):
        head += 1
    if not is_word(tokens, head, "day", "days", "week", "weeks"):
        return _day_of_cycle(tokens, at)
    label, after = tokens[head].text.lower().rstrip("s"), head + 1
    numbers: list[str] = []
    while after < len(tokens) and tokens[after].kind == "number" and tokens[after].text.isdecimal():
        numbers.append(tokens[after].text)
        after += 1
        joint = "-" if is_word(tokens, after, "to", "through", *HYPHENS) else ","
        oxford = is_word(tokens, after, ",") and is_word(tokens, after + 1, "and", "&")
        after += 1 if oxford else 0
        follows = after + 1 < len(tokens) and tokens[after + 1].kind == "number"
        if not (is_word(tokens, after, "to", "through", ",", "and", "&", *HYPHENS) and follows):
            break
        if code_at(tokens, after + 2) and code_at(tokens, after + 2) not in TIMES:
            break
        numbers.append(joint)
        after += 1
    goes_on = is_word(tokens, after, "and") and is_word(tokens, after + 1, *_ONWARDS)
    onwards = 2 if goes_on else 1 if is_word(tokens, after, "onwards", "onward") else 0
    text = "".join(numbers) + ("-" if onwards else "")
    return Timing(after + onwards, when=(f"{label} {text}",)) if numbers else None
