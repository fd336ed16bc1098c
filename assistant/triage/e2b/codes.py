"""The desk's words and the codes of E2B(R3), both ways, with dates and numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from assistant.triage.case import EventOutcome, ReportType
from assistant.triage.judgement import Criterion, Special
from assistant.triage.people_in_case import AgeGroup, Measure, Qualification, Sex
from assistant.triage.product import ActionTaken, Challenge, ProductRole
from assistant.triage.when import PartialDate

Word = TypeVar("Word", bound=StrEnum)

SEX: Mapping[Sex, str] = {Sex.MALE: "1", Sex.FEMALE: "2"}
AGE_GROUP: Mapping[AgeGroup, str] = {group: str(place) for place, group in enumerate(AgeGroup)}
QUALIFICATION: Mapping[Qualification, str] = {word: str(place) for place, word in enumerate(Qualification, 1)}
REPORT_TYPE: Mapping[ReportType, str] = {word: str(place) for place, word in enumerate(ReportType, 1)}
OUTCOME: Mapping[EventOutcome, str] = {
    EventOutcome.RECOVERED: "1",
    EventOutcome.RECOVERING: "2",
    EventOutcome.NOT_RECOVERED: "3",
    EventOutcome.RECOVERED_WITH_SEQUELAE: "4",
    EventOutcome.FATAL: "5",
    EventOutcome.UNKNOWN: "0",
}
CRITERION: Mapping[Criterion, str] = {
    Criterion.DEATH: "E.i.3.2a",
    Criterion.LIFE_THREATENING: "E.i.3.2b",
    Criterion.HOSPITALISATION: "E.i.3.2c",
    Criterion.DISABILITY: "E.i.3.2d",
    Criterion.CONGENITAL_ANOMALY: "E.i.3.2e",
    Criterion.MEDICALLY_IMPORTANT: "E.i.3.2f",
    Criterion.REQUIRED_INTERVENTION: "FDA.E.i.3.2h",
}
ROLE: Mapping[ProductRole, str] = {
    ProductRole.SUSPECT: "1",
    ProductRole.CONCOMITANT: "2",
    ProductRole.INTERACTING: "3",
    ProductRole.NOT_ADMINISTERED: "4",
}
ACTION: Mapping[ActionTaken, str] = {
    ActionTaken.WITHDRAWN: "1",
    ActionTaken.REDUCED: "2",
    ActionTaken.INCREASED: "3",
    ActionTaken.NOT_CHANGED: "4",
    ActionTaken.UNKNOWN: "0",
    ActionTaken.NOT_APPLICABLE: "9",
}
RECHALLENGE: Mapping[Challenge, str] = {
    Challenge.RECURRED: "1",
    Challenge.NOT_RECURRED: "2",
    Challenge.DONE_UNKNOWN: "3",
    Challenge.NOT_DONE: "4",
}
SITUATION: Mapping[Special, str] = {
    Special.OVERDOSE: "2",
    Special.MEDICATION_ERROR: "7",
    Special.MISUSE: "8",
    Special.ABUSE: "9",
    Special.OCCUPATIONAL: "10",
    Special.OFF_LABEL: "11",
}
"""G.k.10.r; the other situations have no code there and stand in the narrative."""
STUDY_TYPE: Mapping[str, str] = {"clinical trial": "1", "individual patient use": "2", "other study": "3"}
RESULT: Mapping[str, str] = {"positive": "1", "negative": "2", "borderline": "3", "inconclusive": "4"}

_MOMENT = re.compile(r"^(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:\.\d+)?([+-]\d{2}(?:\d{2})?)?$")


def word_for(codes: Mapping[Word, str], code: str) -> Word | None:
    """The desk's word for a code, None where there is none."""
    return next((word for word, held in codes.items() if held == code), None)


def text_for(codes: Mapping[str, str], code: str) -> str:
    """The same for plain words, "" where there is none."""
    return next((word for word, held in codes.items() if held == code), "")


def moment(when: PartialDate) -> str:
    """A date as E2B writes it, to the precision that it has."""
    parts = (when.month, when.day, when.hour, when.minute, when.second)
    return f"{when.year:04d}" + "".join(f"{part:02d}" for part in parts if part is not None) + when.zone


def date_of(text: str) -> PartialDate | None:
    """A date of E2B, None where it is none."""
    found = _MOMENT.match(text)
    if found is None:
        return None
    year, month, day, hour, minute, second = (int(part) if part else None for part in found.groups()[:6])
    try:
        return PartialDate(year or 0, month, day, hour, minute, second, found.group(7) or "")
    except ValueError:
        return None


def number(value: Decimal) -> str:
    """A number without exponent and without needless zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def decimal_of(text: str) -> Decimal | None:
    """A number of E2B, None where it is none."""
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    return value if value.is_finite() else None


def measure_of(text: str, unit: str) -> Measure | None:
    """A number with its unit; None where one of them is missing."""
    value = decimal_of(text)
    return Measure(value, unit) if value is not None and unit else None
