"""The learned tagger: tokens with their probabilities become words, and words become identifiers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from guardrails.errors import NetUnavailable
from guardrails.masking.kinds import Identifier, Kind
from retrieval.errors import EncoderError
from retrieval.net_card import NetCard
from retrieval.nets import Tagged

FOLDER = Path(__file__).parents[1] / "nets" / "identifiers"
_KINDS = {
    "NAME": Kind.NAME,
    "PLACE": Kind.PLACE,
    "HOSPITAL": Kind.HOSPITAL,
    "ADDRESS": Kind.ADDRESS,
    "DATE": Kind.DATE,
    "ID": Kind.RECORD,
    "PHONE": Kind.PHONE,
    "WEB": Kind.URL,
    "ORG": Kind.ORGANISATION,
}
_WORD = re.compile(r"[^\W_]+")
# What may stand between two words of one identifier; a name goes on over no comma, so that a list of names stays one.
_WITHIN = re.compile(r"[ \t.'’&/@:_-]{1,3}|['’]s? ")
_WITHIN_ADDRESS = re.compile(r"[\s.,'’&/@:#-]{1,4}")
# A number or a link goes on to its next blank.
_RUN = re.compile(r"[\w#/.@:+-]*\w")
_RUNNING = frozenset({Kind.RECORD, Kind.PHONE, Kind.URL})


class TagNets(Protocol):
    """What the tagger needs of `retrieval.nets.Nets`."""

    def card(self, folder: Path) -> NetCard:
        """What the net in this folder says about itself."""
        ...

    def tag(self, texts: Sequence[str], folder: Path) -> tuple[Tagged, ...]:
        """The probabilities of each token."""
        ...


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    kind: Kind
    certainty: float


class Tagger:
    """Finds identifiers that no rule shows: bare names, cities, sites, and numbers in unusual forms."""

    def __init__(self, nets: TagNets, folder: Path = FOLDER) -> None:
        self._nets, self._folder = nets, folder

    def find(self, text: str) -> tuple[Identifier, ...]:
        """Every identifier, in order; its certainty is that of its surest word.

        Raises:
            NetUnavailable: the net cannot be loaded, or gave a value that is not a number.
        """
        try:
            card = self._nets.card(self._folder)
            (tagged,) = self._nets.tag([text], self._folder)
        except EncoderError as fault:
            raise NetUnavailable("The tagger of patient identifiers cannot be used.") from fault
        words = _words(text, tagged, card.labels)
        return _joined(text, [word for word in words if word.certainty > card.threshold])


def _words(text: str, tagged: Tagged, labels: Sequence[str]) -> list[_Word]:
    """Each word with the chance that it identifies somebody, that of its surest token, and the kind most of it says."""
    made = []
    starts, ends = tagged.offsets[:, 0], tagged.offsets[:, 1]
    for found in _WORD.finditer(text):
        inside = np.flatnonzero((starts < found.end()) & (ends > found.start()))
        if inside.size:
            rows = tagged.probabilities[inside]
            label = labels[1 + int(rows[:, 1:].sum(axis=0).argmax())]
            made.append(_Word(found.start(), found.end(), _KINDS[label], float(1 - rows[:, 0].min())))
    return made


def _joined(text: str, words: Sequence[_Word]) -> tuple[Identifier, ...]:
    made: list[Identifier] = []
    for word in words:
        last = made[-1] if made else None
        start, end = word.start, word.end
        if word.kind in _RUNNING and (run := _RUN.match(text, start)):
            end = max(end, run.end())
        if last is not None and start < last.end:
            continue
        if last is not None and last.kind is word.kind and _is_within(text[last.end : start], word.kind):
            made[-1] = Identifier(last.kind, last.start, end, max(last.certainty, word.certainty))
        else:
            made.append(Identifier(word.kind, start, end, word.certainty))
    return tuple(made)


def _is_within(between: str, kind: Kind) -> bool:
    pattern = _WITHIN_ADDRESS if kind in (Kind.ADDRESS, Kind.DATE) else _WITHIN
    return pattern.fullmatch(between) is not None
