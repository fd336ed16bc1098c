"""Amounts in the form in which a claim and its quote are compared: converted, and with their frequency made one.

"0.5 g" and "500 mg" are equal, and "24 hours" and "1 day", exactly (fractions, never floats). A month is no number of
weeks, units of activity are never converted, and a rate per day is not one per hour.

Decided for frequencies: an interval that divides a day evenly is that many times a day ("every 12 hours" is "twice
daily", "every 8 hours" is "three times a day"), every 7 days is once a week, and "daily" is once daily. One direction
stays shut: a quote that gives a total ("20 mg per day") does not say that it is taken once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction
from functools import lru_cache

from guardrails.bounds import Bound, clause_ends
from guardrails.conversion import Size, frequency, scaled
from guardrails.quantities import Amount, read_amounts


class PerDay(StrEnum):
    """How a text says that an amount is for a day: nothing said, once daily, daily, or as the total of a day."""

    NO = ""
    ONCE = "once"
    DAILY = "daily"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Measure:
    """An amount of a text, ready to be compared: `text[start:end]`; `beside` are the places of its other words."""

    size: Size
    per_day: PerDay
    bound: Bound
    change: str
    start: int
    end: int
    beside: tuple[tuple[int, int], ...] = ()
    in_brackets: bool = False

    @property
    def unit(self) -> str:
        """The unit that sizes are compared in."""
        return self.size[2]

    @property
    def places(self) -> tuple[tuple[int, int], ...]:
        """Where the number and all words of it stand."""
        return (self.start, self.end), *self.beside

    def is_said_by(self, quoted: Measure) -> bool:
        """Whether a quote that says `quoted` says this amount."""
        if self.size[2] != quoted.size[2] or self.size != quoted.size:
            return False  # the unit first: fractions are slow to compare
        return not (quoted.per_day is PerDay.TOTAL and self.per_day is PerDay.ONCE)


_MASS_LIKE = frozenset({"pg", "µL", "nmol", "mEq", "unit", "IU", "tablet", "capsule", "caplet", "pill", "puff", "drop"})


def _measure(text: str, amount: Amount) -> Measure:
    low, high = Fraction(amount.low), None if amount.high is None else Fraction(amount.high)
    size = frequency(scaled((low, high, amount.unit, amount.code)))
    if size[:3] == (_HALF, None, "") and _BY.search(text[max(0, amount.start - 20) : amount.start]):
        size = Fraction(50), None, "%", ""  # "reduce by half" is "reduce by 50 %"
    words = text[amount.start : amount.end].lower()
    per_day = PerDay.NO
    if size[2].endswith("/d") and size[2] != "x/d":
        per_day = PerDay.DAILY if re.search(r"\b(?:daily|(?:every|each|a) day)$", words) else PerDay.TOTAL
    beside = (amount.cue,) if amount.cue[1] else ()
    # "over 65 years" and "over 40 kg" are more than that, "over 30 minutes" is how long it takes
    bound = Bound.MORE if amount.bound is Bound.OVER and size[2] != "s" else amount.bound
    steps = amount.change in {"increase", "decrease"} and _STEPS.search(text[max(0, amount.start - 40) : amount.start])
    change = f"{amount.change} by" if steps else amount.change
    return Measure(size, per_day, bound, change, amount.start, amount.end, beside)


_HALF = Fraction(1, 2)
_BY = re.compile(r"\bby\s+(?:about\s+|approximately\s+)?$", re.IGNORECASE)
_STEPS = re.compile(
    r"\bin\s+(?:steps|increments|decrements)\s+of\s+(?:(?:about|approximately|up to)\s+)?$", re.IGNORECASE
)


_DAILY_DOSE = re.compile(
    r"\b(?:total\s+)?(?P<word>daily|24[- ]hour)\s+(?:\w+\s+){0,2}?"
    r"(?:dos(?:e|es|age|ages|ing)|maximum|limit|amount|intake|total)\b"
    r"|\b(?P<a>max(?:imum)?\s+daily)\b|\b(?P<b>(?:per|each|a)\s+day)\s*(?:is|:|of)\s*$",
    re.IGNORECASE,
)
_ROUTE = (
    r"orally|by mouth|p\.?o\.?|intravenously|i\.?v\.?|subcutaneously|s\.?c\.?|under the skin|intramuscularly|i\.?m\.?"
)
_BETWEEN = (
    r"\s*,?\s*(?:of\s+(?:(?!once|twice|thrice|one|two|three|four|every|each)[a-z][\w-]*\s+){1,4}?)?"
    rf"(?:\(?(?:{_ROUTE}|tablets?|capsules?|doses?|taken|given|administered|injected|infused|as|a|an|single|one"
    r"|is|are|to be|should be"
    r"|in total|total|altogether|\w+ly)\)?[\s,]*?){0,6}\s*"
)
_GAP = re.compile(_BETWEEN, re.IGNORECASE)
_TIMED = re.compile(
    _BETWEEN + r"(?:(?P<daily>daily|(?:each|every) day)|(?P<weekly>weekly|(?:each|every|per|a) week)"
    r"|(?P<total>(?:(?:in|within|over|during|per|every)\s+(?:a\s+|any\s+|one\s+|each\s+|the\s+)?"
    r"(?:24[- ]?h(?:(?:ou)?rs?)?(?:[- ]period)?|(?:single\s+)?day)(?:\s+period)?)|a day"
    r"|/\s?24\s?h(?:(?:ou)?rs?)?|\(?total daily dose\)?))(?!\w)",
    re.IGNORECASE,
)
_COLUMN = re.compile(r"[^:;()]{0,60}\(([^()]{1,20})\)[^:;()]{0,20}:\s")
"""The label of a cell with the unit of its numbers: "Body weight (kg): 12 to 18"."""


@lru_cache(maxsize=8192)
def measures(text: str) -> tuple[Measure, ...]:
    """Every amount of the text in order, converted; an amount and its "once daily" are one measure."""
    found = list(_without_once(text, [_measure(text, amount) for amount in read_amounts(text)]))
    found = list(_with_ages(text, found))
    found = [_in_brackets(text, one) for one in _merged(text, list(_with_column_units(text, found)))]
    return tuple(_of_a_day(text, found))


def _without_once(text: str, found: Sequence[Measure]) -> Iterator[Measure]:
    """Drop the "once" of "once every 8 hours": the interval says it."""
    starts: int | None = None
    for one, other in zip(found, [*found[1:], None], strict=False):
        is_once = one.size[:3] == (Fraction(1), None, "x") and other is not None and _is_frequency(other)
        if is_once and other is not None and text[one.end : other.start].strip() in {"", "on"}:
            starts = one.start
            continue
        yield one if starts is None else replace(one, start=starts)
        starts = None


def _merged(text: str, found: Sequence[Measure]) -> Iterator[Measure]:
    """Join "20 mg" and the "once daily" behind it."""
    at = 0
    while at < len(found):
        one, other = found[at], found[at + 1] if at + 1 < len(found) else None
        at += 1
        joins = other is not None and _is_once_daily(other) and _takes_a_day(one)
        if other is not None and joins and _GAP.fullmatch(text, one.end, other.start):
            low, high, unit, code = one.size
            size = (low, high, f"{unit}/{other.unit.removeprefix('x/')}", code)
            bound = other.bound if one.bound is Bound.PLAIN else one.bound
            beside = (*one.beside, *other.places)
            yield replace(one, size=size, per_day=PerDay.ONCE, bound=bound, beside=beside)
            at += 1
        else:
            yield one


def _is_frequency(one: Measure) -> bool:
    return one.unit.startswith(("x/", "every "))


def _is_once_daily(one: Measure) -> bool:
    if one.size[:2] != (Fraction(1), None) or one.unit not in {"x/d", "x/wk"}:
        return False
    is_capped = one.bound is Bound.AT_MOST and bool(one.beside) and one.beside[0][0] >= one.end
    return one.bound is Bound.PLAIN or is_capped  # "10 mg once daily is the maximum" caps the 10 mg


def _takes_a_day(one: Measure) -> bool:
    return one.unit.partition("/")[0] in _MASS_LIKE and not one.unit.endswith(("/d", "/wk", "/mo", "/dose", "/s"))


def _in_brackets(text: str, one: Measure) -> Measure:
    opened = text.rfind("(", max(0, one.start - 80), one.start)
    inside = opened >= 0 and ")" not in text[opened : one.start] and ")" in text[one.end : one.end + 80]
    return replace(one, in_brackets=inside)


def _of_a_day(text: str, found: Sequence[Measure]) -> Iterator[Measure]:
    """ "a maximum daily dose of 4 g" and "4 g in 24 hours" are 4 g per day; "7.5 mg orally weekly" is per week."""
    ends = [0, *clause_ends(text)]
    skipped: Measure | None = None
    for at, one in enumerate(found):
        if one is skipped:
            continue
        following = found[at + 1] if at + 1 < len(found) else None
        timed = _TIMED.match(text, one.end) if _takes_a_day(one) else None
        if timed and (following is None or following.start >= timed.start(str(timed.lastgroup))):
            skipped = following if following is not None and following.start < timed.end() else None
            period, per_day = _PERIOD[str(timed.lastgroup)]
            yield _per(one, period, per_day, timed.span(str(timed.lastgroup)))
            continue
        start = max([end for end in ends if end <= one.start] + [found[at - 1].end if at else 0])
        before = list(_DAILY_DOSE.finditer(text, start, one.start)) if _takes_a_day(one) else []
        if before and (following is None or not _is_frequency(following) or text[one.end : following.start].strip()):
            yield _per(one, "d", PerDay.TOTAL, before[-1].span(str(before[-1].lastgroup)))
        else:
            yield one


_PERIOD = {"daily": ("d", PerDay.DAILY), "weekly": ("wk", PerDay.NO), "total": ("d", PerDay.TOTAL)}


def _per(one: Measure, period: str, per_day: PerDay, place: tuple[int, int]) -> Measure:
    low, high, unit, code = one.size
    return replace(one, size=(low, high, f"{unit}/{period}", code), per_day=per_day, beside=(*one.beside, place))


_WHOM = re.compile(
    r"\b(?:aged?|ages|child(?:ren)?|adults?|adolescents?|patients|those|women|men|people|infants?|paeds)\s*,?\s*"
    r"(?:(?:aged|of|from|under|over|below|above|at least|older than|younger than|less than|more than|and|≥|>|<|≤|up to)"
    r"\s*)*$",
    re.IGNORECASE,
)
_AGED = re.compile(r"\bage\s+(?:of\s+)?$", re.IGNORECASE)
_YEARS = re.compile(r"\s*-?\s*y(?:/o|o)?\b", re.IGNORECASE)
_COUNTED = re.compile(
    r"\s+(?:[a-z][\w-]*\s+){0,2}?\d[\d.,]*\s?(?:mg|mcg|g)\s+(?P<form>tablets?|tabs?|capsules?|caps?|caplets?)\b", re.I
)
_NEXT_WORD = re.compile(
    r"\s*(?:[,.;:)]|$|(?:and|or|to|with|who|in|on|of|receive|take|get|start|should|may|can|must|is|are|for)\b)", re.I
)


def _with_ages(text: str, found: Sequence[Measure]) -> Iterator[Measure]:
    """ "children under 12" and "≥ 12 y" are years; "2 acetaminophen 325 mg tablets" are two tablets."""
    for one in found:
        form = None if one.unit else _COUNTED.match(text, one.end)
        if one.unit:
            yield one
        elif form and one.size[1] is None:
            unit = read_amounts(f"1 {form.group('form')}")[0].unit
            yield replace(one, size=(*one.size[:2], unit, one.size[3]), beside=(*one.beside, form.span("form")))
        elif (years := _YEARS.match(text, one.end)) or (
            _AGED.search(text[max(0, one.start - 8) : one.start])
            or (
                _WHOM.search(text[max(0, one.start - 60) : one.start])
                and _NEXT_WORD.match(text, max(e for _, e in one.places))
            )
        ):
            low, high, _, code = one.size
            end = years.end() if years else one.end
            yield replace(one, size=scaled((low, high, "yr", code)), end=end)
        else:
            yield one


def _with_column_units(text: str, found: Sequence[Measure]) -> Iterator[Measure]:
    """A bare number in a cell takes the unit that the label of the cell gives in brackets."""
    starts = [0, *(match.end() for match in re.finditer(r";\s*|\.\s+|\n", text))]
    for one in found:
        label = None if one.unit else _COLUMN.match(text, max(at for at in starts if at <= one.start))
        unit = read_amounts(f"1 {label.group(1)}") if label and label.end() <= one.start else ()
        if label and len(unit) == 1 and unit[0].unit:
            low, high, _, code = one.size
            size = frequency(scaled((low, high, unit[0].unit, code)))
            yield replace(one, size=size, beside=(label.span(1), *one.beside))
        else:
            yield one
