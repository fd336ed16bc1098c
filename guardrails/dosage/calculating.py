"""Doses by weight or surface and kidney function, worked out for the patient with the arithmetic spelled out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from guardrails.dosage.comparing import body_size
from guardrails.dosage.context import DoseContext
from guardrails.dosage.found import cited
from guardrails.dosage.limits import breaches
from guardrails.dosage.spoken import Spoken, Surroundings, spoken
from guardrails.dosage.totals import Total, totals
from guardrails.dosage.wording import number, quantity
from guardrails.dose import Limit as Kind
from guardrails.dose import Quantity
from guardrails.errors import UnitMismatch
from guardrails.reading.ucum import convert
from guardrails.renal import Estimate, clearance, filtration
from guardrails.rulebook import LimitKind

_DOSE, _DAY, _WEEK = "a dose", "a day", "a week"
_PERIODS = {LimitKind.SINGLE_MAX: _DOSE, LimitKind.DAILY_MAX: _DAY, LimitKind.WEEKLY_MAX: _WEEK}
_MOSTELLER = "Mosteller, N Engl J Med 1987;317:1098"


@dataclass(frozen=True)
class Calculation:
    """One value that was worked out: what it is, the arithmetic in words, the result, and the formula's source."""

    what: str
    arithmetic: str
    result: Quantity
    source: str = ""


def calculated(text: str, around: Surroundings, context: DoseContext) -> tuple[Calculation, ...]:
    """The doses of the text that are per kg or m2, for this patient; then the kidney function where it can be told.

    What is worked out and passes a limit of the rules, or a maximum that the text itself states, says so.
    """
    said = [one for one in spoken(text, around, context) if not one.statement.unread and not one.apart]
    found = [each for one in said for each in _by_body(one, said, context)]
    return tuple(dict.fromkeys([*found, *_surface(found, context), *_kidneys(context)]))


def _by_body(one: Spoken, said: Sequence[Spoken], context: DoseContext) -> Iterable[Calculation]:
    for ingredient in one.ingredients or ("",):
        sums = totals(one.statement, ingredient)
        periods = ((_DOSE, sums.single), (_DAY, sums.day), (_WEEK, sums.week if sums.day is None else None))
        seen = set()
        for period, total in periods:
            if total is None or not total.body:
                continue
            size = body_size(context.patient, total.body)
            if size is None or (total.high in seen and period != _DAY):
                continue
            seen.add(total.high)
            plain = _scaled(ingredient, period, total, size)
            note = _over(one, ingredient, period, context) or _cap(plain, period, ingredient, said)
            yield replace(plain, arithmetic=plain.arithmetic + note)


def _over(one: Spoken, ingredient: str, period: str, context: DoseContext) -> str:
    """The limit of the rules that the worked-out dose passes, in words; "" where it passes none."""
    for breach in breaches(one, ingredient, context.rulebook):
        if _PERIODS.get(breach.applied.limit.kind) == period and not breach.is_partly:
            limit = breach.applied
            return f"; this is over the {limit.compared.allowed} {cited(limit.rules, limit.limit)}"
    return ""


def _cap(plain: Calculation, period: str, ingredient: str, said: Sequence[Spoken]) -> str:
    """The maximum that the text states beside a dose per kg, where the worked-out dose passes it."""
    for other in said:
        sums = totals(other.statement, ingredient)
        by_dose = period == _DOSE and sums.single is not None
        total = sums.single if by_dose else sums.day
        if other.statement.limit is not Kind.MAXIMUM or total is None or total.body:
            continue
        try:
            most = convert(Quantity(total.high, total.unit), plain.result.unit).value
        except UnitMismatch:
            continue
        if plain.result.value > most:
            return f"; the text limits it to {quantity(total.high, total.unit)} {_DOSE if by_dose else _DAY}"
    return ""


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
