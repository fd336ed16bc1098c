"""Slips that no limit shows: a unit that a medicine is never dosed in, amounts that contradict, mistaken names."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from guardrails.dosage.comparing import TIMED, compare
from guardrails.dosage.context import DoseContext
from guardrails.dosage.found import own
from guardrails.dosage.limits import judged_totals
from guardrails.dosage.spoken import Spoken
from guardrails.dosage.wording import quantity
from guardrails.dose import Range
from guardrails.errors import UnitMismatch
from guardrails.reading.ucum import convert
from guardrails.rulebook import LimitKind
from guardrails.verdict import Finding, Severity

_MASSES = frozenset({"kg", "g", "mg", "ug", "ng", "pg"})
_ACTIVITIES = frozenset({"[iU]", "[arb'U]"})
_ROUNDING = Decimal("0.02")
"""How far two amounts that are said to be one may be apart: labels round ("325 mg (5 grains)")."""


def slips(one: Spoken, context: DoseContext, severity: Severity) -> Iterable[Finding]:
    """Every slip of one dose; `severity` is that of those that leave no doubt."""
    yield from _restated(one, severity)
    wrong = [found for ingredient in one.ingredients for found in _wrong_measure(one, ingredient, context, severity)]
    yield from wrong[:1]  # "insulin" may be any of several
    for ingredient in one.ingredients:
        yield from _lookalike(one, ingredient, context)


def _restated(one: Spoken, severity: Severity) -> Iterable[Finding]:
    """ "0.5 g (50 mg)": an amount and what it is restated as are not equal."""
    amount = one.statement.amount
    if amount is None or one.statement.strength:
        return
    for also in one.statement.also:
        if not _agree(amount, also):
            text = f"“{one.words}” states two different amounts as one: {amount.low} and {also.low} are not equal."
            yield own("dose.unit-confusion", severity, text, one)


def _agree(amount: Range, also: Range) -> bool:
    try:
        other = convert(also.low, amount.low.unit).value
    except UnitMismatch:
        return True
    return abs(other - amount.low.value) <= _ROUNDING * max(other, amount.low.value)


def _wrong_measure(one: Spoken, ingredient: str, context: DoseContext, severity: Severity) -> Iterable[Finding]:
    """Milligrams of a medicine that is dosed in units only, or units of one that is dosed by mass only."""
    amount = one.statement.amount
    if amount is None or one.statement.also or one.statement.strength:
        return
    limits = [limit for rules in context.rulebook.of(ingredient) for limit in rules.limits]
    units = {limit.value.unit for limit in limits if limit.kind not in TIMED | {LimitKind.RATE_MAX}}
    said = amount.low.unit
    if not units or said in units:
        return
    if (said in _MASSES and units <= _ACTIVITIES) or (said in _ACTIVITIES and units <= _MASSES):
        names = ", ".join(sorted(quantity(Decimal(2), unit).split(" ")[-1] for unit in units))
        text = f"{ingredient} is dosed in {names}; “{one.words}” is in another measure."
        yield own("dose.unit-confusion", severity, text, one)


def _lookalike(one: Spoken, ingredient: str, context: DoseContext) -> Iterable[Finding]:
    """A dose that is too much for the medicine named and fits one whose name is mistaken for it."""
    sums = judged_totals(one, ingredient)
    for rules in context.rulebook.of(ingredient):
        compared = [
            found
            for limit in rules.limits
            if limit.kind in (LimitKind.SINGLE_MAX, LimitKind.DAILY_MAX)
            and (found := compare(sums, limit, one.facts.patient)) is not None
        ]
        if not compared or not all(found.is_over for found in compared):
            continue
        for name in rules.lookalikes:
            if _fits(one, name, context):
                text = f"The dose is too much for {ingredient} and fits {name}, whose name is mistaken for it (ISMP)."
                yield own("dose.lookalike", Severity.WARN, text, one)


def _fits(one: Spoken, name: str, context: DoseContext) -> bool:
    found = []
    for other in context.medicines.ingredients_of(name):
        for rules in context.rulebook.of(other):
            for limit in rules.limits:
                if limit.kind in (LimitKind.SINGLE_MAX, LimitKind.DAILY_MAX):
                    amount = one.statement.amount
                    compared = compare(judged_totals(one, one.ingredients[0]), limit, one.facts.patient)
                    found.append(amount is not None and compared is not None and not compared.is_over)
    return bool(found) and all(found)


def confused_names(text: str, context: DoseContext) -> Iterable[Finding]:
    """A misspelt name that two medicines are equally close to, and two names of one text that are often confused."""
    mentions = context.medicines.find(text)
    for mention in mentions:
        if mention.ambiguous:
            names = " or ".join(mention.ambiguous)
            yield own("dose.lookalike", Severity.WARN, f"“{mention.surface}” may be {names}; check which is meant.")
    named = {one for mention in mentions if mention.exact for one in mention.ingredients}
    current = {
        part
        for medicine in context.patient.medicines
        for mention in context.medicines.find(medicine)
        for part in mention.ingredients
    }
    for ingredient in sorted(named):
        for rules in context.rulebook.of(ingredient):
            for name in rules.lookalikes:
                other = set(context.medicines.ingredients_of(name))
                if other & (named | current) and ingredient not in other:
                    text_ = f"{ingredient} and {name} are often mistaken for each other (ISMP); check each dose twice."
                    yield own("dose.lookalike", Severity.INFORM, text_)
