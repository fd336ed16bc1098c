"""What of a text the checks of words compare: the words beside its amounts, its medicines and its negations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from guardrails.equivalence import measures
from guardrails.polarity import cues
from guardrails.wording import Word, content_words, outside
from retrieval.medicines import Mention


@lru_cache(maxsize=4096)
def beside(text: str, mentions: tuple[Mention, ...]) -> tuple[Word, ...]:
    """The words of meaning that no other check compares."""
    return tuple(outside(content_words(text), _places(text, mentions)))


def _places(text: str, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    """What other checks compare: amounts, medicines, and the words that negate or limit."""
    named = [(one.start, one.end) for one in mentions]
    return [*places_of_amounts(text), *named, *((cue.start, cue.end) for cue in cues(text))]


def places_of_amounts(text: str) -> Iterator[tuple[int, int]]:
    """Where the numbers of a text and all words of their amounts stand."""
    for one in measures(text):
        yield from one.places
