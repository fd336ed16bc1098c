"""Negations, exceptions, conditions and hedges: which a text has, and which parts of a quote a claim rests on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from guardrails.quantities import read_amounts
from guardrails.wording import POPULATIONS, content_words, phrases


@dataclass(frozen=True, slots=True)
class Cue:
    """A word that turns or limits a statement: its kind, the stem that it acts on, and its place.

    `to` is what "do not give" does not give: "never as a bolus" is "never given as a bolus".
    """

    kind: str
    scope: str
    start: int
    end: int
    to: str = ""


_CUE = re.compile(
    r"\b(?:(?P<not>not|no|never|none|nor|neither|cannot|unable(?=\s+to\b)|\w+n['’]t)"
    r"|(?P<avoid>avoid\w*)"
    r"|(?P<contraindicated>contra-?indicat\w*)"
    r"|(?P<without>without)"
    r"|(?P<except>except\w*|exclud\w*|other than|apart from)"
    r"|(?P<unless>unless)"
    r"|(?P<only>only|solely|exclusively)"
    r"|(?P<if>if|provided that|in case of)"
    r"|(?P<until>until|till)"
    r"|(?P<when>when|whenever)"
    r"|(?P<while>while|whilst)"
    r"|(?P<before>before(?:hand)?|prior(?:\s+to)?)"
    r"|(?P<after>after(?:wards?)?"
    r"|(?:(?<=hour )|(?<=hours )|(?<=minutes )|(?<=day )|(?<=days )|(?<=week )|(?<=weeks )"
    r"|(?<= h )|(?<= hrs )|(?<= min )|(?<= d )|(?<= wk ))following))\b",
    re.IGNORECASE,
)
_ACTS_ON_A_WORD = frozenset({"not", "without"})
_NEED = re.compile(r"\s+needs?\b", re.IGNORECASE)
_GIVEN = re.compile(
    r"\s+(?:to\s+)?(?:be\s+)?(?:given|taken|used|administered|give|take|use|administer)\s+(?:(?:as|by|via|through)\s+)?"
    r"(?:(?:an?|the)\s+)?",
    re.IGNORECASE,
)
_TREATING = frozenset({"give", "use"})
# "no adjustment is required", "need not be adjusted"
_ADJUSTING = frozenset({"dose", "adjust", "require"})
EXCEPTIONS = frozenset({"except", "unless", "only", "if", "until"})
"""Kinds that limit the whole sentence in which they stand, not only their clause."""

CLAUSE_END = re.compile(r";|,?\s+\b(?:but|however)\b", re.IGNORECASE)
_WEAK = re.compile(r"\b(?:may|might|could|can|consider\w*)\b", re.IGNORECASE)
# Words that deny without a negation: "failed to show that X is safe".
_DOUBT = re.compile(
    r"\b(?:fail\w*|lack\w*|unlikely|insufficient\w*|inadequate\w*|absen\w*|rarely|seldom|hardly|unable|unknown|unclear"
    r"|den(?:y|ied|ies)|refus\w*|instead|rather|although|despite|unlike|whereas|myth)\b",
    re.IGNORECASE,
)
_STRONG = re.compile(r"\b(?:must|should|shall|required|requires?|need(?:s|ed)?)\b", re.IGNORECASE)


@lru_cache(maxsize=8192)
def cues(text: str) -> tuple[Cue, ...]:
    """The cues of a text in order, without those that bound a number ("no more than 4 g"): the bound says it."""
    bounded = [amount.cue for amount in read_amounts(text)]
    bounded += [(phrase.start, phrase.end) for phrase in phrases(text)]
    words = content_words(text)
    found = []
    for match in _CUE.finditer(text):
        if any(start <= match.start() < end for start, end in bounded) or _is_said_twice(match, text):
            continue
        near = [word.stem for word in words if match.end() <= word.start][:5]
        kind, scope = _sense(str(match.lastgroup), near)
        if kind == "not" and scope != "adjust" and _NEED.match(text, match.end()):
            scope = "require"
        given = _GIVEN.match(text, match.end()) if scope == "use" else None
        to = next((word.stem for word in words if given and word.start == given.end()), "")
        found.append(Cue(kind, scope, *match.span(), to))
    return tuple(found)


_LAST_WORD = re.compile(r"\s*(?:[,.;)]|\Z)")
_AGAIN = re.compile(r"beforehand|prior|afterwards?", re.IGNORECASE)


def _is_said_twice(match: re.Match[str], text: str) -> bool:
    """Whether this is the second "before" of one statement: "before each infusion …, 30 minutes prior"."""
    if not _AGAIN.fullmatch(match.group()) or not _LAST_WORD.match(text, match.end()):
        return False
    start = max(text.rfind(sign, 0, match.start()) for sign in (". ", ";", "\n")) + 1
    others = (other for other in _CUE.finditer(text, start, match.start()))
    return any(other.lastgroup == match.lastgroup for other in others)


def _sense(kind: str, following: Sequence[str]) -> tuple[str, str]:
    """The kind and scope that are compared: "avoid" is "do not use", and "when" introduces a condition as "if" does."""
    first = following[0] if following else ""
    if kind == "avoid" or (kind == "not" and first in _TREATING):
        return "not", "use"
    if kind == "not" and first in _ADJUSTING and "adjust" in following:
        return "not", "adjust"
    if kind == "when":
        return "if", ""
    return kind, first if kind in _ACTS_ON_A_WORD else ""


def counted(found: Sequence[Cue]) -> Counter[tuple[str, str]]:
    """How often each cue occurs with each word that it acts on."""
    return Counter((cue.kind, cue.scope) for cue in found)


_ITEM = re.compile(r",|\b(?:or|nor)\b", re.IGNORECASE)
_LIST_END = re.compile(r"[.;:()\n]|\b(?:but|and|unless|except|if)\b", re.IGNORECASE)
_FIRST_ITEM = 2
"""Words of meaning that the first item of a negated list may have."""


@lru_cache(maxsize=8192)
def denied(text: str) -> frozenset[str]:
    """The words that a negation denies through "or": crush and chew in "do not crush or chew the tablets".

    Only lists whose first item is a word or two: in "not for patients with A or B" nobody says what B is to "not".
    """
    found: set[str] = set()
    for cue in cues(text):
        if cue.kind != "not" or cue.scope == "use":
            continue
        stop = _LIST_END.search(text, cue.end)
        end = stop.start() if stop else len(text)
        marks = list(_ITEM.finditer(text, cue.end, end))
        last = max((n for n, mark in enumerate(marks) if mark.group() != ","), default=-1)
        starts = [cue.end, *(mark.end() for mark in marks[: last + 1])]
        first = content_words(text[cue.end : marks[0].start()]) if last >= 0 else ()
        if 0 < len(first) <= _FIRST_ITEM:
            found |= {words[0].stem for start in starts if (words := content_words(text[start:end]))}
    return frozenset(found)


def hedges(text: str) -> int:
    """How many words of possibility (may, might, can, could, consider) the text has."""
    return len(_WEAK.findall(text))


def obligations(text: str) -> int:
    """How many words of obligation (must, should, required …) the text has."""
    return len(_STRONG.findall(text))


def limits_what_is_beside(text: str, *, whole_sentence: bool) -> str:
    """The first word of `text` that would change the meaning of what stands beside it, or "".

    Negations, conditions, populations and bounds of the same clause count; of another clause of the sentence
    (`whole_sentence`) only the exceptions do.
    """
    for cue in cues(text):
        if not whole_sentence or cue.kind in EXCEPTIONS:
            return text[cue.start : cue.end]
    if whole_sentence:
        return ""
    doubt = _DOUBT.search(text)
    words = [word.text for word in content_words(text) if word.stem in POPULATIONS]
    return doubt.group() if doubt else words[0] if words else ""
