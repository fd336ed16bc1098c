"""Says why a clause was not understood to the last word. Whatever is not known to be harmless is a doubt."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from functools import lru_cache

from rapidfuzz.distance import OSA

from guardrails.numerals import Token
from guardrails.reading.amounts import code_at
from guardrails.reading.lexicon import FREQUENCY_WORDS, HARMLESS_SHORT, NEGATIONS, WEIGHTS, phrase_at
from guardrails.reading.marks import Kind, Mark
from guardrails.units import FRACTIONS, LARGE_NUMBERS, SMALL_NUMBERS, UNITS
from retrieval.abbreviations import ABBREVIATIONS

_SIGNS = frozenset(",.():'’\"“”[]/-–—‑•&®™≤≥<>†‡")
_LOWER_PARTS = frozenset({"respiratory", "urinary", "limb", "limbs", "leg", "legs", "extremities", "back", "airways"})
_DOSING_ABBREVIATIONS_WORDS = """
    od bd bid tds tid qds qid im iv sc cap ms
"""
_DOSING_ABBREVIATIONS = frozenset(_DOSING_ABBREVIATIONS_WORDS.split())
_NAMES_WITH_DIGITS_WORDS = """
    b12 b6 b1 d3 d2 k1 k2 cyp3a4 cyp2d6 cyp2c9 cyp2c19 cyp1a2 cyp3a h2 t3 t4 p450 covid-19 hba1c her2 5ht3
"""
_NAMES_WITH_DIGITS = frozenset(_NAMES_WITH_DIGITS_WORDS.split())
_LEVELS = re.compile(r"\b(?:levels?|concentrations?|trough|peak|inr|glucose|haemoglobin|hemoglobin|albumin)\b", re.I)
_LEVEL_WINDOW = 60
_PRODUCT = re.compile(
    r"\b(?:supplied|available|contains?|containing|strengths?|lists?|listed|comes? as|packs?|bottles?|cartons?"
    r"|reconstitut\w*|dilut\w*|diluent|withdraw|discard|draw up|transfer)\b",
    re.IGNORECASE,
)
_REPORTED = re.compile(
    r"\b(?:have|has|had) been (?:used|given|studied|evaluated|administered|tolerated|reported|investigated)\b"
    r"|\b(?:was|were) (?:used|given|studied|evaluated|administered|tolerated|reported|investigated|randomi[sz]ed)\b"
    r"|\b(?:placebo|versus|compared (?:to|with))\b|\b(?:patients|subjects|adults|children) received\b",
    re.IGNORECASE,
)
_GUARDED = ("hourly", "weekly", "monthly", "fortnightly", "nightly", "daily", "twice", "every", "maximum", "divided")
_SHORT = 4


def doubt_of(text: str, tokens: Sequence[Token], marks: Sequence[Mark], understood: Sequence[tuple[int, int]]) -> str:
    """The first thing in a clause that was not understood, in words; "" where all of it was.

    `understood` are the places of words that were read outside any mark, such as "maximum".
    """
    covered = {at for mark in marks for at in range(mark.first, mark.after)}
    product = _PRODUCT.search(text, tokens[0].start, tokens[-1].end)
    if product and any(mark.read for mark in marks):
        return f"what a product contains: {product.group()}"
    reported = _REPORTED.search(text, tokens[0].start, tokens[-1].end)
    if reported and any(mark.read for mark in marks):
        return f"what was done: {reported.group()}"
    for mark in marks:
        if mark.kind not in {Kind.BARE, Kind.ALONE} or _is_within(tokens[mark.first], understood):
            continue
        if not _is_harmless(text, tokens, mark) and not _is_repeated(tokens, mark, marks):
            return f"not understood: {text[tokens[mark.first].start : tokens[mark.after - 1].end]}"
    amounts = {mark.after for mark in marks if mark.kind in {Kind.AMOUNT, Kind.STRENGTH}}
    for at, token in enumerate(tokens):
        if at in covered or _is_within(token, understood):
            continue
        following = tokens[at + 1].text.lower() if at + 1 < len(tokens) else ""
        if _is_half_word(tokens, at):
            continue
        if _is_odd(token, following) or _is_rest_of_amount(tokens, at, amounts):
            return f"not understood: {token.text}"
    return ""


def _is_within(token: Token, places: Sequence[tuple[int, int]]) -> bool:
    return any(start <= token.start < end for start, end in places)


def _is_harmless(text: str, tokens: Sequence[Token], mark: Mark) -> bool:
    first = tokens[mark.first]
    if mark.text == "grade" or first.text.lower() in _NAMES_WITH_DIGITS:
        return mark.text == "grade" or mark.first > 1
    if first.text.lower() == "one" and mark.after < len(tokens) and tokens[mark.after].text.lower() == "of":
        return True
    return mark.kind is Kind.BARE and is_level(text, first.start)


def _is_repeated(tokens: Sequence[Token], mark: Mark, marks: Sequence[Mark]) -> bool:
    """ "Dosage per kg: 8 mcg/kg/day": the words before the amount say again what it is per."""
    per_kg = tokens[mark.first].text.lower() == "kg" and mark.first > 0 and tokens[mark.first - 1].text.lower() == "per"
    return per_kg and any(each.kind is Kind.AMOUNT and each.read and "kg" in each.read.per for each in marks)


def is_level(text: str, start: int) -> bool:
    """Whether the number at this place is a level in the blood and no dose."""
    return _LEVELS.search(text, max(0, start - _LEVEL_WINDOW), start) is not None


def _is_rest_of_amount(tokens: Sequence[Token], at: int, ends: Set[int]) -> bool:
    """Whether this may belong to the amount before it: an unread denominator or a second unit."""
    word = tokens[at].text.lower()
    if word == "/" and at + 1 < len(tokens) and tokens[at + 1].kind == "number":
        return True
    if (phrase_at(WEIGHTS, tokens, at) or ("", 0))[0]:
        return True
    return at in ends and (word in {"/", "per"} or code_at(tokens, at) in {"[tsp_us]", "[tbs_us]"})


def _is_half_word(tokens: Sequence[Token], at: int) -> bool:
    """ "B-cell", "P-gp", "non-Hodgkin": a short half of a name, which says nothing of a dose."""
    word = tokens[at].text.lower()
    dosed = word in _DOSING_ABBREVIATIONS or word in NEGATIONS or word in FREQUENCY_WORDS or word in SMALL_NUMBERS
    if dosed or not word.isalpha() or len(word) > _SHORT or code_at(tokens, at):
        return False
    return _is_joined(tokens, at, at + 2) or _is_joined(tokens, at - 2, at)


def _is_joined(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Whether a word is joined to another one by a hyphen, without spaces."""
    if first < 0 or last >= len(tokens) or tokens[first + 1].text not in {"-", "‑"}:
        return False
    words = (tokens[first].text, tokens[last].text)
    whole = all(word.isalpha() for word in words) and max(map(len, words)) > 1
    return whole and tokens[first].end == tokens[first + 1].start and tokens[first + 1].end == tokens[last].start


def _is_odd(token: Token, following: str) -> bool:
    word = token.text.lower()
    if token.kind == "sign":
        return token.text not in _SIGNS
    if word == "previously" and following in {"untreated", "treated"}:
        return False
    if word == "triple" and following in {"therapy", "combination"}:
        return False
    if word == "lower" and following in _LOWER_PARTS:
        return False
    if (
        word in FREQUENCY_WORDS
        or word in NEGATIONS
        or word in SMALL_NUMBERS
        or word in LARGE_NUMBERS
        or word in FRACTIONS
    ):
        return True
    if len(word) <= _SHORT:
        return not _is_known_short(word)
    return not word.isalpha() or _is_near_miss(word)


def _is_known_short(word: str) -> bool:
    if word in HARMLESS_SHORT or word in UNITS:
        return True
    return word in ABBREVIATIONS and word not in _DOSING_ABBREVIATIONS


@lru_cache(maxsize=4096)
def _is_near_miss(word: str) -> bool:
    """Whether a word is one slip from a word of frequency, and so may have been meant as it."""
    return len(word) <= 12 and any(OSA.distance(word, right, score_cutoff=1) == 1 for right in _GUARDED)
