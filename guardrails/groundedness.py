"""The learned check: does the cited evidence support the sentence? It can only withhold; nothing is released by it.

A sentence is compared with windows of its evidence in three ways: by the net of `guardrails/nets/groundedness` (trained
on made contrasts, see its CARD.md), by the cosine of the bundled encoder, and by the share of its words that the
evidence holds. A logistic function of the three is the probability that it is supported (`Blend`, whose file is written
by `finetune/nets/groundedness.py`).

A sentence that is its quote word for word says nothing of its own and is not scored: the other checks prove it.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter, ValidationError

from guardrails.errors import NetUnavailable
from guardrails.examined import Examined
from guardrails.source_words import in_source_words
from guardrails.verdict import Finding, Severity
from guardrails.wording import squeezed, stems
from retrieval.chunking import word_pieces
from retrieval.encoder import Encoder
from retrieval.errors import EncoderError
from retrieval.nets import Nets
from retrieval.passage import Passage
from retrieval.sentences import sentences

RULE, VERSION = "support", "1"
NET = Path(__file__).resolve().parent / "nets" / "groundedness"
BLEND = "blend.json"
AIM = 75
"""Word pieces of a window of evidence; the net was trained on passages of about this length."""
LONGEST_CLAIM = 90
"""Word pieces of a claim that fit into the net with a window; a longer one is read in parts."""
KEPT = 4096
"""Vectors of evidence that are kept, the ones used last: 6 MB, some hundred passages."""
_SURE, _FAR = 1e-6, 30.0
"""Beyond these a probability, or its log-odds, says no more."""


@dataclass(frozen=True, slots=True)
class Blend:
    """How the three signals become one probability: a logistic function of their weighted sum.

    A sentence whose probability is below `threshold`, the operating point, is withheld. Where `net` is 0 the net is not
    asked at all: then the cosine and the overlap decide.
    """

    net: float
    cosine: float
    overlap: float
    bias: float
    threshold: float

    def of(self, signals: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities (n,) of signals (n, 3): the net's log-odds, the cosine and the overlap."""
        total = signals @ np.array([self.net, self.cosine, self.overlap]) + self.bias
        return np.asarray(1 / (1 + np.exp(-np.clip(total, -_FAR, _FAR))))


class Grounding:
    """The check with the encoder that it needs. Loads at its first use; safe to call from several threads."""

    def __init__(self, nets: Nets, encoder: Encoder, threshold: float | None = None, folder: Path = NET) -> None:
        """`threshold`: withhold below this probability instead of the written operating point."""
        self._nets, self._encoder, self._folder = nets, encoder, folder
        self._threshold = threshold
        self._kept: dict[str, NDArray[np.float32]] = {}
        self._keeping = threading.Lock()

    @cached_property
    def blend(self) -> Blend:
        """How the three signals are joined. Raises `NetUnavailable` where the file cannot be read."""
        return read_blend(self._nets.place(self._folder))

    @property
    def least(self) -> float:
        """The probability below which a sentence is withheld. Raises `NetUnavailable` where no file says it."""
        return self.blend.threshold if self._threshold is None else self._threshold

    def signals(self, claims: Sequence[str], evidence: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """The three signals (n, 3) of each claim and its pieces of evidence: log-odds, cosine, overlap.

        Log-odds: of the best window, for the worst part of a long claim. Cosine: the mean of the best window's and of
        the best whole piece's. A claim without evidence gets the least there is.

        Raises:
            NetUnavailable: the net or the encoder cannot be loaded, or gave a value that is not a number.
        """
        cut = [[window for piece in pieces for window in windows(piece)] for pieces in evidence]
        try:
            odds = self._log_odds(claims, cut)
            vectors = self._vectors(claims, [text for own in (*cut, *evidence) for text in own])
        except EncoderError as error:
            raise NetUnavailable(f"The learned check of support cannot run: {error}") from error
        made = np.tile((-_FAR, -1.0, 0.0), (len(claims), 1))
        for place, (claim, own, whole) in enumerate(zip(claims, cut, evidence, strict=True)):
            if own:
                close = [max(float(vectors[claim] @ vectors[text]) for text in texts) for texts in (own, whole)]
                made[place] = (odds[place], sum(close) / 2, overlap(claim, own))
        return made

    def scores(self, claims: Sequence[str], evidence: Sequence[Sequence[str]]) -> NDArray[np.float64]:
        """The probability (n,) that each claim is supported by its pieces of evidence.

        Raises:
            NetUnavailable: as `signals`, or a score is not a number.
        """
        if not claims:
            return np.zeros(0)
        made = self.blend.of(self.signals(claims, evidence))
        if np.isnan(made).any():
            raise NetUnavailable("The learned check of support gave a value that is not a number.")
        return made

    def check(self, examined: Examined) -> tuple[Finding, ...]:
        """A finding that blocks where the cited passages do not support the claim well enough.

        Raises:
            NetUnavailable: there is no score; the claim must be withheld.
        """
        return self.check_all([examined])[0]

    def check_all(self, many: Sequence[Examined]) -> tuple[tuple[Finding, ...], ...]:
        """`check` of all claims of an answer in one batch."""
        asked = [place for place, one in enumerate(many) if not one.is_verbatim]
        found: list[tuple[Finding, ...]] = [()] * len(many)
        claims = [in_source_words(many[place]) for place in asked]
        scores = self.scores(claims, [_evidence(many[place]) for place in asked])
        for place, score in zip(asked, scores, strict=True):
            if not score >= self.least:
                found[place] = (_finding(float(score), self.least),)
        return tuple(found)

    def _log_odds(self, claims: Sequence[str], cut: Sequence[Sequence[str]]) -> list[float]:
        """For each claim, its best window's log-odds; 0 where the blend does not ask the net or there is no window."""
        if self.blend.net == 0:
            return [0.0] * len(claims)
        asked = [
            [(part, window) for window in own] for claim, own in zip(claims, cut, strict=True) for part in parts(claim)
        ]
        flat = [pair for own in asked for pair in own]
        found = iter(log_odds(self._nets.score(flat, self._folder)[:, 0]) if flat else ())
        best = iter([np.max([next(found) for _ in own]) if own else 0.0 for own in asked])
        return [float(np.min([next(best) for _ in parts(claim)])) for claim in claims]

    def _vectors(self, claims: Sequence[str], evidence: Sequence[str]) -> dict[str, NDArray[np.float32]]:
        """The vector of each text. Those of evidence are kept for the next sentence, which often cites the same."""
        with self._keeping:
            found = {text: self._kept[text] for text in evidence if text in self._kept}
        fresh = [text for text in dict.fromkeys((*claims, *evidence)) if text not in found]
        found |= dict(zip(fresh, self._encoder.encode(fresh), strict=True))
        with self._keeping:
            for text in evidence:
                self._kept.pop(text, None)
                self._kept[text] = found[text]
            while len(self._kept) > KEPT:
                del self._kept[next(iter(self._kept))]
        return found


def read_blend(folder: Path) -> Blend:
    """The blend of the net in this folder.

    Raises:
        NetUnavailable: the file is missing, or holds what cannot be.
    """
    try:
        blend = TypeAdapter(Blend).validate_json((folder / BLEND).read_bytes())
    except (OSError, ValidationError) as error:
        raise NetUnavailable(f"The learned check of support has no readable {BLEND}.") from error
    if not np.isfinite([blend.net, blend.cosine, blend.overlap, blend.bias, blend.threshold]).all():
        raise NetUnavailable(f"The {BLEND} of the learned check of support holds a number that cannot be.")
    return blend


def parts(claim: str) -> tuple[str, ...]:
    """The claim, or its words in parts of at most `LONGEST_CLAIM` word pieces."""
    made: list[list[str]] = [[]]
    size = 0
    for word in claim.split():
        pieces = word_pieces(word[: 4 * LONGEST_CLAIM])
        if made[-1] and size + pieces > LONGEST_CLAIM:
            made.append([])
            size = 0
        made[-1].append(word[: 4 * LONGEST_CLAIM])
        size += pieces
    return tuple(" ".join(words) for words in made) if len(made) > 1 else (claim,)


def windows(text: str) -> tuple[str, ...]:
    """The evidence in pieces of whole sentences, each half over the one before; one piece where it is short."""
    found = [text[start:end] for start, end in sentences(text)]
    sizes = [word_pieces(one) for one in found]
    made, first = [], 0
    while first < len(found):
        last, total = first, 0
        while last < len(found) and (last == first or total + sizes[last] <= AIM):
            total += sizes[last]
            last += 1
        made.append(" ".join(found[first:last]))
        if last == len(found):
            break
        first = max(first + 1, (first + last + 1) // 2)
    return tuple(made)


def log_odds(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    """Probabilities as log-odds, with the last millionth cut off."""
    held = np.clip(np.asarray(probabilities, dtype=np.float64), _SURE, 1 - _SURE)
    return np.asarray(np.log(held) - np.log1p(-held))


def overlap(claim: str, evidence: Sequence[str]) -> float:
    """The share of the claim's content words that the evidence holds; 1 for a claim without any."""
    wanted = stems(claim)
    return len(wanted & stems(" ".join(evidence))) / len(wanted) if wanted else 1.0


def shown(passage: Passage) -> str:
    """A passage as the net reads it: title and last heading in front, as in training."""
    head = ". ".join(dict.fromkeys(one for one in (passage.title, *passage.heading[-1:]) if one))
    return f"{head}: {squeezed(passage.text)}" if head else squeezed(passage.text)


def _evidence(examined: Examined) -> list[str]:
    """The cited passages; where several are cited, also their quotes together, for a claim that joins them."""
    passages = list(dict.fromkeys(one.passage for one in examined.cited if one.passage is not None))
    quotes = [one.citation.quote for one in examined.cited if one.places]
    joined = [squeezed(" ".join(quotes))] if len(passages) > 1 and quotes else []
    return [*(shown(one) for one in passages), *joined]


def _finding(score: float, least: float) -> Finding:
    explanation = (
        f"The cited passage does not clearly support this sentence (probability {score:.2f}, needed {least:.2f})."
    )
    return Finding(RULE, VERSION, Severity.BLOCK, explanation)
