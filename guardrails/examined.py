"""A claim laid out for the checks: its citations resolved, its quotes found, the parts that it rests on chosen."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from guardrails.claim import Claim
from guardrails.grounds import Ground, Rest, ground_of, rests_of
from guardrails.quoted import MedicineNames, Quoted, mentions_of
from guardrails.quoting import Place, is_whole, places
from guardrails.wording import GLUE, INSTRUCTING, OPPOSITES, REPORTING, implied, squeezed, stem, stems
from guardrails.zones import Zone, statements_of, zones
from retrieval.medicines import Mention
from retrieval.passage import Citation, Passage

__all__ = ["Cited", "Examined", "MedicineNames", "examine"]


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
        return mentions_of(self.medicines, self.claim.text)

    @cached_property
    def parts(self) -> tuple[Zone, ...]:
        """The parts of the claim that state an amount."""
        return tuple(zone for zone in zones(self.claim.text) if zone.amounts)

    @cached_property
    def grounds(self) -> tuple[Ground | None, ...]:
        """For each part of the claim, where a quote states its amounts; None where none does."""
        return tuple(ground_of(self.claim.text, part, self.quoted) for part in self.parts)

    @cached_property
    def rests(self) -> tuple[Rest, ...]:
        """All that the claim rests on."""
        found = [ground for ground in self.grounds if ground is not None]
        return rests_of(self.claim.text, found, self.quoted)

    @cached_property
    def said(self) -> frozenset[str]:
        """Every stem that a quote, its title or its headings have or imply, and those that any claim may add."""
        quoted = frozenset().union(*(stems(quote.text) for quote in self.quoted))
        around = frozenset().union(*(quote.surroundings for quote in self.quoted))
        return implied(quoted) | (around - OPPOSITES) | GLUE | self.free

    @cached_property
    def instructs(self) -> bool:
        """Whether the quotes tell what to do, and do not only report what a study saw."""
        return any(_instructs(one) for rest in self.rests for one in statements_of(rest.text))

    @cached_property
    def free(self) -> frozenset[str]:
        """Words of instruction, where the quotes instruct."""
        return INSTRUCTING if self.instructs else frozenset()


_IMPERATIVE = re.compile(
    r"(?:^|[.;:,]\s+|\b(?:and|then|or|not)\s+)(?:do not|never|avoid|monitor|stop|discontinue|start|begin"
    r"|initiate|continue|reduce|increase|decrease|adjust|measure|check|obtain|assess|perform|inject|infuse|swallow|chew|crush|store|keep|discard|give|take"
    r"|use|administer|withhold|interrupt|resume|restart|test|evaluate|consider|wait|apply|dilute|shake|tell|advise|instruct"
    r"|refer|treat|titrate|limit|restrict|drink|inform|observe|warn|counsel|screen|review|ensure|flush|individuali[sz]e"
    r"|withdraw|rotate|repeat|hold|delay)\b",
    re.IGNORECASE,
)
"""An order at the start of a clause."""


_OBSERVE = re.compile(r"\s*observe\b", re.IGNORECASE)


def _instructs(statement: str) -> bool:
    words = stems(statement)
    orders = _IMPERATIVE.search(statement) or "ontraindicated" in statement or words & INSTRUCTING
    if _OBSERVE.match(statement):
        words -= {stem("observe")}  # "Observe patients for 1 hour" orders, "was observed in 5 %" reports
    return not words & REPORTING and bool(orders or any(zone.amounts for zone in zones(statement)))


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
