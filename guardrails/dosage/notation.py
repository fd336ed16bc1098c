"""Whether a sentence is its quote in another notation: units converted, abbreviations written out, nothing else.

"0.5 g b.d. orally" and "500 mg twice daily by mouth" are the same words in the same order once amounts are converted.
A dose that could not be read is then as sure as its source, which says the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from guardrails.equivalence import PerDay, measures
from guardrails.wording import stem

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?|\d+(?:[.,]\d+)*|[<>≤≥=%;:()]")
_NO_MEANING = frozenset({"a", "an", "the", "by", ":", "(", ")"})


def is_same(text: str, quotes: tuple[str, ...]) -> bool:
    """Whether the text is one of the quotes, up to notation."""
    return any(_normal(text) == _normal(quote) for quote in quotes)


@lru_cache(maxsize=4096)
def _normal(text: str) -> tuple[str, ...]:
    """The words in order, each amount as one word that two notations share."""
    return tuple(word for word in _words(text) if word not in _NO_MEANING)


def _words(text: str) -> Iterator[str]:
    amounts = measures(text)
    starts = {one.start: one for one in amounts}
    covered = sorted(place for one in amounts for place in one.places)
    at = 0
    for word in _WORD.finditer(text):
        for start, one in sorted(starts.items()):
            if at <= start <= word.start():
                del starts[start]
                yield f"{one.size} {one.bound} {one.change} {_once(one.per_day)}"
        at = max(at, word.start())
        if not any(start < word.end() and word.start() < end for start, end in covered):
            yield stem(word.group()) if word.group()[0].isalpha() else word.group()
    yield from (f"{one.size} {one.bound} {one.change} {_once(one.per_day)}" for _, one in sorted(starts.items()))


def _once(per_day: PerDay) -> PerDay:
    return PerDay.ONCE if per_day is PerDay.DAILY else per_day
