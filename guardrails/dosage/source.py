"""Compares the doses of a claim with those of its quotes: the same medicine, amount, schedule, route, people and sense.

Units are converted, and "twice daily" is "every 12 hours". A claim that is its quote word for word needs no comparison.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from guardrails.dosage.context import DoseContext
from guardrails.dosage.found import own
from guardrails.dosage.spoken import Spoken, Surroundings, spoken
from guardrails.dosage.totals import schedule_of
from guardrails.dose import DoseStatement, Range
from guardrails.errors import UnitMismatch
from guardrails.examined import Examined
from guardrails.reading.ucum import convert
from guardrails.verdict import Finding, Severity

RULE = "dose-source"
"""No "dose." before it: this is about the proof of a sentence, and not about the dose rules."""
_SAME_PHASE = {"increase to": "increase", "decrease to": "decrease"}


def unlike_source(
    said: Sequence[Spoken], examined: Examined, around: Surroundings, context: DoseContext
) -> Iterable[Finding]:
    """A finding for every dose of the claim that no quote states."""
    quoted = [one for quote in examined.quoted for one in spoken(quote.text, around, context)]
    left = list(quoted)
    for one in said:
        if one.statement.unread or not quoted:
            continue
        near = [other for other in quoted if _same_amount(one.statement, other.statement)]
        if any(other.statement.unread for other in near):
            continue
        same = next((other for other in left if other in near and not _differences(one, other)), None)
        if same is not None:
            left.remove(same)
            continue
        differing = min((_differences(one, other) for other in near), key=len, default=["amount"])
        text = f"The source does not state “{one.words}” like this"
        text += f": another {' and '.join(differing)}." if differing else " once more."
        yield own(RULE, Severity.BLOCK, text, one)


def _same_amount(a: DoseStatement, b: DoseStatement) -> bool:
    """Whether both state the same amount, units converted, by the same denominators."""
    return (
        _equal(a.amount, b.amount)
        and [each.partition("{")[0] for each in a.per if each != "{dose}"]
        == [each.partition("{")[0] for each in b.per if each != "{dose}"]
        and len(a.strength) == len(b.strength)
        and all(_equal(Range(one), Range(other)) for one, other in zip(a.strength, b.strength, strict=True))
    )


def _equal(a: Range | None, b: Range | None) -> bool:
    if a is None or b is None:
        return a is b
    try:
        low, high = convert(b.low, a.low.unit), convert(b.high or b.low, (a.high or a.low).unit)
    except UnitMismatch:
        return False
    return low.value == a.low.value and high.value == (a.high or a.low).value


def _differences(one: Spoken, other: Spoken) -> list[str]:
    """In what a dose of the claim differs from one of the quote; what the claim leaves unsaid is no difference here."""
    a, b = one.statement, other.statement
    found = {
        "medicine": bool(one.ingredients)
        and set(one.ingredients) != set(other.ingredients)
        and bool(other.ingredients),
        "schedule": _other_schedule(a, b),
        "route": bool(a.route) and a.route != b.route,
        "limit (maximum, minimum or dose)": a.limit is not b.limit,
        "phase (start, increase …)": _SAME_PHASE.get(a.change, a.change) != _SAME_PHASE.get(b.change, b.change),
        "duration": a.duration is not None and not _equal(a.duration, b.duration),
        "population": bool(one.facts.whom != other.facts.whom and a.population),
    }
    return [name for name, differs in found.items() if differs]


def _other_schedule(a: DoseStatement, b: DoseStatement) -> bool:
    first, second = schedule_of(a.frequency), schedule_of(b.frequency)
    return first != second if first is not None else False
