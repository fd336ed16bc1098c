"""Which words of a sentence belong to which of its doses: "adults 500 mg, children 250 mg" has two zones.

A sentence with one dose is one zone. With several, the words between two doses go to the one on their side of the
separator (semicolon, comma, "and", "or", "then"); words between two separators go to neither. What stands before the
first dose, or after the last, is shared by all where the other doses have no such words of their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from guardrails.bounds import Bound, bound_of, change_of
from guardrails.equivalence import Measure, measures
from guardrails.wording import GLUE, INSTRUCTING, content_words, stem
from retrieval.sentences import sentences

Span = tuple[int, int]

_STRONG = re.compile(r";|\.(?=\s)|\n")
_SOFT = re.compile(
    r",(?!\d)|[→↑↓+]|\b(?:and|or|then|but|plus|while|whereas|followed by|up to|increas\w+|decreas\w+|reduc\w+)\b"
    r"|\bwith(?=\s+(?!food|meals?|water|milk)[a-z-]{4,}\s*$)",
    re.IGNORECASE,
)
_LABEL = re.compile(r":(?=\s)")
_CELL = re.compile(r";?\s*[^:;]{1,80}:\s")
_FRONT = re.compile(
    r"[^:;]{1,120}:(?=\s)|(?:in|for|with|if|when|after|before|during|unless|until|while|among|as|because|since)\b[^,;:]{1,160},",
    re.IGNORECASE,
)
"""What the first clause says of every clause: a label, or a condition in front of the comma."""
# "up" opens a step of its own ("up to 40 mg"), as a label does.
_NO_LABEL = (
    (GLUE - {"up"})
    | INSTRUCTING
    | set(map(stem, ["increase", "decrease", "maintain", "maximum", "stop", "thereafter", "day", "week"]))
)
_DOSE_UNITS = frozenset(
    {"pg", "µL", "nmol", "mEq", "mOsm", "unit", "IU", "tablet", "capsule", "caplet", "pill", "puff", "inhalation",
     "actuation", "spray", "patch", "drop", "suppository", "lozenge", "sachet", "vial", "ampoule", "syringe", "pen",
     "injection", "infusion", "dose", "teaspoon", "tablespoon", "%", "x", "-fold"}
)  # fmt: skip
_NAMES = frozenset({"code", "grade"})
_NEXT = re.compile(r"\b(?:then|thereafter|followed|maintenance|after)\b", re.IGNORECASE)
_STRENGTH = re.compile(
    r"\s+(?:film[- ]coated\s+|oral\s+)?(?:tab(?:let)?s?|cap(?:sule)?s?|caplets?|vials?|pens?|patch(?:es)?)\b",
    re.IGNORECASE,
)
_NUMBERED = re.compile(
    r"\b(?:days?|weeks?|months?|cycles?|step|stud(?:y|ies)|table|phase|section|infusions?|dose|trial|part|figure)\s+"
    r"(?:\d+\s*(?:,|and|to|-|or)\s*)*$",
    re.IGNORECASE,
)
_BODY = re.compile(
    r"(?:\d|\d\s|ms?\s)(?:kg|kilograms?|years?|yrs?|m2|m²|mmHg|beats?)\b(?!/)|/\s?min|years?|mmol|\bold\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Zone:
    """One dose of a sentence: its amounts in order, the stretches that are its own, and those it shares with others."""

    amounts: tuple[Measure, ...]
    own: tuple[Span, ...]
    shared: tuple[Span, ...]
    sentence: Span

    @property
    def spans(self) -> tuple[Span, ...]:
        """Everything that is said of this dose."""
        return (*self.shared, *self.own)


def is_condition(text: str, one: Measure) -> bool:
    """Whether an amount says for whom a dose is (age, weight, clearance) instead of how much to give."""
    if one.unit == "mo":
        return True
    words = " ".join(text[start:end] for start, end in one.places)
    if "/kg" in words or "per kg" in words:
        return False
    return bool(_BODY.search(words)) and not one.unit.endswith("/d")


def is_dose(text: str, one: Measure) -> bool:
    """Whether the amount is something that is given, or how often."""
    if is_condition(text, one):
        return False
    return one.unit.partition("/")[0] in _DOSE_UNITS or one.unit.startswith("every ")


@lru_cache(maxsize=4096)
def zones(text: str) -> tuple[Zone, ...]:
    """The zones of every sentence of the text; a clause without an amount is a zone without amounts."""
    return tuple(zone for place in sentences(text) for zone in _of_sentence(text, place))


def _of_sentence(text: str, place: Span) -> list[Zone]:
    inside = [one for one in measures(text) if place[0] <= one.start < place[1] and one.unit not in _NAMES]
    clauses = _clauses(text, place)
    doses = _doses(text, inside)
    dosed = [clause for clause in clauses if _groups(text, doses, clause)]
    if len(clauses) == 1:
        return _parted(text, place, place, inside, ())
    if len(dosed) < 2 and all(_CELL.match(text, *clause) for clause in clauses):
        return _parted(text, place, place, inside, ())
    shared = _front(text, clauses, dosed)
    covered = [clause for clause in clauses if not any(a <= clause[0] and clause[1] <= b for a, b in shared)]
    return [zone for clause in covered for zone in _parted(text, place, clause, inside, shared)]


def _clauses(text: str, place: Span) -> list[Span]:
    cuts = [place[0], *(found.start() for found in re.finditer(";", text[place[0] : place[1]])), place[1]]
    cuts = [place[0], *(place[0] + cut for cut in cuts[1:-1]), place[1]]
    return [(a, b) for a, b in pairwise(cuts) if text[a:b].strip(" ;")]


def _front(text: str, clauses: Sequence[Span], dosed: Sequence[Span]) -> tuple[Span, ...]:
    """What governs every clause: cells before the first dose, a label or a condition at the start."""
    first = dosed[0] if dosed else clauses[0]
    cells = [clause for clause in clauses if clause[1] <= first[0] and _CELL.match(text, *clause)]
    if cells and cells[0][0] == clauses[0][0]:
        return tuple(cells)
    others = [clause for clause in clauses if clause != first]
    if first != clauses[0] or any(
        _CELL.match(text, *clause) or _FRONT.match(text, clause[0] + 1, clause[1]) for clause in others
    ):
        return ()
    front = _FRONT.match(text, *first)
    return ((first[0], front.end()),) if front else ()


def _groups(text: str, doses: Sequence[Measure], place: Span) -> list[list[Measure]]:
    """The doses of a clause: runs of amounts without a separator between them."""
    groups: list[list[Measure]] = []
    for one in doses:
        if not is_within(one.start, (place,)):
            continue
        if groups and not _separated(text, groups[-1][-1], one):
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _doses(text: str, inside: Sequence[Measure]) -> list[Measure]:
    """What a sentence gives; where it gives nothing, its bare numbers ("an INR of 2 to 3"). Brackets restate."""
    open_ones = [one for one in inside if not one.in_brackets]
    given = [one for one in open_ones if is_dose(text, one)]
    if given:
        return [one for one in given if not _STRENGTH.match(text, one.end)] or given
    plain = (one for one in open_ones if not one.unit and one.bound is Bound.PLAIN)
    return [
        one
        for one in plain
        if text[one.end : one.end + 1] != ")" and not _NUMBERED.search(text[max(0, one.start - 40) : one.start])
    ]


def _separated(text: str, one: Measure, other: Measure) -> bool:
    between = text[_end(one) : other.start]
    if one.unit.partition("/")[0] in _DOSE_UNITS - {"x"} and other.unit.startswith(("x", "every ")):
        return bool(_STRONG.search(between) or re.search(r"\b(?:or|then|followed by)\b", between, re.IGNORECASE))
    return bool(_STRONG.search(between) or _SOFT.search(between) or _LABEL.search(between))


def _parted(text: str, sentence: Span, place: Span, inside: Sequence[Measure], front: tuple[Span, ...]) -> list[Zone]:
    """The zones of one clause."""
    start, end = place
    groups = _groups(text, _doses(text, inside), place)
    if len(groups) < 2:
        return [_zone(text, inside, place, front, sentence)]
    cuts = [_cut(text, (_end(one[-1]), other[0].start)) for one, other in pairwise(groups)]
    nexts = ((cut[1], group[0].start) for cut, group in zip(cuts, groups[1:], strict=True))
    heads = [(start, groups[0][0].start), *nexts]
    tails = [(_end(group[-1]), cut[0]) for cut, group in zip(cuts, groups[:-1], strict=True)]
    tails.append((_end(groups[-1][-1]), end))
    heads[0], lead = _lead(text, heads)
    tail = () if any(_has_label(text, one) for one in tails[:-1]) else (tails[-1],)
    shared = (*front, *lead, *tail)
    if tail:
        tails[-1] = tails[-1][0], tails[-1][0]
    return [
        _zone(text, inside, (min(head[0], group[0].start), after[1]), shared, sentence)
        for group, head, after in zip(groups, heads, tails, strict=True)
    ]


def _zone(text: str, inside: Sequence[Measure], own: Span, shared: tuple[Span, ...], sentence: Span) -> Zone:
    amounts = [one for one in inside if is_within(one.start, (own, *shared))]
    return Zone(tuple(_inheriting(text, one, own, shared) for one in amounts), (own,), shared, sentence)


def _inheriting(text: str, one: Measure, own: Span, shared: tuple[Span, ...]) -> Measure:
    """The measure with the limit and the change that words in front of all doses of its sentence give to each."""
    before = [(start, end) for start, end in shared if end <= own[0]]
    head = text[own[0] : one.start]
    if not before or not is_within(one.start, (own,)) or not is_dose(text, one):
        return one
    if _NEXT.search(head) or _has_label(text, (own[0], one.start)):
        return one
    start, end = before[-1]
    bound, cue = bound_of(text, (start, end), (one.end, one.end)) if one.bound is Bound.PLAIN else (one.bound, (0, 0))
    bound = bound if bound is Bound.AT_MOST else one.bound
    change = one.change or change_of(text, (start, end))
    if not one.change and one.bound is Bound.AT_MOST and change.endswith(" by"):
        change = ""  # "by 10 mg a week, to at most 40 mg": the maximum is no step
    return replace(one, bound=bound, change=change, beside=(*one.beside, cue) if cue[1] else one.beside)


@lru_cache(maxsize=4096)
def statements_of(text: str) -> tuple[str, ...]:
    """Each clause of each sentence, with what its sentence says of all of its clauses."""
    found = []
    for place in sentences(text):
        clauses = _clauses(text, place)
        if all(_CELL.match(text, *clause) for clause in clauses):
            found.append(text[slice(*place)])
            continue
        front = _FRONT.match(text, *place)
        lead = text[place[0] : front.end()] if front else ""
        found += [text[start:end] if start == place[0] else f"{lead} {text[start:end]}" for start, end in clauses]
    return tuple(found)


def is_within(at: int, spans: Sequence[Span]) -> bool:
    """Whether a character lies in one of the stretches."""
    return any(start <= at < end for start, end in spans)


def _end(one: Measure) -> int:
    return max(end for _, end in one.places)


def _cut(text: str, between: Span) -> Span:
    """Where one dose ends and where the next begins."""
    for pattern in (_STRONG, _SOFT, _LABEL):
        found = list(pattern.finditer(text, *between))
        if found:
            return found[0].start(), found[-1].start()
    return between[1], between[1]


def _lead(text: str, heads: Sequence[Span]) -> tuple[Span, tuple[Span, ...]]:
    """What of the words before the first dose is its own, and what governs every dose."""
    start, end = heads[0]
    if not any(_has_label(text, head) for head in heads[1:]):
        return (end, end), ((start, end),)
    colons = list(_LABEL.finditer(text, start, end))
    if colons and not any(_LABEL.search(text, *head) for head in heads[1:]):
        return (colons[0].end(), end), ((start, colons[0].end()),)
    return (start, end), ()


def _has_label(text: str, place: Span) -> bool:
    """Whether words stand there that could say whom or what a dose is for."""
    return any(word.stem not in _NO_LABEL for word in content_words(text[place[0] : place[1]]))
