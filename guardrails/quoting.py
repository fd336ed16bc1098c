"""Finds a quote in its passage and says what the quote leaves out of its sentence.

A quote counts only where it starts and ends at the edge of a word: "0 mg" is no quote of "500 mg". Runs of white space
are equal; nothing else is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from guardrails.bounds import BOUND_WORDS
from guardrails.polarity import CLAUSE_END, limits_what_is_beside
from guardrails.quantities import read_amounts
from retrieval.sentences import sentences

_BEFORE = frozenset("([{\"'“‘«—–•·*|")
_AFTER = frozenset(".,;:!?)]}\"'”’»—–*†‡|")
_LIST_ITEM = re.compile(r"[•·*‣▪◦–—-]|\(?[0-9a-z]{1,2}[.)]\s|[a-z]")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a quote stands: characters of the passage's text."""

    start: int
    end: int


@lru_cache(maxsize=4096)
def _sentences(text: str) -> tuple[tuple[int, int], ...]:
    return sentences(text)


def places(quote: str, passage: str) -> tuple[Place, ...]:
    """Every place at which the passage holds the quote, word edges included; none for an empty quote."""
    words = quote.split()
    if not words:
        return ()
    found = list(_literal(quote.strip(), passage))
    if not found:
        spaced = re.finditer(r"\s+".join(re.escape(word) for word in words), passage)
        found = [match.span() for match in spaced]
    return tuple(Place(start, end) for start, end in found if _at_edges(passage, start, end))


def _literal(quote: str, passage: str) -> Iterator[tuple[int, int]]:
    start = passage.find(quote)
    while start >= 0:
        yield start, start + len(quote)
        start = passage.find(quote, start + len(quote))


def _at_edges(passage: str, start: int, end: int) -> bool:
    before, after, beyond = passage[max(0, start - 1) : start], passage[end : end + 1], passage[end + 1 : end + 2]
    opens = before in ("", *_BEFORE) or before.isspace()
    closes = after == "" or after.isspace() or (after in _AFTER and not (after in ".,:" and beyond.isdigit()))
    return opens and closes


def is_whole(place: Place, passage: str) -> bool:
    """Whether the quote starts where a sentence starts and ends where one ends."""
    spans = _sentences(passage)
    return place.start in {start for start, _ in spans} and place.end in {end for _, end in spans}


# Words at the start of a sentence that take part of its meaning from the sentence before. "This medicine" does not.
_LEANS = re.compile(
    r"(?:[•*–—-]\s*)?(?:however|otherwise|then|thereafter|alternatively|instead|if so|if not|nevertheless|conversely"
    r"|but|nor|or|and|if (?:this|these|those|they|it)"
    r"|(?:(?:in|for|with|at|on|to|by|after|before|during|among|under|of|from|at)\s+)?(?:these|those|such|this|that)"
    r"(?!\s+(?:medic\w*|drug|product|label|tablets?|capsules?|section|table|leaflet|document|information|injection|solution"
    r"|monograph)\b)(?!(?-i:\s+[A-Z]))"
    r"|they|the (?:former|latter|same)|both of)\b",
    re.IGNORECASE,
)
_LIMITS_THE_ONE_BEFORE = re.compile(
    r"(?:however|but|except|exceptions?|unless|nevertheless|the exceptions?|(?:this|these) (?:do|does) not apply)\b",
    re.IGNORECASE,
)


def leans_on(place: Place, passage: str, others: tuple[Place, ...]) -> str:
    """The word that ties a quoted sentence to a neighbour that is not quoted ("In these patients", "However"), or "".

    `others` are the places of all quotes of the claim from this passage.
    """
    spans = _sentences(passage)
    shown = [any(each.start <= start and end <= each.end for each in (place, *others)) for start, end in spans]
    for at, (start, end) in enumerate(spans):
        if not (start < place.end and place.start < end):
            continue
        leans = _LEANS.match(passage, start, end)
        if leans and not (at and shown[at - 1]):
            return leans.group()
        limits = _LIMITS_THE_ONE_BEFORE.match(passage, *spans[at + 1]) if at + 1 < len(spans) else None
        if limits and not shown[at + 1]:
            return limits.group()
    return ""


def row_cut_off(place: Place, passage: str, others: tuple[Place, ...]) -> str:
    """What of a table row, its caption and its headers stands before the end of a quote and is not quoted, or ""."""
    shown = (place, *others)
    for start, end in _sentences(passage):
        if start < place.end and not any(each.start <= start and end <= each.end for each in shown):
            return passage[start : min(end, start + 60)]
    return ""


def cut_off(place: Place, passage: str, others: tuple[Place, ...]) -> str:
    """The word outside the quotes that changes their meaning, or "": a negation, condition, bound, population or unit.

    `others` are the places of all quotes of the claim from this passage: what one of them shows is not left out.
    """
    spans = _sentences(passage)
    touched = [n for n, (start, end) in enumerate(spans) if start < place.end and place.start < end]
    if not touched:
        return ""
    start, end = spans[touched[0]][0], spans[touched[-1]][1]
    shown = sorted({place, *others}, key=lambda each: each.start)
    return (
        _split_amount(place, passage, start, end)
        or _left_out(_gap_before(place, shown, start), passage, before=True)
        or _left_out(_gap_after(place, shown, end), passage, before=False)
        or _lead_in(touched[0], spans, passage, shown)
    )


def _split_amount(place: Place, passage: str, start: int, end: int) -> str:
    """The amount that the edge of the quote goes through, as "10 to 20 mg" quoted as "20 mg"."""
    if (start, end) == (place.start, place.end):
        return ""
    for amount in read_amounts(passage[start:end]):
        first, last = start + amount.start, start + amount.end
        if first < place.end and place.start < last and not (place.start <= first and last <= place.end):
            return passage[first:last]
    return ""


def _gap_before(place: Place, shown: list[Place], start: int) -> tuple[int, int]:
    return max([start, *(each.end for each in shown if each.end <= place.start)]), place.start


def _gap_after(place: Place, shown: list[Place], end: int) -> tuple[int, int]:
    return place.end, min([end, *(each.start for each in shown if each.start >= place.end)])


def _left_out(gap: tuple[int, int], passage: str, *, before: bool) -> str:
    text = passage[gap[0] : gap[1]]
    if not text.strip():
        return ""
    cuts = [found.start() for found in CLAUSE_END.finditer(text)]
    same = (text[cuts[-1] :] if before else text[: cuts[0]]) if cuts else text
    beside = limits_what_is_beside(same, whole_sentence=False) or limits_what_is_beside(text, whole_sentence=True)
    bound = BOUND_WORDS.search(same)
    return beside or (bound.group() if bound else "")


def _lead_in(first: int, spans: tuple[tuple[int, int], ...], passage: str, shown: list[Place]) -> str:
    """What the line that introduces a list ("Do not use in:") says about the item that is quoted."""
    start, item = spans[first][0], passage[spans[first][0] : spans[first][1]]
    for before in range(first - 1, -1, -1):
        line = passage[spans[before][0] : spans[before][1]]
        if line.endswith(":"):
            quoted = any(each.start <= spans[before][0] and spans[before][1] <= each.end for each in shown)
            return "" if quoted else limits_what_is_beside(line, whole_sentence=False)
        if not (_LIST_ITEM.match(line) and _LIST_ITEM.match(item)) or "\n" not in passage[spans[before][1] : start]:
            return ""
        start = spans[before][0]
    return ""
