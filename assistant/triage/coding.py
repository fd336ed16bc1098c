"""Coding an event: which term of a dictionary its words mean. The machine proposes, a person accepts.

Nothing is proposed below `PROPOSED`, and nothing where two terms are as good as each other: then the candidates are
shown and the term stays empty. A likeness in meaning alone is only ever shown.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum

from assistant.triage.dictionaries.matching import Candidate, Matcher, Way
from assistant.triage.terms import Term

PROPOSED = 0.9
"""Least score of a proposal: the same words, or long words with one letter wrong."""
MARGIN = 0.05
"""How much better than the next term a misspelt one must be."""
_BETWEEN = re.compile(r"\s*(?:,|;|/|\+|&|\b(?:and|with|plus|followed by)\b)\s*", re.IGNORECASE)


class CodingState(StrEnum):
    """What became of an event's words."""

    PROPOSED = "proposed"
    AMBIGUOUS = "ambiguous"
    SEVERAL = "several events"
    UNKNOWN = "no term found"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A candidate as a screen shows it: the term, why it was found in one sentence, and how sure (0 to 1)."""

    term: Term
    concept: str
    preferred: str
    group: str
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Coding:
    """The words, the suggestions best first, and the one that is proposed, if any.

    `parts` are the words of each event where the words name several; each is coded alone, as an event of its own.
    """

    verbatim: str
    state: CodingState
    reason: str
    suggestions: tuple[Suggestion, ...] = ()
    proposed: Suggestion | None = None
    parts: tuple[str, ...] = ()


def code(verbatim: str, matcher: Matcher, limit: int = 5) -> Coding:
    """Suggestions for the words of one event, from the matcher's dictionary."""
    found = matcher.candidates(verbatim, limit)
    suggestions = tuple(_suggestion(one, matcher) for one in found)
    if not found or found[0].score < PROPOSED:
        parts = events_in(verbatim, matcher)
        if len(parts) > 1:
            reason = f"The words name {len(parts)} events; each needs a line of its own: {'; '.join(parts)}."
            return Coding(verbatim, CodingState.SEVERAL, reason, suggestions, None, parts)
        old = matcher.retired(verbatim)
        named = f" “{old.text}” was a term and is no longer current." if old else ""
        return Coding(verbatim, CodingState.UNKNOWN, f"No term is close enough to propose.{named}", suggestions)
    tied = [one for one in found if found[0].score - one.score < (MARGIN if found[0].way is Way.SPELLING else 1e-6)]
    if len(tied) > 1:
        names = " or ".join(f"“{one.entry.preferred}”" for one in tied)
        return Coding(verbatim, CodingState.AMBIGUOUS, f"The words may mean {names}: choose.", suggestions)
    return Coding(verbatim, CodingState.PROPOSED, suggestions[0].reason, suggestions, suggestions[0])


def accepted(suggestion: Suggestion, person: str) -> Term:
    """The term as a person took it."""
    return replace(suggestion.term, coded_by=person, confirmed=True)


def events_in(verbatim: str, matcher: Matcher) -> tuple[str, ...]:
    """The words of each event, where every part of the words is a term; the whole where one is not."""
    parts = tuple(part for part in _BETWEEN.split(verbatim) if part)
    if len(parts) < 2 or not all(matcher.same(part) for part in parts):
        return (verbatim,)
    return parts


def _suggestion(one: Candidate, matcher: Matcher) -> Suggestion:
    entry, dictionary = one.entry, matcher.dictionary
    term = Term(dictionary.name, dictionary.version, entry.code, entry.text)
    return Suggestion(term, entry.concept, entry.preferred, entry.group, one.score, _reason(one))


def _reason(one: Candidate) -> str:
    means = "" if one.entry.text == one.entry.preferred else f", which means “{one.entry.preferred}”"
    beyond = [*one.grave, *one.mild]
    besides = f"; the words also say “{' '.join(beyond)}”, which the term does not" if beyond else ""
    found = {
        Way.EXACT: "The words are the term",
        Way.WORDS: "The words are, in another form or order, the term",
        Way.SPELLING: "The spelling is close to the term",
        Way.MEANING: "The meaning may be close to the term",
    }[one.way]
    return f"{found} “{one.entry.text}”{means}{besides}."
