"""A conversation as HTML: pure functions from nouns to text. Nothing from people or documents enters unescaped.

The page has two places for turns: the *thread* of finished ones and the *live* one, in which checked sentences appear
one by one. A draft has no function here, so it cannot be shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from assistant.conversation import (
    Answer,
    Assessment,
    CheckedClaim,
    Event,
    Flag,
    Override,
    Progress,
    Refusal,
    Step,
    Turn,
    WithheldClaim,
)
from guardrails.verdict import Decision
from retrieval.passage import Citation, Passage
from ui.assessment import assessed, remarks, warnings
from ui.basis import basis_card
from ui.flagging import flag_box
from ui.markup import count, icon, text
from ui.numbering import numbers
from ui.words import REFUSAL_TITLES, STEP_WORDS

LONGEST_LABEL = 80
"""Characters of a title kept in a label that is read aloud."""

LONGEST_LAST_WORD = 24


def thread(
    conversation_id: str,
    turns: Sequence[Turn],
    flags: Mapping[str, Sequence[Flag]],
    overrides: Mapping[str, Sequence[Override]] = MappingProxyType({}),
) -> str:
    """Every finished turn of a conversation, oldest first, with the marks and overrides on each, by the turn's id."""
    articles = "".join(turn_article(turn, flags.get(turn.id, ()), overrides.get(turn.id, ())) for turn in turns)
    return f'<div class="thread" data-conversation="{text(conversation_id)}" data-turns="{len(turns)}">{articles}</div>'


def turn_article(turn: Turn, flags: Sequence[Flag] = (), overrides: Sequence[Override] = ()) -> str:
    """One question and how it ended."""
    outcome = turn.outcome
    before = _notices(outcome) + assessed(turn.id, outcome.assessment, overrides)
    body = _answer(turn.id, outcome, before, overrides) if isinstance(outcome, Answer) else _refusal(outcome, before)
    return (
        f'<article class="turn" data-turn="{text(turn.id)}">{_question(outcome.question.text)}{body}'
        f"{basis_card(turn.id, outcome)}{flag_box(turn.id, flags)}</article>"
    )


def live(question: str, events: Sequence[Event]) -> str:
    """The turn in progress: its question, the checked sentences so far and the steps. Empty question: nothing."""
    if not question:
        return _live_region("")
    claims = [event for event in events if isinstance(event, CheckedClaim)]
    withheld = sum(isinstance(event, WithheldClaim) for event in events)
    order = numbers(claims)
    first = "".join(assessed("", event, ()) for event in events if isinstance(event, Assessment))
    lines = first + "".join(_claim("", at, claim, _waiting_chips(claim, order), ()) for at, claim in enumerate(claims))
    note = f'<p class="aside">{count(withheld, "sentence")} withheld by the checks.</p>' if withheld else ""
    steps = _steps([event for event in events if isinstance(event, Progress)], bool(claims or withheld))
    return _live_region(f'<article class="turn is-live">{_question(question)}{steps}{lines}{note}</article>')


def _live_region(inner: str) -> str:
    return f'<div class="live" role="log" aria-live="polite" aria-label="Answer in progress">{inner}</div>'


def _question(words: str) -> str:
    return f'<h2 class="question"><span class="sr-only">You asked: </span>{text(words)}</h2>'


def _answer(turn_id: str, answer: Answer, before: str, overrides: Sequence[Override]) -> str:
    passages = {passage.key: passage for passage in answer.passages}
    order = numbers(answer.claims)
    lines = "".join(
        _claim(turn_id, position, checked, _chips(turn_id, position, checked, order, passages), overrides)
        for position, checked in enumerate(answer.claims)
    )
    sources = len({passage.source_id for passage in answer.passages})
    head = f"Answer from {count(sources, 'source')}, every sentence checked against the words it cites"
    return (
        f'<div class="outcome is-answer"><p class="outcome-head">{icon("shield")}<span>{head}</span></p>'
        f"{before}{lines}{_unverified_line(answer)}{_withheld_line(answer)}"
        f"{_actions(' with citations')}</div>"
    )


def _refusal(refusal: Refusal, before: str) -> str:
    title = REFUSAL_TITLES[refusal.reason]
    return (
        f'<div class="outcome is-refusal"><p class="outcome-head">{icon("stop")}'
        f"<span><strong>Not answered:</strong> {text(title)}</span></p>{before}"
        f'<p class="claim">{text(refusal.explanation)}</p>'
        f'<p class="next-step"><span class="label">What to do next</span>{text(refusal.next_step)}</p>'
        f"{_withheld_line(refusal)}{_actions('')}</div>"
    )


def _notices(outcome: Answer | Refusal) -> str:
    """What must be read first: urgent advice and corrections, then that a stand-in wrote the answer."""
    urgent = "".join(
        f'<p class="notice" role="note">{icon("warning")}<span>{text(word)}</span></p>' for word in outcome.notices
    )
    return urgent + (_aside("info", text(outcome.basis.fallback)) if outcome.basis.fallback else "")


def _unverified_line(answer: Answer) -> str:
    if all(passage.verified for passage in answer.passages):
        return ""
    dashed = '<span class="chip is-unverified is-sample" aria-hidden="true"></span>'
    return _aside("warning", f"Unverified sources {dashed} could not be compared with the label that they name.")


def _aside(icon_name: str, inner: str) -> str:
    return f'<p class="aside">{icon(icon_name)}<span>{inner}</span></p>'


def _claim(turn_id: str, at: int, checked: CheckedClaim, chips: str, overrides: Sequence[Override]) -> str:
    found = checked.verdict.findings
    first = warnings(turn_id, at, found, overrides)
    return f'{first}<p class="claim">{_with_chips(checked.claim.text, chips)}{remarks(found)}</p>'


def _with_chips(words: str, chips: str) -> str:
    """The sentence and its numbers; the last word keeps the numbers beside it on its line."""
    start, space, last = words.rstrip().rpartition(" ")
    if len(last) > LONGEST_LAST_WORD:
        start, space, last = words, " ", ""
    return f'{text(start)}{space}<span class="together">{text(last)} {chips}</span>'


def _chips(
    turn_id: str, claim: int, checked: CheckedClaim, order: Mapping[str, int], passages: Mapping[str, Passage]
) -> str:
    return "".join(
        _chip(turn_id, claim, position, order[citation.key], passages[citation.key])
        for position, citation in _distinct(checked)
    )


def _distinct(checked: CheckedClaim) -> list[tuple[int, Citation]]:
    """The citations of a claim with their positions, each passage once."""
    seen: dict[str, tuple[int, Citation]] = {}
    for position, citation in enumerate(checked.claim.citations):
        seen.setdefault(citation.key, (position, citation))
    return list(seen.values())


def _chip(turn_id: str, claim: int, position: int, number: int, passage: Passage) -> str:
    where = passage.heading[-1] if passage.heading else passage.section.value.replace("_", " ")
    mark = "" if passage.verified else " (unverified)"
    label = f"Source {number}: {passage.title[:LONGEST_LABEL]}, {where}{mark}"
    look = "chip" if passage.verified else "chip is-unverified"
    return (
        f'<button type="button" class="{look}" data-action="source" data-turn="{text(turn_id)}" data-claim="{claim}" '
        f'data-citation="{position}" aria-label="{text(label)}" title="{text(label)}">{number}</button>'
    )


def _waiting_chips(checked: CheckedClaim, order: Mapping[str, int]) -> str:
    """Numbers only: the passages can be opened as soon as the turn is saved."""
    return "".join(f'<span class="chip is-waiting">{order[citation.key]}</span>' for _, citation in _distinct(checked))


def _withheld_line(outcome: Answer | Refusal) -> str:
    if not outcome.withheld:
        return ""
    verb = "was" if len(outcome.withheld) == 1 else "were"
    escalated = any(item.decision is Decision.ESCALATE for item in outcome.withheld)
    looked = "A person was asked to look at what source and rules disagree on. " if escalated else ""
    return _aside(
        "cut",
        f"{count(len(outcome.withheld), 'sentence')} {verb} withheld because a check failed. {looked}"
        '<button type="button" class="link" data-action="basis">See which and why</button>',
    )


def _actions(copied: str) -> str:
    copying = f'{icon("copy")}<span>Copy<span class="roomy">{copied}</span></span>'
    exporting = f'{icon("download")}<span>Export<span class="roomy"> conversation</span></span>'
    return (
        f'<div class="actions"><button type="button" class="quiet" data-action="copy">{copying}</button>'
        f'<button type="button" class="quiet" data-action="flag">{icon("flag")}Flag</button>'
        f'<button type="button" class="quiet" data-action="export">{exporting}</button>'
        '<span class="said" role="status"></span></div>'
    )


def _steps(progress: Sequence[Progress], checking: bool) -> str:
    """The steps as a list: done, in progress, to come. Drafting and checking overlap, sentence by sentence."""
    details = {event.step: event.detail for event in progress}
    reached = [*details, Step.CHECKING] if checking and Step.DRAFTING in details else list(details)
    order = list(Step)
    furthest = max((order.index(step) for step in reached), default=0)
    rows = "".join(_step(step, order.index(step) - furthest, details.get(step, "")) for step in order)
    return f'<ol class="steps" aria-label="Steps">{rows}</ol>'


def _step(step: Step, distance: int, detail: str) -> str:
    state = "done" if distance < 0 else "now" if distance == 0 else "later"
    current = ' aria-current="step"' if state == "now" else ""
    more = f'<span class="step-detail">{text(detail)}</span>' if detail else ""
    mark = icon("check") if state == "done" else '<span class="dot"></span>'
    return f'<li class="step is-{state}"{current}>{mark}<span>{STEP_WORDS[step]}</span>{more}</li>'
