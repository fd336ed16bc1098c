"""Reads one value as people write it in a cell or a box. What cannot be read raises `Unread`, in words for people."""

from __future__ import annotations

import re
from calendar import month_abbr, month_name
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import TypeVar

from assistant.triage.case import EventOutcome
from assistant.triage.duplicates.event_words import plain
from assistant.triage.intake.vocabulary import vocabulary
from assistant.triage.judgement import Criterion
from assistant.triage.people_in_case import AgeGroup, Measure, Qualification, Sex
from assistant.triage.product import ActionTaken, Challenge, ProductRole
from assistant.triage.when import PartialDate

Meaning = TypeVar("Meaning", bound=StrEnum)


class Unread(ValueError):
    """What is wrong with one value, and what to write instead."""


class DateOrder(StrEnum):
    """How dates with figures only are written where the year stands last."""

    DAY_FIRST = "day-first"
    MONTH_FIRST = "month-first"
    UNKNOWN = "unknown"


_AGE = re.compile(r"(?:age\W*)?(\d{1,3}(?:[.,]\d+)?)\s*-?\s*([a-z]+)?(?:\s*-?\s*old)?\.?", re.IGNORECASE)
_AGE_UNITS = {
    **dict.fromkeys(("", "a", "y", "yr", "yrs", "yo", "year", "years", "jahre", "ans", "anos"), "a"),
    **dict.fromkeys(("m", "mo", "mos", "month", "months", "monate", "mois", "meses"), "mo"),
    **dict.fromkeys(("w", "wk", "wks", "week", "weeks", "wochen", "semaines"), "wk"),
    **dict.fromkeys(("d", "day", "days", "tage", "jours"), "d"),
    **dict.fromkeys(("h", "hr", "hour", "hours"), "h"),
    **dict.fromkeys(("decade", "decades"), "10.a"),
}
_DECADE = re.compile(r"(\d)0\s*['’]?s|in (?:his|her|their) (\d)0s", re.IGNORECASE)
_OLDEST = 130
_WEIGHT = re.compile(r"(\d{1,5}(?:[.,]\d{1,2})?)\s*(kg|kgs|kilos?|lb|lbs|pounds?|g)?\.?", re.IGNORECASE)
_TO_KG = {"lb": Decimal("0.45359237"), "g": Decimal("0.001")}
_HEAVIEST = 700
_ISO = re.compile(r"(\d{4})(?:[-/.](\d{1,2})(?:[-/.](\d{1,2}))?)?(?:[T ]\d{1,2}:.*)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_FIGURES = re.compile(r"(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})")
_MONTH_YEAR = re.compile(r"(\d{1,2})[-/.](\d{4})")
_NAMED = re.compile(
    r"(?:(\d{1,2})(?:st|nd|rd|th)?[-\s./]*(?:of\s+)?)?([^\W\d_]{3,10})\.?[-\s./,]*(\d{4})", re.IGNORECASE
)
_NAMED_FIRST = re.compile(r"([^\W\d_]{3,10})\.?\s+(\d{1,2})(?:st|nd|rd|th)?,?\s+(\d{4})", re.IGNORECASE)
_NO_VALUE = frozenset(
    ("", "-", "--", ".", "?", "n a", "na", "nil", "none", "unknown", "unk", "not known", "not reported", "not provided",
     "not available", "missing", "unbekannt", "inconnu", "null", "nan", "ni", "asku", "msk")
)  # fmt: skip


def is_told(text: str) -> bool:
    """Whether a cell says anything: a dash, "unknown" and the like do not."""
    return plain(text) not in _NO_VALUE


def age(text: str) -> Measure:
    """54, 54 y, 8 months, 6 wk; a number alone is in years. "50s" is five decades."""
    decade = _DECADE.fullmatch(text.strip())
    if decade:
        return Measure(Decimal(decade.group(1) or decade.group(2)), "10.a")
    found = _AGE.fullmatch(text.strip())
    unit = _AGE_UNITS.get((found.group(2) or "").lower()) if found else None
    if found is None or unit is None:
        raise Unread("it is no age; write a number with years, months, weeks or days")
    value = Decimal(found.group(1).replace(",", "."))
    if unit == "a" and value > _OLDEST:
        raise Unread(f"nobody is {value} years old; write the age in years, or a birth date in its own column")
    return Measure(value, unit)


def age_group(text: str) -> AgeGroup:
    """Child, adult, elderly and so on."""
    return _named(text, AgeGroup, "age_group", "an age group")


def sex(text: str) -> Sex:
    """M, F, male, female, in five languages."""
    return _named(text, Sex, "sex", "a sex; write male or female")


def weight_kg(text: str) -> Decimal:
    """72, 72 kg, 158 lb; a number alone is in kilograms."""
    found = _WEIGHT.fullmatch(text.strip())
    if found is None:
        raise Unread("it is no weight; write a number of kilograms")
    unit = (found.group(2) or "kg").lower()
    factor = next((kg for name, kg in _TO_KG.items() if unit.startswith(name) or (name == "lb" and unit[0] == "p")), 1)
    value = Decimal(found.group(1).replace(",", ".")) * factor
    if not Decimal("0.2") <= value <= _HEAVIEST:
        raise Unread("nobody weighs that; write a number of kilograms")
    return round(value, 2)


def day(text: str, order: DateOrder = DateOrder.UNKNOWN) -> PartialDate:
    """2025-03-04, 20250304, 4 March 2025, 04-MAR-2025, 03/2025, 2025, or 4/3/2025 where the order of figures is known.

    Where it is not known and both readings are possible, only the year is taken.
    """
    told = text.strip()
    try:
        year, month, on = (*_parts(told, order), None, None)[:3]
        return PartialDate(year or 0, month, on)
    except ValueError as error:
        if isinstance(error, Unread):
            raise
        raise Unread("no calendar has this date; write it as 2025-03-14") from error


def _parts(told: str, order: DateOrder) -> list[int]:
    iso = _ISO.fullmatch(told) or _COMPACT.fullmatch(told)
    if iso:
        return [int(part) for part in iso.groups() if part]
    figures = _FIGURES.fullmatch(told)
    if figures:
        return _ordered(int(figures[1]), int(figures[2]), int(figures[3]), order)
    short = _MONTH_YEAR.fullmatch(told)
    if short:
        return [int(short[2]), int(short[1])]
    first = _NAMED_FIRST.fullmatch(told)
    if first and plain(first[1]) in _months():
        return [int(first[3]), _months()[plain(first[1])], int(first[2])]
    named = _NAMED.fullmatch(told)
    if named and plain(named[2]) in _months():
        return [int(named[3]), _months()[plain(named[2])], *([int(named[1])] if named[1] else [])]
    raise Unread("it is no date; write it as 2025-03-14, 2025-03 or 2025")


def _ordered(one: int, two: int, year: int, order: DateOrder) -> list[int]:
    if one > 12 or order is DateOrder.DAY_FIRST:
        return [year, two, one]
    if two > 12 or order is DateOrder.MONTH_FIRST or one == two:
        return [year, one, two]
    return [year]


def order_of(texts: list[str]) -> DateOrder:
    """The order of day and month that a column of dates gives away: a figure above 12 can only be a day."""
    firsts, seconds = [], []
    for text in texts:
        found = _FIGURES.fullmatch(text.strip())
        if found:
            firsts.append(int(found.group(1)))
            seconds.append(int(found.group(2)))
    day_first, month_first = any(one > 12 for one in firsts), any(two > 12 for two in seconds)
    if day_first == month_first:
        return DateOrder.UNKNOWN
    return DateOrder.DAY_FIRST if day_first else DateOrder.MONTH_FIRST


@cache
def _months() -> dict[str, int]:
    names = {name.lower(): at for table in (month_name, month_abbr) for at, name in enumerate(table) if name}
    return {**names, "sept": 9, **vocabulary().months}


def initials(text: str) -> str:
    """Initials in capitals; of a name written out only its initials are kept."""
    words = re.findall(r"[^\W\d_]+", text)
    if not words:
        raise Unread("it holds no letters; write the patient's initials")
    if len(words) == 1 and len(words[0]) <= (4 if words[0].isupper() else 3):
        return str(words[0]).upper()
    return "".join(str(word)[0] for word in words).upper()[:4]


def outcome(text: str) -> EventOutcome:
    """How the reaction ended."""
    return _named(text, EventOutcome, "outcome", "an outcome; write recovered, recovering, not recovered or fatal")


def qualification(text: str) -> Qualification:
    """What the reporter is."""
    return _named(text, Qualification, "qualification", "a kind of reporter; write physician, pharmacist or consumer")


def action(text: str) -> ActionTaken:
    """What was done with the medicine."""
    return _named(text, ActionTaken, "action", "an action taken; write withdrawn, dose reduced or dose not changed")


def role(text: str) -> ProductRole:
    """What the medicine has to do with it."""
    return _named(text, ProductRole, "role", "a role; write suspect, interacting or concomitant")


def dechallenge(text: str) -> Challenge:
    """Did it abate after stopping? Yes means that it did not come back: `NOT_RECURRED`."""
    answer = _answer(text)
    return {"yes": Challenge.NOT_RECURRED, "no": Challenge.RECURRED}.get(answer, Challenge.NOT_DONE)


def rechallenge(text: str) -> Challenge:
    """Did it come back after the medicine was given again?"""
    answer = _answer(text)
    return {"yes": Challenge.RECURRED, "no": Challenge.NOT_RECURRED}.get(answer, Challenge.NOT_DONE)


def yes(text: str) -> bool:
    """Yes or no."""
    return _answer(text) == "yes"


def country(text: str) -> str:
    """An ISO 3166-1 alpha-2 code, from itself, the alpha-3 code or the name."""
    told = plain(text)
    if told.upper() in vocabulary().country_codes:
        return told.upper()
    if told in vocabulary().countries:
        return str(vocabulary().countries[told])
    raise Unread("it is no country that is known here; write its two letters, for example DE")


def criteria(text: str) -> tuple[Criterion, ...]:
    """Every criterion of seriousness that the words name; "no" or "not serious" is none."""
    told = f" {plain(text)} "
    if told.strip() in vocabulary().meanings["answer"]["no"] or " not serious " in told or " non serious " in told:
        return ()
    found = [
        Criterion(name)
        for name, words in vocabulary().meanings["criterion"].items()
        if any(f" {word} " in told for word in words)
    ]
    if not found:
        raise Unread("it names no criterion of seriousness; write death, hospitalisation, life-threatening and so on")
    return tuple(found)


def _answer(text: str) -> str:
    told = plain(text)
    for meaning, words in vocabulary().meanings["answer"].items():
        if told == meaning or told in words:
            return meaning
    raise Unread("it is no answer; write yes, no or not applicable")


def _named(text: str, kind: type[Meaning], table: str, what: str) -> Meaning:
    told = plain(text)
    for meaning, words in vocabulary().meanings[table].items():
        if told == plain(meaning) or told in words:
            return kind(meaning)
    raise Unread(f"it is not known as {what}")


Reader = Callable[[str], object]
"""Reads one value; raises `Unread`."""

READERS: Mapping[str, Reader] = {
    "age": age,
    "age_group": age_group,
    "sex": sex,
    "weight": weight_kg,
    "day": day,
    "initials": initials,
    "outcome": outcome,
    "qualification": qualification,
    "action": action,
    "role": role,
    "dechallenge": dechallenge,
    "rechallenge": rechallenge,
    "yes": yes,
    "country": country,
    "criteria": criteria,
}
"""Every reader by its name."""
