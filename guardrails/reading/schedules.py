"""Reads how often, for how long, and when, at a token."""

from __future__ import annotations

from collections.abc import Sequence

from guardrails.numerals import Token
from guardrails.reading.frequencies import Timing, divided, every, often, times
from guardrails.reading.occasions import anchored, lasting, over, step_label, weekdays, when

_READERS = (divided, lasting, anchored, step_label, every, times, often, when, weekdays, over)
"""In the order in which they are tried: what is said in more words comes first."""


def timing_at(tokens: Sequence[Token], at: int) -> Timing | None:
    """The frequency, duration, infusion time or time of day that begins at this token."""
    for reader in _READERS:
        found = reader(tokens, at)
        if found is not None:
            return found
    return None
