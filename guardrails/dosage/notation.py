"""Whether a dose that could not be read is carried over from the quote, so that the quote proves it.

"0.5 g b.d. orally" and "500 mg twice daily by mouth" are the same words in the same order once amounts are converted.
In a freer sentence every amount must be the quote's, bounded in the same way, and what was not understood must be a
word of the quote: then the checks of wording, which compare the two sentences word by word, have all that they need.
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


def is_carried(text: str, unread: str, quotes: tuple[str, ...]) -> bool:
    """Whether one quote states every amount of the text, and holds every word that the reader did not understand."""
    return any(_states_all(text, quote) and _holds_all(unread, text, quote) for quote in quotes)


def _states_all(text: str, quote: str) -> bool:
    left = list(measures(quote))
    for one in measures(text):
        found = next((other for other in left if one.is_said_by(other) and one.bound is other.bound), None)
        if found is None:
            return False
        left.remove(found)
    return True


def _holds_all(unread: str, text: str, quote: str) -> bool:
    """The words after "not understood"; an amount, or a word of one ("half an hour"), was compared as an amount."""
    amounts = " ".join(text[start:end] for one in measures(text) for start, end in one.places)
    said = {stem(word) for word in (*_WORD.findall(quote), *_WORD.findall(amounts))}
    sizes = {one.size for one in measures(quote)}
    for reason in unread.split("; "):
        _, marked, words = reason.partition("not understood: ")
        if marked and not (
            {stem(word) for word in _WORD.findall(words)} <= said or {one.size for one in measures(words)} & sizes
        ):
            return False
    return True


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
