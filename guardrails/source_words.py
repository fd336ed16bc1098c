"""A claim as the learned check of support reads it: in its quote's own words wherever those were proved equal.

"Tecfidera" becomes "dimethyl fumarate", "pts" "patients", "500 mcg" "0.5 mg", where the quote says so. The
deterministic checks compare these exactly; a small net that never saw the brand can only mistake them for a change.
Whatever is not proved equal stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from guardrails.equivalence import measures
from guardrails.examined import Examined
from guardrails.quoted import Quoted
from guardrails.wording import content_words, outside, stem

_WORD = re.compile(r"[^\W\d_]+")


def in_source_words(examined: Examined) -> str:
    """The claim's text with every equal amount, medicine and word exchanged for the one of its quotes."""
    text = examined.claim.text
    for start, end, new in sorted(_exchanges(examined), reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _exchanges(examined: Examined) -> Iterator[tuple[int, int, str]]:
    """What to exchange, as (start, end, new) in the claim; no two overlap."""
    found = [*_amounts(examined), *_medicines(examined)]
    taken: list[tuple[int, int]] = []
    for start, end, new in found:
        if not any(start < b and a < end for a, b in taken):
            taken.append((start, end))
            yield start, end, new
    text = examined.claim.text
    places = [*taken, *(place for one in measures(text) for place in one.places)]
    places += [(one.start, one.end) for one in examined.mentions]
    spoken = [word for quote in examined.quoted for word in _WORD.findall(quote.text)]
    known = {stem(word): word for word in reversed(spoken)}
    same = {word.lower() for word in spoken}
    for word in outside(content_words(text), places):
        if word.text.lower() not in same and " " not in word.text and word.stem in known:
            yield word.start, word.end, known[word.stem]


def _amounts(examined: Examined) -> Iterator[tuple[int, int, str]]:
    text = examined.claim.text
    for one in measures(text):
        said = text[one.start : one.end]
        for quote in examined.quoted:
            equal = next((each for each in measures(quote.text) if one.is_said_by(each)), None)
            if equal is not None and not re.search(rf"{re.escape(said)}(?!\w)", quote.text, re.IGNORECASE):
                yield one.start, one.end, quote.text[equal.start : equal.end]
                break


def _medicines(examined: Examined) -> Iterator[tuple[int, int, str]]:
    for one in examined.mentions:
        named = _name_in(examined.quoted, frozenset(one.ingredients))
        if named and one.exact and not one.ambiguous:
            yield one.start, one.end, named


def _name_in(quotes: tuple[Quoted, ...], ingredients: frozenset[str]) -> str:
    """What the first quote that names a medicine of exactly these ingredients calls it, or ""."""
    mentions = (each for quote in quotes for each in quote.mentions)
    return next((each.surface for each in mentions if frozenset(each.ingredients) == ingredients), "")
