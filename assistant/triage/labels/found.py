"""Where a label names events: by the words of a dictionary, and by the tagger where it is loaded.

The words of a name may stand in any order and form, close together and within one clause ("elevations in serum ALT").
The tagger adds stretches that no name covers, and doubts places that rules would take for listed.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from assistant.triage.dictionaries.entry import Dictionary, Entry
from assistant.triage.dictionaries.matching import Matcher
from assistant.triage.dictionaries.wording import essential, is_vague, telling, wording
from assistant.triage.labels.spans import Span, spans
from retrieval.net_card import NetCard
from retrieval.nets import Tagged

FOLDER = Path(__file__).parents[1] / "nets" / "label_reactions"
_WORD = re.compile(r"[^\W_]+(?:['’][a-z]+)?")
# What never stands inside one name of an event.
_BREAK = re.compile(r"[.;:•|\n\t]|,| {3,}")
FAINT, DOUBT, SURE = 0.1, 0.3, 0.6
"""Stretches are made of words above FAINT. Up to DOUBT the tagger denies that one names a reaction of the medicine,
above SURE it says so. Chosen on nets that did not see the labels (`pharmassist bench expectedness`)."""
_LONGEST = 8
"""Words of the longest stretch that is compared with a name, words such as "of" and "serum" included."""


class TagNets(Protocol):
    """What the tagger needs of `retrieval.nets.Nets`."""

    def card(self, folder: Path) -> NetCard:
        """What the net in this folder says about itself."""
        ...

    def tag(self, texts: Sequence[str], folder: Path) -> tuple[Tagged, ...]:
        """The probabilities of each token."""
        ...

    def __hash__(self) -> int:
        """By identity: what a net found in a label is kept for the next event."""
        ...


@dataclass(frozen=True, slots=True)
class Named:
    """A stretch of a text that names an event, and the concepts of the dictionary that its words may mean."""

    start: int
    end: int
    concepts: tuple[str, ...]
    certainty: float | None = None
    """What the tagger says of the stretch, 0 to 1; None where no tagger looked."""


class Names:
    """All names of a dictionary, ready to be looked for in texts."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._by_words: defaultdict[frozenset[str], dict[frozenset[str], set[str]]] = defaultdict(dict)
        self._exact: defaultdict[str, set[str]] = defaultdict(set)
        self._short: defaultdict[str, set[str]] = defaultdict(set)
        usual_first = sorted(dictionary.entries, key=lambda entry: entry.text != entry.preferred)
        for entry in usual_first:
            said = wording(entry.text)
            if is_vague(said.words):
                continue
            if _is_short(entry):
                self._short[said.exact].add(entry.concept)
                continue
            self._exact[said.exact].add(entry.concept)
            held = self._by_words[said.words].setdefault(said.grave, set())
            # Words that are a usual name are not also the synonym of another event.
            if not held or entry.text == entry.preferred:
                held.add(entry.concept)
        self._begin = frozenset(word for words in self._by_words for word in words)

    def with_words(self, text: str, concept: str) -> Names:
        """These names and one more: what an event was called that the dictionary does not have."""
        made = Names(Dictionary("", "", "", (Entry("", text, concept, text),)))
        made._by_words = defaultdict(dict, {**made._by_words, **self._by_words})
        made._exact = defaultdict(set, {**made._exact, **self._exact})
        made._short = self._short
        made._begin |= self._begin
        return made

    def find(self, text: str) -> tuple[Named, ...]:
        """Every stretch that names an event, the longest first, none inside another."""
        taken: list[Named] = []
        for clause in _clauses(text):
            at = 0
            while at < len(clause):
                last, concepts = self._longest(clause, at) or (at, ())
                start, end = clause[at].start, clause[last].end
                said = wording(text[start:end]).exact
                exact = self._exact.get(said) or (self._short.get(said) if text[start:end].isupper() else None)
                if exact or concepts:
                    taken.append(Named(start, end, tuple(sorted(exact)) if exact else concepts))
                at = last + 1
        return tuple(taken)

    def _longest(self, clause: Sequence[_Word], at: int) -> tuple[int, tuple[str, ...]] | None:
        if clause[at].stem not in self._begin:
            return None
        words: set[str] = set()
        best = None
        for last in range(at, min(len(clause), at + _LONGEST)):
            stem = clause[last].stem
            if not stem:
                continue
            words.add(stem)
            held = self._by_words.get(essential(words))
            if held is not None and (concepts := _as_grave(held, clause[max(0, at - 2) : last + 2])):
                best = last, concepts
        return best


def _is_short(entry: Entry) -> bool:
    """Whether a name is a short synonym, which in a label counts in capitals alone: TEN, PE, HIT, and never "gas"."""
    return len(entry.text) < 5 and " " not in entry.text and entry.text != entry.preferred


def _as_grave(held: Mapping[frozenset[str], set[str]], around: Sequence[_Word]) -> tuple[str, ...]:
    """The concepts whose grave words are all said: "hepatitis" names no fulminant hepatitis."""
    said = {word.grave for word in around}
    fitting = [grave for grave in held if grave <= said]
    most = max(map(len, fitting), default=0)
    return tuple(sorted(concept for grave in fitting if len(grave) == most for concept in held[grave]))


@dataclass(frozen=True, slots=True)
class _Word:
    start: int
    end: int
    stem: str
    """The word reduced as in `wording`, or "" where it does not say which event is meant."""
    grave: str = ""


def _clauses(text: str) -> Iterator[list[_Word]]:
    clause: list[_Word] = []
    last = 0
    for found in _WORD.finditer(text):
        if clause and _BREAK.search(text, last, found.start()):
            yield clause
            clause = []
        stem = telling(found.group())
        grave = "" if stem else next(iter(wording(found.group()).grave), "")
        clause.append(_Word(found.start(), found.end(), stem, grave))
        last = found.end()
    if clause:
        yield clause


def tagged(texts: Sequence[str], nets: TagNets, folder: Path = FOLDER) -> tuple[tuple[Span, ...], ...]:
    """The stretches of each text that may be reactions of the medicine, down to `FAINT`.

    Raises:
        retrieval.errors.EncoderError: the net cannot be loaded, or gave a value that is not a number.
    """
    read = nets.tag(texts, folder)
    return tuple(spans(text, one, FAINT) for text, one in zip(texts, read, strict=True))


def coded(text: str, found: Iterable[Span], matcher: Matcher) -> Iterator[Named]:
    """The tagger's sure stretches with the concepts that their words mean; those that mean none are left out."""
    for span in found:
        if span.certainty <= SURE:
            continue
        same = matcher.same(text[span.start : span.end])
        if same:
            yield Named(span.start, span.end, tuple(one.entry.concept for one in same), span.certainty)
