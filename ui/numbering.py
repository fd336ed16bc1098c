"""Which number each cited passage has in an answer: 1 for the passage that is cited first."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.conversation import CheckedClaim


def numbers(claims: Sequence[CheckedClaim]) -> dict[str, int]:
    """Passage key to number, in the order in which the claims cite them."""
    keys = dict.fromkeys(citation.key for checked in claims for citation in checked.claim.citations)
    return {key: position for position, key in enumerate(keys, start=1)}
