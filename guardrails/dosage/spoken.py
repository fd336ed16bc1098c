"""A dose as it is said in a claim or question, with all that judging it needs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from guardrails.dosage.clinical import spelled_out
from guardrails.dosage.context import DoseContext
from guardrails.dosage.facts import Fact, Facts, for_others, others
from guardrails.dosage.taken import beside, ingredients_of, named_in, placed_in, with_classes
from guardrails.dosage.totals import BODY
from guardrails.dosage.whom import Whom, group_age, whom
from guardrails.dose import DoseStatement
from guardrails.dose_reader import read_doses
from guardrails.reading.lexemes import lexemes
from guardrails.reading.lexicon import ROUTES, phrase_at
from guardrails.reading.ucum import MASS_LIKE, VOLUMES
from retrieval.medicines import Medicines
from retrieval.passage import Section

_RENAL_WORDS = re.compile(r"\b(?:cr ?cl|clcr|clearance|e?gfr|filtration)\b", re.I)
_ORAL = re.compile(r"\b(?:tablets?|tabs?|capsules?|caps?|caplets?|lozenges?|syrup|swallow\w*)\b", re.I)
_INJECTED = re.compile(r"\b(?:infus\w*|inject\w*|vials?|bolus)\b", re.I)
_PARENTERAL = frozenset({"intravenous", "intramuscular", "subcutaneous", "intrathecal", "epidural", "intraosseous"})
_PAST_START = re.compile(
    r"\b(?:after|following) (?:the )?(?:initial|starting|initiation|start)\b|\bstarting on day\b", re.I
)
_NEXT_WORDS = 25
"""Characters after a dose in which its substance may be named."""
_SAME_ROUTES = {"nasogastric": "oral", "gastrostomy": "oral"}
_BESIDE_A_CLEARANCE = 70
"""Characters after the words about kidneys in which their number stands."""
_AT_ONCE = re.compile(
    r"\b(?:once|single|one time|one dose|od|qd|stat|every 24|bedtime|night\w*|nocte|mane|q?hs|morning)\b", re.I
)
_OTHER_SUBSTANCE = re.compile(
    r"\b(?:charcoal|saline|sodium chloride|dextrose|ringer\w*|sterile water|fluids?|water)\b", re.I
)
"""What is given with medicines and is none that rules are about; the words after an amount say so."""
_DOSE_WORDS = re.compile(
    r"\b(?:doses?|dosage|dosing|tak(?:e|es|en|ing)|giv(?:e|es|en|ing)|inject\w*|infus\w*|administer\w*|tablets?"
    r"|capsules?|daily|weekly|hourly|once|twice|mg|mcg|micrograms?|milligrams?|grams?|units?|ml|puffs?|drops?|sprays?|patch(?:es)?)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Surroundings:
    """What stands around a text: the title, headings and ingredients of the passages it cites; empty for a question.

    `is_verbatim`: the text is proven word for word. The medicines that it names besides are then part of what the
    source says, and none that this patient takes.
    """

    words: str = ""
    ingredients: tuple[str, ...] = ()
    sections: frozenset[Section] = frozenset()
    is_verbatim: bool = False


@dataclass(frozen=True)
class Spoken:
    """One dose, the ingredients it is of, and the facts for which it is judged.

    `apart` says in which facts its people are not the patient; `facts` then leave the patient out. `text` is all of
    the claim or question.
    """

    text: str
    statement: DoseStatement
    ingredients: tuple[str, ...]
    facts: Facts
    apart: tuple[Fact, ...]

    @property
    def words(self) -> str:
        """The words of the dose itself."""
        return " ".join(self.text[self.statement.start : self.statement.end].split())

    @property
    def is_at_once(self) -> bool:
        """Whether a daily amount is said to be one dose: "80 mg daily" may be a total, "80 mg once daily" is not."""
        return self.statement.once or bool(_AT_ONCE.search(self.words))

    @property
    def has_amount(self) -> bool:
        """Whether an amount of substance is stated, whatever else was not understood."""
        amount = self.statement.amount
        return bool(self.statement.strength) or (amount is not None and _is_substance(amount.low.unit))

    @property
    def is_dose(self) -> bool:
        """Whether an amount of a medicine is stated; "grade 3 or 4 in 12 %" is none."""
        amount = self.statement.amount
        if self.has_amount or (amount is not None and self.statement.per):
            return True
        near = self.text[max(0, self.statement.start - 30) : self.statement.end + 30]
        return amount is None and bool(_DOSE_WORDS.search(near))


def is_by_body(one: Spoken) -> bool:
    """Whether the dose is per kg or per m2."""
    return any(each.partition("{")[0] in BODY for each in one.statement.per)


def _is_substance(unit: str) -> bool:
    return unit != "%" and (unit in MASS_LIKE or unit in VOLUMES or unit.startswith("{") or unit in {"", "1"})


@lru_cache(maxsize=4096)
def read(text: str, medicines: Medicines) -> tuple[DoseStatement, ...]:
    """The doses of a text; the same text is read once."""
    return read_doses(text, medicines)


def spoken(text: str, around: Surroundings, context: DoseContext) -> tuple[Spoken, ...]:
    """Every dose of the text, ready to be judged."""
    statements = read(text, context.medicines)
    if around == Surroundings():
        statements = _of_what_is_named(text, statements, context.medicines)
    return tuple(_one(text, statement, around, context) for statement in statements)


def _of_what_is_named(
    text: str, statements: tuple[DoseStatement, ...], medicines: Medicines
) -> tuple[DoseStatement, ...]:
    """Each dose of a question with its medicine: the one named since the dose before, or the only one of the text.

    The reader carries the medicine of a sentence on; "co-codamol 30/500 two tablets with paracetamol 1 g" has two.
    """
    mentions = placed_in(text, medicines)
    done = 0
    found = []
    for statement in statements:
        own_ = any(statement.start <= one.start < statement.end for one in mentions)
        since = [] if own_ else [one for one in mentions if done <= one.start < statement.start]
        only = mentions if len({one.parts for one in mentions}) == 1 and not statement.drug else ()
        of = since[-1] if since and done else only[0] if only and not statement.ingredients else None
        found.append(replace(statement, drug=of.surface, ingredients=of.parts) if of is not None else statement)
        done = statement.end
    return tuple(found)


def _one(text: str, statement: DoseStatement, around: Surroundings, context: DoseContext) -> Spoken:
    of = _ingredients(text, statement, around, context)
    people = _people(text, statement, around)
    facts = facts_of(text, around, context, people, of)
    routes = _routes(statement, text)
    if not routes and around == Surroundings() and len(facts.routes) == 1 == len(of):
        routes = facts.routes
    facts = replace(facts, routes=routes, change=_phase(text, statement))
    apart = others(people, context.patient)
    return Spoken(text, replace(statement, ingredients=of), of, for_others(facts) if apart else facts, apart)


def _phase(text: str, statement: DoseStatement) -> str:
    """The phase of the dose; "after initial titration" is past the start."""
    past = statement.change == "start" and _PAST_START.search(text[: statement.end])
    return "" if past else statement.change


def facts_of(text: str, around: Surroundings, context: DoseContext, people: Whom, of: Iterable[str]) -> Facts:
    """The facts of a text as a whole, for one medicine: what else is named in it counts as taken besides."""
    mentions = () if around.is_verbatim else named_in(text, context.medicines)
    named = frozenset(one for _, parts in mentions for one in parts) - set(of)
    also = beside(context.patient.medicines, context.medicines) | with_classes(named)
    words = spelled_out(f"{text} {around.words}")
    listed = bool(context.patient.medicines)
    return Facts(people, context.patient, routes_in(text), words, also, listed=listed)


@lru_cache(maxsize=4096)
def routes_in(text: str) -> frozenset[str]:
    """Every route that the text names."""
    tokens = lexemes(text)
    found = (phrase_at(ROUTES, tokens, at) for at in range(len(tokens)))
    return frozenset(meaning.partition(",")[0] for meaning, _ in filter(None, found))


def _ingredients(text: str, statement: DoseStatement, around: Surroundings, context: DoseContext) -> tuple[str, ...]:
    """What the statement names, or what the passage is about where it names nothing."""
    if _OTHER_SUBSTANCE.search(text[statement.start : statement.end + _NEXT_WORDS]):
        return ()
    if statement.ingredients:
        return statement.ingredients
    if statement.drug:
        known = ingredients_of(statement.drug, context.medicines)
        return known if any(context.rulebook.of(one) for one in known) else ()
    if len(around.ingredients) == 1:
        return around.ingredients
    taken = named_in(statement.population, context.medicines)  # "patients on metformin"
    return taken[0][1] if len(taken) == 1 else ()


def _people(text: str, statement: DoseStatement, around: Surroundings) -> Whom:
    """The people of the statement; the number of a clearance may stand outside the words that the reader took."""
    said = statement.population
    if not said and around.sections == {Section.PAEDIATRIC}:
        return whom("children")
    if said and _RENAL_WORDS.search(said):
        at = text.lower().find(said[-20:].lower())
        if at >= 0:
            said += text[at + len(said[-20:]) : at + len(said[-20:]) + _BESIDE_A_CLEARANCE].partition(":")[0]
    found = whom(said)
    if found.age is not None:
        return found
    sentence = text[: statement.start].rpartition(". ")[2]
    return replace(found, age=group_age(sentence))


def _routes(statement: DoseStatement, text: str) -> frozenset[str]:
    """The routes that the statement names, or that the form in the text implies."""
    if statement.route:
        said = statement.route.partition(",")[0].split(" or ")
        return frozenset(_SAME_ROUTES.get(route, route) for route in said)
    unit = statement.amount.low.unit if statement.amount else ""
    if unit in {"{tablet}", "{capsule}", "{caplet}", "{pill}"} or (_ORAL.search(text) and not _INJECTED.search(text)):
        return frozenset({"oral"})
    return _PARENTERAL if _INJECTED.search(text) and not _ORAL.search(text) else frozenset()
