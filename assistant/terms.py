"""Words reduced to what two ways of saying the same thing share: stems, spellings and ward synonyms.

The words are in `ward_words.yaml`, for a pharmacist to edit.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

import snowballstemmer
import yaml
from pydantic import BaseModel, ConfigDict

_WORD = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*|\d+(?:[.,]\d+)*")
_STEMMER = snowballstemmer.stemmer("english")


class WardWords(BaseModel):
    """The table: common forms with what is read as them, words that say nothing, and words that name a section."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    same: Mapping[str, tuple[str, ...]]
    stop: str
    sections: str


_TABLE = WardWords.model_validate(yaml.safe_load((files("assistant") / "ward_words.yaml").read_text(encoding="utf-8")))
_SAME = {word: common for common, words in _TABLE.same.items() for word in words}
_STOP = frozenset(_TABLE.stop.split())


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """The common form of one lower-case word."""
    if word.startswith("premed"):
        return "premed"
    return str(_STEMMER.stemWord(_SAME.get(word, word)))


def terms(text: str) -> tuple[str, ...]:
    """The content words of a text in their common form, in order, stop words left out."""
    return tuple(stem(part) for word in _WORD.findall(text.lower()) for part in _parts(word) if part not in _STOP)


def _parts(word: str) -> tuple[str, ...]:
    """A hyphenated word whole and in parts, so that "self-treatment" meets "self treat"."""
    return (word, *word.split("-")) if "-" in word else (word,)


SECTION_WORDS = frozenset(stem(word) for word in _TABLE.sections.split())
"""What names a section of a label; a question made of these words alone asks for the section."""
