"""The patient's numbers in a question (kidney function, age, weight), and whether a sentence is about such a patient.

"egfr 28" is about "below 30 mL/min" and not about "between 30 and 45 mL/min". This only ranks sentences; what a dose is
checked against is decided by the guardrails.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum

from guardrails.patient import Patient


class Measure(StrEnum):
    """Kidney function in mL/min, age in years, weight in kg."""

    RENAL = "renal"
    AGE = "age"
    WEIGHT = "weight"


_N = r"(\d+(?:\.\d+)?)"
_STATED: Mapping[Measure, tuple[re.Pattern[str], ...]] = {
    Measure.RENAL: (
        re.compile(rf"\b(?:e?gfr|cr ?cl|clcr|creatinine clearance|clearance)\b\D{{0,14}}{_N}", re.I),
        re.compile(rf"{_N} ?ml/min", re.I),
    ),
    Measure.AGE: (
        re.compile(rf"\b{_N}[ -]?(?:years?|yrs?|y)(?:[ -]?olds?)?\b", re.I),
        re.compile(rf"\b{_N} ?(?:yo|y/o|[mf])\b", re.I),
        re.compile(rf"\b(?:aged?|age of) {_N}", re.I),
    ),
    Measure.WEIGHT: (re.compile(rf"\b{_N} ?(?:kg|kilos?)\b(?! ?/)", re.I),),
}
_MONTHS = re.compile(rf"\b{_N}[ -]?(?:months?|mo)[ -]?olds?\b", re.I)
_UNIT: Mapping[Measure, str] = {
    Measure.RENAL: r"ml/min(?:ute)?(?: ?/ ?1\.73 ?m2?)?",
    Measure.AGE: r"years?",
    Measure.WEIGHT: r"kg\b(?! ?/)",
}
_BELOW = r"(?:less than or equal to|less than|lower than|below|under|younger than|lighter than|<=?|≤|up to)"
_ABOVE = r"(?:greater than or equal to|greater than|more than|above|over|older than|at least|from|>=?|≥)"
_OR_MORE = r"(?:of age )?(?:and|or) (?:older|over|above|more|greater|heavier)"


def stated(text: str, patient: Patient) -> Mapping[Measure, float]:
    """The numbers that the question states, and the patient's own where it states none."""
    known = {
        Measure.RENAL: patient.creatinine_clearance,
        Measure.AGE: patient.age,
        Measure.WEIGHT: patient.weight,
    }
    found = {measure: float(value) for measure, value in known.items() if value is not None}
    for measure, patterns in _STATED.items():
        value = next((match[1] for pattern in patterns if (match := pattern.search(text))), None)
        if value is not None:
            found[measure] = float(value)
    months = _MONTHS.search(text)
    return {**found, Measure.AGE: float(months[1]) / 12} if months else found


def fits(sentence: str, measures: Mapping[Measure, float]) -> bool | None:
    """Whether the sentence's limits admit the patient: True, False, or None where it gives no limit of these kinds."""
    verdicts = []
    for measure, value in measures.items():
        limits = tuple(_limits(sentence, measure))
        if limits:
            verdicts.append(any(low <= value <= high for low, high in limits))
    return None if not verdicts else all(verdicts)


def _limits(sentence: str, measure: Measure) -> Iterator[tuple[float, float]]:
    """Every interval of the measure that a sentence names, ends included (a tie is no reason to hide a sentence)."""
    unit = _UNIT[measure]
    rest = sentence.replace(",", "")
    between = re.compile(rf"{_N} ?(?:{unit})? ?(?:to|and|-|–|through) ?(?:less than |<)?{_N} ?{unit}", re.I)
    for match in between.finditer(rest):
        yield float(match[1]), float(match[2])
    rest = between.sub(" ", rest)
    for match in re.finditer(rf"{_BELOW} ?{_N} ?{unit}", rest, re.I):
        yield 0.0, float(match[1])
    for match in re.finditer(
        rf"{_ABOVE} ?{_N} ?{unit}|{_N} ?{unit} {_OR_MORE}|{_N} ?(?:{unit} )?{_OR_MORE}", rest, re.I
    ):
        yield float(next(group for group in match.groups() if group)), float("inf")
