"""Every place where one version of a label names an event, with what it says of it there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from assistant.triage.dictionaries.matching import Matcher
from assistant.triage.labels.found import DOUBT, Named, Names, TagNets, coded, tagged
from assistant.triage.labels.spans import Span
from assistant.triage.labels.stance import Stance, stance_at
from retrieval.passage import Passage, Section
from retrieval.sentences import sentences

_NO_REACTION = re.compile(
    r"\b(?:stud(?:y|ies)|trials?|experience|immunogenicity|populations?|indications?|monitoring|advice"
    r"|patients with)\b",
    re.IGNORECASE,
)
"""Headings that name what was studied, not what happened."""


@dataclass(frozen=True, slots=True)
class LabelReading:
    """What labels are read with: one dictionary, its names ready to be found, and the tagger where there is one."""

    matcher: Matcher
    names: Names
    nets: TagNets | None = None

    @classmethod
    def of(cls, matcher: Matcher, nets: TagNets | None = None) -> LabelReading:
        """With the names of the matcher's dictionary; takes a third of a second for the open vocabulary."""
        return cls(matcher, Names(matcher.dictionary), nets)


@dataclass(frozen=True, slots=True)
class Mention:
    """A stretch that names an event and what the sentence says of it; `doubted`: the tagger denies that it is one."""

    named: Named
    stance: Stance
    cue: str
    doubted: bool

    @property
    def listed(self) -> bool:
        """Whether the text says that the medicine causes it, or a more specific form of it."""
        return self.stance in (Stance.LISTED, Stance.NARROWER) and not self.doubted


@dataclass(frozen=True, slots=True)
class LabelPlace:
    """A place in a passage of a label: the concepts that it may name, what is said of them, and the sentence.

    `doubted`: the tagger did not take it for a reaction of the medicine.
    """

    passage: Passage
    named: Named
    words: str
    stance: Stance
    cue: str
    sentence: str
    doubted: bool = False


@lru_cache(maxsize=16)
def places(
    passages: tuple[Passage, ...], sections: tuple[Section, ...], reading: LabelReading
) -> tuple[LabelPlace, ...]:
    """Every place in these sections, in reading order. The last labels are kept, for the next event of the case.

    Raises:
        retrieval.errors.EncoderError: the tagger cannot be loaded, or gave a value that is not a number.
    """
    read = [one for one in passages if one.section in sections]
    texts = tuple(_with_heading(one) for one in read)
    spans = _tagged(texts, reading.nets) if reading.nets else None
    return tuple(
        _place(passage, text, mention)
        for number, (passage, text) in enumerate(zip(read, texts, strict=True))
        for mention in mentions(text, reading, spans[number] if spans is not None else None)
    )


def mentions(text: str, reading: LabelReading, spans: Sequence[Span] | None) -> Iterator[Mention]:
    """Every stretch of a label's text that names an event, with what is said of it; `spans` are the tagger's."""
    extra = list(coded(text, spans, reading.matcher)) if spans is not None else []
    for named in _joined(reading.names.find(text), extra):
        place = stance_at(text, named.start, named.end)
        near = spans is None or any(one.start < named.end and named.start < one.end for one in spans if _seen(one))
        yield Mention(named, place.stance, place.cue, not near)


def _seen(span: Span) -> bool:
    return span.certainty > DOUBT


@lru_cache(maxsize=16)
def _tagged(texts: tuple[str, ...], nets: TagNets) -> tuple[tuple[Span, ...], ...]:
    return tagged(texts, nets)


def _with_heading(passage: Passage) -> str:
    """The passage under its own heading, which among warnings names the reaction ("5.1 Hepatotoxicity")."""
    heading = passage.heading[-1] if passage.heading else ""
    return passage.text if not heading or _NO_REACTION.search(heading) else f"{heading}.\n{passage.text}"


def _joined(lexical: Sequence[Named], extra: Sequence[Named]) -> Iterator[Named]:
    """A stretch of the tagger counts before a shorter name inside it: "autoimmune hepatitis" before "hepatitis"."""
    for named in lexical:
        if not any(one.start <= named.start and named.end <= one.end for one in extra):
            yield named
    yield from extra


def _place(passage: Passage, text: str, mention: Mention) -> LabelPlace:
    named = mention.named
    held = [(start, end) for start, end in sentences(text) if start <= named.start < end]
    start, end = held[0] if held else (named.start, named.end)
    words = " ".join(text[named.start : named.end].split())
    return LabelPlace(passage, named, words, mention.stance, mention.cue, text[start:end], mention.doubted)
