"""Limits read by machine from the dosage sections of labels, for kinds of dose that no written rule bounds.

A candidate is unreviewed: it warns or informs, never blocks, and `Rulebook.of` leaves it out wherever a rule that
people wrote bounds the same kind of dose, so that it can never loosen or replace one (docs/dose-rules.md).

Only statements that the reader understood to the last word count, and only of a label with one active ingredient. Of
all that a label states for one route, the highest counts, so that a dose which is right for any use of the label stays
below it; where that is a starting dose, nothing is known of the most. Where some dose of the label was not read, every
limit only informs, and one that is lower than an unread amount is left out. Doses for impaired kidneys or livers,
dialysis or pregnancy are lower on purpose; they are left to people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from guardrails.dosage.totals import BODY, Total, totals
from guardrails.dosage.whom import CHILDREN, Whom, whom
from guardrails.dosage.wording import quantity
from guardrails.dose import DoseStatement, Quantity
from guardrails.dose import Limit as Bound
from guardrails.dose_reader import read_doses
from guardrails.errors import UnitMismatch
from guardrails.reading.ucum import MASS_LIKE, convert
from guardrails.rulebook import Amount, Limit, LimitKind, MedicineRules, Rulebook, RuleSource, Span, When
from guardrails.verdict import Severity
from retrieval.ingredient import base_name
from retrieval.medicines import Medicines
from retrieval.passage import Passage, Section, Source
from retrieval.sentences import sentences

_SECTIONS = frozenset({Section.DOSAGE, Section.PAEDIATRIC})
_STEPS = frozenset({"increase by", "decrease by", "change by"})
_PERIODS = {LimitKind.SINGLE_MAX: "at a time", LimitKind.DAILY_MAX: "a day", LimitKind.WEEKLY_MAX: "a week"}


@dataclass(frozen=True, slots=True)
class _Said:
    """A statement, the ingredients that its sentence names, for whom it is and the heading above it."""

    statement: DoseStatement
    named: frozenset[str]
    people: Whom
    section: str


@dataclass(frozen=True, slots=True)
class _Stated:
    """An amount that a label states: what it bounds, for whom and by which route ("" where that is not said)."""

    kind: LimitKind
    total: Total
    route: str
    is_child: bool
    is_maximum: bool
    is_start: bool
    section: str


def candidates(source: Source, passages: Iterable[Passage], medicines: Medicines) -> MedicineRules | None:
    """The limits that a label's dosage sections state, or None where they state none that was read to the last word.

    `passages` are those of the source. The result is marked `candidate` and unreviewed: a stated maximum warns and the
    highest dose of a label that states none informs; see above for labels with an unread dose.
    """
    ingredients = tuple(dict.fromkeys(base_name(name) for name in source.ingredients))
    if len(ingredients) != 1:
        return None
    said = [one for each in passages if each.section in _SECTIONS for one in _said(each, medicines)]
    own = [one for one in said if _may_be_of(one, ingredients[0])]
    read = [each for one in own if _is_clear(one, ingredients[0]) for each in _amounts(one, ingredients[0])]
    limits = tuple(_limits(read, [one.statement for one in own if one.statement.unread]))
    return _rules(source, ingredients, limits) if limits else None


def joined(rulebook: Rulebook, found: Iterable[MedicineRules]) -> Rulebook:
    """The written rules and, where they leave a gap, candidates. Raises ValueError for rules that are none."""
    added = tuple(found)
    if not all(rules.candidate for rules in added):
        raise ValueError("only candidates may be added to the rules that people wrote")
    return Rulebook((*rulebook.medicines, *added))


def _said(passage: Passage, medicines: Medicines) -> Iterator[_Said]:
    """Every dose of a passage with an amount, save those for patients who need less."""
    section = " › ".join(passage.heading) or passage.section
    for start, end in sentences(passage.text):
        text = passage.text[start:end]
        if _is_special(whom(" ".join((*passage.heading, text)))):
            continue
        named = frozenset(base_name(one) for found in medicines.find(text) for one in found.ingredients)
        for statement in read_doses(text, medicines):
            if statement.amount is not None:
                yield _Said(statement, named, whom(f"{statement.population} {section}"), section)


def _is_special(people: Whom) -> bool:
    """Whether the dose is for patients who need less than others."""
    asked = (people.kidneys, people.dialysis, people.pregnant, people.breastfeeding)
    return bool(people.hepatic) or any(one is not None for one in asked)


def _may_be_of(said: _Said, ingredient: str) -> bool:
    """Whether the dose is, or may be, of this ingredient."""
    named = {base_name(one) for one in said.statement.ingredients}
    return not named or ingredient in named


def _is_clear(said: _Said, ingredient: str) -> bool:
    """Whether the statement was read, and is a dose or a maximum of this ingredient on its own."""
    statement = said.statement
    if statement.unread or statement.limit is Bound.MINIMUM or statement.change in _STEPS:
        return False
    its_own = {base_name(one) for one in statement.ingredients}
    return its_own == {ingredient} or not (its_own or said.named - {ingredient})


def _amounts(said: _Said, ingredient: str) -> Iterator[_Stated]:
    """What the statement says per dose, day and week; a period that it does not name says nothing."""
    statement = said.statement
    found = totals(replace(statement, ingredients=()), ingredient)
    schedule = found.schedule
    is_daily = schedule.is_daily if schedule is not None else "d" in statement.per
    is_maximum, is_start = statement.limit is Bound.MAXIMUM, statement.change in {"start", "load"}
    kinds = {
        LimitKind.SINGLE_MAX: found.single if is_maximum or not is_daily else None,
        LimitKind.DAILY_MAX: found.day if is_daily else None,
        LimitKind.WEEKLY_MAX: found.week if _is_weekly(statement) else None,
    }
    is_child = said.people.age is not None and said.people.age.is_within(CHILDREN)
    for kind, total in kinds.items():
        if total is not None and total.unit in MASS_LIKE and total.high > 0:
            yield _Stated(kind, total, statement.route, is_child, is_maximum, is_start, said.section)


def _is_weekly(statement: DoseStatement) -> bool:
    """Whether the amount is one of a week: what is given every 4 weeks has no weekly amount."""
    period = statement.frequency.period if statement.frequency is not None else None
    return "wk" in statement.per or (period is not None and period.low == Quantity(Decimal(1), "wk"))


def _limits(stated: Sequence[_Stated], unread: Sequence[DoseStatement]) -> Iterator[Limit]:
    """The highest of each kind, by route, for everybody and again for children."""
    for route in sorted({one.route for one in stated if one.route and " or " not in one.route}) or [""]:
        by_route = [one for one in stated if not one.route or not route or route in one.route.split(" or ")]
        for kind in LimitKind:
            of_kind = [one for one in by_route if one.kind is kind]
            if not all(one.is_child for one in of_kind):
                yield from _of_each_measure(of_kind, unread, route, is_child=False)
            yield from _of_each_measure([one for one in of_kind if one.is_child], unread, route, is_child=True)


def _of_each_measure(
    stated: Sequence[_Stated], unread: Sequence[DoseStatement], route: str, is_child: bool
) -> Iterator[Limit]:
    """One limit per measure: milligrams and milligrams per kg are not compared with each other."""
    measures: defaultdict[str, list[_Stated]] = defaultdict(list)
    for one in stated:
        measures[one.total.body].append(one)
    for body, alike in measures.items():
        highest = _highest(alike)
        if highest is None or highest.is_start:
            continue
        if not any(_may_be_higher(one, highest.total) for one in unread):
            severity = Severity.INFORM if unread or not highest.is_maximum else Severity.WARN
            yield _limit(highest, body, route, is_child, severity)


def _may_be_higher(statement: DoseStatement, total: Total) -> bool:
    """Whether an amount that was not read in full is more than the highest that was, or cannot be compared."""
    amount = statement.amount
    body = next((one.partition("{")[0] for one in statement.per if one.partition("{")[0] in BODY), "")
    if amount is None or body != total.body or amount.low.unit not in MASS_LIKE:
        return False
    try:
        return convert(amount.high or amount.low, total.unit).value > total.high
    except UnitMismatch:
        return True


def _highest(alike: Sequence[_Stated]) -> _Stated | None:
    """The one of the highest amount, in its own unit; None where two amounts cannot be compared."""
    unit = alike[0].total.unit
    try:
        return max(alike, key=lambda one: _rank(one, unit))
    except UnitMismatch:
        return None


def _rank(one: _Stated, unit: str) -> tuple[Decimal, bool, bool]:
    return convert(Quantity(one.total.high, one.total.unit), unit).value, one.is_maximum, not one.is_start


def _limit(highest: _Stated, body: str, route: str, is_child: bool, severity: Severity) -> Limit:
    total, kind = highest.total, highest.kind
    per = (body,) if body else ()
    words = f"{quantity(total.high, total.unit, per)} {_PERIODS[kind]}"
    lead = "The most that the label allows" if highest.is_maximum else "The highest dose that the label states"
    people = " for children" if is_child else ""
    when = When(routes=(route,) if route else (), age=Span(low=None, high=Decimal(18)) if is_child else None)
    return Limit(
        id="-".join(filter(None, (route, "child" if is_child else "", kind, body and f"per-{body}"))),
        kind=kind,
        value=Amount(value=total.high, unit=total.unit, per=per),
        when=when,
        severity=severity,
        text=f"{lead}{people} is {words}, read by machine and not reviewed.",
        section=highest.section,
    )


def _rules(source: Source, ingredients: tuple[str, ...], limits: tuple[Limit, ...]) -> MedicineRules:
    label = RuleSource(
        title=source.title,
        publisher=source.publisher or "publisher not stated",
        effective=source.effective,
        url=source.url,
        set_id=source.set_id,
        document=source.document,
        verified=source.verified,
    )
    return MedicineRules(
        id=f"candidate-{source.document}",
        version=source.version or "1",
        ingredients=ingredients,
        sources={"label": label},
        candidate=True,
        limits=limits,
    )
