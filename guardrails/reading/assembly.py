"""Puts the marks of one clause together into dose statements."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from guardrails.bounds import Bound, bound_of, change_of
from guardrails.dose import DoseStatement, Limit, Quantity, Range
from guardrails.numerals import Token, is_word
from guardrails.reading.amounts import COUNTED, Read, code_at
from guardrails.reading.doubts import is_level
from guardrails.reading.drafting import (
    Draft,
    add_people,
    add_restatement,
    add_route,
    add_strength,
    add_timing,
    is_count,
    strength_of,
)
from guardrails.reading.marks import Kind, Mark
from guardrails.reading.schedules import Timing
from guardrails.reading.ucum import MASS_LIKE

_LIMITS = {Bound.AT_MOST: Limit.MAXIMUM, Bound.AT_LEAST: Limit.MINIMUM, Bound.PLAIN: Limit.NONE}
_AT_MOST = re.compile(
    r"(?:up to|(?:a )?max(?:imum)?\.?:?(?: of)?|at most|(?:no|not) more (?:than|often than|frequently than)"
    r"|not exceed(?:ing)?)\s*(?:a (?:total|maximum) of\s*)?\Z",
    re.IGNORECASE,
)
_CUE_WINDOW = 40
_LOAD = re.compile(r"\bload(?:ed)?\b", re.IGNORECASE)
_INCREMENT = re.compile(r"\b(?:increments|steps) of\s*\Z", re.IGNORECASE)
_BY = re.compile(r"\b(?:by|titrat\w*)\s*\Z", re.IGNORECASE)
_OTHER_ACTION = re.compile(
    r"increas|decreas|reduc|titrat|adjust|monitor|check|measur|assess|review|test|level|count|symptom|\beat|drink"
    r"|chang|rotat|replac|visit|occur|experienc|half-li|eliminat|wash|until|\bif\b|\bunless\b|studie|trial",
    re.IGNORECASE,
)
_FARTHEST = 12
_THEN_STOP = re.compile(r"(?:and )?then (?:stop|discontinue|finish)\b(?=\s*(?:[.;,)]|\Z))", re.IGNORECASE)
_ACTIONS = frozenset(
    [
        "take",
        "taken",
        "apply",
        "instil",
        "instill",
        "inhale",
        "use",
        "give",
        "given",
        "administer",
        "insert",
        "chew",
        "swallow",
    ]
)


@dataclass(slots=True)
class Assembly:
    """The clause that is being read: what was understood so far, and what waits for its amount."""

    text: str
    masked: str
    tokens: Sequence[Token]
    marks: Sequence[Mark]
    drafts: list[Draft] = field(default_factory=list)
    waiting: list[Mark] = field(default_factory=list)
    understood: list[tuple[int, int]] = field(default_factory=list)
    route: str = ""
    people: str = ""
    open: bool = False
    follows: bool = False
    cut: int = 0
    doubts: list[str] = field(default_factory=list)

    def start(self, at: int) -> int:
        """The character at which this token begins."""
        return self.tokens[at].start

    def between(self, first: int, after: int) -> str:
        """The text between two tokens."""
        return self.text[self.tokens[first].end : self.tokens[after].start] if first >= 0 else ""

    def gap(self, one: int, other: int) -> tuple[str, ...]:
        """The words from one token up to another, in lower case."""
        return tuple(token.text.lower() for token in self.tokens[one:other])


def assemble(text: str, tokens: Sequence[Token], marks: Sequence[Mark], people: str) -> Assembly:
    """Read the marks of a clause in order. `people` is whom the heading above the clause names."""
    work = Assembly(text, _masked(text, tokens, marks), tokens, marks, people=people)
    work.cut = tokens[0].start
    for place, mark in enumerate(marks):
        _take(work, place, mark)
    _close(work)
    _share_schedules(work)
    return work


def _masked(text: str, tokens: Sequence[Token], marks: Sequence[Mark]) -> str:
    """The text without the words of patients, timings and routes, which bound no amount."""
    pieces: list[str] = []
    done = tokens[0].start
    for mark in marks:
        if mark.kind in {Kind.PEOPLE, Kind.TIMING, Kind.ROUTE, Kind.DRUG, Kind.THEN}:
            start, end = tokens[mark.first].start, tokens[mark.after - 1].end
            pieces += [text[done:start], " " * (end - start)]
            done = end
    return " " * tokens[0].start + "".join(pieces) + text[done : tokens[-1].end]


def _take(work: Assembly, place: int, mark: Mark) -> None:
    match mark.kind:
        case Kind.AMOUNT if mark.read is not None:
            _take_amount(work, place, mark, mark.read)
        case Kind.STRENGTH if mark.read is not None:
            _take_strength(work, place, mark, mark.read)
        case Kind.THEN:
            _close(work)
            work.follows, work.open = True, False
            work.understood += [
                found.span() for found in [_THEN_STOP.match(work.text, work.start(mark.first))] if found
            ]
        case Kind.TIMING if mark.timing is not None:
            _take_timing(work, place, mark, mark.timing)
        case Kind.BARE:
            _take_bare(work, place, mark)
        case Kind.DRUG | Kind.ALONE:
            pass
        case _:
            _take_word(work, place, mark)


def _take_word(work: Assembly, place: int, mark: Mark) -> None:
    if mark.kind is Kind.PEOPLE and _looks_forward(work, place, mark):
        work.people = mark.text
        return
    if not work.open or _has_colon(work, mark):
        work.waiting.append(mark)
        return
    _attach(work, work.drafts[-1], mark)


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


def _attach(work: Assembly, draft: Draft, mark: Mark) -> None:
    said = draft.statement
    if mark.kind is Kind.ROUTE:
        add_route(draft, mark.text, mark.first > 0 and is_word(work.tokens, mark.first - 1, "or", "/"), mark.after)
    elif mark.kind is Kind.NEEDED:
        draft.set(replace(said, as_needed=True), mark.after)
    elif mark.kind is Kind.ONCE:
        limited = said.limit is not Limit.NONE and mark.first < draft.first
        draft.set(replace(said, per=("{dose}",)) if limited else replace(said, once=True), mark.after)
    elif mark.kind is Kind.PEOPLE:
        add_people(draft, mark.text, mark.after)
    elif mark.kind is Kind.TOTAL:
        draft.set(replace(said, per=said.per if mark.text in said.per else (*said.per, mark.text)), mark.after)
    elif mark.kind is Kind.TIMING and mark.timing is not None:
        add_timing(draft, mark.timing, mark.after, work.tokens[mark.first].text.lower())


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
    if timing.frequency and (_OTHER_ACTION.search(gap) or mark.first - previous > _FARTHEST):
        work.doubts.append(f"what happens {_said(work, mark)}")
    _attach(work, work.drafts[-1], mark)


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


def _take_amount(work: Assembly, place: int, mark: Mark, read: Read) -> None:
    current = work.drafts[-1] if work.open else None
    if is_level(work.text, work.start(mark.first)) and read.unit in MASS_LIKE:
        work.doubts.append("a level")
    bound, cue = _bound(work, place, mark)
    if current is not None and bound is Bound.PLAIN and _restates(work, current, mark, read):
        return
    if current is not None and is_count(read) and current.is_lone_mass and _is_next_to(work, current.last, mark.first):
        _count_of_product(current, read, mark)
        work.understood.append(cue)
        return
    _open(work, place, mark, read, bound, cue)


def _count_of_product(current: Draft, read: Read, mark: Mark) -> None:
    """ "amlodipine 5 mg, 1 tablet daily": the mass was the product's strength."""
    said = current.statement
    if said.amount is not None:
        current.set(replace(said, strength=(said.amount.low,), amount=read.amount, per=read.per), mark.after)


def _is_next_to(work: Assembly, one: int, other: int) -> bool:
    return set(work.gap(one, other)) <= {
        ",",
        "-",
        "–",
        ":",
        "tablet",
        "tablets",
        "take",
        "give",
        "capsules",
        "caps",
        "x",
    }


def _restates(work: Assembly, current: Draft, mark: Mark, read: Read) -> bool:
    """Take "(10 mL)" after "1 g", or the strength after a count ("2 tablets of amoxicillin 500 mg")."""
    gap = work.gap(current.last, mark.first)
    named = {
        token.text.lower()
        for each in work.marks
        if each.kind is Kind.DRUG
        for token in work.tokens[each.first : each.after]
    }
    if gap == ("(",) and not read.per and read.unit != current.unit and current.statement.amount is not None:
        if current.unit in COUNTED and read.unit in MASS_LIKE and str(current.statement.amount)[:2] != "1 ":
            current.doubts.append("each or all together")
        add_restatement(current, read.amount, mark.after)
        return True
    if current.unit in COUNTED and read.unit in MASS_LIKE and read.amount.high is None and not read.per:
        if set(gap) <= named | {"of", "x", "×", "(", "a"}:
            add_strength(current, (read.amount.low,), mark.after)
            return True
    return False


def _bound(work: Assembly, place: int, mark: Mark) -> tuple[Bound, tuple[int, int]]:
    start, end = work.start(mark.first), work.tokens[mark.after - 1].end
    numeric = [each for each in work.marks[place + 1 :] if each.kind in {Kind.AMOUNT, Kind.STRENGTH, Kind.BARE}][:1]
    following = work.start(numeric[0].first) if numeric else work.tokens[-1].end
    return bound_of(work.masked, (work.cut, start), (end, following))


def _open(work: Assembly, place: int, mark: Mark, read: Read, bound: Bound, cue: tuple[int, int]) -> None:
    start, end = work.start(mark.first), work.tokens[mark.after - 1].end
    change = _change(work, start)
    draft = Draft(DoseStatement(start, end, amount=read.amount, per=read.per), mark.first, mark.after)
    draft.joint = _joint(work, mark) if work.open else ""
    if bound not in _LIMITS:
        draft.doubts.append(f"{bound.value} an amount")
    if read.unit == "%" and not change.endswith(" by"):
        draft.doubts.append("a percentage")
    if not change and _BY.search(work.masked, work.cut, start):
        draft.doubts.append("a change by an amount")
    limit = _LIMITS.get(bound, Limit.NONE)
    draft.statement = replace(draft.statement, limit=limit, change=change, population=work.people)
    work.understood.append(cue)
    draft.follows = work.follows
    work.drafts.append(draft)
    _give_waiting(work, draft)
    if mark.kind is Kind.AMOUNT:
        _number_before(work, place, draft)
    work.open, work.follows, work.cut = True, False, end


def _joint(work: Assembly, mark: Mark) -> str:
    at = mark.first - 1
    while at >= 0 and work.tokens[at].text.lower() not in {"and", "or", ",", ";", "then", "plus", "("}:
        at -= 1
        if mark.first - at > _FARTHEST:
            return ""
    return work.tokens[at].text.lower() if at >= 0 else ""


def _change(work: Assembly, start: int) -> str:
    before = (work.cut, start)
    change = change_of(work.masked, before)
    load = None if change else _LOAD.search(work.masked, *before)
    if load:
        work.understood.append(load.span())
        return "load"
    if change in {"increase", "decrease"} and _INCREMENT.search(work.masked, *before):
        return f"{change} by"
    return change


def _give_waiting(work: Assembly, draft: Draft) -> None:
    """Give the draft what was said before its amount; a route before the first amount holds for the clause."""
    for mark in work.waiting:
        if mark.kind is Kind.STRENGTH and mark.read is not None:
            add_strength(draft, strength_of(mark.read), draft.last)
        else:
            _attach(work, draft, mark)
        draft.first = min(draft.first, mark.first)
        if mark.kind is Kind.ROUTE and len(work.drafts) == 1:
            work.route = draft.statement.route
    work.waiting.clear()
    if work.route and not draft.statement.route:
        draft.statement = replace(draft.statement, route=work.route)


def _number_before(work: Assembly, place: int, draft: Draft) -> None:
    """ "2 x 500 mg": a bare number directly before an amount counts products of that strength."""
    before = work.marks[place - 1] if place else None
    mark = work.marks[place]
    if before is None or before.kind is not Kind.BARE or before.read is None or before.read.unit:
        return
    if work.gap(before.after, mark.first) in {("x",), ("×",)} and draft.statement.amount is not None:
        number = before.read.amount
        high = Quantity(number.high.value, "1") if number.high else None
        said = draft.statement
        draft.statement = replace(
            said, strength=(draft.statement.amount.low,), amount=Range(Quantity(number.low.value, "1"), high)
        )
        work.understood.append((work.start(before.first), work.tokens[before.after - 1].end))
        draft.first = before.first


def _take_strength(work: Assembly, place: int, mark: Mark, read: Read) -> None:
    strengths = strength_of(read)
    form = code_at(work.tokens, mark.after + (1 if is_word(work.tokens, mark.after, "-") else 0))
    before = work.marks[place - 1] if place else None
    counted = before is not None and before.kind is Kind.BARE and before.read is not None and before.read.unit == ""
    gap = work.gap(before.after, mark.first) if before is not None else ()
    if counted and form in COUNTED and gap in {(), ("x",), ("×",), ("a",), ("of",), ("-",)} and before and before.read:
        number = before.read.amount
        counted_read = Read(
            Range(Quantity(number.low.value, form), number.high and Quantity(number.high.value, form)), (), mark.after
        )
        bound, cue = _bound(work, place, replace(mark, first=before.first))
        _open(work, place, replace(mark, first=before.first), counted_read, bound, cue)
        add_strength(work.drafts[-1], strengths, mark.after)
        work.understood.append((work.start(before.first), work.tokens[before.after - 1].end))
        return
    if work.open and _belongs(work, work.drafts[-1], mark):
        add_strength(work.drafts[-1], strengths, mark.after)
        return
    work.waiting.append(mark)
    work.cut = work.tokens[mark.after - 1].end


def _belongs(work: Assembly, draft: Draft, mark: Mark) -> bool:
    named = {
        token.text.lower()
        for each in work.marks
        if each.kind is Kind.DRUG
        for token in work.tokens[each.first : each.after]
    }
    gap = set(work.gap(draft.last, mark.first))
    return not draft.statement.strength and gap <= named | {"of", "(", "x", "a", "the", "/", "-"}


def _take_bare(work: Assembly, place: int, mark: Mark) -> None:
    """ "take 1 codeine": a small whole number before the name of a medicine counts what is taken."""
    following = work.marks[place + 1] if place + 1 < len(work.marks) else None
    number = mark.read.amount.low if mark.read is not None else None
    work.cut = work.tokens[mark.after - 1].end
    if following is None or number is None or number.unit or mark.read is None:
        return
    verb = mark.first == 0 or is_word(work.tokens, mark.first - 1, "take", "give", "takes", "then")
    small = number.value in {Decimal(n) for n in range(1, 11)} and mark.read.amount.high is None
    if following.kind is Kind.DRUG and verb and small and work.gap(mark.after, following.first) in {(), ("of",)}:
        counted = Read(Range(Quantity(number.value, "1")), (), mark.after)
        _open(work, place, mark, counted, Bound.PLAIN, (0, 0))
        work.understood.append((work.start(mark.first), work.tokens[mark.after - 1].end))


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
        draft.follows = work.follows
        draft.inherits = work.follows and not combined
        if any(len(mark.read.strengths) < 2 and mark.read.unit != "%" for mark in combined if mark.read):
            draft.doubts.append("how many is not said")
        work.drafts.append(draft)
        _give_waiting(work, draft)
    work.waiting.clear()
    work.follows = False


def _is_action(work: Assembly) -> bool:
    """Whether the clause tells somebody to use a medicine."""
    named = any(mark.kind in {Kind.DRUG, Kind.ROUTE} for mark in work.marks)
    return named or any(token.text.lower() in _ACTIONS for token in work.tokens)


def _share_schedules(work: Assembly) -> None:
    """ "5 mg or 10 mg daily" is daily for both; "5 mg in the morning and at night 10 mg" is not understood."""
    for one, other in zip(work.drafts, work.drafts[1:], strict=False):
        if other.joint in {"or", ",", "and"} and one.statement.frequency is None and other.statement.frequency:
            if other.joint == "or" and other.statement.limit is one.statement.limit and not one.statement.once:
                one.statement = replace(one.statement, frequency=other.statement.frequency)
            elif not (one.statement.once or one.statement.when) and other.statement.limit is one.statement.limit:
                one.doubts.append("whether the schedule is for both")
        late = other.joint in {"and", ","} and other.statement.frequency is None and not other.statement.once
        if late and one.timed + len(one.statement.when) > 1 and other.statement.limit is one.statement.limit:
            other.doubts.append("which amount the time belongs to")
