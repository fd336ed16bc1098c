"""Applies the cautions of the rules: contraindications, allergies, pregnancy, lactation, interactions, organ function.

A caution is found where its conditions are known to be met, by the patient or by what the statement says of its people.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import replace

from guardrails.allergies import cross_reactions
from guardrails.dosage.context import DoseContext
from guardrails.dosage.facts import Facts, kidneys
from guardrails.dosage.found import VERSION, of_caution
from guardrails.dosage.spoken import Spoken
from guardrails.dosage.taken import beside, ingredients_of, with_classes
from guardrails.dosage.whom import Whom
from guardrails.dosage.wording import aged, measured
from guardrails.patient import Patient
from guardrails.rulebook import Caution, CautionKind, MedicineRules
from guardrails.verdict import Finding, Severity
from retrieval.classes import class_names
from retrieval.medicines import Medicines

_ORDER = list(Severity)
_BETWEEN = frozenset({CautionKind.INTERACTION, CautionKind.CONTRAINDICATION})
_LED = {CautionKind.PREGNANCY: "pregnant", CautionKind.LACTATION: "breastfeeding"}


def cautions(ingredient: str, facts: Facts, context: DoseContext, is_question: bool) -> tuple[Finding, ...]:
    """Every caution of the ingredient that holds for these facts."""
    found = [*_allergies(ingredient, facts.patient, context, is_question)]
    for rules in context.rulebook.of(ingredient):
        for caution in rules.cautions:
            why = _reason(rules, caution, facts, context)
            if why is not None:
                found.append(of_caution(rules, caution, ingredient, why, is_question))
    return _worst_of_each(found)


def of_current(ingredient: str, context: DoseContext, is_question: bool) -> tuple[Finding, ...]:
    """What the rules of the current medicines say against adding this ingredient to them."""
    added = with_classes(frozenset({ingredient}))
    found = []
    for current in sorted(beside(context.patient.medicines, context.medicines) - {ingredient}):
        facts = Facts(patient=context.patient, beside=added)
        for rules in context.rulebook.of(current):
            for caution in rules.cautions:
                why = _reason(rules, caution, facts, context) if caution.with_ and caution.kind in _BETWEEN else None
                if why is not None:
                    found.append(of_caution(rules, caution, current, why, is_question))
    return _worst_of_each(found)


def of_patient(one: Spoken, context: DoseContext, is_verbatim: bool) -> Facts:
    """The facts for the cautions of an answer: the patient's own, and the people whom a claim of its own speaks of."""
    current = beside(context.patient.medicines, context.medicines)
    facts = replace(one.facts, words="", beside=current, routes=_named_route(one))
    return replace(facts, whom=Whom()) if is_verbatim else facts


def _named_route(one: Spoken) -> frozenset[str]:
    """The route only where the dose itself names it and was understood."""
    return one.facts.routes if one.statement.route and not one.statement.unread else frozenset()


def _reason(rules: MedicineRules, caution: Caution, facts: Facts, context: DoseContext) -> str | None:
    """Why the caution holds, "" where it needs no reason; None where it does not hold."""
    if not facts.standing(caution.when).holds:
        return None
    if caution.kind is CautionKind.ALLERGY:
        return _allergen(caution, facts.patient, context.medicines)
    if caution.with_:
        others = facts.beside - set(rules.ingredients)
        met = _met_by(set(caution.with_), others)
        return f"with {', '.join(met)}" if met else None
    if caution.kind in _LED:
        field = _LED[caution.kind]
        return field if getattr(facts.whom, field) or getattr(facts.patient, field) else None
    if caution.kind is CautionKind.HEPATIC and not caution.when.hepatic:
        return _liver(facts)
    return _met(caution, facts)


def _met_by(wanted: Set[str], others: Set[str]) -> list[str]:
    """The medicines that are meant, by their own names where a class is."""
    classes = frozenset(name for one in others for name in class_names(one))
    named = [one for one in others if one not in classes and (one in wanted or wanted & set(class_names(one)))]
    return sorted(named) or sorted(wanted & others)


def _liver(facts: Facts) -> str | None:
    return "impaired liver" if facts.whom.hepatic or facts.patient.hepatic_class else None


def _met(caution: Caution, facts: Facts) -> str | None:
    """What is known that meets the conditions; a caution without conditions says nothing about this patient."""
    when, patient = caution.when, facts.patient
    reasons = []
    if when.age and patient.age is not None:
        reasons.append(aged(patient.age))
    if when.egfr or when.crcl:
        value = kidneys(patient, when.egfr is not None)
        reasons.append(f"kidney function {measured(value)} mL/min" if value is not None else "the kidney function said")
    if when.hepatic and patient.hepatic_class:
        reasons.append(f"Child-Pugh class {patient.hepatic_class}")
    reasons += [word for word in when.states if word in facts.words or word in patient.conditions]
    reasons += [text for flag, text in ((when.pregnant, "pregnant"), (when.dialysis, "dialysis")) if flag]
    reasons += sorted(facts.routes & set(when.routes)) if when.routes else []
    telling = [name for name in type(when).model_fields if getattr(when, name)]
    bare = not telling or (caution.kind is CautionKind.ADMINISTRATION and telling == ["routes"])
    return None if bare else ", ".join(reasons)


def _allergen(caution: Caution, patient: Patient, medicines: Medicines) -> str | None:
    wanted = set(caution.with_)
    for allergy in patient.allergies:
        known = with_classes(frozenset(ingredients_of(allergy, medicines))) | {allergy.lower().strip()}
        if known & wanted:
            return f"allergy to {allergy}"
    return None


def _allergies(ingredient: str, patient: Patient, context: DoseContext, is_question: bool) -> Iterable[Finding]:
    """An allergy to this very ingredient, whatever the rules of the medicine say, or to one that reaches as far."""
    for allergy in patient.allergies:
        if ingredient in ingredients_of(allergy, context.medicines):
            severity = Severity.WARN if is_question else Severity.BLOCK
            text = f"The patient is allergic to {allergy}, and this is {ingredient}."
            yield Finding("dose.allergy", VERSION, severity, text)
        for crossing in cross_reactions(allergy, ingredient, context.medicines):
            blocks = crossing.severity is Severity.BLOCK
            severity = Severity.WARN if is_question and blocks else crossing.severity
            text = f"The patient is allergic to {allergy}, and this is {ingredient}: {crossing.text}"
            yield Finding("dose.allergy", VERSION, severity, text, (0, 0), f"{crossing.source}, {crossing.section}")


def _worst_of_each(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """One finding of each rule and version, and the gravest of the allergies."""
    kept: dict[tuple[str, str], Finding] = {}
    for finding in sorted(found, key=lambda one: _ORDER.index(one.severity)):
        key = (finding.rule, "" if finding.rule == "dose.allergy" else finding.version)
        kept.setdefault(key, finding)
    return tuple(kept.values())
