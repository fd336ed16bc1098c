"""Other shapes of a claim: statements joined by semicolons, each told by its own quote; a label put at the end.

Only where the quotes stand in the order of the statements, one each; a statement that needs another one's quote (a
label in front that governs both) does not pass alone, and then the claim is compared as a whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import combinations, pairwise
from typing import TypeAlias

from guardrails.claim import Claim
from guardrails.examined import Examined
from guardrails.verdict import Finding
from retrieval.sentences import sentences

Comparison: TypeAlias = Callable[[Examined], tuple[Finding, ...]]

MOST_PARTS = 12
"""A claim of more statements is compared as a whole."""


def parts_of(text: str) -> tuple[str, ...]:
    """The statements of a claim that semicolons join."""
    return tuple(part.strip() for part in text.split(";") if part.strip())


@lru_cache(maxsize=512)
def told_in_parts(examined: Examined, comparisons: tuple[Comparison, ...]) -> bool:
    """Whether the claim has two statements or more and each agrees with its own quote."""
    in_front = _label_in_front(examined)
    if in_front is not None and _agrees(in_front, comparisons):
        return True
    if _told_clause_by_clause(examined, comparisons):
        return True
    parts, quotes = parts_of(examined.claim.text), examined.cited
    if not 1 < len(quotes) <= len(parts) <= MOST_PARTS:
        return False
    return any(
        all(_agrees(_alone(examined, text, at), comparisons) for at, text in enumerate(texts))
        for texts in _divisions(parts, len(quotes))
    )


def is_divisible(examined: Examined) -> bool:
    """Whether the claim joins by semicolons exactly as many statements as it has quotes, and has several."""
    return len(parts_of(examined.claim.text)) == len(examined.cited) > 1


def _label_in_front(examined: Examined) -> Examined | None:
    """The claim "… 10 mg once daily (hypertension)." as "Hypertension: … 10 mg once daily.", as a quote puts it."""
    found = _AT_THE_END.fullmatch(examined.claim.text.strip())
    if found is None:
        return None
    label = " ".join(found.group("label").split()).lower()
    if not any(" ".join(quote.text.split()).lower().startswith(f"{label}:") for quote in examined.quoted):
        return None
    text = f"{found.group('label')}: {found.group('said').strip()}."
    return replace(examined, claim=Claim(text, examined.claim.citations))


_AT_THE_END = re.compile(r"(?P<said>[^()]*(?:\([^()]*\)[^()]*)*)\((?P<label>.{3,200})\)\.?")


def _told_clause_by_clause(examined: Examined, comparisons: tuple[Comparison, ...]) -> bool:
    """Whether the claim says every clause of its one quote, in order, joined by commas or "and" for semicolons.

    Each clause is compared with its own alone, so that nothing can move from one to the other, and none is left out.
    """
    if len(examined.quoted) != 1 or examined.quoted[0].passage.is_table_row:
        return False
    clauses = _clauses_of(examined.quoted[0].text)
    text = examined.claim.text
    joints = [found.span() for found in _JOINT.finditer(text)]
    if not 1 < len(clauses) <= MOST_CLAUSES or not len(clauses) - 1 <= len(joints) <= MOST_JOINTS:
        return False
    for cuts in combinations(joints, len(clauses) - 1):
        edges = [0, *(edge for cut in cuts for edge in cut), len(text)]
        said = [text[a:b].strip() for a, b in zip(edges[::2], edges[1::2], strict=True)]
        told = (_agrees(_beside(examined, one, clause), comparisons) for one, clause in zip(said, clauses, strict=True))
        if all(said) and all(told):
            return True
    return False


MOST_CLAUSES = 4
MOST_JOINTS = 6
_JOINT = re.compile(r"\s*[;.,:]\s+(?:(?:and|but|while|whereas)\s+)?|\s+(?:and|but|while|whereas)\s+", re.IGNORECASE)


def _clauses_of(quote: str) -> tuple[str, ...]:
    """The clauses of a quote that semicolons and full stops part."""
    return tuple(clause.strip() for a, b in sentences(quote) for clause in quote[a:b].split(";") if clause.strip(" ."))


def _beside(examined: Examined, text: str, clause: str) -> Examined:
    """One clause of the claim with one clause of the quote."""
    cited = examined.cited[0]
    citation = replace(cited.citation, quote=clause)
    return replace(examined, claim=Claim(text, (citation,)), cited=(replace(cited, citation=citation),))


def _divisions(parts: Sequence[str], into: int) -> Iterator[list[str]]:
    """Every way to join neighbouring parts so that `into` texts are left."""
    for cuts in combinations(range(1, len(parts)), into - 1):
        yield ["; ".join(parts[a:b]) for a, b in pairwise((0, *cuts, len(parts)))]


def _alone(examined: Examined, text: str, at: int) -> Examined:
    cited = examined.cited[at]
    return replace(examined, claim=Claim(text, (cited.citation,)), cited=(cited,))


def _agrees(examined: Examined, comparisons: tuple[Comparison, ...]) -> bool:
    return examined.is_verbatim or not any(run(examined) for run in comparisons)
