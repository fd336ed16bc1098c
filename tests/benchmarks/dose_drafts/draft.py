"""The nouns of the benchmark: a sentence of a source, and a draft about it that is faithful or is not."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from guardrails.claim import Claim
from retrieval.passage import Citation, Passage


class Kind(StrEnum):
    """What was done to a sentence to make it wrong."""

    NUMBER = "number"
    UNIT = "unit"
    TENFOLD = "tenfold"
    FREQUENCY = "frequency"
    ROUTE = "route"
    MEDICINE = "medicine"
    POPULATION = "population"
    INDICATION = "indication"
    DIRECTION = "direction"
    NEGATION = "negation"
    CONDITION = "condition"
    CITATION = "citation"
    ROW = "row"
    STRENGTH = "strength"
    ADDED = "added"


class Way(StrEnum):
    """How a sentence was restated without a change of meaning."""

    VERBATIM = "verbatim"
    PARAPHRASE = "paraphrase"
    SYNONYM = "synonym"
    REORDER = "reorder"
    VOICE = "voice"
    NOTE = "note"
    UNITS = "units"
    ABBREVIATION = "abbreviation"
    WORDS = "words"
    FUSED = "fused"
    BRAND = "brand"


class Origin(StrEnum):
    """Who wrote the draft, and from what."""

    HAND = "hand"
    FRESH = "fresh"
    """By hand as well, when the checks had been developed on the other drafts; all held out."""
    CORPUS = "corpus"
    LABEL = "label"


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence of a source, the passage that holds it, and what else a search would have retrieved."""

    text: str
    passage: Passage
    brands: tuple[str, ...]
    origin: Origin
    siblings: tuple[Passage, ...]
    """Passages of the same document, in reading order, without this one."""
    strangers: tuple[Passage, ...]
    """Passages of other documents on the same subject."""

    @property
    def evidence(self) -> dict[str, Passage]:
        """The passage among distractors, by key."""
        near = _near(self.passage, self.siblings)
        return {one.key: one for one in (self.passage, *near, *self.strangers)}


@dataclass(frozen=True, slots=True)
class Draft:
    """A sentence as an assistant would write it, what it cites, and whether a pharmacist would let it pass.

    `quotes` are the citations with their quotes; the variant without quotes is made of them.
    """

    origin: Origin
    kind: Kind | Way
    text: str
    quotes: tuple[Citation, ...]
    evidence: dict[str, Passage]
    source: str
    """The sentence (or sentences) of the source that the draft was made from."""

    @property
    def faithful(self) -> bool:
        return isinstance(self.kind, Way)

    @property
    def id(self) -> str:
        """The same as long as the draft and its source stay the same."""
        return f"{self.origin.value}-{self.kind.value}-{digest(self.text, self.source, *self._keys())[:10]}"

    @property
    def held_out(self) -> bool:
        """Half of the drafts, by the md5 of the id, and all fresh ones: nobody tunes a check on them."""
        return self.origin is Origin.FRESH or int(digest(self.id), 16) % 2 == 1

    def claim(self, *, quoted: bool) -> Claim:
        """The draft as the checks get it."""
        if quoted:
            return Claim(self.text, self.quotes)
        return Claim(self.text, tuple(Citation(one.key, "") for one in self.quotes))

    def _keys(self) -> tuple[str, ...]:
        return tuple(one.key for one in self.quotes)


def digest(*parts: str) -> str:
    """The md5 of some texts, in hex; for splitting and sampling only."""
    return hashlib.md5("\n".join(parts).encode(), usedforsecurity=False).hexdigest()


def _near(passage: Passage, siblings: tuple[Passage, ...]) -> tuple[Passage, ...]:
    """The three passages of the document that are closest in subject: other rows of the table, the same section."""
    alike = [one for one in siblings if one.section is passage.section and one.heading == passage.heading]
    rest = [one for one in siblings if one not in alike]
    return tuple(sorted([*alike, *rest], key=lambda one: (one not in alike, abs(one.start - passage.start)))[:3])
