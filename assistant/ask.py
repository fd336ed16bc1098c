"""The story of one question. Read `_story` from top to bottom: a line per step, and no other way to an answer.

The generator yields progress and *checked* claims as they become ready, and ends in exactly one `Answer` or `Refusal`,
whatever happens in between: a broad `except` is allowed in this file only, and it refuses.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import perf_counter
from typing import Protocol

from assistant import refusals
from assistant.conversation import (
    Answer,
    Basis,
    CheckedClaim,
    Draft,
    Event,
    Flag,
    Progress,
    Question,
    Refusal,
    RefusalReason,
    Step,
    Turn,
    WithheldClaim,
)
from assistant.generate import DraftGenerator, Drafting, DraftRequest
from guardrails.claim import Claim
from guardrails.intake import Screened
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
    """Everything that answering needs from outside, as plain functions and small objects."""

    screen: Callable[[str], Screened]
    notice: Callable[[Question], tuple[Flag, ...]]
    search: Callable[[str, tuple[str, ...]], SearchResult]
    generator: DraftGenerator
    judge: Callable[[Claim, Mapping[str, Passage]], Verdict]
    store: TurnStore
    basis: Callable[[Question], Basis]


@dataclass(frozen=True, slots=True)
class _Checked:
    draft: Draft
    released: tuple[CheckedClaim, ...]
    withheld: tuple[WithheldClaim, ...]


def ask(question: Question, tools: AskTools) -> Iterator[Event]:
    """Yield `Progress`, `CheckedClaim` and `WithheldClaim` events, and last the `Answer` or the `Refusal`."""
    started = perf_counter()
    safe = replace(question, text=UNSCREENED)
    try:
        yield Progress(Step.SCREENING)
        screened = tools.screen(question.text)
        safe = replace(question, text=screened.text)
        outcome = yield from _story(safe, screened, tools)
    except Exception as error:
        log.exception("Turn %s ended in an error and is refused", question.id)
        outcome = refusals.for_error(safe, error)
    yield from _finish(replace(outcome, seconds=perf_counter() - started), tools)


def _story(question: Question, screened: Screened, tools: AskTools) -> Generator[Event, None, Answer | Refusal]:
    for flag in tools.notice(question):
        tools.store.save_flag(flag)
    if screened.declined or not question.text.strip():
        return refusals.for_screening(question, screened)
    yield Progress(Step.SEARCHING)
    found = tools.search(question.text, question.history)
    if found.missing:
        return replace(refusals.for_missing(question, found), notices=screened.notices)
    yield Progress(Step.DRAFTING, _what_was_found(found))
    evidence = {hit.passage.key: hit.passage for hit in found.hits}
    similarities = tuple(hit.similarity for hit in found.hits)
    request = DraftRequest(question, tuple(evidence.values()), found.medicines, found.sections, similarities)
    checked = yield from _check_each(tools.generator.draft(request), evidence, tools)
    yield Progress(Step.SAVING)
    basis = _basis_of(checked.draft, tools.basis(question))
    if not checked.released:
        refusal = refusals.for_nothing_released(question, found, checked.withheld)
        return replace(refusal, basis=basis, notices=screened.notices)
    cited = {citation.key for item in checked.released for citation in item.claim.citations}
    passages = tuple(passage for key, passage in evidence.items() if key in cited)
    notices = (*screened.notices, *refusals.corrections(found))
    return Answer(question, checked.released, passages, checked.withheld, basis, 0.0, notices)


def _check_each(
    drafting: Drafting, evidence: Mapping[str, Passage], tools: AskTools
) -> Generator[Event, None, _Checked]:
    """Judge every claim as it arrives; only a released one becomes a `CheckedClaim`."""
    released: list[CheckedClaim] = []
    withheld: list[WithheldClaim] = []
    while True:
        try:
            claim = next(drafting)
        except StopIteration as end:
            return _Checked(end.value, tuple(released), tuple(withheld))
        verdict = tools.judge(claim, evidence)
        if verdict.decision is Decision.RELEASE:
            released.append(CheckedClaim(claim, verdict))
            yield released[-1]
        else:
            withheld.append(WithheldClaim(claim, verdict.findings))
            yield withheld[-1]


def _finish(outcome: Answer | Refusal, tools: AskTools) -> Iterator[Event]:
    """Save the turn before it is final; an answer that could not be saved is refused."""
    question = outcome.question
    try:
        tools.store.save_turn(Turn(question.id, question.conversation_id, outcome, datetime.now(UTC)))
    except Exception as error:
        log.exception("Turn %s could not be saved", question.id)
        outcome = refusals.for_error(question, error, RefusalReason.STORAGE_FAILED)
    yield outcome


def _what_was_found(found: SearchResult) -> str:
    titles = {hit.passage.title for hit in found.hits}
    return f"{len(found.hits)} passages from {len(titles)} source{'s' if len(titles) != 1 else ''}"


def _basis_of(draft: Draft, basis: Basis) -> Basis:
    return replace(basis, generator=draft.generator, model=draft.model, adapter=draft.adapter, fallback=draft.fallback)
