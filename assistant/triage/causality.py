"""Proposes causality for an event and a product: Naranjo's ten items and a WHO-UMC category, each with its reason.

Every answer comes from a field of the case; what no field says is unknown and stays unknown. Only a person commits.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from assistant.triage.case import Case, Event, EventOutcome, TestResult
from assistant.triage.errors import JudgementRefused
from assistant.triage.judgement import Causality, Listed, NaranjoAnswer, NaranjoItem, WhoUmc
from assistant.triage.product import ActionTaken, Challenge, Product, ProductRole
from assistant.triage.when import PartialDate
from guardrails.rule_file import read_rule_file

FILE = Path(__file__).resolve().parent / "rules" / "causality.yaml"

YES, NO, UNKNOWN = NaranjoAnswer.YES, NaranjoAnswer.NO, NaranjoAnswer.UNKNOWN
_BETTER = frozenset({EventOutcome.RECOVERED, EventOutcome.RECOVERING, EventOutcome.RECOVERED_WITH_SEQUELAE})
_SUSPECTED = frozenset({ProductRole.SUSPECT, ProductRole.INTERACTING})


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class NaranjoQuestion(_Shape):
    """One of the ten items; the points for "do not know" are always 0."""

    number: int = Field(ge=1, le=10)
    if_yes: int
    if_no: int
    question: str


class ScoreWords(_Shape):
    """What a score from `least` on is called."""

    least: int
    words: str


class UmcRow(_Shape):
    """One row of the table; None may be anything."""

    category: WhoUmc
    time: NaranjoAnswer | None = None
    other_cause: NaranjoAnswer | None = None
    dechallenge: NaranjoAnswer | None = None
    rechallenge: NaranjoAnswer | None = None
    reachable: NaranjoAnswer | None = None


class CausalityRules(_Shape):
    """The whole file."""

    id: str
    version: str
    naranjo: tuple[NaranjoQuestion, ...] = Field(min_length=10, max_length=10)
    naranjo_words: tuple[ScoreWords, ...]
    who_umc: tuple[UmcRow, ...]


@cache
def causality_rules() -> CausalityRules:
    """The rules that ship. Raises `guardrails.errors.RuleInvalid`."""
    return read_rule_file(FILE, CausalityRules, "table for causality")


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer and the field that it comes from, in one sentence."""

    answer: NaranjoAnswer
    reason: str


def scored(answers: Sequence[Answered]) -> tuple[NaranjoItem, ...]:
    """The ten items with their points, from the ten answers in order.

    Raises:
        ValueError: there are not ten.
    """
    return tuple(_item(each, given) for each, given in zip(causality_rules().naranjo, answers, strict=True))


def _item(asked: NaranjoQuestion, given: Answered) -> NaranjoItem:
    points = {YES: asked.if_yes, NO: asked.if_no, UNKNOWN: 0}[given.answer]
    return NaranjoItem(asked.number, given.answer, points, given.reason)


def score_words(score: int) -> str:
    """Definite, probable, possible or doubtful."""
    return next(each.words for each in causality_rules().naranjo_words if score >= each.least)


def propose(case: Case, event: Event, product: Product) -> Causality:
    """The machine's proposal for one pair; `committed_by` stays empty."""
    answers = _answers(case, event, product)
    items = scored(answers)
    score = sum(item.points for item in items)
    category = umc_category(
        time=answers[1].answer, other_cause=answers[4].answer, dechallenge=answers[2].answer,
        rechallenge=answers[3].answer, reachable=_reachable(case),
    )  # fmt: skip
    known = _kept(case, event, product)
    reasons = tuple(answer.reason for answer in answers if answer.answer is not UNKNOWN)
    return Causality(
        f"{event.id}/{product.id}", event.id, product.id, category, items, score,
        (f"Naranjo {score} of 13: {score_words(score)}.", *reasons),
        known.dechallenge if known else None, known.rechallenge if known else None,
    )  # fmt: skip


def reconsidered(proposal: Causality, answers: Mapping[int, Answered]) -> Causality:
    """The proposal with a person's answers to some of the ten questions, by number: score and category follow.

    Raises:
        JudgementRefused: there is no such question, or an answer has no reason.
    """
    if set(answers) - set(range(1, 11)) or not all(given.reason.strip() for given in answers.values()):
        raise JudgementRefused("Answer questions 1 to 10 of Naranjo's scale, each with a reason.")
    merged = [answers.get(item.number, Answered(item.answer, item.reason)) for item in proposal.naranjo]
    items = scored(merged)
    score = sum(item.points for item in items)
    category = umc_category(
        time=merged[1].answer, other_cause=merged[4].answer, dechallenge=merged[2].answer, rechallenge=merged[3].answer
    )
    reasons = tuple(answer.reason for answer in merged if answer.answer is not UNKNOWN)
    said = (f"Naranjo {score} of 13: {score_words(score)}.", *reasons)
    return replace(proposal, naranjo=items, score=score, category=category, reasons=said)


def proposals(case: Case) -> tuple[Causality, ...]:
    """A proposal for each event and each suspect or interacting product."""
    suspects = [product for product in case.products if product.role in _SUSPECTED]
    return tuple(propose(case, event, product) for event in case.events for product in suspects)


def umc_category(
    *, time: NaranjoAnswer, other_cause: NaranjoAnswer, dechallenge: NaranjoAnswer, rechallenge: NaranjoAnswer,
    reachable: NaranjoAnswer = UNKNOWN,
) -> WhoUmc:  # fmt: skip
    """The first row of the table that holds; the table's last rows hold for anything."""
    given = {
        "time": time, "other_cause": other_cause, "dechallenge": dechallenge, "rechallenge": rechallenge,
        "reachable": reachable,
    }  # fmt: skip
    for row in causality_rules().who_umc:
        if all(getattr(row, name) in (None, answer) for name, answer in given.items()):
            return row.category
    return WhoUmc.CONDITIONAL


def _answers(case: Case, event: Event, product: Product) -> tuple[Answered, ...]:
    return (
        _known_from_label(case, event, product),
        _began_after(event, product),
        _got_better(case, event, product),
        _came_back(case, event, product),
        _other_cause(case, product),
        Answered(UNKNOWN, "No placebo is recorded."),
        _toxic_level(case, product),
        _dose_mattered(event, product),
        _reacted_before(case, event, product),
        _objective(case),
    )


def _known_from_label(case: Case, event: Event, product: Product) -> Answered:
    pair = (event.id, product.id)
    for each in case.expectedness:
        if (each.event_id, each.product_id) == pair and each.listed is not Listed.UNKNOWN:
            listed = each.listed is Listed.EXPECTED
            where = f"The label {each.label_id or 'used'} {'lists' if listed else 'does not list'} it."
            return Answered(YES if listed else NO, where)
    return Answered(UNKNOWN, "Whether a label lists it is not known.")


def _began_after(event: Event, product: Product) -> Answered:
    starts = [dosing.start for dosing in product.dosings if dosing.start is not None]
    if not starts or event.onset is None:
        return Answered(UNKNOWN, "The start of the medicine or the onset of the event is not known.")
    start = min(starts, key=lambda each: each.earliest)
    return _in_order(start, event.onset)


def _in_order(start: PartialDate, onset: PartialDate) -> Answered:
    if start.latest < onset.earliest:
        return Answered(YES, f"It began on {onset}, after the start of the medicine on {start}.")
    if onset.latest < start.earliest:
        return Answered(NO, f"It began on {onset}, before the start of the medicine on {start}.")
    return Answered(UNKNOWN, f"Start {start} and onset {onset} do not say which came first.")


def _kept(case: Case, event: Event, product: Product) -> Causality | None:
    """What is already recorded for the pair, the dechallenge and rechallenge above all."""
    pair = (event.id, product.id)
    return next((each for each in case.causality if (each.event_id, each.product_id) == pair), None)


def _got_better(case: Case, event: Event, product: Product) -> Answered:
    kept = _kept(case, event, product)
    if kept is not None and kept.dechallenge in (Challenge.RECURRED, Challenge.NOT_RECURRED):
        better = kept.dechallenge is Challenge.NOT_RECURRED
        return Answered(YES if better else NO, f"The dechallenge is recorded: {'better' if better else 'not better'}.")
    if product.action is not ActionTaken.WITHDRAWN or event.outcome is None:
        return Answered(UNKNOWN, "Whether it got better after the medicine was stopped is not known.")
    if event.outcome in _BETTER:
        return Answered(YES, f"The medicine was withdrawn and the outcome is {event.outcome.value}.")
    if event.outcome is EventOutcome.NOT_RECOVERED:
        return Answered(NO, "The medicine was withdrawn and the patient has not recovered.")
    return Answered(UNKNOWN, f"The medicine was withdrawn and the outcome is {event.outcome.value}.")


def _came_back(case: Case, event: Event, product: Product) -> Answered:
    kept = _kept(case, event, product)
    if kept is None or kept.rechallenge not in (Challenge.RECURRED, Challenge.NOT_RECURRED):
        return Answered(UNKNOWN, "No rechallenge with a known end is recorded.")
    back = kept.rechallenge is Challenge.RECURRED
    return Answered(YES if back else NO, f"It {'came back' if back else 'did not come back'} on rechallenge.")


def _other_cause(case: Case, product: Product) -> Answered:
    others = [each.name for each in case.products if each.id != product.id and each.role in _SUSPECTED]
    if others:
        return Answered(YES, f"The reporter suspects {', '.join(others)} too.")
    return Answered(UNKNOWN, "Whether there is another cause is for a person to say.")


def _toxic_level(case: Case, product: Product) -> Answered:
    name = (product.ingredient or product.name).lower()
    for test in case.tests:
        if name and name in test.name.lower() and _is_above(test):
            return Answered(YES, f"{test.name}: {test.value} {test.unit} is above {test.normal_high}.")
    return Answered(UNKNOWN, "No level of the medicine above its limit is recorded.")


def _dose_mattered(event: Event, product: Product) -> Answered:
    if product.action is ActionTaken.REDUCED and event.outcome in _BETTER:
        return Answered(YES, f"The dose was reduced and the outcome is {event.outcome.value if event.outcome else ''}.")
    if product.action is ActionTaken.REDUCED and event.outcome is EventOutcome.NOT_RECOVERED:
        return Answered(NO, "The dose was reduced and the patient has not recovered.")
    return Answered(UNKNOWN, "Nothing is recorded of the event at another dose.")


def _reacted_before(case: Case, event: Event, product: Product) -> Answered:
    names = {name.lower() for name in (product.name, product.ingredient) if name}
    events = {word.lower() for word in (event.verbatim, event.term.text if event.term else "") if word}
    for past in case.patient.past_medicines:
        if past.name.lower() in names and past.reaction is not None and past.reaction.text.lower() in events:
            return Answered(YES, f"{past.name} led to {past.reaction.text} before.")
    return Answered(UNKNOWN, "No earlier reaction of this kind is recorded.")


def _objective(case: Case) -> Answered:
    for test in case.tests:
        if test.result == "positive" or _is_above(test) or _is_below(test):
            return Answered(YES, f"{test.name} is abnormal: {test.result or f'{test.value} {test.unit}'.strip()}.")
    return Answered(UNKNOWN, "No abnormal test is recorded.")


def _is_above(test: TestResult) -> bool:
    high = _number(test.normal_high)
    return test.value is not None and high is not None and test.value > high


def _is_below(test: TestResult) -> bool:
    low = _number(test.normal_low)
    return test.value is not None and low is not None and test.value < low


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _reachable(case: Case) -> NaranjoAnswer:
    asked = [reporter.may_be_contacted for reporter in case.reporters]
    return NO if asked and all(may is False for may in asked) else UNKNOWN
