"""The story of one question. Read `_story` from top to bottom: a line per step, and no other way to an answer.

The generator yields progress and *checked* claims as they become ready, and ends in exactly one `Answer` or `Refusal`,
whatever happens in between: a broad `except` is allowed in this file only, and it refuses.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import perf_counter
from typing import Protocol
from uuid import uuid4

from assistant import refusals
from assistant.conversation import (
    Answer,
    Assessment,
    Basis,
    CheckedClaim,
    Conflict,
    Draft,
    Event,
    Flag,
    FlagKind,
    Progress,
    Question,
    Refusal,
    RefusalReason,
    Step,
    Turn,
    WithheldClaim,
)
from assistant.errors import GeneratorError
from assistant.evidence import without_instructions
from assistant.generate import DraftGenerator, Drafting, DraftRequest, Objection
from assistant.privacy import masked_patient, storable
from guardrails.claim import Claim
from guardrails.intake import Screened
from guardrails.patient import Patient
from guardrails.verdict import Decision, Verdict
from retrieval.passage import Passage
from retrieval.search import SearchResult

log = logging.getLogger(__name__)

UNSCREENED = "[not kept: the question could not be screened for patient identifiers]"


class TurnStore(Protocol):
    """Where turns and flags are kept; `assistant.records.Records` outside tests."""

    def save_turn(self, turn: Turn, flags: tuple[Flag, ...] = ()) -> None:
        """Save the turn and its flags in one transaction."""

    def save_flag(self, flag: Flag) -> None:
        """Save one flag; its turn need not exist yet."""


@dataclass(frozen=True, slots=True)
class AskTools:
    """Everything that answering needs from outside, as plain functions and small objects.

    `notice` finds reported reactions; of a question that could not be screened its second argument is False, and the
    flags must then hold no words of the question but the medicine and the event.
    """

    screen: Callable[[str], Screened]
    mask: Callable[[str], str]
    notice: Callable[[Question, bool], tuple[Flag, ...]]
    assess: Callable[[Question], Assessment]
    work_out: Callable[[Sequence[str], Patient], tuple[str, ...]]
    search: Callable[[str, tuple[str, ...]], SearchResult]
    conflicts: Callable[[Sequence[Passage]], tuple[Conflict, ...]]
    generator: DraftGenerator
    judge: Callable[[Claim, Mapping[str, Passage], Patient], Verdict]
    store: TurnStore
    basis: Callable[[Question], Basis]


@dataclass(frozen=True, slots=True)
class _Checked:
    draft: Draft
    released: tuple[CheckedClaim, ...]
    withheld: tuple[WithheldClaim, ...]


def ask(question: Question, tools: AskTools) -> Iterator[Event]:
    """Yield `Progress`, `Assessment`, `CheckedClaim` and `WithheldClaim`, and last the `Answer` or the `Refusal`."""
    started = perf_counter()
    unscreened = safe = replace(question, text=UNSCREENED, patient=Patient())
    try:
        yield Progress(Step.SCREENING)
        screened = tools.screen(question.text)
        safe = replace(question, text=screened.text, patient=masked_patient(question.patient, tools.mask))
        outcome = yield from _story(safe, screened, tools)
    except Exception as error:
        _log(question, error)
        outcome = refusals.for_error(safe, error)
    if safe is unscreened:
        _keep_reactions(question, tools)
    yield from _finish(replace(outcome, seconds=perf_counter() - started), tools)


def _story(question: Question, screened: Screened, tools: AskTools) -> Generator[Event, None, Answer | Refusal]:
    _keep_noticed(question, tools)
    if screened.declined or not question.text.strip():
        return refusals.for_screening(question, screened)
    assessment = tools.assess(question)
    yield assessment
    yield Progress(Step.SEARCHING)
    found = tools.search(question.text, question.history)
    if found.missing:
        refusal = refusals.for_missing(question, found)
        return replace(refusal, notices=screened.notices, assessment=assessment)
    yield Progress(Step.DRAFTING, _what_was_found(found))
    found, left_out = without_instructions(found)
    evidence = {hit.passage.key: hit.passage for hit in found.hits}
    assessment = replace(assessment, conflicts=tools.conflicts(tuple(evidence.values())))
    similarities = tuple(hit.similarity for hit in found.hits)
    request = DraftRequest(question, tuple(evidence.values()), found.medicines, found.sections, similarities)
    checked = yield from _draft_and_check(request, evidence, tools)
    yield Progress(Step.SAVING)
    basis = _basis_of(checked.draft, tools.basis(question))
    if not checked.released:
        refusal = refusals.for_nothing_released(question, found, checked.withheld)
        return replace(refusal, basis=basis, notices=(*screened.notices, *left_out), assessment=assessment)
    worked = tools.work_out([item.claim.text for item in checked.released], question.patient)
    assessment = replace(assessment, calculations=tuple(dict.fromkeys((*assessment.calculations, *worked))))
    cited = {citation.key for item in checked.released for citation in item.claim.citations}
    passages = tuple(passage for key, passage in evidence.items() if key in cited)
    notices = (*screened.notices, *left_out, *refusals.corrections(found))
    return Answer(question, checked.released, passages, checked.withheld, basis, 0.0, notices, assessment)


def _draft_and_check(
    request: DraftRequest, evidence: Mapping[str, Passage], tools: AskTools
) -> Generator[Event, None, _Checked]:
    """A draft; where sentences of it fail and the generator can revise, one more draft that knows why they failed."""
    first = yield from _check_each(request, evidence, tools, ())
    if not first.withheld or first.draft.fallback or not tools.generator.revises:
        return first
    yield Progress(Step.REVISING)
    objections = tuple(Objection(item.claim.text, _why(item)) for item in first.withheld)
    try:
        second = yield from _check_each(replace(request, objections=objections), evidence, tools, first.released)
    except GeneratorError as error:
        log.warning("The second draft of turn %s failed: %s", request.question.id, error)
        return first
    return _Checked(second.draft, first.released + second.released, first.withheld + second.withheld)


def _why(item: WithheldClaim) -> str:
    return " ".join(finding.explanation for finding in item.findings)


def _check_each(
    request: DraftRequest, evidence: Mapping[str, Passage], tools: AskTools, shown: tuple[CheckedClaim, ...]
) -> Generator[Event, None, _Checked]:
    """Judge every claim as it arrives; only a released one becomes a `CheckedClaim`. What was shown is not repeated."""
    drafting: Drafting = tools.generator.draft(request)
    said = {item.claim.text for item in shown}
    released: list[CheckedClaim] = []
    withheld: list[WithheldClaim] = []
    while True:
        try:
            claim = next(drafting)
        except StopIteration as end:
            return _Checked(end.value, tuple(released), tuple(withheld))
        if claim.text in said:
            continue
        verdict = tools.judge(claim, evidence, request.question.patient)
        if verdict.decision is Decision.RELEASE:
            released.append(CheckedClaim(claim, verdict))
            yield released[-1]
        else:
            withheld.append(WithheldClaim(claim, verdict.findings, verdict.decision, verdict.checks))
            yield withheld[-1]


def _keep_noticed(question: Question, tools: AskTools) -> None:
    """Keep the reactions that a question reports; where noticing breaks, what rules alone find is kept all the same."""
    try:
        flags = tools.notice(question, True)
    except Exception:
        _keep_reactions(question, tools)
        raise
    for flag in flags:
        tools.store.save_flag(flag)


def _keep_reactions(question: Question, tools: AskTools) -> None:
    """Keep the reactions that a question reports although it could not be screened, without any other word of it."""
    try:
        for flag in tools.notice(question, False):
            tools.store.save_flag(flag)
    except Exception as error:
        _log(question, error)


def _finish(outcome: Answer | Refusal, tools: AskTools) -> Iterator[Event]:
    """Save the turn before it is final; an answer that could not be saved is refused."""
    question = outcome.question
    try:
        kept = storable(outcome)
        turn = Turn(question.id, question.conversation_id, kept, datetime.now(UTC))
        tools.store.save_turn(turn, tuple(_escalations(kept)))
    except Exception as error:
        _log(question, error)
        outcome = refusals.for_error(question, error, RefusalReason.STORAGE_FAILED)
    yield outcome


def _escalations(outcome: Answer | Refusal) -> Iterator[Flag]:
    """A flag for every sentence that a person must look at, so that it reaches the reviewers by itself."""
    for item in outcome.withheld:
        if item.decision is Decision.ESCALATE:
            comment = f"Withheld: “{item.claim.text}” {_why(item)}"
            turn_id, now = outcome.question.id, datetime.now(UTC)
            yield Flag(uuid4().hex, turn_id, FlagKind.ESCALATED, comment, "", now, "machine")


def _log(question: Question, error: Exception) -> None:
    """What broke and where; never the error's own words, which may be those of a patient."""
    places = "".join(traceback.format_tb(error.__traceback__))
    log.error("Turn %s: %s at\n%s", question.id, type(error).__name__, places)


def _what_was_found(found: SearchResult) -> str:
    titles = {hit.passage.title for hit in found.hits}
    return f"{len(found.hits)} passages from {len(titles)} source{'s' if len(titles) != 1 else ''}"


def _basis_of(draft: Draft, basis: Basis) -> Basis:
    return replace(basis, generator=draft.generator, model=draft.model, adapter=draft.adapter, fallback=draft.fallback)
