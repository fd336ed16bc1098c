"""Words of a text in the form in which they are compared: folded, without endings, with equal names made one.

The table of equal words and phrases is `guardrails/rules/wording.yaml`.
Small and deterministic on purpose: a word that these tables do not know only equals itself, so that a doubt withholds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from threading import Lock
from typing import NamedTuple

import snowballstemmer

from guardrails.wording_table import load


class Word(NamedTuple):
    """A word that carries meaning: `text[start:end]`, and the stem that comparisons use."""

    stem: str
    text: str
    start: int
    end: int


_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

# Words that carry no fact of their own. Prepositions of time and condition, modal verbs and negations are not among
# them: `guardrails.polarity` compares those.
_EMPTY_WORDS = """
    a an the this that these those it its they them their he she his her we our you your i
    of in on at to for from with by as into onto upon about through per via between among within and or nor than then so
    is are was were be been being am has have had having do does did done doing
    which who whom whose what where there here also both either each such other another same
    may might can could should must shall will would need
    not no never none neither cannot only if unless until when whenever while before after during except without
    beforehand afterwards afterward provided e g i eg ie etc s t plus every
"""
_EMPTY = frozenset(_EMPTY_WORDS.split())

_TABLE = load()
_CANONICAL = {form: name for name, forms in _TABLE.same.items() for form in (name, *forms)}
_APART = frozenset(_TABLE.apart.split())
_STEMMER, _STEMMING = snowballstemmer.stemmer("english"), Lock()
_SHORTEST = 4
"""Letters that a word must have to be more than its stem."""
_FIRST = re.compile(r"(?<![\w-])\w+")


_POPULATION_WORDS = """
    child infant neonate adolescent adult elderly pregnancy lactation renal hepatic dialysis woman man mild moderate
    severe
"""

_ROUTE_WORDS = """
    oral intravenous intramuscular subcutaneous topical rectal vaginal nasal sublingual inhaled buccal transdermal
    ophthalmic otic intrathecal intradermal intraarticular intravitreal epidural
"""
_TIME_WORDS = "daily weekly monthly hourly morning evening night bedtime noon food with-food fasting any-food prn"


_BRITISH = re.compile(r"(\w{4,})is(e|es|ed|ing|ation|ations)$")


@lru_cache(maxsize=32768)
def stem(word: str) -> str:
    """The word without its ending, in one spelling: "tablets" and "tablet", "oedema" and "edema" are equal."""
    plain = word.lower().replace("’", "'").removesuffix("'s").removesuffix("'")
    if plain in _CANONICAL:
        return _CANONICAL[plain]
    folded = plain.replace("ae", "e").replace("oe", "e").replace("sulph", "sulf").replace("tumour", "tumor")
    folded = _BRITISH.sub(r"\1iz\2", folded)
    plainest = _without_ending(folded)
    return _CANONICAL.get(folded) or _CANONICAL.get(plainest) or _family(folded) or plainest


def _family(word: str) -> str:
    """What the words of a family share ("assess" of "assessing" and "assessment"), or "" where it may mislead."""
    if word in _APART or len(word) < _SHORTEST or not word.isalpha():
        return ""
    with _STEMMING:  # a stemmer keeps the word that it works on
        return str(_STEMMER.stemWord(word))


def _without_ending(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        word = word[:-3] + "y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed", "ly"):
        if len(word) - len(ending) >= 4 and word.endswith(ending):
            word = word[: -len(ending)]
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in "sl":
        word = word[:-1]
    return word.removesuffix("e") if len(word) > 3 else word


def _phrases() -> dict[str, str]:
    """Each phrase of the table with its stem: that of the common word, where it is one ("GI", "gastrointestinal")."""
    stems_of = {name: name if name in _CANONICAL else _family(name) or name for name in _TABLE.phrases}
    return {" ".join(phrase.split()): stems_of[name] for name, forms in _TABLE.phrases.items() for phrase in forms}


_PHRASES = _phrases()


def _by_first_word() -> dict[str, re.Pattern[str]]:
    """For each first word of a phrase, the phrases that start with it, longest first."""
    found: dict[str, list[str]] = {}
    for phrase in sorted(_PHRASES, key=len, reverse=True):
        first = _FIRST.match(phrase)
        assert first is not None, phrase
        found.setdefault(first.group(), []).append(re.escape(phrase).replace(r"\ ", r"\s+"))
    return {word: re.compile(rf"(?:{'|'.join(phrases)})(?![\w-])", re.IGNORECASE) for word, phrases in found.items()}


_STARTING = _by_first_word()
GLUE = frozenset(map(stem, _TABLE.free.split()))
"""Stems that a claim may add to its quote without adding a fact."""
INSTRUCTING = frozenset(map(stem, _TABLE.instructing.split()))
REPORTING = frozenset(map(stem, _TABLE.reporting.split()))
OPPOSITES = frozenset(map(stem, _TABLE.opposites.split()))
"""Words that a heading does not say of every sentence under it."""
IMPLIED = {stem(word): frozenset(map(stem, others)) for word, others in _TABLE.implies.items()}
"""What a quote that has the first stem also says."""
POPULATIONS = frozenset(map(stem, _POPULATION_WORDS.split()))
"""Stems that say whom a number is for. Mild, moderate and severe grade the impairments."""
ROUTES = frozenset(map(stem, _ROUTE_WORDS.split()))
TIMES = frozenset(map(stem, _TIME_WORDS.split()))
"""Stems that say how often or at which time of the day."""


@lru_cache(maxsize=8192)
def phrases(text: str) -> tuple[Word, ...]:
    """The phrases of the table that the text has, in order; each counts as one word."""
    found: list[Word] = []
    for first in _FIRST.finditer(text):
        pattern = _STARTING.get(first.group().lower())
        match = pattern.match(text, first.start()) if pattern else None
        if match and not (found and match.start() < found[-1].end):
            found.append(Word(_PHRASES[" ".join(match.group().lower().split())], match.group(), *match.span()))
    return tuple(found)


@lru_cache(maxsize=8192)
def content_words(text: str) -> tuple[Word, ...]:
    """The words of a text that carry meaning, in order, phrases made one. Numbers are not among them."""
    joined = phrases(text)
    single = (
        Word(stem(found.group()), found.group(), *found.span())
        for found in _WORD.finditer(text)
        if found.group().lower() not in _EMPTY
    )
    if not joined:
        return tuple(single)
    alone = outside(single, ((one.start, one.end) for one in joined))
    return tuple(sorted((*joined, *alone), key=lambda word: word.start))


@lru_cache(maxsize=8192)
def stems(text: str) -> frozenset[str]:
    """The stems of the words that carry meaning."""
    return frozenset(word.stem for word in content_words(text))


def implied(said: frozenset[str]) -> frozenset[str]:
    """The stems that follow from these ones."""
    return said.union(*(more for word, more in IMPLIED.items() if word in said))


def outside(words: Iterable[Word], places: Iterable[tuple[int, int]]) -> list[Word]:
    """The words that do not touch any of the places."""
    found = list(words)
    taken = bytearray(max((word.end for word in found), default=0))
    for start, end in places:
        taken[start:end] = b"\1" * (min(end, len(taken)) - start)
    return [word for word in found if 1 not in taken[word.start : word.end]]


def squeezed(text: str) -> str:
    """The text with every run of white space made one space. Nothing else is changed."""
    return " ".join(text.split())
