"""A claim laid out for the checks: its citations resolved, its quotes found in their passages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

from guardrails.claim import Claim
from guardrails.quoting import Place, is_whole, places
from guardrails.subjects import Stated, stated_amounts
from guardrails.wording import squeezed, stems
from retrieval.ingredient import base_name
from retrieval.medicines import Mention
from retrieval.passage import Citation, Passage


class MedicineNames(Protocol):
    """What the checks need to know of medicines; `retrieval.medicines.Medicines` is one."""

    def find(self, text: str) -> tuple[Mention, ...]:
        """Every medicine named in the text."""


@dataclass(frozen=True)
class Cited:
    """One citation, the passage that its key names (None: no such passage was retrieved), and where the quote is."""

    citation: Citation
    passage: Passage | None
    places: tuple[Place, ...]

    @property
    def is_whole(self) -> bool:
        """Whether the quote is whole sentences of the passage."""
        return self.passage is not None and any(is_whole(place, self.passage.text) for place in self.places)


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
        return exact(self.medicines.find(self.text))

    @cached_property
    def surroundings(self) -> frozenset[str]:
        """The stems of title, headings and ingredients: what the quote need not repeat."""
        passage = self.passage
        return stems(". ".join((passage.title, *passage.heading, *passage.ingredients)))

    @cached_property
    def stated(self) -> tuple[tuple[Stated, ...], ...]:
        """The amounts of the quote, clause by clause."""
        return stated_amounts(self.text, self.mentions)


@dataclass(frozen=True)
class Examined:
    """A claim with all that the checks compare. Reading is done once, and only when a check asks for it."""

    claim: Claim
    cited: tuple[Cited, ...]
    medicines: MedicineNames
    superseded: frozenset[str]

    @cached_property
    def quoted(self) -> tuple[Quoted, ...]:
        """The quotes whose passage was retrieved."""
        return tuple(Quoted(one.citation.quote, one.passage, self.medicines) for one in self.cited if one.passage)

    @cached_property
    def is_verbatim(self) -> bool:
        """Whether the claim is one of its quotes, or whole sentences quoted in a row, word for word."""
        text = squeezed(self.claim.text)
        quotes = [squeezed(quoted.text) for quoted in self.quoted]
        if not text:
            return False
        return text in quotes or (text == " ".join(quotes) and all(one.is_whole for one in self.cited))

    @cached_property
    def mentions(self) -> tuple[Mention, ...]:
        """The medicines that the claim names."""
        return exact(self.medicines.find(self.claim.text))

    @cached_property
    def stated(self) -> tuple[tuple[Stated, ...], ...]:
        """The amounts of the claim, clause by clause."""
        return stated_amounts(self.claim.text, self.mentions)


def exact(mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """Without the misspelt ones: those are compared letter by letter, like any word."""
    return tuple(mention for mention in mentions if mention.exact)


def examine(
    claim: Claim, evidence: Mapping[str, Passage], medicines: MedicineNames, superseded: Collection[str] = ()
) -> Examined:
    """Resolve the claim's citations against the retrieved passages."""
    cited = []
    for citation in claim.citations:
        passage = evidence.get(citation.key)
        found = places(citation.quote, passage.text) if passage else ()
        cited.append(Cited(citation, passage, found))
    return Examined(claim, tuple(cited), medicines, frozenset(superseded) | _older_versions(evidence))


def _older_versions(evidence: Mapping[str, Passage]) -> frozenset[str]:
    """Of two versions of one document in the evidence, the one that took effect earlier is superseded."""
    newest: dict[str, Passage] = {}
    for passage in evidence.values():
        document = _document(passage)
        known = newest.get(document)
        if known is None or _effective(passage) > _effective(known):
            newest[document] = passage
    kept = {passage.source_id for passage in newest.values()}
    return frozenset(passage.source_id for passage in evidence.values()) - kept


def _document(passage: Passage) -> str:
    return passage.source_id.rpartition("@")[0] or passage.source_id


def _effective(passage: Passage) -> str:
    return passage.effective.isoformat() if passage.effective else ""
