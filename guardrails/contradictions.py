"""Finds where retrieved sources contradict each other. Both are shown; nothing is averaged and nobody is chosen.

Precise rather than complete: two documents contradict each other where each states exactly one maximum for the same
medicine, period, route, form and people, and the two differ; or where one calls a use contraindicated that the other
calls possible in the same condition. A document with several maxima has them for several uses, and is left alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from guardrails.dosage.totals import Total, Totals, totals
from guardrails.dosage.whom import Whom, whom
from guardrails.dose import DoseStatement, Limit, Quantity
from guardrails.dose_reader import read_doses
from guardrails.errors import UnitMismatch
from guardrails.reading.ucum import MASS_LIKE, convert
from retrieval.ingredient import base_name
from retrieval.medicines import Medicines
from retrieval.passage import Citation, Passage, Section
from retrieval.sentences import sentences

_OF_DOSES = frozenset(
    {Section.DOSAGE, Section.PAEDIATRIC, Section.GERIATRIC, Section.RENAL, Section.HEPATIC, Section.OTHER}
)
_FORM = re.compile(
    r"\b(?:extended|modified|sustained|controlled|prolonged|delayed|immediate)[- ]release\b"
    r"|\b(?:XR|ER|SR|CR|XL|LA|MR)\b"
)
_FORBIDS = re.compile(r"\bcontra-?indicated\b|\bmust not be (?:used|given|taken)\b|\bdo not use\b", re.IGNORECASE)
_ALLOWS = re.compile(
    r"\b(?:can|may) be (?:used|given|taken|continued)\b|\bis (?:considered )?safe\b"
    r"|\bno (?:dose|dosage) (?:adjustment|reduction)\b",
    re.IGNORECASE,
)
_TURNS = re.compile(r"\b(?:not|only|unless|except|if|no longer|avoid)\b", re.IGNORECASE)
_CONDITIONS: dict[str, re.Pattern[str]] = {
    "pregnancy": re.compile(r"\bpregnan(?:t|cy)\b", re.IGNORECASE),
    "breastfeeding": re.compile(r"\bbreast-?feeding\b|\blactation\b|\bnursing\b", re.IGNORECASE),
    "severe renal impairment": re.compile(r"\bsevere (?:renal|kidney) (?:impairment|failure|disease)\b", re.IGNORECASE),
    "severe hepatic impairment": re.compile(
        r"\bsevere (?:hepatic|liver) (?:impairment|failure|disease)\b", re.IGNORECASE
    ),
}


@dataclass(frozen=True, slots=True)
class Contradiction:
    """What two sources disagree on, and the sentence of each with its passage's key, the titles in the same order."""

    about: str
    statements: tuple[Citation, Citation]
    titles: tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Said:
    passage: Passage
    quote: str

    @property
    def document(self) -> str:
        """The document whatever its version: two versions of one never stand in the same evidence as equals."""
        return self.passage.source_id.rpartition("@")[0] or self.passage.source_id


@dataclass(frozen=True, slots=True)
class _Subject:
    """What a maximum is of: two that are equal in all of this must be equal in their amount."""

    ingredient: str
    period: str
    body: str
    route: str
    form: str
    people: Whom


def contradictions(passages: Sequence[Passage], medicines: Medicines) -> tuple[Contradiction, ...]:
    """Every contradiction between two documents among the passages, each pair of documents once per subject."""
    return (*_maxima(passages, medicines), *_uses(passages))


def _maxima(passages: Sequence[Passage], medicines: Medicines) -> Iterator[Contradiction]:
    stated: dict[_Subject, dict[str, list[tuple[Total, _Said]]]] = defaultdict(lambda: defaultdict(list))
    for passage in passages:
        if passage.section in _OF_DOSES:
            for subject, total, said in _maxima_of(passage, medicines):
                stated[subject][said.document].append((total, said))
    for subject, documents in stated.items():
        single = [found[0] for found in documents.values() if _is_one(found)]
        for other_total, other in single[1:]:
            total, said = single[0]
            if not _same(total, other_total):
                yield _pair(f"the most {subject.ingredient} {subject.period}", said, other)


def _is_one(found: Sequence[tuple[Total, _Said]]) -> bool:
    return all(_same(found[0][0], total) for total, _ in found)


def _same(one: Total, other: Total) -> bool:
    try:
        return one.high == convert(Quantity(other.high, other.unit), one.unit).value
    except UnitMismatch:
        return True  # Units that cannot be compared contradict nothing.


def _maxima_of(passage: Passage, medicines: Medicines) -> Iterator[tuple[_Subject, Total, _Said]]:
    heading = " ".join((passage.title, *passage.heading))
    for start, end in sentences(passage.text):
        quote = passage.text[start:end]
        for statement in read_doses(quote, medicines):
            if statement.limit is not Limit.MAXIMUM or statement.unread:
                continue
            ingredient = _ingredient(statement, passage)
            if ingredient:
                people = whom(f"{statement.population} {quote} {' '.join(passage.heading)}")
                form = " ".join(sorted({found.lower() for found in _FORM.findall(f"{heading} {quote}")}))
                for period, total in _periods(totals(replace(statement, ingredients=()), ingredient)):
                    subject = _Subject(ingredient, period, total.body, statement.route, form, people)
                    yield subject, total, _Said(passage, quote)


def _ingredient(statement: DoseStatement, passage: Passage) -> str:
    """The one medicine that the maximum is of, or ""."""
    named = {base_name(name) for name in statement.ingredients or passage.ingredients}
    return named.pop() if len(named) == 1 else ""


def _periods(found: Totals) -> Iterator[tuple[str, Total]]:
    for period, total in (("a day", found.day), ("at a time", found.single if found.day is None else None)):
        if total is not None and total.unit in MASS_LIKE:
            yield period, total


def _uses(passages: Sequence[Passage]) -> Iterator[Contradiction]:
    forbidden: dict[tuple[str, str], _Said] = {}
    allowed: dict[tuple[str, str], _Said] = {}
    for passage in passages:
        for ingredient, condition, said, forbids in _uses_of(passage):
            (forbidden if forbids else allowed).setdefault((ingredient, condition), said)
    for subject, said in forbidden.items():
        other = allowed.get(subject)
        if other is not None and other.document != said.document:
            yield _pair(f"{subject[0]} in {subject[1]}", said, other)


def _uses_of(passage: Passage) -> Iterator[tuple[str, str, _Said, bool]]:
    named = {base_name(name) for name in passage.ingredients}
    if len(named) != 1:
        return
    for start, end in sentences(passage.text):
        quote = passage.text[start:end]
        forbids, allows = bool(_FORBIDS.search(quote)), bool(_ALLOWS.search(quote))
        if forbids == allows or (allows and _TURNS.search(quote)):
            continue
        for condition, pattern in _CONDITIONS.items():
            if pattern.search(quote):
                yield next(iter(named)), condition, _Said(passage, quote), forbids


def _pair(about: str, one: _Said, other: _Said) -> Contradiction:
    statements = (Citation(one.passage.key, one.quote), Citation(other.passage.key, other.quote))
    return Contradiction(about, statements, (one.passage.title, other.passage.title))
