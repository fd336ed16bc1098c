"""Proposes for each event which criteria of seriousness it meets, with the words that say so. A person decides.

Rules are words, in `rules/seriousness.yaml`. What is proposed counts for the clock until somebody decides otherwise,
because a deadline that turns out not to apply costs less than one that was missed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from assistant.triage.case import Case, Event, EventOutcome
from assistant.triage.judgement import Criterion, Seriousness
from assistant.triage.terms import Span
from guardrails.rule_file import read_rule_file
from retrieval.sentences import sentences

FILE = Path(__file__).resolve().parent / "rules" / "seriousness.yaml"
MACHINE = "machine"

_CLAUSE = re.compile(r"[,;:.!?()]|\b(?:but|and then|however|although)\b", re.IGNORECASE)
_WORDS_BEFORE = 5


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CriterionWords(_Shape):
    """The words for one criterion."""

    criterion: Criterion
    in_text: tuple[str, ...]
    in_event: tuple[str, ...]


class SeriousnessRules(_Shape):
    """The whole file."""

    id: str
    version: str
    refused_by: tuple[str, ...]
    criteria: tuple[CriterionWords, ...]


@dataclass(frozen=True, slots=True)
class _Compiled:
    label: str
    refusal: re.Pattern[str]
    in_text: Mapping[Criterion, re.Pattern[str]]
    in_event: Mapping[Criterion, re.Pattern[str]]


def read_rules(path: Path = FILE) -> SeriousnessRules:
    """The rules of a file. Raises `guardrails.errors.RuleInvalid`."""
    return read_rule_file(path, SeriousnessRules, "list of words for seriousness")


@cache
def _shipped() -> _Compiled:
    rules = read_rules()
    return _Compiled(
        f"{rules.id}@{rules.version}",
        _pattern(rules.refused_by),
        {each.criterion: _pattern(each.in_text) for each in rules.criteria},
        {each.criterion: _pattern(each.in_event) for each in rules.criteria},
    )


def _pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(_phrase(phrase) for phrase in phrases), re.IGNORECASE)


def _phrase(phrase: str) -> str:
    """A phrase of the file as a pattern: * is any ending, ... up to three words; A&E and DRESS keep their capitals."""
    if phrase == "n't":
        return r"n['’]t(?!\w)"
    gap = r"(?:\W+\w+){0,3}\W+"
    parts = [r"\W+".join(_word(word) for word in part.split()) for part in phrase.split("...")]
    pattern = gap.join(parts)
    capitals = phrase.replace("&", "").replace("the ", "").isupper()
    return rf"(?<!\w)(?-i:{pattern})(?!\w)" if capitals else rf"(?<!\w){pattern}(?!\w)"


def _word(word: str) -> str:
    return re.escape(word).replace(r"\*", r"\w*")


def with_proposals(case: Case, texts: Mapping[str, str]) -> Case:
    """The case with a proposal for every event on which no person has decided.

    `texts` are the masked texts of the case's sources by their id. Earlier proposals of the machine are replaced.
    """
    proposed = proposals(case, texts)
    return replace(
        case,
        events=tuple(
            event if _is_decided(event) else replace(event, seriousness=proposed[event.id]) for event in case.events
        ),
    )


def _is_decided(event: Event) -> bool:
    return bool(event.judged_not_serious_by) or any(each.set_by != MACHINE for each in event.seriousness)


def proposals(case: Case, texts: Mapping[str, str]) -> dict[str, tuple[Seriousness, ...]]:
    """By event id, the criteria that the outcome, the event's own words and the sentences about it speak for."""
    found: dict[str, dict[Criterion, Seriousness]] = {event.id: {} for event in case.events}
    for event in case.events:
        for each in _of_event(case, event):
            found[event.id].setdefault(each.criterion, each)
    for source in case.sources:
        text = texts.get(source.id, "")
        start, end = (source.start, source.end) if source.end else (0, len(text))
        for event_id, each in _of_text(case, source.id, text, start, end):
            found[event_id].setdefault(each.criterion, each)
    order = list(Criterion)
    return {
        name: tuple(sorted(each.values(), key=lambda one: order.index(one.criterion))) for name, each in found.items()
    }


def _of_event(case: Case, event: Event) -> Iterator[Seriousness]:
    rules = _shipped()
    place = _place(case, event)
    if event.outcome is EventOutcome.FATAL:
        yield Seriousness(Criterion.DEATH, place, rules.label)
    for words in (event.verbatim, event.term.text if event.term else ""):
        for criterion, pattern in rules.in_event.items():
            if pattern.search(words):
                yield Seriousness(criterion, place, rules.label)


def _place(case: Case, event: Event) -> Span | None:
    path = f"events[{event.id}].verbatim"
    return next((each.span for each in case.evidence if each.path == path), None)


def _of_text(case: Case, source_id: str, text: str, start: int, end: int) -> Iterator[tuple[str, Seriousness]]:
    rules = _shipped()
    places = {event.id: spot for event in case.events if (spot := _spot(case, event, source_id, text)) is not None}
    for first, last in sentences(text):
        if last <= start or first >= end:
            continue
        for criterion, pattern in rules.in_text.items():
            for match in pattern.finditer(text, max(first, start), min(last, end)):
                if _is_refused(text, first, match.start(), rules.refusal):
                    continue
                quoted = Span(source_id, match.start(), match.end(), match.group())
                for event_id in _meant(case, places, first, last):
                    yield event_id, Seriousness(criterion, quoted, rules.label)


def _spot(case: Case, event: Event, source_id: str, text: str) -> int | None:
    """Where the event is named in this source, None where it is not."""
    place = _place(case, event)
    if place is not None:
        return place.start if place.source_id == source_id else None
    found = text.lower().find(event.verbatim.lower()) if event.verbatim else -1
    return found if found >= 0 else None


def _meant(case: Case, places: Mapping[str, int], first: int, last: int) -> tuple[str, ...]:
    """The events of the sentence; else the last one before it; else, where no place is known, every event."""
    inside = tuple(name for name, at in places.items() if first <= at < last)
    if inside:
        return inside
    before = [(at, name) for name, at in places.items() if at < first]
    if before:
        nearest = max(before)[0]
        return tuple(name for at, name in before if at == nearest)
    return () if places else tuple(event.id for event in case.events)


def _is_refused(text: str, sentence: int, at: int, refusal: re.Pattern[str]) -> bool:
    """Whether the words are said not to have happened: a refusing word shortly before them in their clause."""
    before = text[sentence:at]
    clause = _CLAUSE.split(before)[-1]
    near = " ".join(clause.split()[-_WORDS_BEFORE:])
    return refusal.search(near) is not None
