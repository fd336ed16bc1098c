"""Doses by weight or surface and kidney function, worked out for the patient with the arithmetic spelled out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from guardrails.dosage.comparing import body_size
from guardrails.dosage.context import DoseContext
from guardrails.dosage.spoken import Spoken, Surroundings, spoken
from guardrails.dosage.totals import Total, totals
from guardrails.dosage.wording import number, quantity
from guardrails.dose import Quantity
from guardrails.renal import Estimate, clearance, filtration

_MOSTELLER = "Mosteller, N Engl J Med 1987;317:1098"


@dataclass(frozen=True)
class Calculation:
    """One value that was worked out: what it is, the arithmetic in words, the result, and the formula's source."""

    what: str
    arithmetic: str
    result: Quantity
    source: str = ""


def calculated(text: str, around: Surroundings, context: DoseContext) -> tuple[Calculation, ...]:
    """The doses of the text that are per kg or m2, for this patient; then the kidney function where it can be told."""
    found: list[Calculation] = []
    for one in spoken(text, around, context):
        if not one.statement.unread and not one.apart:
            found += _by_body(one, context)
    return tuple(dict.fromkeys([*found, *_surface(found, context), *_kidneys(context)]))


def _by_body(one: Spoken, context: DoseContext) -> Iterable[Calculation]:
    for ingredient in one.ingredients or ("",):
        sums = totals(one.statement, ingredient)
        periods = (("a dose", sums.single), ("a day", sums.day), ("a week", sums.week if sums.day is None else None))
        seen = set()
        for period, total in periods:
            if total is None or not total.body:
                continue
            size = body_size(context.patient, total.body)
            if size is None or (total.high in seen and period != "a day"):
                continue
            seen.add(total.high)
            yield _scaled(ingredient, period, total, size)


def _scaled(ingredient: str, period: str, total: Total, size: Decimal) -> Calculation:
    low, high = total.low * size, total.high * size
    ranged = total.low != total.high
    per = f"{number(total.low)} to " if ranged else ""
    result = f"{number(low)} to " if ranged else ""
    arithmetic = f"{per}{quantity(total.high, total.unit, (total.body,))} × {number(size)} {total.body}"
    arithmetic += f" = {result}{quantity(high, total.unit)} {period}"
    source = _MOSTELLER if total.body == "m2" else ""
    return Calculation(f"{ingredient} {period}".strip(), arithmetic, Quantity(high, total.unit), source)


def _surface(found: Iterable[Calculation], context: DoseContext) -> Iterable[Calculation]:
    """The body surface where a dose was worked out by it."""
    patient = context.patient
    size = body_size(patient, "m2")
    if size is not None and any(one.source == _MOSTELLER for one in found):
        arithmetic = f"√({number(patient.height or size)} cm × {number(patient.weight or size)} kg / 3600)"
        yield Calculation("body surface", f"{arithmetic} = {number(size)} m2", Quantity(size, "m2"), _MOSTELLER)


def _kidneys(context: DoseContext) -> Iterable[Calculation]:
    for what, estimate in (
        ("creatinine clearance", clearance(context.patient)),
        ("eGFR", filtration(context.patient)),
    ):
        if estimate is not None and estimate.source != "as given":
            yield _of(what, estimate)


def _of(what: str, estimate: Estimate) -> Calculation:
    return Calculation(what, estimate.arithmetic, Quantity(estimate.value, estimate.unit), estimate.source)
