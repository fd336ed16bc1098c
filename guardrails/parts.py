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
    parts, quotes = parts_of(examined.claim.text), examined.cited
    if not 1 < len(quotes) <= len(parts) <= MOST_PARTS:
        return False
    return any(
        all(_agrees(_alone(examined, text, at), comparisons) for at, text in enumerate(texts))
        for texts in _divisions(parts, len(quotes))
    )


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


def _divisions(parts: Sequence[str], into: int) -> Iterator[list[str]]:
    """Every way to join neighbouring parts so that `into` texts are left."""
    for cuts in combinations(range(1, len(parts)), into - 1):
        yield ["; ".join(parts[a:b]) for a, b in pairwise((0, *cuts, len(parts)))]


def _alone(examined: Examined, text: str, at: int) -> Examined:
    cited = examined.cited[at]
    return replace(examined, claim=Claim(text, (cited.citation,)), cited=(cited,))


def _agrees(examined: Examined, comparisons: tuple[Comparison, ...]) -> bool:
    return examined.is_verbatim or not any(run(examined) for run in comparisons)
