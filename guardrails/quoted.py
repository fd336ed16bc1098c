"""A quote that was found, with what its passage says around it."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import zip_longest
from typing import Protocol

from guardrails.wording import stems
from retrieval.ingredient import base_name
from retrieval.medicines import Mention
from retrieval.passage import Passage


class MedicineNames(Protocol):
    """What the checks need to know of medicines; `retrieval.medicines.Medicines` is one."""

    def find(self, text: str) -> tuple[Mention, ...]:
        """Every medicine named in the text."""

    def __hash__(self) -> int:
        """What was read of a text with these names is kept."""


@dataclass(frozen=True)
class Quoted:
    """A quote that was found, with what its passage says around it: its title, its headings, its ingredients."""

    text: str
    passage: Passage
    medicines: MedicineNames

    @cached_property
    def own_ingredients(self) -> frozenset[str]:
        """The ingredients that the passage is about."""
        return frozenset(base_name(name) for name in self.passage.ingredients)

    @cached_property
    def mentions(self) -> tuple[Mention, ...]:
        """The medicines that the quote names."""
        return mentions_of(self.medicines, self.text)

    @cached_property
    def surroundings(self) -> frozenset[str]:
        """The stems of title, headings and ingredients: what the quote need not repeat."""
        passage = self.passage
        return stems(". ".join((passage.title, *passage.heading, *passage.ingredients)))


@lru_cache(maxsize=8192)
def mentions_of(medicines: MedicineNames, text: str) -> tuple[Mention, ...]:
    """The medicines of a text without the misspelt ones: those are compared letter by letter, like any word."""
    return tuple(mention for mention in medicines.find(text) if mention.exact)


_WITH = re.compile(r"\b(?:with|taking|receiving|on|given)\s+(?:an?\s+)?$", re.IGNORECASE)
_NEXT = re.compile(r"\s*[,/]\s*")
_LAST = re.compile(r"\s*,?\s+or\s+", re.IGNORECASE)


def taken_with(text: str, mentions: Sequence[Mention]) -> frozenset[frozenset[str]]:
    """The ingredients of the medicines that a text says something is taken with."""
    found = (one for one in mentions if _WITH.search(text[max(0, one.start - 20) : one.start]))
    return frozenset(frozenset(one.ingredients) for one in found)


def spared_alternatives(quoted: Quoted, named: Collection[frozenset[str]]) -> frozenset[int]:
    """Where medicines stand that a claim need not name: it has another one of "with verapamil, diltiazem or …".

    `named` are the ingredients of the medicines that the claim says something is taken with.
    """
    found: set[int] = set()
    run: list[Mention] = []
    for one, following in zip_longest(quoted.mentions, quoted.mentions[1:]):
        if not run and not _WITH.search(quoted.text[max(0, one.start - 20) : one.start]):
            continue
        run.append(one)
        between = quoted.text[one.end : following.start] if following else ""
        if _NEXT.fullmatch(between):
            continue
        if _LAST.fullmatch(between) and following:
            each = [frozenset(mention.ingredients) for mention in (*run, following)]
            if any(ingredients in named for ingredients in each):
                found |= {mention.start for mention in (*run, following)}
        run = []
    return frozenset(found)
