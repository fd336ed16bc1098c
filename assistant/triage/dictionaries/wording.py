"""How the words of an event are compared: spelling, singular, order and words that mean the same. Tables in YAML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import snowballstemmer
import yaml
from pydantic import BaseModel, ConfigDict

_WORD = re.compile(r"[a-z0-9]+(?:['’][a-z]+)?")
_STEMMER = snowballstemmer.stemmer("english")
# British endings and letters; a key needs no more than being the same on both sides.
_BRITISH = (
    (re.compile(r"ae|oe"), "e"),
    (re.compile(r"(?<=\w{3})our(?=s?\b|ed\b|ing\b|al\b)"), "or"),
    (re.compile(r"(?<=\w{3})is(?=e\b|ed\b|es\b|ing\b|ation\b|ations\b)"), "iz"),
    (re.compile(r"sulph"), "sulf"),
    (re.compile(r"leuco"), "leuko"),
    (re.compile(r"(?<=\w{2})tre\b"), "ter"),
)


class EventWording(BaseModel):
    """The file `wording.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    mild: str
    grave: str
    empty: str
    sample: str
    whole: str
    vague: str
    same: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wording:
    """An event's words, reduced: `words` say which event it is, `grave` and `mild` are said of it.

    `exact` is the text in one spelling, singular, with every word in its place.
    """

    exact: str
    words: frozenset[str]
    grave: frozenset[str]
    mild: frozenset[str]


def spelled(text: str) -> str:
    """The text in lower case, American spelling and plain letters, without punctuation."""
    plain = unicodedata.normalize("NFKD", text.lower())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    words = " ".join(word.replace("’", "'").removesuffix("'s") for word in _WORD.findall(plain))
    for pattern, american in _BRITISH:
        words = pattern.sub(american, words)
    return words


@lru_cache(maxsize=65536)
def singular(word: str) -> str:
    """The word without the ending of a plural: crises is crisis, ulcers is ulcer; diabetes and rubella stay."""
    if len(word) < 4 or word.endswith(("ss", "us", "is", "tes")):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("oses", "yses", "ises", "rises")):
        return word[:-2] + "is"
    if word.endswith(("shes", "ches", "xes", "sses")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


# Room for all of MedDRA, which is read twice: to match what people say, and to look for it in labels.
@lru_cache(maxsize=262144)
def wording(text: str) -> Wording:
    """The reduced words of one event."""
    parts = [singular(word) for word in spelled(text).split()]
    grave = frozenset(part for part in parts if part in _GRAVE)
    mild = frozenset(part for part in parts if part in _MILD)
    said = [part for part in parts if part not in _GRAVE and part not in _MILD and part not in _EMPTY]
    # "blood", "severe" or "reaction" alone is all that was said, so it is the event.
    said = said or [part for part in parts if part not in _EMPTY] or parts
    return Wording(" ".join(parts), essential(_stem(part) for part in said), grave, mild)


@lru_cache(maxsize=65536)
def telling(word: str) -> str:
    """One word of a text as it stands in `Wording.words`, or "" where it does not say which event is meant."""
    parts = [singular(part) for part in spelled(word).split()]
    if len(parts) != 1 or parts[0] in _GRAVE or parts[0] in _MILD or parts[0] in _EMPTY:
        return ""
    return _stem(parts[0])


def essential(words: Iterable[str]) -> frozenset[str]:
    """The words without "blood" and the like, where they say that something rose or fell."""
    held = frozenset(words)
    return held - _SAMPLE if held & _CHANGED and held - _SAMPLE else held


def is_vague(words: frozenset[str]) -> bool:
    """Whether reduced words name no event where they stand alone in running text: "increased", "skin"."""
    return len(words) < 2 and words <= _VAGUE


def _stem(word: str) -> str:
    common = _SAME.get(word, word)
    # Hepatitis is not what is hepatic.
    return common if common.endswith("itis") or common in _WHOLE else str(_STEMMER.stemWord(common))


def _set(text: str) -> frozenset[str]:
    return frozenset(singular(word) for word in spelled(text).split())


def _same(rows: Iterable[str]) -> Mapping[str, str]:
    made: dict[str, str] = {}
    for row in rows:
        first, *others = [singular(word) for word in spelled(row).split()]
        made |= dict.fromkeys(others, first)
    return made


_TABLE = EventWording.model_validate(
    yaml.safe_load((files("assistant.triage.dictionaries") / "wording.yaml").read_text(encoding="utf-8"))
)
_MILD, _GRAVE, _EMPTY = _set(_TABLE.mild), _set(_TABLE.grave), _set(_TABLE.empty)
_SAME, _WHOLE = _same(_TABLE.same), _set(_TABLE.whole)
_SAMPLE = frozenset(map(_stem, _set(_TABLE.sample)))
_CHANGED = frozenset(map(_stem, ("increased", "decreased")))
_VAGUE = frozenset(map(_stem, _set(_TABLE.vague)))
