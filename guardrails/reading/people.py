"""Reads for whom a dose is: the words about age, weight, kidneys, liver and condition at a token."""

from __future__ import annotations

import re
from collections.abc import Sequence

from guardrails.dose import Range
from guardrails.numerals import Token, is_word
from guardrails.reading.amounts import amount_at
from guardrails.reading.lexicon import NEGATIONS, PEOPLE, PEOPLE_ENDS, THEN, phrase_at
from guardrails.reading.schedules import timing_at
from guardrails.reading.ucum import TIMES

_SHORTEST_DESCRIPTION = 3
_UNDESCRIBING_WORDS = """
    most some many these those other with from when than which that while where treating give given both only
    into among between including whose treated taken
"""
_UNDESCRIBING = frozenset(_UNDESCRIBING_WORDS.split())
DESCRIBED = frozenset({"patients", "adults", "children", "women", "men", "people", "infants"})
"""Nouns whose adjective is part of whom the dose is for."""
AGE_WORDS = frozenset({"<", ">", "≤", "≥", "=", "under", "over", "below", "above", "from", "up", "to", "aged"})
"""Words and signs before an age."""
_LONGEST = 24
"""Tokens; a longer run of words is no description of a patient."""
_MEASURES = TIMES | {"kg", "m2", "%", "", "g"}
_LIGHTEST_IN_GRAMS = 400
"""Newborns are weighed in grams; fewer grams are a dose ("patients on metformin 2 g daily")."""
_CLEARANCE = frozenset({"crcl", "clcr", "egfr", "gfr", "clearance", "creatinine"})
_LIMITS_WORDS = """
    under over below above from between up to less than greater more older younger or and aged age at least < > ≤ ≥
    = of is : ( - –
"""
_LIMITS = tuple(_LIMITS_WORDS.split())
_ENDS = frozenset([",", ":", ";", ".", "(", ")", "[", "]", "?", "!", "\n", "•"])
_AGES = frozenset({"a", "mo", "wk", "d"})


def people_at(tokens: Sequence[Token], at: int) -> int:
    """The position after the words about the patient that begin at this token; `at` where there are none."""
    if _is_age(tokens, at):
        return _end_of(tokens, at)
    if _is_described_noun(tokens, at):
        return max(at + 2, _end_of(tokens, at + 1))
    return _end_of(tokens, at) if tokens[at].text.lower() in PEOPLE else at


def _is_described_noun(tokens: Sequence[Token], at: int) -> bool:
    """ "Asian patients", "hypertensive adults": the word before is part of whom the dose is for."""
    if at + 1 >= len(tokens):
        return False
    word = tokens[at].text.lower()
    plain = (
        word.isalpha() and len(word) > _SHORTEST_DESCRIPTION and word not in _UNDESCRIBING and word not in PEOPLE_ENDS
    )
    return plain and tokens[at + 1].text.lower() in DESCRIBED


def described(text: str, tokens: Sequence[Token], at: int, after: int) -> str:
    """The words in lower case with single spaces."""
    return re.sub(r"\s+", " ", text[tokens[at].start : tokens[after - 1].end]).lower().strip()


def _is_age(tokens: Sequence[Token], at: int) -> bool:
    """ "6 to 12 years", "≥12 years", "under 6 months of age", "< 40 kg", "over 65 years": an age or weight alone."""
    head = at
    while head < len(tokens) and tokens[head].text.lower() in AGE_WORDS:
        head += 1
        if head - at > 3:
            return False
    if head >= len(tokens) or (head == at and tokens[head].kind != "number"):
        return False
    read = amount_at(tokens, head)
    if read is None or read.per:
        return False
    if read.unit == "kg":
        return True
    if read.unit not in _AGES:
        return False
    old = is_word(tokens, read.after, "old", "of", "and", "or", ":", "-")
    limits = {
        "old": "",
        "of": "age",
        "and": "older over above under younger up",
        "or": "older over above under younger more",
    }
    following = tokens[read.after + 1].text.lower() if read.after + 1 < len(tokens) else ""
    word = tokens[read.after].text.lower() if old else ""
    if word == "old" or (word in limits and following in limits[word].split()):
        return True
    bracketed = head > at > 0 and is_word(tokens, at - 1, "(") and is_word(tokens, read.after, ")")
    return bracketed or (read.unit == "a" and (word == ":" or head > at))


def _end_of(tokens: Sequence[Token], at: int) -> int:
    clearance = False
    here, last = at, at
    while here < len(tokens) and here - at < _LONGEST:
        word = tokens[here].text.lower()
        clearance = clearance or word in _CLEARANCE
        if word == "who" and here > at and _colon_after(tokens, here) is not None:
            return _colon_after(tokens, here) or last
        goes_on = (clearance and word == "is") or (word == "the" and is_word(tokens, here + 1, "age", "ages"))
        if word in _ENDS or (word in PEOPLE_ENDS and not goes_on) or phrase_at(THEN, tokens, here):
            break
        read = amount_at(tokens, here) if tokens[here].kind != "sign" else None
        if read is not None and not _is_patients(read.amount, read.unit, read.per, clearance):
            break
        if read is None and here > at and _is_timing(tokens, here):
            break
        here = read.after if read is not None else here + 1
        last = here
    return _trimmed(tokens, at, last)


def _colon_after(tokens: Sequence[Token], at: int) -> int | None:
    """The colon up to which "who take a diuretic:" goes on, if no number comes before it."""
    for near in range(at, min(at + _LONGEST // 2, len(tokens))):
        if tokens[near].text == ":":
            return near
        word = tokens[near].text.lower()
        if tokens[near].kind == "number" or word in {".", ";", "("} or word in NEGATIONS:
            return None
    return None


def _is_timing(tokens: Sequence[Token], at: int) -> bool:
    found = timing_at(tokens, at)
    return found is not None and not is_word(tokens, at, "for", "on")


def _is_patients(amount: Range, unit: str, per: tuple[str, ...], clearance: bool) -> bool:
    """Whether this number describes a patient and no dose."""
    if clearance:
        return unit in {"mL", ""} or (unit in {"mg", "umol"} and per[:1] in {("dL",), ("L",)})
    if unit == "g" and amount.low.value < _LIGHTEST_IN_GRAMS:
        return False
    return (unit in _MEASURES and not per) or (unit in {"a", "mo", "kg"} and str(amount.low) != "")


def _trimmed(tokens: Sequence[Token], at: int, last: int) -> int:
    """Without joining words at the end ("children and")."""
    while last > at and tokens[last - 1].text.lower() in {
        "and",
        "or",
        "in",
        "for",
        "with",
        "of",
        "to",
        "a",
        "-",
        "–",
        "at",
    }:
        last -= 1
    return last
