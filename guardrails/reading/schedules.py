"""Reads how often, for how long, and when, at a token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TypeAlias

from guardrails.numerals import Token
from guardrails.reading.frequencies import Timing, divided, every, often, times
from guardrails.reading.lexicon import DAYS, DIVIDED, OFTEN, WHEN
from guardrails.reading.occasions import anchored, lasting, over, step_label, weekdays, when
from guardrails.units import FRACTIONS, REPETITIONS, SMALL_NUMBERS

Reader: TypeAlias = Callable[[Sequence[Token], int], Timing | None]

_LABELS_WORDS = """
    on from for in at the day days week weeks d1 d8 d15 d22
"""
# The readers in the order in which they are tried (what is said in more words comes first), the words with which what
# they read may begin, and whether it may begin with a number.
_READERS: tuple[tuple[Reader, frozenset[str], bool], ...] = (
    (divided, frozenset({"in", "as", "given", "by", *DIVIDED}), False),
    (lasting, frozenset({"for", "x", "×", "during"}), True),
    (anchored, frozenset({"at", "after", "repeat", "repeated"}), True),
    (step_label, frozenset(_LABELS_WORDS.split()), False),
    (every, frozenset({"once", "every", "each", "q", "q."}), True),
    (times, frozenset({"x", *REPETITIONS}), True),
    (often, frozenset(OFTEN), False),
    (when, frozenset({"now", *WHEN}), False),
    (weekdays, frozenset({"on", "every", "each", *DAYS}), False),
    (over, frozenset({"over"}), False),
)
NUMBER_WORDS = frozenset({*SMALL_NUMBERS, *FRACTIONS})
"""Words with which a number begins."""
TIMING_WORDS = frozenset({word for _, words, _ in _READERS for word in words})
"""Words with which a timing begins; numbers apart."""


@lru_cache(maxsize=4096)
def _readers_of(word: str, is_number: bool) -> tuple[Reader, ...]:
    return tuple(reader for reader, words, numbers in _READERS if word in words or (numbers and is_number))


def timing_at(tokens: Sequence[Token], at: int) -> Timing | None:
    """The frequency, duration, infusion time or time of day that begins at this token."""
    token = tokens[at]
    word = token.text.lower()
    for reader in _readers_of(word, token.kind == "number" or word in NUMBER_WORDS):
        found = reader(tokens, at)
        if found is not None:
            return found
    return None
