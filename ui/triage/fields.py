"""The fields of a case that the board shows and lets people edit, and how what a person types becomes a value.

A field is known by its path without ids ("events[].outcome"); what is not in `SPECS` cannot be edited here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import Enum, StrEnum

from assistant.triage.case import EventOutcome, ReportType
from assistant.triage.changes import Json, encode
from assistant.triage.errors import FieldInvalid
from assistant.triage.people_in_case import AgeGroup, Measure, Qualification, Sex
from assistant.triage.product import ActionTaken, ProductRole
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
}
_TIME_UNITS = {
    **dict.fromkeys(("a", "y", "yr", "yrs", "year", "years"), "a"),
    **dict.fromkeys(("mo", "month", "months"), "mo"),
    **dict.fromkeys(("wk", "week", "weeks"), "wk"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
    **dict.fromkeys(("min", "minute", "minutes"), "min"),
}


def _choice(label: str, values: type[Enum]) -> Spec:
    return Spec(label, Kind.CHOICE, tuple(str(value.value) for value in values))


REPORT: Mapping[str, Spec] = {
    "report_type": _choice("Type of report", ReportType),
    "country": Spec("Country of the reaction", Kind.COUNTRY),
    "markets": Spec("Markets", Kind.WORDS),
    "worldwide_id": Spec("Worldwide case id"),
    "other_ids": Spec("Other ids", Kind.WORDS),
    "literature": Spec("Literature", Kind.WORDS),
}
PATIENT: Mapping[str, Spec] = {
    "identification": Spec("Initials or code"),
    "age": Spec("Age at onset", Kind.MEASURE),
    "age_group": _choice("Age group", AgeGroup),
    "sex": _choice("Sex", Sex),
    "birth": Spec("Date of birth", Kind.DATE),
    "weight_kg": Spec("Weight, kg", Kind.NUMBER),
    "height_cm": Spec("Height, cm", Kind.NUMBER),
    "pregnant": Spec("Pregnant", Kind.YES_NO),
    "breastfeeding": Spec("Breastfeeding", Kind.YES_NO),
    "last_period": Spec("Last period", Kind.DATE),
    "history_text": Spec("Medical history", Kind.LONG),
    "died": Spec("Date of death", Kind.DATE),
    "autopsy": Spec("Autopsy", Kind.YES_NO),
}
CONDITION: Mapping[str, Spec] = {
    "name": Spec("Condition"),
    "start": Spec("Since", Kind.DATE),
    "continuing": Spec("Continuing", Kind.YES_NO),
}
REPORTER: Mapping[str, Spec] = {
    "qualification": _choice("Qualification", Qualification),
    "country": Spec("Country", Kind.COUNTRY),
    "organisation": Spec("Organisation"),
    "city": Spec("City"),
    "name": Spec("Name (masked)"),
    "may_be_contacted": Spec("May be asked again", Kind.YES_NO),
    "primary": Spec("Primary reporter", Kind.YES_NO),
}
PRODUCT: Mapping[str, Spec] = {
    "name": Spec("Name as reported"),
    "role": _choice("Role", ProductRole),
    "ingredient": Spec("Ingredient"),
    "action": _choice("Action taken", ActionTaken),
    "holder": Spec("Authorisation holder"),
    "authorisation": Spec("Authorisation number"),
    "country_obtained": Spec("Obtained in", Kind.COUNTRY),
    "comment": Spec("Comment", Kind.LONG),
}
DOSING: Mapping[str, Spec] = {
    "text": Spec("Dose as reported"),
    "amount": Spec("One dose", Kind.MEASURE),
    "interval_count": Spec("Every", Kind.NUMBER),
    "interval_unit": Spec("Unit (h, d, wk)"),
    "route": Spec("Route"),
    "start": Spec("Started", Kind.DATE),
    "end": Spec("Stopped", Kind.DATE),
    "batch": Spec("Batch"),
}
INDICATION: Mapping[str, Spec] = {"verbatim": Spec("Taken for")}
EVENT: Mapping[str, Spec] = {
    "verbatim": Spec("Reporter’s words"),
    "translation": Spec("In English"),
    "onset": Spec("Onset", Kind.DATE),
    "end": Spec("End", Kind.DATE),
    "duration": Spec("Duration", Kind.MEASURE),
    "outcome": _choice("Outcome", EventOutcome),
    "country": Spec("Country", Kind.COUNTRY),
    "confirmed_by_professional": Spec("Medically confirmed", Kind.YES_NO),
}
TEST: Mapping[str, Spec] = {
    "name": Spec("Test"),
    "day": Spec("Date", Kind.DATE),
    "value": Spec("Value", Kind.NUMBER),
    "unit": Spec("Unit"),
    "text": Spec("Result in words", Kind.LONG),
}
NARRATIVE: Mapping[str, Spec] = {
    "text": Spec("Narrative", Kind.LONG),
    "reporter_comment": Spec("Reporter’s comment", Kind.LONG),
    "sender_comment": Spec("Sender’s comment", Kind.LONG),
}
_GROUPS: tuple[tuple[str, Mapping[str, Spec]], ...] = (
    ("", REPORT),
    ("patient.", PATIENT),
    ("patient.history[].", CONDITION),
    ("reporters[].", REPORTER),
    ("products[].", PRODUCT),
    ("products[].dosings[].", DOSING),
    ("products[].indications[].", INDICATION),
    ("events[].", EVENT),
    ("tests[].", TEST),
    ("narrative.", NARRATIVE),
)
SPECS: Mapping[str, Spec] = {f"{start}{name}": spec for start, group in _GROUPS for name, spec in group.items()}
"""Every field that can be edited on the board, by its path without ids."""

ITEMS: Mapping[str, tuple[str, str]] = {
    "reporters[]": ("q", "city"),
    "products[]": ("p", "name"),
    "products[].dosings[]": ("d", "text"),
    "products[].indications[]": ("i", "verbatim"),
    "events[]": ("e", "verbatim"),
    "tests[]": ("t", "name"),
    "patient.history[]": ("h", "name"),
}
"""Lists to which a person can add: the first letter of an id, and the field that the typed words go to."""


def without_ids(path: str) -> str:
    """The path with its ids taken out: "events[e1].outcome" is "events[].outcome"."""
    return re.sub(r"\[[^\]]*\]", "[]", path)


def spec_of(path: str) -> Spec:
    """The field at a path. Raises `FieldInvalid` for one that the board does not edit."""
    spec = SPECS.get(without_ids(path))
    if spec is None:
        raise FieldInvalid(f"“{path}” cannot be edited here.")
    return spec


def label_of(path: str) -> str:
    """A path in words, for the history: "events[e1].outcome" is "Outcome (e1)"; others stay as they are."""
    spec = SPECS.get(without_ids(path))
    ids = re.findall(r"\[([^\]]+)\]", path)
    return f"{spec.label} ({', '.join(ids)})" if spec and ids else spec.label if spec else path


def parse(spec: Spec, typed: str) -> Json:
    """What a person typed as the value of a field; an empty text is "not known".

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
