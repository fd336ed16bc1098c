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
# Ages in months or weeks, as parts of a year.
_YOUNG = (
    (re.compile(rf"\b{_N}[ -]?(?:months?|mo)[ -]?olds?\b", re.I), 12),
    (re.compile(rf"\b{_N}[ -]?(?:weeks?|wks?)[ -]?olds?\b", re.I), 52),
)
_UNIT: Mapping[Measure, str] = {
    Measure.RENAL: r"ml/min(?:ute)?(?: ?/ ?1\.73 ?m2?)?",
    Measure.AGE: r"years?",
    Measure.WEIGHT: r"kg\b(?! ?/)",
}
# Without such a word, years and weeks are how long something lasts.
_SPEAKS_OF_AGE = re.compile(
    r"\b(?:aged?|ages|old|older|younger|child\w*|infants?|neonates?|p(?:a?e)diatric|adults?|adolescents?|elderly|geriatric"
    r"|patients? (?:[<>≤≥]|under|over|below|above))",
    re.I,
)
_OLD = re.compile(r"\b(?:elderly|geriatrics?)\b", re.I)
_ADULT = re.compile(r"\badults?\b", re.I)
OLDER = 65.0
"""Years from which labels call a patient geriatric (21 CFR 201.57(c)(9)(v))."""
_SEVERITY = re.compile(r"\b(mild|moderate|severe)\b", re.I)
_SPEAKS_OF_THE_YOUNG = re.compile(
    r"\b(?:child\w*|infants?|neonates?|newborns?|p(?:a?e)diatric|(?:months|weeks) (?:old|of age))", re.I
)
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
    for pattern, parts in _YOUNG:
        young = pattern.search(text)
        if young:
            found[Measure.AGE] = float(young[1]) / parts
    return found


def severities(text: str) -> frozenset[str]:
    """Which of mild, moderate and severe a text speaks of."""
    return frozenset(word.lower() for word in _SEVERITY.findall(text))


def speaks_of_the_old(sentence: str) -> bool:
    """Whether it is about geriatric patients, in that word or as the elderly."""
    return _OLD.search(sentence) is not None


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
    if measure is Measure.AGE and not _SPEAKS_OF_AGE.search(sentence):
        return
    yield from _limits_in(sentence, _UNIT[measure], 1)
    if measure is Measure.AGE and speaks_of_the_old(sentence) and not _ADULT.search(sentence):
        yield OLDER, float("inf")
    if measure is Measure.AGE and _SPEAKS_OF_THE_YOUNG.search(sentence):
        yield from _limits_in(sentence, "months?", 12)
        yield from _limits_in(sentence, "weeks?", 52)


def _limits_in(sentence: str, unit: str, parts: int) -> Iterator[tuple[float, float]]:
    """The intervals given in one unit, of which `parts` make one of the measure's own."""
    rest = sentence.replace(",", "")
    between = re.compile(rf"{_N} ?(?:{unit})? ?(?:to|and|-|–|through) ?(?:less than |<)?{_N} ?{unit}", re.I)
    for match in between.finditer(rest):
        yield float(match[1]) / parts, float(match[2]) / parts
    rest = between.sub(" ", rest)
    for match in re.finditer(rf"{_BELOW} ?{_N} ?{unit}", rest, re.I):
        yield 0.0, float(match[1]) / parts
    for match in re.finditer(rf"{_ABOVE} ?{_N} ?{unit}|{_N} ?{unit} {_OR_MORE}", rest, re.I):
        yield float(next(group for group in match.groups() if group)) / parts, float("inf")
