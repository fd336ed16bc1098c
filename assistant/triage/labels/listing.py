"""Every place where one version of a label names an event, with what it says of it there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from assistant.triage.dictionaries.matching import Matcher
from assistant.triage.labels.found import Named, Names, TagNets, coded, tagged
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


def places(passages: Sequence[Passage], sections: Sequence[Section], reading: LabelReading) -> tuple[LabelPlace, ...]:
    """Every place in these sections, in reading order.

    Raises:
        retrieval.errors.EncoderError: the tagger cannot be loaded, or gave a value that is not a number.
    """
    read = [one for one in passages if one.section in sections]
    texts = [_with_heading(one) for one in read]
    spans = tagged(texts, reading.nets) if reading.nets else None
    found: list[LabelPlace] = []
    for number, (passage, text) in enumerate(zip(read, texts, strict=True)):
        own = spans[number] if spans is not None else None
        lexical = reading.names.find(text)
        extra = list(coded(text, own, reading.matcher)) if own is not None else []
        for named in _joined(lexical, extra):
            marked = own is None or any(span.start < named.end and named.start < span.end for span in own)
            found.append(_place(passage, text, named, doubted=not marked))
    return tuple(found)


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


def _place(passage: Passage, text: str, named: Named, *, doubted: bool) -> LabelPlace:
    place = stance_at(text, named.start, named.end)
    spans = [(start, end) for start, end in sentences(text) if start <= named.start < end]
    start, end = spans[0] if spans else (named.start, named.end)
    words = " ".join(text[named.start : named.end].split())
    return LabelPlace(passage, named, words, place.stance, place.cue, text[start:end], doubted)
