"""From the chances of tokens to stretches of text that name a reaction: one decoder for use and for measuring."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from retrieval.nets import Tagged

_WORD = re.compile(r"[^\W_]+")
# What may stand between two words of one reaction: "non-infectious", "QT/QTc", "Stevens - Johnson", "bleeding (GI)".
_WITHIN = re.compile(r"\s|[ \t]?[-/'’(][ \t]?|['’]s |\) |, |\s+")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text that may name a reaction; `certainty` is the mean over its words, 0 to 1."""

    start: int
    end: int
    certainty: float


def spans(text: str, tagged: Tagged, threshold: float) -> tuple[Span, ...]:
    """The stretches whose words are each above the threshold, in order; `tagged` has the labels O, B, I."""
    made: list[list[tuple[int, int, float]]] = []
    for start, end, begins, inside in _words(text, tagged):
        chance = begins + inside
        if chance <= threshold:
            continue
        last = made[-1][-1] if made else None
        if last and inside > begins and _WITHIN.fullmatch(text, last[1], start):
            made[-1].append((start, end, chance))
        else:
            made.append([(start, end, chance)])
    return tuple(Span(words[0][0], words[-1][1], float(np.mean([word[2] for word in words]))) for words in made)


def _words(text: str, tagged: Tagged) -> Iterator[tuple[int, int, float, float]]:
    """Start, end, and the chances of B and I of each word: those of the token that is surest of a reaction."""
    starts, ends = tagged.offsets[:, 0], tagged.offsets[:, 1]
    at = 0
    for found in _WORD.finditer(text):
        while at < len(ends) and ends[at] <= found.start():
            at += 1
        last = at
        while last < len(starts) and starts[last] < found.end():
            last += 1
        if last > at:
            rows = tagged.probabilities[at:last]
            best = rows[int(rows[:, 0].argmin())]
            begins = float(rows[0, 1] / max(1e-9, 1 - rows[0, 0])) * float(1 - best[0])
            yield found.start(), found.end(), begins, float(1 - best[0]) - begins
