"""Opens a dose statement at an amount, or adds the amount to the statement before it."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from guardrails.bounds import Bound, bound_of, changes_in
from guardrails.dose import DoseStatement, Limit, Quantity, Range
from guardrails.numerals import is_word
from guardrails.reading.amounts import COUNTED, Read, code_at, denominators
from guardrails.reading.doubts import is_level
from guardrails.reading.drafting import Draft, add_restatement, add_strength, is_count, strength_of
from guardrails.reading.marks import Kind, Mark
from guardrails.reading.phases import BY_AN_AMOUNT, change_before, phase_after
from guardrails.reading.ucum import MASS_LIKE, VOLUMES
from guardrails.reading.work import FARTHEST, Assembly, attach

_LIMITS = {Bound.AT_MOST: Limit.MAXIMUM, Bound.AT_LEAST: Limit.MINIMUM, Bound.PLAIN: Limit.NONE}
_NEGATED_WINDOW = 80
_PRODUCT_WORD_LIST = """
    , - – : x tablet tablets capsules caps take give inhaler suspension syrup nebules
"""
_PRODUCT_WORDS = frozenset(_PRODUCT_WORD_LIST.split())
_OF_A_ROW = frozenset({":", "=", ",", "/", "1.73", "m2", "m²"})
"""What may stand between a clearance and the dose in one row of a table."""
_TIMES_SIGN = frozenset({("x",), ("×",)})
_COUNTING = frozenset({(), ("x",), ("×",), ("a",), ("of",), ("-",), ("of", "a"), ("of", "one"), ("of", "the")})
"""What may stand between a number and the product that it counts: "two 500 mg tablets", "half of a 25 mg tablet"."""
_UNTIL = re.compile(r"\buntil\b[^,;:(]*\Z", re.IGNORECASE)
_LIMITED_TO = re.compile(r"\blimit(?:ed)?\b(?:[ \0]\S{1,20}){0,4}?[ \0]+to\s*(?:a maximum of\s*)?\Z", re.IGNORECASE)
_NOT_MORE = re.compile(r"\b(?:never|not)\b(?:\s+\w{1,12}){0,4}?\s+more\s+than\s*\Z", re.IGNORECASE)


def take_amount(work: Assembly, place: int, mark: Mark, read: Read) -> None:
    """Open a statement at this amount, unless it restates the one before or says the product's strength."""
    current = work.drafts[-1] if work.open else None
    if is_level(work.text, work.start(mark.first)) and read.unit in MASS_LIKE:
        work.doubts.append("a level")
    if read.unit in VOLUMES and read.per == ("min",) and "clearance" in work.text.lower():
        work.doubts.append("a clearance")
    following = work.marks[place + 1] if place + 1 < len(work.marks) else None
    row = following is not None and following.kind is Kind.AMOUNT and read.per[:1] == ("min",)
    if row and following and set(work.gap(mark.after, following.first)) <= _OF_A_ROW and read.unit in VOLUMES:
        work.doubts.append("a clearance")
    if read.unit in VOLUMES and mark.first > 0 and is_word(work.tokens, mark.first - 1, "in", "with", "into"):
        work.doubts.append("a volume to mix with")
    if read.unit == "%" and not BY_AN_AMOUNT.search(work.masked, work.cut, work.start(mark.first)):
        if any(each.read and each.read.unit in VOLUMES for each in work.marks):
            work.doubts.append("a percentage")
        return
    if read.unit == "L":
        work.doubts.append("a volume of litres")
    before = work.marks[place - 1] if place else None
    if before is not None and before.kind is Kind.BARE and work.gap(before.after, mark.first) in _TIMES_SIGN:
        work.cut = work.cut_before
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
    return set(work.gap(one, other)) <= _PRODUCT_WORDS


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
        total = is_word(work.tokens, mark.after, "total", "altogether")
        if total:
            work.understood.append((work.start(mark.after), work.tokens[mark.after].end))
        if (
            not total
            and current.unit in COUNTED
            and read.unit in MASS_LIKE
            and str(current.statement.amount)[:2] != "1 "
        ):
            current.doubts.append("each or all together")
        add_restatement(current, read.amount, mark.after)
        return True
    product = current.unit in COUNTED and read.unit in MASS_LIKE and read.amount.high is None
    if product and read.per in {(), ("d",)} and set(gap) <= named | {"of", "x", "×", "(", "a"}:
        add_strength(current, (read.amount.low,), mark.after)
        current.statement = replace(current.statement, per=current.statement.per + read.per)
        return True
    return False


def _bound(work: Assembly, place: int, mark: Mark) -> tuple[Bound, tuple[int, int]]:
    start, end = work.start(mark.first), work.tokens[mark.after - 1].end
    numeric = [each for each in work.marks[place + 1 :] if each.kind in {Kind.AMOUNT, Kind.STRENGTH, Kind.BARE}][:1]
    following = work.start(numeric[0].first) if numeric else work.tokens[-1].end
    negated = _NOT_MORE.search(work.masked, max(work.cut, start - _NEGATED_WINDOW), start)
    if negated:
        return Bound.AT_MOST, negated.span()
    limited = _LIMITED_TO.search(work.masked, max(work.cut, start - _NEGATED_WINDOW), start)
    if limited:
        return Bound.AT_MOST, limited.span()
    return bound_of(work.masked, (work.cut, start), (end, following))


def _open(work: Assembly, place: int, mark: Mark, read: Read, bound: Bound, cue: tuple[int, int]) -> None:
    start, end = work.start(mark.first), work.tokens[mark.after - 1].end
    phase_after(work)
    if {"start", "maintain"} <= changes_in(work.masked[work.cut : start]):
        work.doubts.append("which phase is meant")
    joint = _joint(work, mark) if work.open else ""
    change, doubts = _change(work, mark, joint)
    limit = _LIMITS.get(bound, Limit.NONE)
    said = DoseStatement(
        start, end, amount=read.amount, per=read.per, limit=limit, change=change, population=work.people
    )
    draft = Draft(said, mark.first, mark.after, joint, doubts=doubts)
    if bound not in _LIMITS:
        doubts.append(f"{bound.value} an amount")
    if read.unit == "%" and not change.endswith(" by"):
        doubts.append("a percentage")
    if _is_left(work, place, mark):
        doubts.append("a dose that is left")
    changed = change.startswith(("increase", "decrease"))
    if read.amount.high and changed and is_word(work.tokens, mark.first - 1, "from"):
        doubts.append("a change from one amount to another")
    work.understood.append(cue)
    draft.follows = work.follows
    work.drafts.append(draft)
    give_waiting(work, draft)
    if mark.kind is Kind.AMOUNT:
        _number_before(work, place, draft)
    work.open, work.follows, work.cut = True, False, end


def _change(work: Assembly, mark: Mark, joint: str) -> tuple[str, list[str]]:
    """The phase that is said before the amount, and what is unclear about it; "5 mg or 10 mg" share one."""
    start = work.start(mark.first)
    change = change_before(work, start)
    if not change and joint == "or" and work.gap(work.drafts[-1].last, mark.first) == ("or",):
        change = work.drafts[-1].statement.change
    doubts = ["until an amount"] if _UNTIL.search(work.masked, work.cut, start) else []
    if not change and BY_AN_AMOUNT.search(work.masked, work.cut, start):
        before = work.drafts[-1].statement.change if work.drafts and joint == "or" else ""
        if before.endswith(" by"):
            return before, doubts
        doubts.append("a change by an amount")
    return change, doubts


def _is_left(work: Assembly, place: int, mark: Mark) -> bool:
    """ "after 1 week at 10 mg increase to 20 mg": the time is not that of the amount behind it."""
    before = work.marks[place - 1] if place else None
    later = before is not None and before.timing is not None and bool(before.timing.when)
    if not later or before is None or before.timing is None:
        return False
    gap = work.gap(before.after, mark.first)
    return before.timing.when[0].startswith("after ") and gap in {("at",), ("on",), ("of",)}


def _joint(work: Assembly, mark: Mark) -> str:
    at = mark.first - 1
    while at >= 0 and work.tokens[at].text.lower() not in {"and", "or", ",", ";", "then", "plus", "("}:
        at -= 1
        if mark.first - at > FARTHEST:
            return ""
    return work.tokens[at].text.lower() if at >= 0 else ""


def give_waiting(work: Assembly, draft: Draft) -> None:
    """Give the draft what was said before its amount; a route before the first amount holds for the clause."""
    for mark in work.waiting:
        if mark.kind is Kind.STRENGTH and mark.read is not None:
            add_strength(draft, strength_of(mark.read), draft.last)
        else:
            attach(work, draft, mark)
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
    if work.gap(before.after, mark.first) in _TIMES_SIGN and draft.statement.amount is not None:
        number = before.read.amount
        high = Quantity(number.high.value, "1") if number.high else None
        said = draft.statement
        draft.statement = replace(
            said, strength=(draft.statement.amount.low,), amount=Range(Quantity(number.low.value, "1"), high)
        )
        work.understood.append((work.start(before.first), work.tokens[before.after - 1].end))
        draft.first = before.first


def take_strength(work: Assembly, place: int, mark: Mark, read: Read) -> None:
    """Add a product's strength to the dose it belongs to, or let it wait for one."""
    strengths = strength_of(read)
    form = code_at(work.tokens, mark.after + (1 if is_word(work.tokens, mark.after, "-") else 0))
    before = work.marks[place - 1] if place else None
    counted = before is not None and before.kind is Kind.BARE and before.read is not None and before.read.unit == ""
    gap = work.gap(before.after, mark.first) if before is not None else ()
    if counted and form in COUNTED and gap in _COUNTING and before and before.read:
        number = before.read.amount
        count = Range(Quantity(number.low.value, form))
        if work.open and is_word(work.tokens, before.first - 1, "(") and work.drafts[-1].unit in MASS_LIKE:
            add_restatement(work.drafts[-1], count, mark.after)
            work.understood.append((work.start(before.first), work.tokens[before.after - 1].end))
            return
        counted_read = Read(
            Range(Quantity(number.low.value, form), number.high and Quantity(number.high.value, form)), (), mark.after
        )
        work.cut = work.cut_before
        bound, cue = _bound(work, place, replace(mark, first=before.first))
        _open(work, place, replace(mark, first=before.first), counted_read, bound, cue)
        add_strength(work.drafts[-1], strengths, mark.after)
        work.understood.append((work.start(before.first), work.tokens[before.after - 1].end))
        return
    if work.open and _belongs(work, work.drafts[-1], mark):
        add_strength(work.drafts[-1], strengths, mark.after)
        return
    work.waiting.append(mark)


def _belongs(work: Assembly, draft: Draft, mark: Mark) -> bool:
    named = {
        token.text.lower()
        for each in work.marks
        if each.kind is Kind.DRUG
        for token in work.tokens[each.first : each.after]
    }
    gap = set(work.gap(draft.last, mark.first))
    return not draft.statement.strength and gap <= named | {"of", "(", "x", "a", "the", "/", "-"}


def _limits_products(work: Assembly, place: int, mark: Mark, read: Read) -> bool:
    """Take "max 8/24h" or "no more than 8 in 24 hours" after "1-2 tabs": a limit of the same products."""
    unit = work.drafts[-1].unit if work.drafts else ""
    if unit not in COUNTED or read.unit or read.amount.high:
        return False
    per, after = denominators(work.tokens, mark.after)
    bound, cue = _bound(work, place, mark)
    if per != ("d",) or bound is not Bound.AT_MOST:
        return False
    limit = Read(Range(Quantity(read.amount.low.value, unit)), per, after)
    _open(work, place, replace(mark, after=after), limit, bound, cue)
    work.understood.append((work.start(mark.first), work.tokens[after - 1].end))
    return True


def take_bare(work: Assembly, place: int, mark: Mark) -> None:
    """ "take 1 codeine": a small whole number before the name of a medicine counts what is taken."""
    following = work.marks[place + 1] if place + 1 < len(work.marks) else None
    number = mark.read.amount.low if mark.read is not None else None
    if mark.read is not None and _limits_products(work, place, mark, mark.read):
        return
    work.cut_before, work.cut = work.cut, work.tokens[mark.after - 1].end
    if following is None or number is None or number.unit or mark.read is None:
        return
    verb = mark.first == 0 or is_word(work.tokens, mark.first - 1, "take", "give", "takes", "then")
    small = number.value in {Decimal(n) for n in range(1, 11)} and mark.read.amount.high is None
    if following.kind is Kind.DRUG and verb and small and work.gap(mark.after, following.first) in {(), ("of",)}:
        counted = Read(Range(Quantity(number.value, "1")), (), mark.after)
        work.cut = work.cut_before
        _open(work, place, mark, counted, Bound.PLAIN, (0, 0))
        work.understood.append((work.start(mark.first), work.tokens[mark.after - 1].end))
