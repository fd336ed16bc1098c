"""What the learned net marks in a text: suspected medicines, and reactions that happened to somebody.

The net of `guardrails/nets/adverse_events` gives each word piece a probability for each of its labels; here they become
whole words, and neighbouring words one find.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from guardrails.adverse.report import Span
from guardrails.errors import NetUnavailable
from retrieval.errors import EncoderError
from retrieval.net_card import NetCard
from retrieval.nets import Tagged

NET = Path(__file__).resolve().parents[1] / "nets" / "adverse_events"
NOTHING, MEDICINE, HAPPENED, KNOWN = "nothing", "medicine", "happened", "known"
_WORD = re.compile(r"[^\W_]+(?:['’.-][^\W_]+)*")
_BETWEEN = re.compile(r"[ \t]?(?:(?:of|the|in|my|his|her|all|over|to|on)[ \t])?(?:[-/'’][ \t]?)?")
"""What may stand between two words of one reaction ("pins and needles" is two, "blood in my urine" one)."""
_EDGE = frozenset(
    {
        "no",
        "not",
        "better",
        "after",
        "since",
        "a",
        "an",
        "the",
        "and",
        "my",
        "his",
        "her",
        "of",
        "with",
        "in",
        "got",
        "has",
        "had",
        "was",
        "is",
    }
)


class AdverseNets(Protocol):
    """What is needed of learned nets; `retrieval.nets.Nets` is one."""

    def card(self, folder: Path) -> NetCard:
        """What the net in this folder says about itself."""

    def tag(self, texts: Sequence[str], folder: Path) -> tuple[Tagged, ...]:
        """The probabilities of each token of each text."""


_ALONE = frozenset({"no", "not", "better", "after", "since", "stable", "running", "now", "ward", "normal", "other"})
"""Words that are no reaction by themselves."""


@dataclass(frozen=True)
class Marks:
    """The words of a text with their probabilities; `threshold` is the net's operating point for reactions.

    `spans` are the words' places (words, 2); `medicine`, `happened` and `known` their probabilities (words,).
    """

    spans: NDArray[np.int64]
    medicine: NDArray[np.float64]
    happened: NDArray[np.float64]
    known: NDArray[np.float64]
    threshold: float

    def certainty(self, span: Span) -> float:
        """The largest probability that a word of this stretch is a reaction that happened."""
        inside = self._inside(span)
        return float(self.happened[inside].max()) if inside.any() else 0.0

    def suspected(self, span: Span) -> float:
        """The largest probability that a word of this stretch is a suspected medicine."""
        inside = self._inside(span)
        return float(self.medicine[inside].max()) if inside.any() else 0.0

    @property
    def adverse(self) -> float:
        """How sure the net is of both a medicine and a reaction to it, whether it happened or is known in general."""
        events = self.happened + self.known
        return float(min(self.medicine.max(), events.max())) if len(events) else 0.0

    def _inside(self, span: Span) -> NDArray[np.bool_]:
        found: NDArray[np.bool_] = (self.spans[:, 0] < span[1]) & (self.spans[:, 1] > span[0])
        return found

    def events(self, text: str, least: float) -> tuple[Span, ...]:
        """Reactions that happened, at this probability or above, each as one stretch."""
        return _runs(text, self.spans[self.happened >= least])

    def medicines(self, text: str, least: float) -> tuple[Span, ...]:
        """Suspected medicines, at this probability or above, each as one stretch."""
        return _runs(text, self.spans[self.medicine >= least])


def marks_of(texts: Sequence[str], nets: AdverseNets, folder: Path = NET) -> tuple[Marks, ...]:
    """What the net marks in each text.

    Raises:
        NetUnavailable: its weights are missing or do not fit, or it gave a value that is not a number.
    """
    try:
        card = nets.card(folder)
        tagged = nets.tag(texts, folder)
        columns = [card.labels.index(label) for label in (MEDICINE, HAPPENED, KNOWN)]
    except (EncoderError, ValueError) as fault:
        raise NetUnavailable("The net that marks reported reactions cannot be used; rules alone judged.") from fault
    if not all(math.isfinite(float(one.probabilities.sum())) for one in tagged):
        raise NetUnavailable("The net that marks reported reactions gave no number; rules alone judged.")
    return tuple(_marks(text, one, columns, card.threshold) for text, one in zip(texts, tagged, strict=True))


def _marks(text: str, tagged: Tagged, columns: Sequence[int], threshold: float) -> Marks:
    words = [found.span() for found in _WORD.finditer(text)]
    rows = np.array([_row(tagged, word, columns) for word in words], dtype=np.float64).reshape(-1, 3)
    spans = np.array(words, dtype=np.int64).reshape(-1, 2)
    return Marks(spans, rows[:, 0], rows[:, 1], rows[:, 2], threshold)


def _row(tagged: Tagged, word: Span, columns: Sequence[int]) -> NDArray[np.float64]:
    starts, ends = tagged.offsets[:, 0], tagged.offsets[:, 1]
    inside = (starts < word[1]) & (ends > word[0])
    if not inside.any():
        return np.zeros(3)
    return np.asarray(tagged.probabilities[inside][:, columns].max(axis=0), dtype=np.float64)


def _runs(text: str, words: NDArray[np.int64]) -> tuple[Span, ...]:
    made: list[Span] = []
    for start, end in words.tolist():
        if made and _BETWEEN.fullmatch(text, made[-1][1], start):
            made[-1] = (made[-1][0], end)
        else:
            made.append((start, end))
    cut = (_trimmed(text, span) for span in made)
    return tuple(one for one in cut if one[1] - one[0] > 2 and text[slice(*one)].lower() not in _ALONE)


def _trimmed(text: str, span: Span) -> Span:
    """Without small words at its edges."""
    words = [found.span() for found in _WORD.finditer(text, *span)]
    while words and text[slice(*words[0])].lower() in _EDGE:
        words = words[1:]
    while words and text[slice(*words[-1])].lower() in _EDGE:
        words = words[:-1]
    return (words[0][0], words[-1][1]) if words else (span[0], span[0])
