"""The learned tagger: tokens with their probabilities become words, and words become identifiers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from guardrails.errors import NetUnavailable
from guardrails.masking.kinds import Identifier, Kind
from guardrails.masking.known import DOUBTFUL, Kept, kept
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
_PUBLIC = re.compile(
    r"(?:19|20)\d\d|#?(?:NCT|ISRCTN|PMID|PMC|NDC|CYP|HLA|CD|ICD|BRCA|SARS|COVID|UGT|SLCO|VKORC|JAK|HER)[\w:*-]*"
    r"|[\d.,]+\s?(?:mg|mcg|g|kg|ml|units?|mmol|%|h|hours?|days?|weeks?)|\d{4,5}-\d{3,4}-\d\d",
    re.IGNORECASE,
)
_DATED = re.compile(
    r"(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|\d\s?[/.-]\s?\d+\s?[/.-]\s?\d|\d/\d|[a-z]{5,}.*\d{4}|\d{5,}",
    re.IGNORECASE,
)
_LINKED = re.compile(r"[a-z].*[.:/]|[.:/].*[a-z]|@|(?:\d+\.){3}\d", re.IGNORECASE)
_JOINING, _BESIDE_A_NAME = 2, 8
"""How many times below the threshold a word may be that belongs to a find, or stands beside a sure name."""
_MOST = 0.999
"""The tagger is never as certain as a rule."""
_BESIDE = re.compile(r"[\s,.()#-]{1,4}")
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
        joined = _joined(text, _unknown(text, words, card.threshold))
        return _believed(text, [one for one in joined if one.certainty >= card.threshold])


def _believed(text: str, found: Sequence[Identifier]) -> tuple[Identifier, ...]:
    """The finds that have the shape of their kind, and those beside a place or telephone: a short number ends both."""
    firm = [one for one in found if _has_shape(one.kind, text[one.start : one.end])]
    local = [one for one in firm if one.kind in (Kind.ADDRESS, Kind.PLACE, Kind.PHONE)]
    return tuple(one for one in found if one in firm or any(_are_beside(text, one, other) for other in local))


def _are_beside(text: str, one: Identifier, other: Identifier) -> bool:
    first, second = sorted((one, other), key=lambda each: each.start)
    return _BESIDE.fullmatch(text[first.end : second.start]) is not None


def _has_shape(kind: Kind, value: str) -> bool:
    """Whether a find can be what the tagger says: label text is full of numbers, and the net alone confuses some."""
    digits = sum(sign.isdigit() for sign in value)
    if kind is Kind.RECORD:
        # Shorter numbers are doses and values; a year and a public code identify nobody.
        return digits > 0 and sum(map(str.isalnum, value)) > 3 and _PUBLIC.fullmatch(value) is None
    if kind is Kind.DATE:
        return _DATED.search(value) is not None
    if kind is Kind.PHONE:
        return digits > 5
    if kind is Kind.URL:
        return _LINKED.search(value) is not None
    return value.isalpha() or digits == 0 or digits > 3 or any(map(str.isalpha, value))


def _words(text: str, tagged: Tagged, labels: Sequence[str]) -> list[_Word]:
    """Each word with the chance that it identifies somebody, that of its surest token, and the kind most of it says."""
    made = []
    starts, ends = tagged.offsets[:, 0], tagged.offsets[:, 1]
    for found in _WORD.finditer(text):
        inside = np.flatnonzero((starts < found.end()) & (ends > found.start()))
        if inside.size:
            rows = tagged.probabilities[inside]
            label = labels[1 + int(rows[:, 1:].sum(axis=0).argmax())]
            made.append(_Word(found.start(), found.end(), _KINDS[label], min(_MOST, float(1 - rows[:, 0].min()))))
    return made


def _unknown(text: str, words: Sequence[_Word], threshold: float) -> list[_Word]:
    """The words that are not known to be knowledge, down to half the threshold, for joining to others.

    A capital word beside a sure name is part of it where it is only in doubt ("Will Brown"), is not far below the
    threshold, or owns something ("Brown, Willa's dose").
    """
    known = kept(text) if words else ()
    found = []
    sure = [word for word in words if word.kind is Kind.NAME and word.certainty > DOUBTFUL and not _doubt(word, known)]
    for word in words:
        doubt = _doubt(word, known)
        near = word.certainty > threshold / _BESIDE_A_NAME or _is_owner(text, word)
        if (
            word.kind is Kind.NAME
            and doubt <= DOUBTFUL
            and near
            and any(_are_neighbours(text, word, one) for one in sure)
        ):
            found.append(replace(word, certainty=_MOST))
        elif word.certainty >= max(doubt, threshold / _JOINING):
            found.append(word)
    return found


def _doubt(word: _Word, known: Iterable[Kept]) -> float:
    """How certain the word must be to be masked although it may be knowledge; 0 where it is none."""
    return max((one.unless for one in known if one.start <= word.start and word.end <= one.end), default=0.0)


def _is_owner(text: str, word: _Word) -> bool:
    return text.startswith(("'s", "’s"), word.end)


def _are_neighbours(text: str, one: _Word, other: _Word) -> bool:
    first, second = sorted((one, other), key=lambda each: each.start)
    return text[first.end : second.start] in (" ", ", ", "-") and text[one.start].isupper()


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
