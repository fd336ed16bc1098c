"""Which words of a sentence belong to which of its doses: "adults 500 mg, children 250 mg" has two zones.

A sentence with one dose is one zone. With several, the words between two doses go to the one on their side of the
separator (semicolon, comma, "and", "or", "then"); words between two separators go to neither. What stands before the
first dose, or after the last, is shared by all where the other doses have no such words of their own.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from guardrails.equivalence import Measure, measures
from guardrails.polarity import CLAUSE_END
from guardrails.wording import GLUE, INSTRUCTING, content_words
from retrieval.sentences import sentences

Span = tuple[int, int]

_STRONG = re.compile(r";|\.(?=\s)|\n")
_SOFT = re.compile(
    r",(?!\d)|\b(?:and|or|then|but|while|whereas|followed by|up to|increas\w+|decreas\w+|reduc\w+)\b", re.IGNORECASE
)
_LABEL = re.compile(r":(?=\s)")
_CELL = re.compile(r";?\s*[^:;]{1,80}:\s")
_FRONT = re.compile(
    r"[^:;]{1,120}:(?=\s)|(?:in|for|with|if|when|after|before|during|unless|until|while|among)\b[^,;:]{1,160},",
    re.IGNORECASE,
)
"""What the first clause says of every clause: a label, or a condition in front of the comma."""
_NO_LABEL = GLUE | INSTRUCTING | {"increase", "decrease", "maintain", "maximum", "stop", "thereaft", "day", "week"}
_DOSE_UNITS = frozenset(
    {"pg", "µL", "nmol", "mEq", "mOsm", "unit", "IU", "tablet", "capsule", "caplet", "pill", "puff", "inhalation",
     "actuation", "spray", "patch", "drop", "suppository", "lozenge", "sachet", "vial", "ampoule", "syringe", "pen",
     "injection", "infusion", "dose", "teaspoon", "tablespoon", "%", "x", "-fold"}
)  # fmt: skip
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
    words = text[one.start : one.end]
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
    """The zones of every sentence of the text; a sentence without a dose is one zone with the amounts that it has."""
    found: list[Zone] = []
    for start, end in sentences(text):
        inside = [one for one in measures(text) if start <= one.start < end]
        groups = _groups(text, inside)
        if len(groups) > 1:
            found += _parted(text, (start, end), inside, groups)
        else:
            found += _by_clause(text, (start, end), inside)
    return tuple(found)


def _by_clause(text: str, place: Span, inside: Sequence[Measure]) -> list[Zone]:
    """The clauses of a sentence with one dose at most. A row of a table ("Age: 6 to 11; Dose: 1 tablet") is one."""
    start, end = place
    cuts = [start, *(found.start() for found in CLAUSE_END.finditer(text, start, end)), end]
    clauses = [(a, b) for a, b in pairwise(cuts) if text[a:b].strip()]
    if len(clauses) < 2 or all(_CELL.match(text, a, b) for a, b in clauses):
        return [Zone(tuple(inside), (place,), (), place)]
    front = _FRONT.match(text, *clauses[0])
    shared = ((clauses[0][0], front.end()),) if front else ()
    found = []
    for clause in clauses:
        spans = (clause, *shared)
        found.append(Zone(tuple(one for one in inside if is_within(one.start, spans)), (clause,), shared, place))
    return found


def _groups(text: str, inside: Sequence[Measure]) -> list[list[Measure]]:
    """The doses of a sentence: runs of amounts without a separator between them. Amounts in brackets restate."""
    groups: list[list[Measure]] = []
    doses = [one for one in inside if is_dose(text, one) and not one.in_brackets]
    for one in doses or [one for one in inside if not one.unit and not one.in_brackets]:
        if groups and not _separated(text, groups[-1][-1], one):
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _separated(text: str, one: Measure, other: Measure) -> bool:
    between = text[_end(one) : other.start]
    if one.unit.partition("/")[0] in _DOSE_UNITS - {"x"} and other.unit.startswith(("x", "every ")):
        return bool(_STRONG.search(between) or re.search(r"\b(?:or|then|followed by)\b", between, re.IGNORECASE))
    return bool(_STRONG.search(between) or _SOFT.search(between) or _LABEL.search(between))


def _parted(text: str, place: Span, inside: Sequence[Measure], groups: Sequence[Sequence[Measure]]) -> list[Zone]:
    start, end = place
    cuts = [_cut(text, (_end(one[-1]), other[0].start)) for one, other in pairwise(groups)]
    nexts = ((cut[1], group[0].start) for cut, group in zip(cuts, groups[1:], strict=True))
    heads = [(start, groups[0][0].start), *nexts]
    tails = [
        *((_end(group[-1]), cut[0]) for cut, group in zip(cuts, groups, strict=False)),
        (_end(groups[-1][-1]), end),
    ]
    first, lead = _lead(text, heads)
    tail_is_shared = not any(_has_label(text, tail) for tail in tails[:-1])
    shared = (*lead, *((tails[-1],) if tail_is_shared else ()))
    heads[0] = first
    found = []
    for group, head, tail in zip(groups, heads, tails, strict=True):
        own = (head[0], tail[1]) if head[0] < head[1] else (group[0].start, tail[1])
        amounts = tuple(one for one in inside if is_within(one.start, (own, *shared)))
        found.append(Zone(amounts, (own,), shared, place))
    return found


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
    parts = list(_STRONG.finditer(text, start, end))
    if parts:
        return (parts[-1].end(), end), ((start, parts[-1].end()),)
    colons = list(_LABEL.finditer(text, start, end))
    if colons and not any(_LABEL.search(text, *head) for head in heads[1:]):
        return (colons[0].end(), end), ((start, colons[0].end()),)
    return (start, end), ()


def _has_label(text: str, place: Span) -> bool:
    """Whether words stand there that could say whom or what a dose is for."""
    return any(word.stem not in _NO_LABEL for word in content_words(text[place[0] : place[1]]))
