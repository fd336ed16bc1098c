"""Compares the doses of a claim with those of its quotes: the same medicine, amount, schedule, route, people and sense.

Units are converted, and "twice daily" is "every 12 hours". A claim that is its quote word for word needs no comparison.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from guardrails.dosage.context import DoseContext
from guardrails.dosage.found import own
from guardrails.dosage.spoken import Spoken, Surroundings, spoken
from guardrails.dosage.totals import Schedule, schedule_of
from guardrails.dose import DoseStatement, Limit, Range
from guardrails.errors import UnitMismatch
from guardrails.examined import Examined
from guardrails.reading.frequencies import DAILY
from guardrails.reading.ucum import convert
from guardrails.verdict import Finding, Severity

RULE = "dose-source"
"""No "dose." before it: this is about the proof of a sentence, and not about the dose rules."""
_BOUNDS = re.compile(
    r"\b(?:max\w*|exceed\w*|up to|at most|more than|at least|min\w*|less than|ceiling|limit\w*)\b", re.I
)
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
    """Whether both state the same amount, units converted, per the same measure of the body; "daily" is "per day"."""
    return (
        _equal(a.amount, b.amount)
        and _body(a) == _body(b)
        and len(a.strength) == len(b.strength)
        and all(_equal(Range(one), Range(other)) for one, other in zip(a.strength, b.strength, strict=True))
    )


def _body(statement: DoseStatement) -> list[str]:
    bare = [each.partition("{")[0] for each in statement.per]
    return [each for each in bare if each and each != "d"]


def _equal(a: Range | None, b: Range | None) -> bool:
    if a is None or b is None:
        return a is b
    try:
        low, high = convert(b.low, a.low.unit), convert(b.high or b.low, (a.high or a.low).unit)
    except UnitMismatch:
        return False
    return low.value == a.low.value and high.value == (a.high or a.low).value


def _differences(one: Spoken, other: Spoken) -> list[str]:
    """In what a dose of the claim differs from one of the quote; what either leaves unsaid is no difference here."""
    a, b = one.statement, other.statement
    medicines = bool(one.ingredients and other.ingredients) and set(one.ingredients) != set(other.ingredients)
    found = {
        "medicine": medicines,
        "schedule": _other_schedule(a, b),
        "route": bool(a.route) and a.route != b.route,
        "limit (maximum, minimum or dose)": _other_limit(one, other),
        "phase (start, increase …)": bool(a.change and b.change) and _phase(a) != _phase(b),
        "duration": a.duration is not None and not _equal(a.duration, b.duration),
        "population": bool(one.facts.whom != other.facts.whom and a.population),
    }
    return [name for name, differs in found.items() if differs]


def _phase(statement: DoseStatement) -> str:
    return _SAME_PHASE.get(statement.change, statement.change)


def _other_limit(one: Spoken, other: Spoken) -> bool:
    """One side bounds the amount, and the other has no word that would."""
    a, b = one.statement.limit, other.statement.limit
    if a is b:
        return False
    plain = other if b is Limit.NONE else one if a is Limit.NONE else None
    return plain is None or not _BOUNDS.search(plain.text)


def _other_schedule(a: DoseStatement, b: DoseStatement) -> bool:
    first, second = _schedule(a), _schedule(b)
    return first is not None and first != second


def _schedule(statement: DoseStatement) -> Schedule | None:
    """How often; an amount "per day" is one for a day."""
    if statement.frequency is None and "d" in statement.per:
        return schedule_of(DAILY)
    return schedule_of(statement.frequency)
