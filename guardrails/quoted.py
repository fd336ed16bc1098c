"""A quote that was found, with what its passage says around it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
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
