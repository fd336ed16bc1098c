"""Puts the marks of one clause together into dose statements."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from guardrails.dose import DoseStatement, Limit, Quantity, Range
from guardrails.numerals import Token, is_word
from guardrails.reading.amounts import COUNTED, code_at
from guardrails.reading.drafting import Draft
from guardrails.reading.frequencies import Timing
from guardrails.reading.marks import Kind, Mark
from guardrails.reading.openings import give_waiting, take_amount, take_bare, take_strength
from guardrails.reading.phases import phase_after
from guardrails.reading.ucum import MASS_LIKE
from guardrails.reading.work import FARTHEST, OTHER_ACTION, Assembly, attach

_AT_MOST = re.compile(
    r"(?:up to|(?:a )?max(?:imum)?\.?:?(?: of)?|at most|(?:no|not) more (?:than|often than|frequently than)"
    r"|not exceed(?:ing)?)\s*(?:a (?:total|maximum) of\s*)?\Z",
    re.IGNORECASE,
)
_CUE_WINDOW = 40
_OF_AN_EFFECT = re.compile(
    r"\b(?:reduc|decreas|lower|increas|prevent|start|initiat)\w*\s+(?:in\s+|of\s+)?(?:the\s+)?(?:relative\s+)?"
    r"(?:risks?|rates?|incidence|frequency|number|severity|recurrence|mortality|symptoms|signs|progression|likelihood"
    r"|blood|serum|plasma|ldl|cholesterol|triglycerides?|pain|fever|hospitali[sz]ations?)\b",
    re.IGNORECASE,
)
"""What is reduced or increased here is no dose."""
_MAXIMUM = re.compile(r"\bmax(?:imum)?\b", re.IGNORECASE)
_THEN_STOP = re.compile(r"(?:and )?then (?:stop|discontinue|finish)\b(?=\s*(?:[.;,)]|\Z))", re.IGNORECASE)
_ACTIONS_WORDS = """
    take taken apply instil instill inhale use give given administer insert chew swallow
"""
_ACTIONS = frozenset(_ACTIONS_WORDS.split())


def assemble(text: str, tokens: Sequence[Token], marks: Sequence[Mark], people: str) -> Assembly:
    """Read the marks of a clause in order. `people` is whom the heading above the clause names."""
    work = Assembly(text, _masked(text, tokens, marks), tokens, marks, people=people)
    work.cut = tokens[0].start
    for place, mark in enumerate(marks):
        _take(work, place, mark)
    _close(work)
    phase_after(work)
    _share_schedules(work)
    _doubt_products(work)
    if work.drafts and all(draft.statement.limit is Limit.MAXIMUM for draft in work.drafts):
        work.understood += [found.span() for found in _MAXIMUM.finditer(work.text)]
    return work


def _take(work: Assembly, place: int, mark: Mark) -> None:
    match mark.kind:
        case Kind.AMOUNT if mark.read is not None:
            take_amount(work, place, mark, mark.read)
        case Kind.STRENGTH if mark.read is not None:
            take_strength(work, place, mark, mark.read)
        case Kind.THEN:
            _close(work)
            phase_after(work)
            work.follows, work.open, work.cut = True, False, work.start(mark.first)
            work.understood += [
                found.span() for found in [_THEN_STOP.match(work.text, work.start(mark.first))] if found
            ]
        case Kind.TIMING if mark.timing is not None:
            _take_timing(work, place, mark, mark.timing)
        case Kind.BARE:
            take_bare(work, place, mark)
        case Kind.DRUG | Kind.ALONE:
            pass
        case _:
            _take_word(work, place, mark)


def _take_word(work: Assembly, place: int, mark: Mark) -> None:
    if mark.kind is Kind.PEOPLE and _looks_forward(work, place, mark):
        if work.people and mark.text in {"patients", "patient", "people"}:
            return
        before = work.marks[place - 1] if place else None
        goes_on = before is not None and before.kind is Kind.PEOPLE
        joined = (
            goes_on and before is not None and set(work.gap(before.after, mark.first)) <= {"(", ",", "and", "weight"}
        )
        work.people = f"{work.people}, {mark.text}" if joined else mark.text
        return
    if not work.open or _has_colon(work, mark):
        work.waiting.append(mark)
        return
    attach(work, _target(work, mark), mark)


def _target(work: Assembly, mark: Mark) -> Draft:
    """The dose that a later word belongs to: not the one in brackets that were closed before it."""
    last = work.drafts[-1]
    if len(work.drafts) > 1:
        before = work.gap(work.drafts[-2].first, last.first)
        if before.count("(") > before.count(")") and ")" in work.gap(last.first, mark.first):
            return work.drafts[-2]
    return last


def _looks_forward(work: Assembly, place: int, mark: Mark) -> bool:
    """Whether this names the patients of the doses after it, and not of the dose before it."""
    if not work.open or _has_colon(work, mark):
        return True
    following = work.marks[place + 1] if place + 1 < len(work.marks) else None
    before = mark.first > 0 and is_word(work.tokens, mark.first - 1, ",", "and", "but")
    listed = mark.first > 1 and is_word(work.tokens, mark.first - 2, ",", "and") and not before
    return (before or listed) and following is not None and following.kind in {Kind.AMOUNT, Kind.DRUG}


def _has_colon(work: Assembly, mark: Mark) -> bool:
    at = mark.after + (1 if is_word(work.tokens, mark.after, ")") else 0)
    return is_word(work.tokens, at, ":")


def _take_timing(work: Assembly, place: int, mark: Mark, timing: Timing) -> None:
    start = work.start(mark.first)
    cue = _AT_MOST.search(work.text, max(work.cut, start - _CUE_WINDOW), start)
    if cue and timing.frequency and not timing.implied:
        work.understood.append(cue.span())
        timing = replace(timing, frequency=replace(timing.frequency, at_most=True))
        mark = replace(mark, timing=timing)
        if work.open and work.drafts[-1].timed:
            _add_limit_of_times(work, mark, timing)
            return
    if cue and timing.duration and timing.frequency is None:
        work.understood.append(cue.span())
    work.cut = work.tokens[mark.after - 1].end if timing.frequency is None or timing.frequency.at_most else work.cut
    if not work.open or _has_colon(work, mark) or _begins_next(work, place, mark):
        work.waiting.append(mark)
        return
    previous = work.marks[place - 1].after if place else 0
    gap = work.between(previous - 1, mark.first)
    if timing.frequency and (OTHER_ACTION.search(gap) or mark.first - previous > FARTHEST):
        work.doubts.append(f"what happens {_said(work, mark)}")
    attach(work, _target(work, mark), mark)


def _begins_next(work: Assembly, place: int, mark: Mark) -> bool:
    """ "day 1, day 2 5 mg": a label of a day directly before an amount, after a comma or "and"."""
    label = mark.timing is not None and bool(mark.timing.when) and mark.timing.when[0].startswith(("day ", "week "))
    following = work.marks[place + 1] if place + 1 < len(work.marks) else None
    before = mark.first > 0 and is_word(work.tokens, mark.first - 1, ",", "and")
    return label and before and following is not None and following.kind is Kind.AMOUNT


def _said(work: Assembly, mark: Mark) -> str:
    return work.text[work.start(mark.first) : work.tokens[mark.after - 1].end]


def _add_limit_of_times(work: Assembly, mark: Mark, timing: Timing) -> None:
    """ "…, max 4 times a day" after "every 4-6 hours": a limit of doses."""
    frequency = timing.frequency
    if frequency is None or frequency.times is None or frequency.period is None or frequency.times_high:
        work.doubts.append("a limit of times")
        return
    period = frequency.period.low
    per = period.unit if period.value == 1 else f"{period.value.normalize():f}.{period.unit}"
    previous = work.drafts[-1].statement
    start, end = work.start(mark.first), work.tokens[mark.after - 1].end
    limit = DoseStatement(
        start,
        end,
        amount=Range(Quantity(frequency.times, "{dose}")),
        per=(per,),
        limit=Limit.MAXIMUM,
        population=previous.population,
    )
    work.drafts.append(Draft(limit, mark.first, mark.after))


def _close(work: Assembly) -> None:
    """End of a step: what still waits for an amount repeats the one before, or is a dose without an amount."""
    if not work.waiting:
        return
    timed = any(mark.timing is not None and mark.timing.frequency is not None for mark in work.waiting)
    combined = [mark for mark in work.waiting if mark.kind is Kind.STRENGTH]
    if combined or (timed and (work.follows or _is_action(work))):
        first, last = work.waiting[0], work.waiting[-1]
        start, end = work.start(first.first), work.tokens[last.after - 1].end
        draft = Draft(DoseStatement(start, end, population=work.people), first.first, last.after)
        if OTHER_ACTION.search(work.text, work.start(0), work.tokens[-1].end) and not work.follows:
            draft.doubts.append("what happens that often")
        draft.follows = work.follows
        draft.inherits = work.follows and not combined
        if any(len(mark.read.strengths) < 2 and mark.read.unit != "%" for mark in combined if mark.read):
            draft.doubts.append("how many is not said")
        work.drafts.append(draft)
        give_waiting(work, draft)
    work.waiting.clear()
    work.follows = False


def _is_action(work: Assembly) -> bool:
    """Whether the clause tells somebody to use a medicine."""
    named = any(mark.kind in {Kind.DRUG, Kind.ROUTE} for mark in work.marks)
    return named or any(token.text.lower() in _ACTIONS for token in work.tokens)


def _share_schedules(work: Assembly) -> None:
    """ "5 mg or 10 mg daily" is daily for both; "5 mg in the morning and at night 10 mg" is not understood."""
    for one, other in pairwise(work.drafts):
        limits = (one.statement.limit, other.statement.limit)
        lost = other.joint == "and" and limits[1] is Limit.NONE and not other.statement.change
        if limits[0] is not limits[1] and (other.joint == "or" or lost):
            other.doubts.append("whether the limit is for both")
        if (
            one.is_lone_mass
            and other.unit in COUNTED
            and other.joint not in {"and", "or", "plus"}
            and not other.follows
        ):
            other.doubts.append("which amount is the dose")
        if other.joint in {"or", ",", "and"} and one.statement.frequency is None and other.statement.frequency:
            if other.joint == "or" and other.statement.limit is one.statement.limit and not one.statement.once:
                route = one.statement.route or other.statement.route
                one.statement = replace(one.statement, frequency=other.statement.frequency, route=route)
            elif not (one.statement.once or one.statement.when) and other.statement.limit is one.statement.limit:
                one.doubts.append("whether the schedule is for both")
        late = other.joint in {"and", ","} and other.statement.frequency is None and not other.statement.once
        if late and one.timed + len(one.statement.when) > 1 and other.statement.limit is one.statement.limit:
            other.doubts.append("which amount the time belongs to")


def _doubt_products(work: Assembly) -> None:
    """ "Fluoxetine tablets 60 mg" with nothing said about taking them is a product and no dose."""
    for draft in work.drafts:
        formed = draft.first > 0 and code_at(work.tokens, draft.first - 1) in COUNTED
        if formed and draft.is_lone_mass and not (draft.statement.once or draft.statement.when):
            draft.doubts.append("a product's strength")
        after = next((mark.after for mark in work.marks if mark.first == draft.first), draft.last)
        if draft.unit in MASS_LIKE and is_word(work.tokens, after, "of") and not _names_medicine(work, after + 1):
            draft.doubts.append("which medicine is meant")


def _names_medicine(work: Assembly, at: int) -> bool:
    """Whether a name stands here or within three words, or only words that name no substance."""
    named = {mark.first for mark in work.marks if mark.kind is Kind.DRUG}
    plain = at < len(work.tokens) and work.tokens[at].text.lower() in {
        "the",
        "this",
        "your",
        "a",
        "it",
        "which",
        "body",
    }
    return plain or any(near in named for near in range(at, at + 4))


def _masked(text: str, tokens: Sequence[Token], marks: Sequence[Mark]) -> str:
    """The text without the words of patients, timings and routes, which bound no amount."""
    pieces: list[str] = []
    done = tokens[0].start
    for mark in marks:
        if mark.kind in {Kind.PEOPLE, Kind.TIMING, Kind.ROUTE, Kind.DRUG, Kind.THEN}:
            start, end = tokens[mark.first].start, tokens[mark.after - 1].end
            blank = " " if mark.timing and mark.timing.frequency and not mark.timing.duration else "\0"
            pieces += [text[done:start], blank * (end - start)]
            done = end
    masked = " " * tokens[0].start + "".join(pieces) + text[done : tokens[-1].end]
    return _OF_AN_EFFECT.sub(lambda found: "\0" * len(found[0]), masked)
