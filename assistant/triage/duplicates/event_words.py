"""One name for one reaction, however it was told: "hives", "Nesselsucht" and "URTICARIA" are urticaria."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from rapidfuzz.distance import OSA

from guardrails.rule_file import read_rule_file

FILE = Path(__file__).parent / "event_words.yaml"
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "ae", "Ö": "oe", "Ü": "ue"})
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")
# Said of a reaction without changing which one it is.
_ADORNING_WORDS = """
    a an the severe mild moderate bad terrible acute sudden new onset worsening of on his her patient had has with
    very generalised generalized grade nos 1 2 3 4 5 schwere schwerer leichte starke grave severa leve
"""
_ADORNING = frozenset(_ADORNING_WORDS.split())
_LONG_ENOUGH_FOR_A_SLIP = 7


class _Words(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    version: str
    concepts: dict[str, tuple[str, ...]]


def plain(text: str) -> str:
    """Lower case without accents or punctuation; German umlauts are written out."""
    spelt = unicodedata.normalize("NFKD", text.translate(_GERMAN).replace("œ", "oe").replace("æ", "ae"))
    letters = "".join(each for each in spelt if not unicodedata.combining(each)).lower()
    return " ".join(_NOT_A_WORD.sub(" ", letters).split())


@lru_cache(maxsize=65536)
def concept(text: str) -> str:
    """The shared name of a reaction, or the plain words themselves where none is known ("" for an empty text).

    A slip of one letter in a long word is read as the word where no other word is as near.
    """
    told = plain(text)
    known = _known()
    bare = " ".join(word for word in told.split() if word not in _ADORNING)
    for words in (told, bare):
        if words in known:
            return known[words]
    return _nearest(bare) or bare or told


def is_known(name: str) -> bool:
    """Whether a name given by `concept` is one of the table's, and not merely the words as told."""
    return name in _concepts()


def _nearest(told: str) -> str:
    if len(told) < _LONG_ENOUGH_FOR_A_SLIP:
        return ""
    near = {_known()[word] for word in _by_length(told) if OSA.distance(told, word, score_cutoff=1) <= 1}
    return near.pop() if len(near) == 1 else ""


def _by_length(told: str) -> list[str]:
    return [word for length in range(len(told) - 1, len(told) + 2) for word in _lengths().get(length, ())]


@cache
def _lengths() -> dict[int, list[str]]:
    made: dict[int, list[str]] = {}
    for word in _known():
        made.setdefault(len(word), []).append(word)
    return made


@cache
def _known() -> dict[str, str]:
    words = read_rule_file(FILE, _Words, "list of words for reactions").concepts
    return {plain(each): plain(name) for name, others in words.items() for each in (name, *others)}


@cache
def _concepts() -> frozenset[str]:
    return frozenset(_known().values())
