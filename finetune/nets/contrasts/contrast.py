"""The noun of this package, and what a maker of claims may look at."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Contrast:
    """A claim and a passage. `kind` says how the claim was made, `family` which medicine it is about ("" for none)."""

    kind: str
    family: str
    claim: str
    passage: str
    supported: bool


@dataclass(frozen=True, slots=True)
class Scene:
    """What surrounds a sentence: its passage, the names of its medicine, and names of others."""

    passage: str
    names: tuple[str, ...]
    others: tuple[str, ...]
    lexicon: tuple[str, ...]
    """Conditions and reactions named elsewhere."""
    details: tuple[str, ...] = ()
    """Ends of sentences from elsewhere."""


Change: TypeAlias = Callable[[str, Scene, random.Random], str]
"""The sentence with one change, or "" where this change does not apply."""


@dataclass(frozen=True)
class Table:
    """Phrases and what may stand in their place, matched as whole words, the longest phrase first."""

    rows: Mapping[str, tuple[str, ...]]

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """All phrases in one expression."""
        phrases = "|".join(re.escape(phrase) for phrase in sorted(self.rows, key=len, reverse=True))
        return re.compile(rf"(?<![\w.-])(?:{phrases})(?![\w-]|\.\d)", re.IGNORECASE)

    def __add__(self, other: Table) -> Table:
        return Table({**self.rows, **other.rows})


def swap_one(text: str, table: Table, chance: random.Random) -> str:
    """One occurrence of a phrase of the table exchanged for one of its counterparts, or ""."""
    found = list(table.pattern.finditer(text))
    if not found:
        return ""
    match = chance.choice(found)
    return put(text, match.start(), match.end(), chance.choice(table.rows[match.group().lower()]))


def put(text: str, start: int, end: int, new: str) -> str:
    """The text with `new` at `start:end`, capitalised as what stood there."""
    old = text[start:end]
    if old[:1].isupper() and not old[1:2].isupper() and (start == 0 or not new[:1].isupper()):
        new = new[:1].upper() + new[1:]
    return text[:start] + new + text[end:]


def both_ways(pairs: str) -> Table:
    """A table from lines "a | b | c": each phrase may become any other of its line."""
    rows: dict[str, tuple[str, ...]] = {}
    for line in pairs.strip().splitlines():
        phrases = [phrase.strip() for phrase in line.split("|")]
        for phrase in phrases:
            rows[phrase.lower()] = (*rows.get(phrase.lower(), ()), *(one for one in phrases if one != phrase))
    return Table(rows)


def one_way(pairs: str) -> Table:
    """A table from lines "a > b | c": the first phrase may become one of those after the sign."""
    rows = {}
    for line in pairs.strip().splitlines():
        phrase, _, others = line.partition(">")
        rows[phrase.strip().lower()] = tuple(other.strip().strip('"') for other in others.split("|"))
    return Table(rows)
