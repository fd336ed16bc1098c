"""Finds the words of a cited passage that support a claim, for drafts that name passages without quoting them.

The passage decides, not the draft: its sentences, its pairs of neighbouring sentences and the items of its lists with
their lead-in are ranked by how much of the claim they say, and the first one that passes every comparison with the
claim becomes the quote. Where none passes, the best becomes the quote, so that the findings can say what is wrong;
where none says half of the claim, the quote stays empty and the claim fails.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from guardrails.citations import CHECKS
from guardrails.claim import Claim
from guardrails.equivalence import measures
from guardrails.examined import MedicineNames, examine
from guardrails.parts import MOST_PARTS, parts_of
from guardrails.wording import GLUE, INSTRUCTING, implied, stems
from retrieval.passage import Citation, Passage
from retrieval.sentences import sentences

MOST_TRIED = 4
"""Candidates of one passage that are compared in full, best first."""
LEAST_SHARED = 0.5
"""Part of the claim's words and amounts that a passage must say before it counts as cited for it."""


def with_quotes(claim: Claim, evidence: Mapping[str, Passage], medicines: MedicineNames) -> Claim:
    """The claim with a quote for every citation that has none and whose passage was retrieved.

    Citations with a quote, and those of unknown keys, stay as they are; a passage that does not support the claim
    keeps its empty quote. Deterministic.
    """
    if all(citation.quote for citation in claim.citations):
        return claim
    in_parts = _quoted_in_parts(claim, evidence, medicines)
    if in_parts is not None:
        return in_parts
    cited: list[Citation] = []
    for citation in claim.citations:
        passage = evidence.get(citation.key)
        cited += (citation,) if citation.quote or passage is None else _quoted(claim.text, citation, passage, medicines)
    return replace(claim, citations=tuple(cited))


def _quoted_in_parts(claim: Claim, evidence: Mapping[str, Passage], medicines: MedicineNames) -> Claim | None:
    """The claim with one quote for each of its statements, where each finds one that tells it and no key is left."""
    parts = parts_of(claim.text)
    if not 1 < len(parts) <= MOST_PARTS or any(citation.quote for citation in claim.citations):
        return None
    found: list[Citation] = []
    for part in parts:
        known = (one for one in claim.citations if one.key in evidence)
        told = (_quoted(part, one, evidence[one.key], medicines) for one in known)
        passing = (one for one in told if len(one) == 1 and _passes(Claim(part, one), evidence[one[0].key], medicines))
        found += next(passing, ())
    complete = len(found) == len(parts) and {one.key for one in found} == {one.key for one in claim.citations}
    return replace(claim, citations=tuple(found)) if complete else None


def _quoted(text: str, citation: Citation, passage: Passage, medicines: MedicineNames) -> tuple[Citation, ...]:
    """The citation with the passage's best words for the text: one quote, or an item with its lead-in."""
    ranked = sorted(_candidates(passage), key=lambda quotes: _rank(text, quotes, passage))
    shared = [quotes for quotes in ranked if _share(text, quotes, passage) >= LEAST_SHARED][:MOST_TRIED]
    cited = [tuple(Citation(citation.key, quote) for quote in quotes) for quotes in shared]
    passing = (one for one in cited if _passes(Claim(text, one), passage, medicines))
    return next(passing, cited[0] if cited else (citation,))


def _passes(claim: Claim, passage: Passage, medicines: MedicineNames) -> bool:
    examined = examine(claim, {passage.key: passage}, medicines)
    return not any(check.run(examined) for check in CHECKS)


def _candidates(passage: Passage) -> Iterator[tuple[str, ...]]:
    """Whole sentences, neighbours in twos, and list items with the line that introduces them."""
    if passage.is_table_row:
        yield (passage.text.strip(),)
        return
    spans = sentences(passage.text)
    yield from ((passage.text[start:end],) for start, end in spans)
    yield from ((passage.text[start:end],) for (start, _), (_, end) in pairwise(spans))
    lead = ""
    for start, end in spans:
        if passage.text[start:end].endswith(":"):
            lead = passage.text[start:end]
        elif lead:
            yield lead, passage.text[start:end]


def _rank(text: str, quotes: tuple[str, ...], passage: Passage) -> tuple[float, int]:
    return -_share(text, quotes, passage), sum(map(len, quotes))


@lru_cache(maxsize=8192)
def _share(text: str, quotes: tuple[str, ...], passage: Passage) -> float:
    """The part of the text's words and amounts that the quotes say, amounts counted three times; 0 to 1."""
    words = stems(text) - GLUE - INSTRUCTING
    said = implied(frozenset().union(*map(stems, quotes))) | stems(" ".join((passage.title, *passage.heading)))
    amounts = [one.size for one in measures(text)]
    quoted = {one.size for quote in quotes for one in measures(quote)}
    total = len(words) + 3 * len(amounts)
    return (len(words & said) + 3 * sum(size in quoted for size in amounts)) / total if total else 0.0
