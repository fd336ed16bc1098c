"""What is not known about the patient and matters for a medicine, to be asked for or stated beside the answer."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from guardrails.dosage.context import DoseContext
from guardrails.dosage.facts import Fact, Facts
from guardrails.rulebook import Caution, Limit, Span, When
from guardrails.verdict import Severity

_ASKED = (
    Fact.AGE,
    Fact.WEIGHT,
    Fact.KIDNEYS,
    Fact.LIVER,
    Fact.DIALYSIS,
    Fact.PREGNANCY,
    Fact.LACTATION,
    Fact.MEDICINES,
)
_ORDER = list(Severity)
_ADULT = Decimal(18)


def unknown_facts(ingredients: Iterable[str], context: DoseContext) -> tuple[str, ...]:
    """One line for every fact that is unknown and that a rule of the ingredients needs, with the gravest such rule."""
    gravest: dict[Fact, tuple[int, str]] = {}
    for ingredient in ingredients:
        for rules in context.rulebook.of(ingredient):
            every: tuple[Limit | Caution, ...] = (*rules.limits, *rules.cautions)
            for rule in every:
                for fact in _unknown(rule, context):
                    line = f"{fact.value}: {_plain(rule)}"
                    gravest[fact] = min(gravest.get(fact, (9, "")), (_rank(rule), line))
    return tuple(gravest[fact][1] for fact in _ASKED if fact in gravest)


def _unknown(rule: Limit | Caution, context: DoseContext) -> Iterable[Fact]:
    """The facts that alone decide whether the rule holds."""
    if isinstance(rule, Caution) and rule.severity is Severity.INFORM:
        return ()
    standing = Facts(patient=context.patient, listed=bool(context.patient.medicines)).standing(rule.when)
    if standing.failed:
        return ()
    asked = [fact for fact in standing.open if fact in _ASKED and not (fact is Fact.AGE and _is_for_adults(rule.when))]
    if isinstance(rule, Limit) and rule.value.per[:1] == ("kg",) and context.patient.weight is None:
        asked.append(Fact.WEIGHT)
    return dict.fromkeys(asked)


def _is_for_adults(when: When) -> bool:
    span: Span | None = when.age
    return span is not None and span.low is not None and span.low <= _ADULT and span.high is None


def _rank(rule: Limit | Caution) -> int:
    return _ORDER.index(rule.severity) * 2 + isinstance(rule, Limit)


def _plain(rule: Limit | Caution) -> str:
    text = rule.text.rstrip(".")
    return text[0].lower() + text[1:] if text[1:2].islower() and not text.split(" ", 1)[0].isupper() else text
