"""The noun of this package, and what a maker of claims may look at."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
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


Change: TypeAlias = Callable[[str, Scene, random.Random], str]
"""The sentence with one change, or "" where this change does not apply."""


def swap_one(text: str, table: Sequence[tuple[str, tuple[str, ...]]], chance: random.Random) -> str:
    """One occurrence of a phrase of the table (matched as whole words) exchanged for one of its counterparts, or ""."""
    found = [
        (match, others)
        for phrase, others in table
        for match in re.finditer(rf"(?<![\w-]){re.escape(phrase)}(?![\w-])", text, re.IGNORECASE)
    ]
    if not found:
        return ""
    match, others = chance.choice(found)
    return put(text, match.start(), match.end(), chance.choice(others))


def put(text: str, start: int, end: int, new: str) -> str:
    """The text with `new` at `start:end`, capitalised as what stood there."""
    old = text[start:end]
    if old[:1].isupper() and not old[1:2].isupper() and (start == 0 or not new[:1].isupper()):
        new = new[:1].upper() + new[1:]
    return text[:start] + new + text[end:]


def both_ways(pairs: str) -> list[tuple[str, tuple[str, ...]]]:
    """A table from lines "a | b | c": each phrase may become any other of its line."""
    lines = [[phrase.strip() for phrase in line.split("|")] for line in pairs.strip().splitlines()]
    return [(phrase, tuple(other for other in line if other != phrase)) for line in lines for phrase in line]


def one_way(pairs: str) -> list[tuple[str, tuple[str, ...]]]:
    """A table from lines "a > b | c": the first phrase may become one of those after the sign."""
    made = []
    for line in pairs.strip().splitlines():
        phrase, _, others = line.partition(">")
        made.append((phrase.strip(), tuple(other.strip() for other in others.split("|"))))
    return made
