"""Where two retrieved sources say different things of the same dose: both are shown, nothing is averaged.

Precise rather than complete. Two sentences are compared only when they are of the same medicine and kind of product,
name the same people and conditions, and limit or start a dose in the same unit; then their amounts must be equal. And
one source that contraindicates what another allows, in the same words. Two passages of one document never contradict
each other here: its sentences are for different cases.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from guardrails.bounds import Bound
from guardrails.equivalence import Measure, measures
from guardrails.polarity import cues
from guardrails.quoted import MedicineNames, mentions_of
from guardrails.quoting import places
from guardrails.wording import GLUE, INSTRUCTING, content_words, outside, squeezed, stem
from guardrails.zones import is_dose, zones
from retrieval.ingredient import base_name
from retrieval.passage import Citation, Passage
from retrieval.sentences import sentences

_SAME_WORDS = 0.8
"""Least part of the words of both sentences, amounts aside, that they share. Lower values pair different conditions."""
_STARTING = frozenset({"start", "load", "maintain"})
_EMPTY_WORDS = """
    tablet capsule adult daily day maximum begin maintain total not contraindicated recommend single any usual
"""
_IDLE = GLUE | INSTRUCTING | frozenset(map(stem, _EMPTY_WORDS.split()))
_ALLOWS = re.compile(
    r"\b(?:no (?:dos(?:e|age) )?adjustments? (?:is |are )?(?:required|necessary|needed)|not contra-?indicated"
    r"|may be (?:used|given|taken)|can be (?:used|given|taken)|(?:is|are) safe)\b",
    re.IGNORECASE,
)
_PRODUCT = re.compile(
    r"\b(?:extended|delayed|immediate|modified|sustained|prolonged)[- ]release\b|\b(?:injection|suspension|solution"
    r"|syrup|oral|intravenous|patch|cream|inhal\w+|rectal|chewable|otc|nonprescription)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Two quotes of two sources that cannot both hold, and what they are about ("maximum", "contraindication" …)."""

    about: str
    one: Citation
    other: Citation

    @property
    def explanation(self) -> str:
        """One sentence for people."""
        return f"The sources differ on the {self.about}: “{self.one.quote}” and “{self.other.quote}”."


@dataclass(frozen=True, slots=True)
class _Statement:
    """What a sentence says of one thing: the value that must be equal, and the words that must be shared."""

    about: str
    value: Measure | bool
    words: frozenset[str]
    ingredients: frozenset[str]
    product: frozenset[str]
    conditions: frozenset[str]
    passage: Passage
    quote: str


def contradictions(passages: Sequence[Passage], medicines: MedicineNames) -> tuple[Contradiction, ...]:
    """Every pair of passages of different documents that contradict each other, each sentence pair once, in order."""
    stated = [one for passage in passages for one in _statements(passage, medicines)]
    found = []
    for one, other in combinations(stated, 2):
        if _document(one.passage) != _document(other.passage) and _differ(one, other):
            found.append(_between(one, other))
    return tuple(dict.fromkeys(found))


def spoken_against(
    quotes: Sequence[Citation], evidence: Mapping[str, Passage], medicines: MedicineNames
) -> tuple[Contradiction, ...]:
    """The contradictions that one of these quotes is a side of: what a claim that rests on them must be shown with."""
    return tuple(
        each
        for each in contradictions(tuple(evidence.values()), medicines)
        if any(_is_side(side, quote, evidence) for side in (each.one, each.other) for quote in quotes)
    )


def _is_side(side: Citation, quote: Citation, evidence: Mapping[str, Passage]) -> bool:
    if side.key != quote.key or quote.key not in evidence:
        return False
    text = evidence[quote.key].text
    shown = places(quote.quote, text)
    return any(a.start < b.end and b.start < a.end for a in shown for b in places(side.quote, text))


def _between(one: _Statement, other: _Statement) -> Contradiction:
    sides = (Citation(each.passage.key, each.quote) for each in (one, other))
    return Contradiction(one.about, *sides)


def _differ(one: _Statement, other: _Statement) -> bool:
    if (one.about, one.ingredients, one.product, one.conditions) != (
        other.about,
        other.ingredients,
        other.product,
        other.conditions,
    ):
        return False
    shared, every = one.words & other.words, one.words | other.words
    if every and len(shared) / len(every) < _SAME_WORDS:
        return False
    if isinstance(one.value, Measure) and isinstance(other.value, Measure):
        return one.value.unit == other.value.unit and one.value.size != other.value.size
    return bool(shared) and one.value != other.value


def _statements(passage: Passage, medicines: MedicineNames) -> Iterator[_Statement]:
    ingredients = frozenset(base_name(name) for name in passage.ingredients)
    if not ingredients:
        return
    for start, end in sentences(passage.text):
        quote = passage.text[start:end]
        named = frozenset(one for mention in mentions_of(medicines, quote) for one in mention.ingredients)
        if not named <= ingredients:
            continue  # a sentence with a second medicine is about the two of them together
        yield from _of_amounts(passage, quote, ingredients, medicines)
        yield from _of_use(passage, quote, ingredients, medicines)


def _of_amounts(
    passage: Passage, quote: str, ingredients: frozenset[str], medicines: MedicineNames
) -> Iterator[_Statement]:
    found = zones(quote)
    if len(found) != 1 or cues(quote):
        return  # several doses, or a condition: the sentences of two sources seldom mean the same case
    zone = found[0]
    doses = [one for one in zone.amounts if is_dose(quote, one) and not one.in_brackets]
    if len(doses) != 1:
        return
    about = "maximum" if doses[0].bound is Bound.AT_MOST else f"{doses[0].change} dose"
    if about != "maximum" and doses[0].change not in _STARTING:
        return
    conditions = frozenset(repr(one.size) for one in zone.amounts if one is not doses[0])
    yield _statement(about, doses[0], passage, quote, ingredients, conditions, medicines)


def _of_use(
    passage: Passage, quote: str, ingredients: frozenset[str], medicines: MedicineNames
) -> Iterator[_Statement]:
    forbids = [cue for cue in cues(quote) if cue.kind == "contraindicated"]
    allows = _ALLOWS.search(quote)
    if bool(forbids) is bool(allows) or ";" in quote:
        return
    conditions = frozenset(repr(one.size) for one in measures(quote))
    yield _statement("contraindication", bool(forbids), passage, quote, ingredients, conditions, medicines)


def _statement(
    about: str,
    value: Measure | bool,
    passage: Passage,
    quote: str,
    ingredients: frozenset[str],
    conditions: frozenset[str],
    medicines: MedicineNames,
) -> _Statement:
    places_of = [place for one in measures(quote) for place in one.places]
    places_of += [(one.start, one.end) for one in mentions_of(medicines, quote)]
    allowed = _ALLOWS.search(quote)
    places_of += [allowed.span()] if allowed else []
    words = frozenset(word.stem for word in outside(content_words(quote), places_of)) - _IDLE
    product = frozenset(
        found.lower() for found in _PRODUCT.findall(f"{passage.title}. {' '.join(passage.heading)}. {quote}")
    )
    return _Statement(about, value, words, ingredients, product, conditions, passage, squeezed(quote))


def _document(passage: Passage) -> str:
    return passage.source_id.rpartition("@")[0] or passage.source_id
