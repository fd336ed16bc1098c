"""The texts that told of a case, with the words marked from which its fields were read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from assistant.triage.case import Case, Source, SourceOrigin
from assistant.triage.terms import Span
from ui.markup import text


@dataclass(frozen=True, slots=True)
class Mark:
    """Words of a source that a field was read from."""

    path: str
    span: Span


def marks_of(case: Case) -> tuple[Mark, ...]:
    """Every place that a field of the case names: evidence, quoted criteria, special situations."""
    found = [Mark(each.path, each.span) for each in case.evidence]
    for event in case.events:
        for each in event.seriousness:
            if each.quoted is not None:
                found.append(Mark(f"events[{event.id}].seriousness", each.quoted))
    found += [Mark(f"special[{each.id}]", each.quoted) for each in case.special if each.quoted is not None]
    return tuple(found)


def sources(case: Case, texts: Sequence[tuple[Source, str]]) -> str:
    """Every source of a case in turn; `texts` are its masked texts, "" where none is kept."""
    marks = marks_of(case)
    parts = "".join(_source(source, words, marks) for source, words in texts)
    return parts or '<p class="nothing">No source text is kept for this case; it was entered by a person.</p>'


def _source(source: Source, words: str, marks: Sequence[Mark]) -> str:
    name = source.name or {"chat": "Question in the chat"}.get(source.origin.value, source.origin.value)
    own = f"characters {source.start} to {source.end}" if source.end else "the whole text"
    about = "to the report" if source.origin is SourceOrigin.ANSWER else f"· {own} is about this patient"
    head = f'<h3>{text(name)}</h3><p class="faint">{text(source.origin.value)} {about}</p>'
    if not words:
        return f'<article class="source">{head}<p class="nothing">The text is not kept.</p></article>'
    here = [mark for mark in marks if mark.span.source_id == source.id]
    body = f'<p class="words">{marked(words, here, source)}</p>'
    return f'<article class="source" data-source="{text(source.id)}">{head}{body}</article>'


def marked(words: str, marks: Sequence[Mark], source: Source) -> str:
    """The text as HTML. Where marks overlap, each stretch carries the paths of all; other patients are faint."""
    edges = {0, len(words)}
    for mark in marks:
        edges |= {_inside(mark.span.start, words), _inside(mark.span.end, words)}
    own = (source.start, source.end) if source.end else (0, len(words))
    edges |= {_inside(own[0], words), _inside(own[1], words)}
    return "".join(_stretches(words, sorted(edges), marks, own))


def _stretches(words: str, edges: Sequence[int], marks: Sequence[Mark], own: tuple[int, int]) -> Iterator[str]:
    for start, end in pairwise(edges):
        piece = text(words[start:end])
        over = dict.fromkeys(mark.path for mark in marks if mark.span.start <= start and end <= mark.span.end)
        if over:
            paths = text(" ".join(over))
            yield f'<mark data-paths="{paths}" data-kind="{kind_of(next(iter(over)))}" title="{paths}">{piece}</mark>'
        elif start < own[0] or end > own[1]:
            yield f'<span class="elsewhere">{piece}</span>'
        else:
            yield piece


def kind_of(path: str) -> str:
    """What a field is about, for the colour of its mark."""
    if ".seriousness" in path:
        return "serious"
    first = path.partition("[")[0].partition(".")[0]
    return {"products": "product", "events": "event", "patient": "patient", "reporters": "reporter"}.get(first, "other")


def _inside(place: int, words: str) -> int:
    return max(0, min(place, len(words)))
