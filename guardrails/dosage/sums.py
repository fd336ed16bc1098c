"""What several products add up to: one ingredient from all of them, all opioids as oral morphine, and duplicates."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from guardrails.dosage.comparing import body_size
from guardrails.dosage.context import DoseContext
from guardrails.dosage.facts import Fact
from guardrails.dosage.found import VERSION, cited, evidence
from guardrails.dosage.spoken import Spoken, Surroundings, spoken
from guardrails.dosage.taken import named_in
from guardrails.dosage.totals import Total, totals
from guardrails.dosage.wording import number, quantity
from guardrails.dose import Limit as Kind
from guardrails.dose import Quantity
from guardrails.errors import UnitMismatch
from guardrails.reading.ucum import convert
from guardrails.rulebook import Equivalence, Limit, LimitKind, MedicineRules
from guardrails.verdict import Finding, Severity
from retrieval.classes import class_names
from retrieval.ingredient import base_name

MORPHINE_CAUTION, MORPHINE_AVOID = Decimal(50), Decimal(90)
"""Milligrams of oral morphine a day. CDC Clinical Practice Guideline for Prescribing Opioids for Pain 2022, MMWR Recomm
Rep 71(3): from 50 on most patients gain no benefit that outweighs the risk. CDC 2016, MMWR Recomm Rep 65(1): from 90 on
avoid, or justify with care."""
_PATCH = re.compile(r"\bpatch(?:es)?\b", re.IGNORECASE)
_MAY_BE_OPEN = frozenset({Fact.AGE, Fact.ROUTE})
_NEVER_TWICE = frozenset(
    {
        "nsaid",
        "anticoagulant",
        "statin",
        "beta-blocker",
        "ace inhibitor",
        "angiotensin receptor blocker",
        "ssri",
        "snri",
        "benzodiazepine",
        "pde5 inhibitor",
        "maoi",
        "macrolide",
        "quinolone",
        "proton pump inhibitor",
        "sulfonylurea",
        "triptan",
    }
)
"""Classes of `retrieval/corpus/classes.yaml` of which a patient takes one at a time; of others two may be meant."""


@dataclass(frozen=True)
class Product:
    """One product that is taken, the day's amount of one of its ingredients, and the dose as it is said.

    `besides` is the name of a current medicine that is another product than those asked about.
    """

    name: str
    ingredient: str
    day: Total
    spoken: Spoken
    besides: str = ""


def products(said: Sequence[Spoken], context: DoseContext) -> tuple[Product, ...]:
    """What is taken in a day: the doses that are said, and the current medicines that carry a dose."""
    current = [one for medicine in context.patient.medicines for one in spoken(medicine, Surroundings(), context)]
    names = {_product_name(one) for one in said}
    found = []
    for one in (*said, *current):
        statement = one.statement
        if statement.unread or statement.limit is not Kind.NONE or statement.change.endswith(" by"):
            continue
        for ingredient in one.ingredients:
            sums = totals(statement, ingredient)
            day = sums.day or _around_the_clock(sums.rate)
            if day is not None and not day.body:
                besides = "" if one in said or _product_name(one) in names else _product_name(one)
                found.append(Product(statement.drug or ingredient, ingredient, day, one, besides))
    return _highest_of_each(found)


def _product_name(one: Spoken) -> str:
    return base_name(one.statement.drug.lower())


def _around_the_clock(rate: Total | None) -> Total | None:
    """A patch or an infusion that runs all day."""
    if rate is None:
        return None
    return replace(rate, low=24 * rate.low, mild=24 * rate.mild, high=24 * rate.high)


def _highest_of_each(found: Iterable[Product]) -> tuple[Product, ...]:
    """Of alternatives for one product ("500 mg or 1 g") the higher one: doses of the same ingredients are not added."""
    kept: dict[tuple[frozenset[str], str, str], Product] = {}
    for one in found:
        key = (frozenset(one.spoken.ingredients), one.ingredient, one.besides)
        try:
            value = _in_mg(one.day)
        except UnitMismatch:
            continue
        if key not in kept or value > _in_mg(kept[key].day):
            kept[key] = one
    return tuple(kept.values())


def _in_mg(day: Total) -> Decimal:
    return convert(Quantity(day.mild, day.unit), "mg").value


def cumulative(taken: Sequence[Product], context: DoseContext, is_question: bool) -> Iterable[Finding]:
    """One ingredient from two products or more, each within its limit, all together over it."""
    by_ingredient: defaultdict[str, list[Product]] = defaultdict(list)
    for one in taken:
        by_ingredient[one.ingredient].append(one)
    for ingredient, parts in by_ingredient.items():
        if len(parts) > 1:
            yield from _over_together(ingredient, parts, context, is_question)


def _over_together(
    ingredient: str, parts: Sequence[Product], context: DoseContext, is_question: bool
) -> Iterable[Finding]:
    total = sum((_in_mg(one.day) for one in parts), Decimal(0))
    highest = max(_daily_limits(ingredient, parts[0].spoken, context), key=lambda one: one[2], default=None)
    if highest is None or total <= highest[2]:
        return
    rules, limit, allowed = highest
    words = " + ".join(f"{quantity(_in_mg(one.day), 'mg')} in {one.name}" for one in parts)
    text = f"{words} = {quantity(total, 'mg')} of {ingredient} a day is over the "
    text += f"{quantity(allowed, 'mg')} a day {cited(rules, limit)}."
    severity = Severity.WARN if is_question and limit.severity is Severity.BLOCK else limit.severity
    version = f"{rules.id}/{limit.id}@{rules.version}"
    yield Finding("dose.cumulative", version, severity, text, (0, 0), evidence(rules, limit))


def _daily_limits(ingredient: str, one: Spoken, context: DoseContext) -> Iterable[tuple[MedicineRules, Limit, Decimal]]:
    """The absolute daily maxima in mg that hold, or that hold unless age or route forbid it."""
    for rules in context.rulebook.of(ingredient):
        for limit in rules.limits:
            standing = one.facts.standing(limit.when)
            if limit.kind is not LimitKind.DAILY_MAX or standing.failed or not standing.open <= _MAY_BE_OPEN:
                continue
            size = body_size(one.facts.patient, limit.value.per[0]) if limit.value.per else Decimal(1)
            if size is None or limit.severity is Severity.INFORM:
                continue
            try:
                yield rules, limit, convert(Quantity(limit.value.value * size, limit.value.unit), "mg").value
            except UnitMismatch:
                continue


def morphine_equivalents(taken: Sequence[Product], context: DoseContext) -> Iterable[Finding]:
    """All opioids of a day as oral morphine: a warning from 50 mg on."""
    parts = [(one, value) for one in taken if (value := _as_morphine(one, context)) is not None]
    total = sum((value for _, value in parts), Decimal(0))
    if total < MORPHINE_CAUTION:
        return
    words = " + ".join(
        f"{one.ingredient} {quantity(one.day.mild, one.day.unit)}: {number(value)} mg" for one, value in parts
    )
    limit = MORPHINE_AVOID if total >= MORPHINE_AVOID else MORPHINE_CAUTION
    guideline = "CDC 2016, avoid or justify" if total >= MORPHINE_AVOID else "CDC 2022, weigh the benefit again"
    text = f"{words} = {number(total)} mg of oral morphine a day, from {limit} mg on: {guideline}; offer naloxone."
    source = "CDC Clinical Practice Guideline for Prescribing Opioids for Pain, 2022, MMWR Recomm Rep 71(3)"
    yield Finding("dose.morphine-equivalents", VERSION, Severity.WARN, text, (0, 0), source)


def _as_morphine(one: Product, context: DoseContext) -> Decimal | None:
    """The day's amount as oral morphine in mg, by the factor of its route; that of a patch is per microgram an hour."""
    routes = one.spoken.facts.routes or ({"transdermal"} if _PATCH.search(one.spoken.text) else {"oral"})
    for rules in context.rulebook.of(one.ingredient):
        for equivalence in rules.equivalence:
            if equivalence.route in routes:
                return _times_factor(one, equivalence)
    return None


def _times_factor(one: Product, equivalence: Equivalence) -> Decimal | None:
    unit, _, time = equivalence.unit.partition("/")
    try:
        value = convert(Quantity(one.day.mild, one.day.unit), unit).value
    except UnitMismatch:
        return None
    return value * equivalence.factor / (24 if time == "h" else 1)


def duplicates(said: Sequence[Spoken], context: DoseContext) -> Iterable[Finding]:
    """The same ingredient, or two of a class, in what is asked about and what the patient already takes."""
    wanted = dict.fromkeys(ingredient for one in said for ingredient in one.ingredients)
    brands = {(ingredient, one.statement.drug) for one in said for ingredient in one.ingredients if one.statement.drug}
    current = [
        (name, part)
        for medicine in context.patient.medicines
        for name, parts in named_in(medicine, context.medicines)
        for part in parts
    ]
    for ingredient in wanted:
        for name, part in current:
            if part == ingredient and name != ingredient:
                text = f"The patient already takes {ingredient} in {name}."
                yield Finding("dose.duplicate-therapy", VERSION, Severity.WARN, text)
            elif part == ingredient:
                yield from _other_name(ingredient, [drug for of, drug in brands if of == ingredient])
            else:
                yield from _same_class(ingredient, part)


def _other_name(ingredient: str, brands: Sequence[str]) -> Iterable[Finding]:
    """A brand of what is taken under its generic name: the same medicine, or the same twice."""
    for brand in brands:
        if base_name(brand.lower()) != ingredient:
            text = f"The patient already takes {ingredient}, and {brand} holds it too; check that both are not taken."
            yield Finding("dose.duplicate-therapy", VERSION, Severity.INFORM, text)


def _same_class(ingredient: str, other: str) -> Iterable[Finding]:
    shared = [name for name in class_names(ingredient) if name in class_names(other)]
    twice = [name for name in shared if name in _NEVER_TWICE]
    if twice:
        text = f"The patient already takes {other}, which is in the same class ({twice[0]}) as {ingredient}."
        yield Finding("dose.duplicate-therapy", VERSION, Severity.WARN, text)
    elif shared:
        text = f"The patient also takes {other}, which is in the same class ({shared[0]}) as {ingredient}; check"
        text += " that both are meant."
        yield Finding("dose.duplicate-therapy", VERSION, Severity.INFORM, text)
