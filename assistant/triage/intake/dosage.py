"""A dose as told, as one structured course: only what the dose reader understood whole is filled in."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from assistant.triage.people_in_case import Measure
from assistant.triage.product import Dosing
from guardrails.dose import DoseStatement, Frequency
from guardrails.dose_reader import read_doses
from retrieval.medicines import Medicines

_HOURS_OF_A_DAY = 24


def dosing_of(dosing: Dosing, name: str, told: str, kept: str, medicines: Medicines) -> Dosing:
    """The course with the dose in words (`kept`, identifiers masked) and, where it was read whole, in figures."""
    said = read_alone(name, told, medicines)
    with_words = replace(dosing, text=kept)
    return with_figures(with_words, said) if said else with_words


def with_figures(dosing: Dosing, said: DoseStatement) -> Dosing:
    """The course with the figures of a statement that was read whole; otherwise as it is."""
    if said.unread or said.per or said.amount is None or said.amount.high is not None:
        return dosing
    low = said.amount.low
    filled = replace(dosing, amount=Measure(low.value, low.unit), route=dosing.route or said.route)
    return _every(filled, said.frequency) if said.frequency else filled


def read_alone(name: str, words: str, medicines: Medicines) -> DoseStatement | None:
    """The dose that stands in a few words, read without the sentence around them; None where it is not exactly one."""
    read = read_doses(f"{name} {words}", medicines)
    return read[0] if len(read) == 1 else None


def _every(dosing: Dosing, how_often: Frequency) -> Dosing:
    period = how_often.period
    if how_often.times is None or how_often.times_high is not None or period is None or period.high is not None:
        return dosing
    count, unit = period.low.value, period.low.unit
    if unit == "d" and how_often.times > 1:
        count, unit = count * _HOURS_OF_A_DAY, "h"
    each = count / how_often.times
    if how_often.divided or each != each.quantize(Decimal("0.01")):
        return dosing
    return replace(dosing, interval_count=each.normalize() + 0, interval_unit=unit)
