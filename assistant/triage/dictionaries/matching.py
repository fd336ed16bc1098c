"""Finding the term of a dictionary that the words of an event mean, from the surest way to the least sure.

Same text, same words in another order or wording, nearly the same spelling, nearest in meaning by the bundled encoder.
Each way has a highest score, and only the first two may be proposed without asking (`coding.yaml`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from assistant.triage.dictionaries.entry import Dictionary, Entry
from assistant.triage.dictionaries.wording import Wording, is_vague, wording

_SHOWN = 0.75
"""Least likeness of spelling for which a term is shown."""
_LONG = 5
"""Letters of the shortest word in which a slip is believed."""
_NEAR = 0.55
"""Least cosine for which a term is shown; what the score of a likeness in meaning is, is `_LEAST_SURE` times it."""
_MODIFIED, _SLIP, _SPELLING, _MEANING = 0.97, 0.93, 0.88, 0.85


class Way(StrEnum):
    """How a term was found, the surest first."""

    EXACT = "the same term"
    WORDS = "the same words in another form or order"
    SPELLING = "nearly the same spelling"
    MEANING = "near in meaning"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A term that the words may mean, with a score of 0 to 1 and the way it was found.

    `grave` and `mild` are what the words say beyond the term ("severe", "slight").
    """

    entry: Entry
    score: float
    way: Way
    grave: tuple[str, ...] = ()
    mild: tuple[str, ...] = ()


class TextEncoder(Protocol):
    """What finding by meaning needs of `retrieval.encoder.Encoder`."""

    @property
    def name(self) -> str:
        """Which model it is."""
        ...

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors, one row for each text."""
        ...


class Matcher:
    """Finds terms of one dictionary. Without an encoder nothing is found by meaning.

    The vectors of all terms are made at the first look by meaning (seconds for the open vocabulary, minutes for
    MedDRA), and kept in `cache` where one is given.
    """

    def __init__(self, dictionary: Dictionary, encoder: TextEncoder | None = None, cache: Path | None = None) -> None:
        self.dictionary = dictionary
        self._encoder, self._cache = encoder, cache
        self._entries = tuple(entry for entry in dictionary.entries if entry.current)
        self._retired = tuple(entry for entry in dictionary.entries if not entry.current)
        self._exact: defaultdict[str, list[Entry]] = defaultdict(list)
        self._words: defaultdict[frozenset[str], list[Entry]] = defaultdict(list)
        for entry in self._entries:
            said = wording(entry.text)
            self._exact[said.exact].append(entry)
            # "Feeling low" without its "feeling" would be any low value.
            if not (said.mild and is_vague(said.words)):
                self._words[said.words].append(entry)
        self._spellings = [wording(entry.text).exact for entry in self._entries]
        self._known = frozenset(word for spelling in self._spellings for word in spelling.split())
        self._vectors: NDArray[np.float32] | None = None

    def same(self, text: str) -> tuple[Candidate, ...]:
        """The terms that the words say exactly, or in other words of the same meaning; none where there is none."""
        said = wording(text)
        if exact := self._exact.get(said.exact):
            return _each(exact, 1.0, Way.EXACT)
        found = self._words.get(said.words, ())
        if not said.words or not found:
            return ()
        # "Hepatitis fulminant" is a term of its own in MedDRA: one that says the same gravity is nearer.
        nearest = [entry for entry in found if wording(entry.text).grave == said.grave]
        left = () if nearest else tuple(sorted(said.grave))
        score = 1.0 if nearest and not said.mild else _MODIFIED
        return _each(nearest or found, score, Way.WORDS, left, tuple(sorted(said.mild)))

    def candidates(self, text: str, limit: int = 5) -> tuple[Candidate, ...]:
        """The best terms, one for each concept, best first."""
        said = wording(text)
        if not said.exact:
            return ()
        found = [*self.same(text), *self._spelled(said, limit)]
        if not found or found[0].score < _SLIP:
            found += self._near(text, limit)
        best: dict[str, Candidate] = {}
        for one in sorted(found, key=lambda each: (-each.score, each.entry.text != each.entry.preferred)):
            best.setdefault(one.entry.concept, one)
        return tuple(best.values())[:limit]

    def retired(self, text: str) -> Entry | None:
        """The term that these words were in the dictionary, and are no longer."""
        exact = wording(text).exact
        return next((entry for entry in self._retired if wording(entry.text).exact == exact), None)

    def _spelled(self, said: Wording, limit: int) -> Iterable[Candidate]:
        hits = process.extract(
            said.exact, self._spellings, scorer=fuzz.token_sort_ratio, limit=3 * limit, score_cutoff=100 * _SHOWN
        )
        for spelling, likeness, place in hits:
            score = _SLIP if self._is_slip(said.exact, spelling) else _SPELLING * likeness / 100
            yield Candidate(self._entries[place], score, Way.SPELLING)

    def _is_slip(self, typed: str, spelling: str) -> bool:
        """Whether the words differ by a letter in long words that are in no other term."""
        one, other = set(typed.split()), set(spelling.split())
        ours, theirs = sorted(one - other), sorted(other - one)
        if len(ours) != len(theirs):
            return False
        return all(
            word not in self._known
            and min(len(word), len(term)) >= _LONG
            and OSA.distance(word, term, score_cutoff=1) <= 1
            for word, term in zip(ours, theirs, strict=True)
        )

    def _near(self, text: str, limit: int) -> Iterable[Candidate]:
        if self._encoder is None or not self._entries:
            return
        if self._vectors is None:
            self._vectors = self._made(self._encoder)
        likeness = self._vectors @ self._encoder.encode([text])[0]
        for place in np.argsort(-likeness)[: 3 * limit]:
            if likeness[place] >= _NEAR:
                yield Candidate(self._entries[int(place)], _MEANING * float(likeness[place]), Way.MEANING)

    def _made(self, encoder: TextEncoder) -> NDArray[np.float32]:
        named = f"{self.dictionary.name}-{self.dictionary.version}-{encoder.name}-{len(self._entries)}.npy"
        file = self._cache / named.replace(" ", "_").replace("/", "_") if self._cache else None
        if file is not None and file.is_file():
            kept: NDArray[np.float32] = np.load(file, allow_pickle=False)
            if kept.shape[0] == len(self._entries):
                return kept
        made = encoder.encode([entry.text for entry in self._entries])
        if file is not None:
            file.parent.mkdir(parents=True, exist_ok=True)
            np.save(file, made)
        return made


def _each(
    entries: Iterable[Entry], score: float, way: Way, grave: tuple[str, ...] = (), mild: tuple[str, ...] = ()
) -> tuple[Candidate, ...]:
    made: dict[str, Candidate] = {}
    for entry in sorted(entries, key=lambda each: each.text != each.preferred):
        made.setdefault(entry.concept, Candidate(entry, score, way, grave, mild))
    return tuple(made.values())
