"""Where a sentence ends in medical English. A line break always ends one; a doubtful full stop never does."""

from __future__ import annotations

import re
from itertools import pairwise

# Words that carry a full stop of their own and are followed by more of the sentence.
_NEVER_LAST = re.compile(
    r"""e\.?g|i\.?e|cf|vs|viz|approx|ca|dr|mrs?|ms|prof|st|nos|figs?|refs?|sec|vol|eds?|al|spp?|ssp|var|subsp
    |i\.v|i\.m|s\.c|p\.o|p\.r|[btq]\.i\.d|q\.d|q\.h|o\.d|b\.d|t\.d\.s|u\.s|u\.s\.a|u\.k|e\.u|inc|ltd|co|corp|max|min|conc
    |wt|temp|resp|incl|excl|est|tabs?|caps?|inj|sol|susp|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec""",
    re.IGNORECASE | re.VERBOSE,
)
_STOP = re.compile(r"[.!?]+[\"'”’)\]*†‡]*(?=\s)")
_LAST_WORD = re.compile(r"[A-Za-z][A-Za-z.]*$")
_NUMBERED = re.compile(r"(?:^|\b(?:table|figure|fig|section|step|appendix|no)\s+)\d+[a-z]?$", re.IGNORECASE)
# "vitamin C." and "hepatitis B." do end sentences; a lone capital after anything else is an initial ("E. coli").
_LETTERED = re.compile(
    r"\b(?:vitamins?|hepatitis|types?|class|group|grade|part|step|child-pugh)\s+[A-Z]$", re.IGNORECASE
)
_STARTS = re.compile(r"\s+[\"'“‘(\[]?[A-Z0-9≥≤<>•±µΑ-Ω]")
_FAR = 400
"""An opening bracket that is not closed within this many characters is taken for a misprint."""


def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """Start and end of each sentence, in order, without the space around it; together they hold all but space."""
    spans: list[tuple[int, int]] = []
    start = 0
    for line in text.split("\n"):
        spans.extend((start + a, start + b) for a, b in _line_spans(line))
        start += len(line) + 1
    return tuple(spans)


def _line_spans(line: str) -> list[tuple[int, int]]:
    cuts = [found.end() for found in _STOP.finditer(line) if _ends_here(line, found)]
    bounds = [0, *cuts, len(line)]
    return [span for a, b in pairwise(bounds) if (span := _trimmed(line, a, b))[0] < span[1]]


def _trimmed(line: str, start: int, end: int) -> tuple[int, int]:
    while start < end and line[start].isspace():
        start += 1
    while end > start and line[end - 1].isspace():
        end -= 1
    return start, end


def _ends_here(line: str, found: re.Match[str]) -> bool:
    if not _STARTS.match(line, found.end()) or _inside_brackets(line, found.end()):
        return False
    if not found.group().startswith(".") or found.group().startswith(".."):
        return True
    before = line[max(0, found.start() - 60) : found.start()]
    if _NUMBERED.search(before) or (before.lower().endswith(" no") and re.match(r"\s+\d", line[found.end() :])):
        return False
    word = _LAST_WORD.search(before)
    return word is None or not _abbreviated(word.group(), before)


def _abbreviated(word: str, before: str) -> bool:
    """Whether the full stop after `word` belongs to it: a known abbreviation, or an initial."""
    if _NEVER_LAST.fullmatch(word):
        return True
    return len(word) == 1 and word.isupper() and not _LETTERED.search(before)


def _inside_brackets(line: str, at: int) -> bool:
    depth = 0
    for sign in line[max(0, at - _FAR) : at]:
        if sign in "([":
            depth += 1
        elif sign in ")]":
            depth = max(0, depth - 1)
    return depth > 0 and any(sign in ")]" for sign in line[at : at + _FAR])
