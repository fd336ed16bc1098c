"""Errors in numbers: another number, another unit, ten times too much or too little, a number of another row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import combinations

from retrieval.sentences import sentences
from tests.benchmarks.dose_drafts.draft import Said
from tests.benchmarks.dose_drafts.quantities import Amount, amounts, figure, numbers, worths

_DOSE_UNITS = """
    mcg mg g gram grams micrograms microgram mL units tablets mg/kg mg/kg/day mg/kg/dose mg/m2 mg/m² mg/day
    mcg/kg mcg/kg/day mcg/kg/dose mcg/day mg/mL mL/kg
"""
_DOSES = frozenset(_DOSE_UNITS.split())
_OTHER_UNIT = {
    **{"mg": ("mcg", "g", "mL"), "mcg": ("mg",), "micrograms": ("milligrams",), "g": ("mg",), "gram": ("mg",)},
    **{"grams": ("mg",), "units": ("mg",), "mL": ("mg",), "mg/kg": ("mg", "mcg/kg", "mg/m2")},
    **{"mg/kg/day": ("mg/day", "mcg/kg/day", "mg/kg/dose"), "mg/m2": ("mg/kg", "mg"), "mcg/kg": ("mg/kg",)},
    **{"mcg/kg/day": ("mg/kg/day", "mcg/day"), "mcg/kg/dose": ("mg/kg/dose", "mcg/kg/day")},
    **{"mg/day": ("mg/kg/day", "mcg/day"), "mcg/day": ("mg/day",), "hours": ("days", "minutes")},
    **{"days": ("weeks", "hours"), "weeks": ("days", "months"), "months": ("weeks", "years")},
    **{"years": ("months",), "minutes": ("hours",), "mg per kg": ("mg", "mcg per kg"), "tablets": ("mg",)},
    **{"mL per hour": ("mg per hour",), "mL/min": ("mg/dL",), "mEq/L": ("mg/dL",), "kg": ("pounds",)},
}
_FACTORS = tuple(Decimal(text) for text in ("2", "0.5", "1.5", "3", "0.8", "1.2"))
_MOST_YEARS = 90
_DIFFERENT = 3
"""Words by which two sentences must differ to speak of different things."""


def wrong_numbers(said: Said) -> Iterator[str]:
    """One number replaced by one that the passage does not hold."""
    for amount in amounts(said.text):
        if amount.in_list:
            continue
        for factor in _FACTORS:
            value = amount.value * factor
            if amount.value >= 1 and value != value.to_integral_value():
                continue
            if amount.unit.startswith("year") and value > _MOST_YEARS:
                continue
            if _is_new(said, amount, value, amount.unit):
                yield _put(said.text, amount, value, amount.unit)
                break


def wrong_units(said: Said) -> Iterator[str]:
    """One unit replaced by another that such a number might have."""
    for amount in amounts(said.text):
        if amount.in_list:
            continue
        for unit in _OTHER_UNIT.get(amount.unit, ()):
            changed = _put(said.text, amount, amount.value, unit)
            if not worths(changed) - worths(said.text) <= worths(said.passage.text):
                yield changed


def tenfold(said: Said) -> Iterator[str]:
    """A decimal point misplaced by one."""
    for amount in amounts(said.text):
        if amount.in_list or amount.unit not in _DOSES:
            continue
        for factor in (Decimal(10), Decimal("0.1")):
            if _is_new(said, amount, amount.value * factor, amount.unit):
                yield _put(said.text, amount, amount.value * factor, amount.unit)


def swapped(said: Said) -> Iterator[str]:
    """Two numbers of one sentence in each other's place: each is right, for something else."""
    found = [one for one in amounts(said.text) if not one.in_list]
    for one, other in combinations(found, 2):
        between = said.text[one.end : other.start]
        if one.unit != other.unit or one.value == other.value or not re.search(r"[a-z]{4,}", between):
            continue
        if re.search(r"[.]\s", between) or _same_use(said.text, one, other):
            continue
        late = _put(said.text, other, one.value, other.unit)
        yield _put(late, one, other.value, one.unit)


def of_another_row(said: Said) -> Iterator[str]:
    """The number of another row of the same table in this row's sentence."""
    if not said.passage.is_table_row:
        return
    rows = [one for one in said.siblings if one.is_table_row and one.heading == said.passage.heading]
    own = numbers(said.passage.text)
    mine = amounts(said.text)
    for row in rows:
        theirs = amounts(row.text)
        if len(theirs) != len(mine):
            continue
        for one, other in zip(mine, theirs, strict=True):
            if one.unit == other.unit and other.value.normalize() not in own and not one.in_list:
                yield _put(said.text, one, other.value, one.unit)


def of_another_sentence(said: Said) -> Iterator[str]:
    """A number that the passage gives in another sentence, for something else."""
    rest = said.passage.text.replace(said.text, " ")
    here = worths(said.text)
    others = [(other, rest[start:end]) for start, end in sentences(rest) for other in amounts(rest[start:end])]
    for one in amounts(said.text):
        for other, sentence in others:
            if one.unit == other.unit and other.worth not in here and not one.in_list:
                text = _put(said.text, one, other.value, one.unit)
                # "Then 10 mg daily until it is tolerated" makes the same sentence with 10 mg true.
                if len(_words(text) - _words(sentence)) >= _DIFFERENT:
                    yield text


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))


def _same_use(text: str, one: Amount, other: Amount) -> bool:
    """Whether the two numbers are said of the same thing, so that their order carries no meaning."""
    if re.match(r"\s*(?:and|or)\b", text[one.end : other.start]):
        return True
    return text[one.end : one.end + 14] == text[other.end : other.end + 14] and bool(
        re.fullmatch(r"\W*(?:[a-z]+ ){0,3}?(?:or|and) ", text[one.end : other.start])
    )


def _is_new(said: Said, amount: Amount, value: Decimal, unit: str) -> bool:
    changed = Amount(value, unit, amount.start, amount.end, in_list=False)
    return value.normalize() not in numbers(said.passage.text) and changed.worth not in worths(said.passage.text)


def _put(text: str, amount: Amount, value: Decimal, unit: str) -> str:
    old = text[amount.start : amount.end]
    gap = "-" if "-" in old else "" if unit == "%" else " "
    return f"{text[: amount.start]}{figure(value, old)}{gap}{unit}{text[amount.end :]}"
