"""Step 8 of a question: every dose of the question and the answer against the source, the rules and the patient.

`docs/decisions/0006-what-a-dose-is-judged-by.md` says what is judged by what. The work lies in `guardrails.dosage`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from guardrails import abbreviations
from guardrails.dosage.advice import gives, is_advice
from guardrails.dosage.asked import told, without_times
from guardrails.dosage.calculating import Calculation, calculated
from guardrails.dosage.cautions import cautions, of_current, of_patient
from guardrails.dosage.coarse import coarse, is_no_dose
from guardrails.dosage.context import DoseContext
from guardrails.dosage.facts import Fact
from guardrails.dosage.found import of_breach, own
from guardrails.dosage.limits import breaches
from guardrails.dosage.notation import is_carried, is_same
from guardrails.dosage.slips import confused_names, slips
from guardrails.dosage.source import unlike_source
from guardrails.dosage.spoken import Spoken, Surroundings, facts_of, is_by_body, spoken
from guardrails.dosage.sums import cumulative, duplicates, morphine_equivalents, products
from guardrails.dosage.taken import MOST_IN_A_PRODUCT, allergies_in, named_in, without_allergies
from guardrails.dosage.unknowns import unknown_facts
from guardrails.dosage.whom import whom
from guardrails.dose import Limit as Kind
from guardrails.examined import Examined
from guardrails.patient import Patient
from guardrails.verdict import Finding, Severity
from retrieval.ingredient import base_name

__all__ = [
    "Calculation",
    "DoseContext",
    "as_told",
    "calculations",
    "check_claim",
    "check_question",
    "not_known",
    "unknown_that_matters",
]

_ORDER = list(Severity)
_ADULT = Decimal(18)
_NEGATED = "not understood: no"
"""A question with "not" beside its dose ("2 g twice daily, not controlled") still asks for the dose."""


def check_claim(examined: Examined, context: DoseContext) -> tuple[Finding, ...]:
    """What is wrong with the doses of one claim of an answer, worst first; empty where nothing is."""
    text = examined.claim.text
    around = _surroundings(examined)
    said = [one for one in spoken(text, around, context) if one.is_dose]
    verbatim = around.is_verbatim
    advice = is_advice(text, around, verbatim)
    found = list(_unread(said, examined, advice))
    if said and advice:
        found += _judged(said, context, around)
        found += _sums(said, context, is_question=False)
    found += _abbreviations(text, verbatim)
    if not verbatim:
        found += unlike_source(said, examined, around, context)
    return _ordered(found)


def check_question(text: str, context: DoseContext) -> tuple[Finding, ...]:
    """What to show before the answer: doses of the question over a limit, and the patient's cautions. Never blocks."""
    around = Surroundings()
    context = replace(context, patient=as_told(text, context.patient))
    said = [one for one in spoken(text, around, context) if one.is_dose]
    found = [finding for one in said for finding in _question_dose(one, context)]
    found += _sums(said, context, is_question=True)
    people = whom(without_times(text))
    for ingredient in _ingredients(text, said, context):
        facts = facts_of(text, around, context, people, (ingredient,))
        found += cautions(ingredient, facts, context, is_question=True)
        found += of_current(ingredient, context, is_question=True)
    found += confused_names(text, context)
    return _ordered(found)


def calculations(text: str, context: DoseContext) -> tuple[Calculation, ...]:
    """Every dose of the text that depends on the body of the patient, worked out with its arithmetic."""
    return calculated(text, Surroundings(), context)


def as_told(text: str, patient: Patient) -> Patient:
    """The patient with what a question tells besides: "my 80-year-old, 60 kg, allergic to penicillin"."""
    known = told(text, patient)
    return replace(known, allergies=(*known.allergies, *allergies_in(text)))


def not_known(text: str, patient: Patient) -> tuple[str, ...]:
    """What a dose usually depends on and neither the patient's data nor the question say."""
    known, people = as_told(text, patient), whom(without_times(text))
    kidneys = known.creatinine_clearance, known.creatinine, known.egfr, known.dialysis, people.kidneys, people.dialysis
    facts = {
        "age": known.age is not None,
        "weight": known.weight is not None,
        "kidney function": any(each is not None for each in kidneys),
        "liver function": known.hepatic_class is not None or len(people.hepatic) == 1,
        "pregnancy": known.pregnant is not None or not known.could_be_pregnant or bool(people.pregnant),
        "allergies": bool(known.allergies),
        "other medicines": bool(known.medicines),
    }
    return tuple(name for name, is_known in facts.items() if not is_known)


def unknown_that_matters(ingredients: Iterable[str], context: DoseContext) -> tuple[str, ...]:
    """What is not known of the patient and decides about these ingredients, as "kidney function: …"."""
    return unknown_facts([base_name(one) for one in ingredients], context)


def _surroundings(examined: Examined) -> Surroundings:
    passages = [one.passage for one in examined.cited if one.passage is not None]
    words = " ".join(f"{passage.title} {' '.join(passage.heading)}" for passage in passages)
    ingredients = dict.fromkeys(base_name(name) for passage in passages for name in passage.ingredients)
    return Surroundings(
        words, tuple(ingredients), frozenset(passage.section for passage in passages), examined.is_verbatim
    )


def _unread(said: Sequence[Spoken], examined: Examined, advice: bool) -> Iterable[Finding]:
    """A dose that was not understood is withheld, unless the quote carries it; then it is said where it is advice."""
    text, quotes = examined.claim.text, tuple(quoted.text for quoted in examined.quoted)
    # A claim that joins its quotes is compared with each by the checks of wording; together they carry its doses.
    quotes += (" ".join(quotes),) if len(quotes) > 1 else ()
    same = examined.is_verbatim or is_same(text, quotes)
    for one in said:
        reason = one.statement.unread
        if not reason:
            continue
        proven = same or is_carried(text, reason, quotes)
        if proven and not (advice and one.has_amount):
            continue
        severity = Severity.INFORM if proven else Severity.BLOCK
        words = f"The dose “{one.words}” was not understood ({reason}) and not compared with the rules."
        yield own("dose.unread", severity, words, one)


def _abbreviations(text: str, verbatim: bool) -> Iterable[Finding]:
    """What has been misread in prescriptions and must not stand in a sentence of ours."""
    for one in abbreviations.find(text, verbatim=verbatim):
        yield replace(one, rule="dose.abbreviation", version=f"{one.rule}@{one.version}")


def _judged(said: Sequence[Spoken], context: DoseContext, around: Surroundings) -> Iterable[Finding]:
    """The doses of advice: limits and slips of what was read, a coarse look at the rest, the patient's cautions."""
    known = not (around.is_verbatim and context.patient.is_empty)
    at_fastest = known and not any(one.statement.limit is Kind.MAXIMUM for one in said)
    for one in said:
        if one.statement.unread:
            yield from coarse(one, context, is_question=False)
        else:
            caps = one.statement.limit is Kind.MAXIMUM and any(is_by_body(other) for other in said)
            yield from _limits(one, context, around.is_verbatim, at_fastest, caps)
            yield from slips(one, context, Severity.BLOCK)
    for one in said:
        if not one.apart and gives(one, around):
            facts = of_patient(one, context, around.is_verbatim)
            for ingredient in one.ingredients:
                yield from cautions(ingredient, facts, context, is_question=False)


def _limits(one: Spoken, context: DoseContext, verbatim: bool, at_fastest: bool, caps: bool) -> Iterable[Finding]:
    """The limits that the dose passes; at its fastest only where no maximum beside it forbids that.

    `caps`: the dose is the most of a dose per kg, and no limit per kg is held against it.
    """
    for ingredient in one.ingredients:
        for breach in breaches(one, ingredient, context.rulebook, verbatim):
            by_body = bool(breach.applied.limit.value.per)
            if not (breach.is_partly and not at_fastest) and not (caps and by_body):
                yield of_breach(breach, one, is_question=False)
    if one.apart:
        yield _for_others(one, context)


def _for_others(one: Spoken, context: DoseContext) -> Finding:
    """The dose is for other people than the patient: a warning where it would be too much for the patient."""
    own_facts = replace(one.facts, patient=context.patient, whom=whom(""))
    as_patient = replace(one, facts=own_facts)
    over = any(breaches(as_patient, ingredient, context.rulebook) for ingredient in one.ingredients)
    facts = " and ".join(fact.value for fact in one.apart)
    text = f"“{one.words}” is for {one.statement.population or 'other people'}, and the patient is not ({facts})"
    text += "; for this patient it is over a limit." if over else "."
    young = Fact.AGE in one.apart and (context.patient.age or _ADULT) < _ADULT
    return own("dose.population", Severity.WARN if over or young else Severity.INFORM, text, one)


def _question_dose(one: Spoken, context: DoseContext) -> Iterable[Finding]:
    if one.statement.unread and is_no_dose(one) and not one.statement.unread.startswith(_NEGATED):
        return
    for ingredient in one.ingredients:
        for breach in breaches(one, ingredient, context.rulebook):
            yield of_breach(breach, one, is_question=True)
    yield from slips(one, context, Severity.WARN)


def _sums(said: Sequence[Spoken], context: DoseContext, *, is_question: bool) -> Iterable[Finding]:
    taken = products(said, context)
    yield from cumulative(taken, context, is_question)
    yield from morphine_equivalents(taken, context)
    yield from duplicates(said, context)


def _ingredients(text: str, said: Sequence[Spoken], context: DoseContext) -> tuple[str, ...]:
    mentions = named_in(without_allergies(text), context.medicines)
    named = [one for _, parts in mentions if len(parts) <= MOST_IN_A_PRODUCT for one in parts]
    dosed = [one for each in said if len(each.ingredients) <= MOST_IN_A_PRODUCT for one in each.ingredients]
    return tuple(dict.fromkeys([*named, *dosed]))


def _ordered(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Worst first, each once."""
    return tuple(sorted(dict.fromkeys(found), key=lambda one: _ORDER.index(one.severity)))
