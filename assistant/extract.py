"""The extractive generator: chooses and orders sentences of the retrieved passages, quoted exactly.

It needs no model. A sentence is scored by how much of the question it answers (rare words count more), by whether its
section is the one asked about, and by the rank that search gave its passage. What is far behind the best is left out.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from assistant.conversation import Draft
from assistant.generate import Drafting, DraftRequest
from assistant.terms import SECTION_WORDS, terms
from guardrails.claim import Claim
from retrieval.chunking import sentences
from retrieval.passage import Citation, Passage, Section

MOST_SENTENCES = 5
# A sentence this far behind the best one answers another question.
KEEP_SHARE = 0.55
# Of the question's own words (medicine and section words aside), this share must be in the best sentence.
LEAST_COVERAGE = 0.34
_ENDS = re.compile(r"[.!?:;)\]]$")
_POINTER = re.compile(r"^(see|refer to)\b|\bsee (section|full prescribing|table|warnings)", re.IGNORECASE)
_LIMIT = re.compile(
    r"\b(maximum|must not exceed|do not exceed|not exceed|no more than|contraindicated)\b", re.IGNORECASE
)
_POPULATIONS = frozenset(
    {Section.PAEDIATRIC, Section.GERIATRIC, Section.RENAL, Section.HEPATIC, Section.PREGNANCY, Section.LACTATION}
)
_SILENT = re.compile(r"^The label of .{1,80} does not cover ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Candidate:
    passage: Passage
    text: str
    words: tuple[str, ...]
    rank: int
    score: float = 0.0


class ExtractiveGenerator:
    """Quotes sentences; its claims are verbatim, so a check can only fail on a sentence that was cut badly."""

    name = "extractive"
    model = ""
    adapter = ""

    def draft(self, request: DraftRequest) -> Drafting:
        """Yield at most five quoted sentences, most important first; an empty draft when nothing answers."""
        claims = []
        for chosen in choose(request):
            claims.append(Claim(chosen.text, (Citation(chosen.passage.key, chosen.text),)))
            yield claims[-1]
        return Draft(tuple(claims), self.name, self.model, self.adapter)


def choose(request: DraftRequest) -> tuple[_Candidate, ...]:
    """The sentences to quote, in the order in which they are shown; empty when no sentence answers the question."""
    asked = _asked(request)
    scored = sorted(_scored(_candidates(request.passages), asked, request), key=lambda each: -each.score)
    if not scored or not _answers(asked, scored):
        return ()
    best = scored[0].score
    chosen: list[_Candidate] = []
    for candidate in scored:
        if len(chosen) == MOST_SENTENCES or candidate.score < KEEP_SHARE * best:
            break
        if not any(_repeats(candidate, other) for other in chosen):
            chosen.append(candidate)
    return tuple(sorted(chosen, key=lambda each: _importance(each, request)))


def _asked(request: DraftRequest) -> tuple[str, ...]:
    """The question's content words without the names of its medicines."""
    names = {word for name in request.medicines for word in terms(name)}
    return tuple(dict.fromkeys(word for word in terms(request.question.text) if word not in names))


def _candidates(passages: Sequence[Passage]) -> list[_Candidate]:
    found = []
    for rank, passage in enumerate(passages):
        heading = terms(" ".join(passage.heading))
        spans = [(0, len(passage.text))] if passage.is_table_row else sentences(passage.text)
        for start, end in spans:
            text = passage.text[start:end].strip()
            if _reads_alone(text):
                found.append(_Candidate(passage, text, (*terms(text), *heading), rank))
    return found


def _reads_alone(text: str) -> bool:
    """Whether a sentence can stand on a screen: no heading fragment, no bare pointer to another section."""
    return len(text.split()) >= 4 and bool(_ENDS.search(text)) and not _POINTER.search(text)


def _scored(candidates: Sequence[_Candidate], asked: tuple[str, ...], request: DraftRequest) -> list[_Candidate]:
    seen = Counter(word for candidate in candidates for word in set(candidate.words))
    weight = {word: math.log(1 + (1 + len(candidates)) / (1 + seen[word])) for word in asked}
    total = sum(weight.values()) or 1.0
    scored = []
    for candidate in candidates:
        coverage = sum(weight[word] for word in asked if word in set(candidate.words)) / total
        score = coverage + _section_bonus(candidate, request) + 0.25 / (1 + 0.2 * candidate.rank)
        scored.append(_Candidate(candidate.passage, candidate.text, candidate.words, candidate.rank, score))
    return scored


def _section_bonus(candidate: _Candidate, request: DraftRequest) -> float:
    section, text = candidate.passage.section, candidate.text
    bonus = 0.35 if section in request.sections else 0.0
    if section in _POPULATIONS and section not in request.sections:
        bonus -= 0.3
    if Section.DOSAGE in request.sections:
        bonus += 0.15 if any(letter.isdigit() for letter in text) else -0.1
    return bonus - (0.3 if _SILENT.match(text) else 0.0)


def _answers(asked: tuple[str, ...], scored: Sequence[_Candidate]) -> bool:
    """Whether the best sentences speak of what was asked. Section words alone ("dose in renal impairment") always do."""
    topic = [word for word in asked if word not in SECTION_WORDS]
    if not topic:
        return True
    said = {word for candidate in scored[:MOST_SENTENCES] for word in candidate.words}
    return sum(word in said for word in topic) / len(topic) >= LEAST_COVERAGE


def _repeats(candidate: _Candidate, other: _Candidate) -> bool:
    mine, theirs = set(candidate.words), set(other.words)
    return len(mine & theirs) > 0.75 * len(mine | theirs)


def _importance(candidate: _Candidate, request: DraftRequest) -> tuple[int, float]:
    """For a dosing question what must not be exceeded or done comes first; else the best answer does."""
    first = candidate.passage.section is Section.BOXED_WARNING or (
        Section.DOSAGE in request.sections and bool(_LIMIT.search(candidate.text))
    )
    return (0 if first else 1, -candidate.score)
