"""How a field of a case is typed in on the board, and how what a person typed becomes its value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum, StrEnum

from assistant.triage.changes import Json, encode
from assistant.triage.dictionaries.matching import Matcher
from assistant.triage.errors import FieldInvalid
from assistant.triage.people_in_case import Measure
from assistant.triage.terms import Term
from assistant.triage.when import PartialDate


class Kind(StrEnum):
    """How a field is typed in."""

    TEXT = "text"
    LONG = "long"
    DATE = "date"
    MEASURE = "measure"
    NUMBER = "number"
    YES_NO = "yes or no"
    CHOICE = "choice"
    WORDS = "words"
    COUNTRY = "country"
    TERM = "coded term"


@dataclass(frozen=True, slots=True)
class Spec:
    """A field: its label, how it is typed, and its choices where it has some."""

    label: str
    kind: Kind = Kind.TEXT
    choices: tuple[str, ...] = ()

    @property
    def hint(self) -> str:
        """What to type."""
        return _HINTS.get(self.kind, "")


_HINTS = {
    Kind.DATE: "2026, 2026-03 or 2026-03-14",
    Kind.MEASURE: "71 years, 500 mg, 2 h",
    Kind.NUMBER: "a number",
    Kind.COUNTRY: "two letters: US, DE",
    Kind.WORDS: "one, another",
    Kind.TERM: "a term of the dictionary, or its code",
}
_TIME_UNITS = {
    **dict.fromkeys(("a", "y", "yr", "yrs", "year", "years"), "a"),
    **dict.fromkeys(("mo", "month", "months"), "mo"),
    **dict.fromkeys(("wk", "week", "weeks"), "wk"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
    **dict.fromkeys(("min", "minute", "minutes"), "min"),
}


def choice(label: str, values: type[Enum]) -> Spec:
    """A field whose choices are the words of an enumeration."""
    return Spec(label, Kind.CHOICE, tuple(str(value.value) for value in values))


def parse(spec: Spec, typed: str) -> Json:
    """What a person typed as the value of a field; an empty text is "not known". Terms are found by `typed_term`.

    Raises:
        FieldInvalid: it does not fit; the message says what would.
    """
    words = typed.strip()
    if spec.kind in {Kind.TEXT, Kind.LONG}:
        return words
    if spec.kind is Kind.WORDS:
        return [each.strip() for each in words.split(",") if each.strip()]
    if spec.kind is Kind.COUNTRY:
        if words and not re.fullmatch(r"[A-Za-z]{2}", words):
            raise FieldInvalid("Write a country as its two letters, for example US or DE.")
        return words.upper()
    if not words:
        return None
    return _parsed(spec, words)


def _parsed(spec: Spec, words: str) -> Json:
    if spec.kind is Kind.CHOICE:
        if words not in spec.choices:
            raise FieldInvalid(f"{spec.label} is one of: {', '.join(spec.choices)}.")
        return words
    if spec.kind is Kind.YES_NO:
        if words not in {"yes", "no"}:
            raise FieldInvalid(f"{spec.label} is yes, no or empty.")
        return words == "yes"
    if spec.kind is Kind.DATE:
        try:
            return encode(PartialDate.parse(words))
        except ValueError as error:
            raise FieldInvalid(f"{spec.label}: {error}.") from error
    if spec.kind is Kind.NUMBER:
        return str(_number(spec, words))
    return _measure(spec, words)


def _number(spec: Spec, words: str) -> Decimal:
    try:
        value = Decimal(words)
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite() or value < 0 or value > 10**9:
        raise FieldInvalid(f"{spec.label} is a number, for example 72 or 72.5.")
    return value


def _measure(spec: Spec, words: str) -> Json:
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*(\S.{0,30})", words)
    if found is None:
        raise FieldInvalid(f"{spec.label} is a number and a unit, for example {spec.hint}.")
    unit = found[2].strip()
    return encode(Measure(_number(spec, found[1]), _TIME_UNITS.get(unit.lower(), unit)))


def typed_term(spec: Spec, words: str, matcher: Matcher, by: str) -> Json:
    """The term of the dictionary that a person typed or whose code they typed, as coded by them; "" is no term.

    Raises:
        FieldInvalid: nothing is called so, or several are; the message names what is near.
    """
    typed = words.strip()
    if not typed:
        return None
    shown = re.fullmatch(r".* \(.+, (\S+)\)", typed)
    code = shown[1] if shown else typed
    entries = [each for each in matcher.dictionary.entries if each.code == code and each.current][:1]
    entries = entries or [each.entry for each in matcher.same(typed)]
    if len({each.concept for each in entries}) != 1:
        near = [each.entry for each in matcher.candidates(typed, 6)]
        told = "; ".join(f"{each.text} ({each.code})" for each in near)
        advice = f"Choose one of: {told}." if near else "Look for another word."
        raise FieldInvalid(f"{spec.label}: “{typed}” is no one term of {matcher.dictionary.name}. {advice}")
    dictionary = matcher.dictionary
    return encode(Term(dictionary.name, dictionary.version, entries[0].code, entries[0].text, by, True))
