"""Says of every amount in a text which medicines and which people it is for, as far as the text itself does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from guardrails.polarity import clause_spans
from guardrails.quantities import Amount, read_amounts
from guardrails.wording import POPULATIONS, content_words
from retrieval.medicines import Mention


@dataclass(frozen=True, slots=True)
class Stated:
    """An amount as it is stated: with the ingredients and the populations that it is attached to (none: not said)."""

    amount: Amount
    ingredients: frozenset[str]
    populations: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Mark:
    start: int
    labels: frozenset[str]


def stated_amounts(text: str, mentions: Sequence[Mention]) -> tuple[tuple[Stated, ...], ...]:
    """The amounts of every clause that has one, in order."""
    medicines = [_Mark(mention.start, frozenset(mention.ingredients)) for mention in mentions]
    people = [_Mark(word.start, frozenset({word.stem})) for word in content_words(text) if word.stem in POPULATIONS]
    found: list[tuple[Stated, ...]] = []
    for sentence in clause_spans(text):
        start, end = sentence[0][0], sentence[-1][1]
        amounts = [amount for amount in read_amounts(text) if start <= amount.start < end]
        of = _attached(amounts, medicines, (start, end))
        whom = _attached(amounts, people, (start, end))
        stated = [Stated(*each) for each in zip(amounts, of, whom, strict=True)]
        found.extend(tuple(one for one in stated if a <= one.amount.start < b) for a, b in sentence)
    return tuple(clause for clause in found if clause)


def _attached(amounts: Sequence[Amount], marks: Sequence[_Mark], place: tuple[int, int]) -> list[frozenset[str]]:
    """The labels of each amount of one sentence.

    English either names first ("adults 500 mg, children 250 mg") or last ("500 mg in adults, 250 mg in children"); what
    stands before the first amount decides. An amount without a name of its own takes that of the amount before it.
    """
    if not amounts:
        return []
    edges = [place[0], *(amount.start for amount in amounts), place[1]]
    between = [_labels(marks, a, b) for a, b in pairwise(edges)]
    if not between[0]:
        return between[1:]
    attached = [between[0]]
    for labels in between[1:-1]:
        attached.append(labels or attached[-1])
    attached[-1] |= between[-1]
    return attached


def _labels(marks: Sequence[_Mark], start: int, end: int) -> frozenset[str]:
    return frozenset().union(*(mark.labels for mark in marks if start <= mark.start < end))
