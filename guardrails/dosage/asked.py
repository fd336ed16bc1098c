"""Whom a question is about: "78yo female, 50 kg, Cr 2.1 mg/dL" fills what is not known of the patient.

Only what a question states of one person is taken: an age with "old" or "aged", a weight in kg, a creatinine with its
unit, a clearance, the sex, pregnancy and breastfeeding. What is known of the patient already is never replaced.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from guardrails.errors import PatientInvalid
from guardrails.patient import Patient, years

UMOL_PER_MG_DL = Decimal("88.4")
"""Micromoles per litre of creatinine in one mg/dL: its molar mass is 113.1 g/mol."""
_N = r"(?P<number>\d+(?:\.\d+)?)"
_IS = r"\s*(?:of|is|was|=|:)?\s*"
_AGE = re.compile(
    rf"\b{_N}\s*-?\s*(?:(?P<y>y/?o|yrs?|years?|year)|(?P<mo>mo|months?|month)|(?P<wk>wks?|weeks?|week)|(?P<d>days?))"
    r"(?:(?<=yo)|(?<=y/o)|[\s-]*olds?|[\s-]*of age)\b"
    r"|\baged?\s+(?P<aged>\d+)\b(?!\s*(?:to|-|–|and|or|months|weeks|days))",
    re.IGNORECASE,
)
_NOT_A_GROUP = "".join(
    rf"(?<!{word} )"
    for word in ("over", "under", "above", "below", "than", "least", "to", "from", "exceeding", "per", "/")
)
_WEIGHT = re.compile(
    rf"(?<![\d.,/<>≤≥]){_NOT_A_GROUP}{_N}\s*kg\b(?!\s*(?:/|or\b|and (?:over|above|more)|to\b|-))", re.IGNORECASE
)
_UNIT = r"(?P<unit>mg/dl|[uµμ]mol(?:/l)?|micromol(?:/l)?)"
_CREATININE = re.compile(rf"\b(?:s?cr|s?creat(?:inine)?){_IS}{_N}\s*{_UNIT}", re.IGNORECASE)
_BARE_CREATININE = re.compile(rf"\bs?creat(?:inine)?{_IS}{_N}\b(?!\s*(?:[mµμu]?g|ml)\b)", re.IGNORECASE)
"""Without a unit only where the word is written out: "CR 200" is a controlled release."""
_CLEARANCE = re.compile(rf"\b(?:cr\s?cl|creatinine clearance){_IS}{_N}\b(?!\s*(?:to|-|–)\s*\d)", re.IGNORECASE)
_FILTRATION = re.compile(rf"\be?gfr{_IS}{_N}\b(?!\s*(?:to|-|–)\s*\d)", re.IGNORECASE)
_HIGHEST_IN_MG = 20
"""A creatinine without a unit is in mg/dL below this and in micromoles per litre above: no person has the other."""
_NOT_AN_AGE = "".join(
    rf"(?<!{word} )"
    for word in ("aged", "ages", "age", "of", "under", "over", "than", "below", "above", "least", "from")
)
_TIMES = re.compile(
    rf"(?<![\d.]){_NOT_AN_AGE}\d+(?:\.\d+)?\s*-?(?:days?|d|weeks?|wks?|months?)\b(?![\s-]*(?:olds?\b|of age\b))"
    r"|\b(?:for|every|in|within|after|past|last|x)\s+\d+\s*(?:yrs?|years?)\b(?![\s-]*(?:olds?\b|of age\b))",
    re.IGNORECASE,
)

_FEMALE = re.compile(r"\b(?:(?i:female|woman|lady|girl)|\d\d\s?F)\b")
_MALE = re.compile(r"\b(?:(?i:male|man|gentleman|boy)|\d\d\s?M)\b")


def told(text: str, patient: Patient) -> Patient:
    """The patient with what the question tells of them, where it is not known already; unchanged where it cannot be."""
    try:
        return replace(
            patient,
            age=_first(patient.age, _age(text)),
            weight=_first(patient.weight, _only(_WEIGHT, text)),
            sex=patient.sex or _sex(text),
            creatinine=_first(patient.creatinine, _creatinine(text)),
            creatinine_clearance=_first(patient.creatinine_clearance, _only(_CLEARANCE, text)),
            egfr=_first(patient.egfr, _only(_FILTRATION, text)),
        )
    except PatientInvalid:
        return patient


def _first(known: Decimal | None, said: Decimal | None) -> Decimal | None:
    return known if known is not None else said


def without_times(text: str) -> str:
    """The text without durations and intervals: "for 7 days" and "every 4 weeks" are no ages."""
    return _TIMES.sub(" ", text)


def _age(text: str) -> Decimal | None:
    found = list(_AGE.finditer(text))
    if len(found) != 1:
        return None
    match = found[0]
    if match["aged"]:
        return Decimal(match["aged"])
    unit = next(code for code in ("y", "mo", "wk", "d") if match[code])
    return years(Decimal(match["number"]), "a" if unit == "y" else unit)


def _creatinine(text: str) -> Decimal | None:
    """In mg/dL."""
    found = _once(_CREATININE, text)
    if found is not None:
        value = Decimal(found["number"])
        return value / UMOL_PER_MG_DL if "mol" in found["unit"].lower() else value
    bare = _only(_BARE_CREATININE, text)
    return bare / UMOL_PER_MG_DL if bare is not None and bare > _HIGHEST_IN_MG else bare


def _sex(text: str) -> str | None:
    female, male = bool(_FEMALE.search(text)), bool(_MALE.search(text))
    return None if female == male else "female" if female else "male"


def _only(pattern: re.Pattern[str], text: str) -> Decimal | None:
    found = _once(pattern, text)
    return Decimal(found["number"]) if found is not None else None


def _once(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """The one place that says it; None where several do, for then it is not one person's."""
    found = list(pattern.finditer(text))
    return found[0] if len(found) == 1 else None
