"""A second look at doses that could not be read to the last word: is an amount over every limit that there is?"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal

from guardrails.dosage.context import DoseContext
from guardrails.dosage.found import cited, evidence
from guardrails.dosage.spoken import Spoken
from guardrails.dosage.taken import named_in
from guardrails.dosage.wording import quantity
from guardrails.dose import Quantity
from guardrails.errors import UnitMismatch
from guardrails.reading.ucum import convert
from guardrails.rulebook import Limit, LimitKind, MedicineRules
from guardrails.verdict import Finding, Severity

_NO_DOSE = re.compile(
    r"(?:more|less) than an amount|not understood: (?:not|never|no|without|avoid|stop)|product contains|mix with"
    r"|percentage|clearance|change by|share of|litres",
)
"""Reasons for which an amount beside them is not the dose that is recommended."""
_MEASURED = re.compile(
    r"\b(?:ha?emoglobin|creatinine|albumin|levels?|concentrations?|serum|plasma|blood)\b[^.;]{0,30}\Z", re.I
)
_DAILY_AMOUNT = re.compile(
    r"(?P<number>\d[\d,]*(?:\.\d+)?)\s?(?P<unit>mg|mcg|g)\b(?!/)\s*(?:orally\s+|by mouth\s+)?"
    r"(?=daily|once|twice|three times|four times|every|per day|a day|/day|each day|[btq]i?ds?\b|od\b|qid\b)"
)
_CODES = {"mcg": "ug"}
_DAYS_HIGHEST = (LimitKind.DAILY_MAX, LimitKind.SINGLE_MAX)


def is_no_dose(one: Spoken) -> bool:
    """Whether the reader says that the amount is something else than what is to be given."""
    before = one.text[: one.statement.start]
    return bool(_NO_DOSE.search(one.statement.unread) or _MEASURED.search(before[-60:]))


def coarse(one: Spoken, context: DoseContext, is_question: bool) -> Iterable[Finding]:
    """A warning where the amount alone passes the highest limit of the medicine, whoever it is for."""
    amount, statement = one.statement.amount, one.statement
    scheduled = statement.frequency is not None or statement.per or statement.once or statement.change or is_question
    if amount is None:
        yield from _unread_at_all(one, context, is_question)
        return
    if not scheduled or one.statement.per[:1] in (("kg",), ("m2",)) or is_no_dose(one):
        return
    highest = amount.high or amount.low
    for ingredient in one.ingredients:
        yield from _over_highest(one, ingredient, highest, context, is_question)


def _unread_at_all(one: Spoken, context: DoseContext, is_question: bool) -> Iterable[Finding]:
    """Nothing of the clause was understood: the largest amount of it that is said to be for a day or a dose."""
    named = named_in(one.text, context.medicines)
    found = [
        Quantity(Decimal(each["number"].replace(",", "")), _CODES.get(each["unit"], each["unit"]))
        for each in _DAILY_AMOUNT.finditer(one.text[one.statement.start : one.statement.end])
    ]
    if len(named) != 1 or len(named[0][1]) != 1 or not found or is_no_dose(one):
        return
    highest = max(found, key=lambda each: convert(each, "mg").value)
    yield from _over_highest(one, named[0][1][0], highest, context, is_question)


def _over_highest(
    one: Spoken, ingredient: str, highest: Quantity, context: DoseContext, is_question: bool
) -> Iterable[Finding]:
    found = _highest_limit(ingredient, highest, context)
    if found is None:
        return
    rules, limit, allowed = found
    if convert(highest, limit.value.unit).value > allowed:
        whose = "The question's" if is_question else "The"
        text = f"{whose} {quantity(highest.value, highest.unit)} of {ingredient} is over the highest limit, "
        text += f"{quantity(allowed, limit.value.unit)} {cited(rules, limit)}; the dose could not be read in full."
        version = f"{rules.id}/{limit.id}@{rules.version}"
        rule = "dose.single-max" if limit.kind is LimitKind.SINGLE_MAX else "dose.daily-max"
        span = (one.statement.start, one.statement.end)
        yield Finding(rule, version, Severity.WARN, text, span, evidence(rules, limit))


def _highest_limit(
    ingredient: str, amount: Quantity, context: DoseContext
) -> tuple[MedicineRules, Limit, Decimal] | None:
    """The highest absolute daily limit, in its own unit; None where one of them cannot be compared with the amount."""
    best: tuple[MedicineRules, Limit, Decimal] | None = None
    for rules in context.rulebook.of(ingredient):
        for limit in rules.limits:
            if limit.kind not in _DAYS_HIGHEST or limit.severity is not Severity.BLOCK:
                continue
            value = limit.cap or limit.value
            if value.per:
                return None
            try:
                convert(amount, value.unit)
            except UnitMismatch:
                return None
            if best is None or convert(Quantity(value.value, value.unit), best[1].value.unit).value > best[2]:
                best = rules, limit, convert(Quantity(value.value, value.unit), limit.value.unit).value
    return best
