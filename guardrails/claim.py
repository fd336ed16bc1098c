"""A claim: one sentence and the citations that it carries."""

from __future__ import annotations

from dataclasses import dataclass

from retrieval.passage import Citation


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence as it would be shown, and the citations that are to prove it. No citation: it cannot be released."""

    text: str
    citations: tuple[Citation, ...]
