"""The extractive generator: chooses and orders sentences of the retrieved passages, quoted exactly.

It needs no model. A sentence is scored by how near its passage is to the question, by how much of the question it
answers (rare words count more), by its section, by whether the patient's numbers fit it, and by the rank that search
gave its passage. What is far behind the best is left out.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from assistant.conversation import Draft
from assistant.covered import Asked, not_covered, others_named, take_apart
from assistant.generate import Drafting, DraftRequest
from assistant.measures import OLDER, Measure, fits, severities, speaks_of_the_old, stated
from assistant.terms import stem, terms
from guardrails.claim import Claim
from retrieval.medicines import Medicines
from retrieval.passage import Citation, Passage, Section
from retrieval.sentences import sentences

MOST_SENTENCES = 5
# A sentence this far behind the best one answers another question. Found on the gold questions, as are the weights.
KEEP_WITHIN = 0.55
SIMILARITY_WEIGHT = 2.0
COVERAGE_WEIGHT = 0.8
RANK_WEIGHT = 0.25
_ENDS = re.compile(r"[.!?;)\]]$")
_POINTER = re.compile(r"^(see|refer to)\b|\bsee (section|full prescribing|table|warnings)", re.IGNORECASE)
_LIMIT = re.compile(
    r"\b(maximum|must not exceed|do not exceed|(?:not|never) (?:be )?exceed(?:ed)?|no more than|contraindicated)\b",
    re.IGNORECASE,
)
POPULATIONS = frozenset(
    {Section.PAEDIATRIC, Section.GERIATRIC, Section.RENAL, Section.HEPATIC, Section.PREGNANCY, Section.LACTATION}
)
DOSING = frozenset({Section.DOSAGE, Section.PAEDIATRIC, Section.GERIATRIC, Section.RENAL, Section.HEPATIC})
NARROW = POPULATIONS | {
    Section.OVERDOSE, Section.BOXED_WARNING, Section.CONTRAINDICATIONS, Section.INTERACTIONS, Section.STORAGE,
}  # fmt: skip
_NAMES_A_DOSE = re.compile(r"\b\d+(?:\.\d+)? ?(?:mg|mcg|g|units?)\b", re.IGNORECASE)
_SILENT = re.compile(r"^The label of .{1,80} does not cover ", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Candidate:
    passage: Passage
    text: str
    words: tuple[str, ...]
    rank: int
    similarity: float
    score: float = 0.0


class ExtractiveGenerator:
    """Quotes sentences; its claims are verbatim, so a check can only fail on a sentence that was cut badly."""

    name = "extractive"
    revises = False
    model = ""
    adapter = ""

    def __init__(self, medicines: Medicines) -> None:
        self._medicines = medicines

    def draft(self, request: DraftRequest) -> Drafting:
        """Yield at most five quoted sentences, most important first; an empty draft when nothing answers."""
        claims = []
        for chosen in choose(request, self._medicines):
            claims.append(Claim(chosen.text, (Citation(chosen.passage.key, chosen.text),)))
            yield claims[-1]
        return Draft(tuple(claims), self.name, self.model, self.adapter)


def choose(request: DraftRequest, medicines: Medicines) -> tuple[_Candidate, ...]:
    """The sentences to quote, in the order in which they are shown; empty when no sentence answers the question."""
    asked = take_apart(request.question.text, medicines)
    candidates = _of_the_pair(_candidates(request), asked, medicines)
    # Each passage once, however many sentences it has.
    passages = tuple(dict.fromkeys(each.passage for each in candidates))
    if not_covered(asked, passages, request.sections):
        return ()
    scored = sorted(_scored(candidates, asked, request), key=lambda each: -each.score)
    chosen: list[_Candidate] = []
    for candidate in scored:
        if len(chosen) == MOST_SENTENCES or candidate.score < scored[0].score - KEEP_WITHIN:
            break
        if not any(_repeats(candidate, other) for other in chosen):
            chosen.append(candidate)
    return tuple(sorted(chosen, key=lambda each: _importance(each, request)))


def _candidates(request: DraftRequest) -> list[_Candidate]:
    found = []
    similarities = request.similarities or (0.0,) * len(request.passages)
    for rank, (passage, similarity) in enumerate(zip(request.passages, similarities, strict=True)):
        heading = terms(" ".join(passage.heading))
        spans = [(0, len(passage.text))] if passage.is_table_row else sentences(passage.text)
        for start, end in spans:
            text = passage.text[start:end].strip()
            if _reads_alone(text) and not _loses_its_population(passage, text, request.sections):
                found.append(_Candidate(passage, text, (*terms(text), *heading), rank, similarity))
    return found


def _loses_its_population(passage: Passage, text: str, asked: Sequence[Section]) -> bool:
    """Whether only the heading says for whom a figure is ("2.2 Pediatric Dosage"), and others are asked about."""
    if passage.section not in POPULATIONS or passage.section in asked:
        return False
    return any(letter.isdigit() for letter in text) and stem(passage.section.value) not in terms(text)


def _of_the_pair(candidates: list[_Candidate], asked: Asked, medicines: Medicines) -> list[_Candidate]:
    """For a question about several medicines at once, only the sentences that speak of another one of them."""
    if len(asked.medicines) < 2:
        return candidates
    both = [each for each in candidates if others_named(each.passage, each.text, asked, medicines)]
    # No label says which of two medicines works better, unless its studies do.
    return [each for each in both if each.passage.section is Section.STUDIES] if asked.compares else both


def _reads_alone(text: str) -> bool:
    """Whether a sentence can stand on a screen: no heading fragment, no bare pointer to another section."""
    return len(text.split()) >= 4 and bool(_ENDS.search(text)) and not _POINTER.search(text)


def _scored(candidates: Sequence[_Candidate], asked: Asked, request: DraftRequest) -> list[_Candidate]:
    seen = Counter(word for candidate in candidates for word in set(candidate.words))
    weight = {word: math.log(1 + (1 + len(candidates)) / (1 + seen[word])) for word in asked.words if seen[word]}
    total = sum(weight.values()) or 1.0
    measures = stated(request.question.text, request.question.patient)
    asked_severities = severities(request.question.text)
    # Where the label has a dose for the old, the one for all adults is not theirs.
    is_old = measures.get(Measure.AGE, 0.0) >= OLDER and any(
        _NAMES_A_DOSE.search(each.text) and speaks_of_the_old(each.text) for each in candidates
    )
    scored = []
    for candidate in candidates:
        coverage = sum(weight[word] for word in set(candidate.words) & weight.keys()) / total
        score = SIMILARITY_WEIGHT * candidate.similarity + COVERAGE_WEIGHT * coverage
        score += RANK_WEIGHT / (1 + 0.2 * candidate.rank)
        score += _section_bonus(candidate, request) + _fit_bonus(candidate.text, measures)
        score += _severity_bonus(candidate.text, asked_severities)
        if is_old and _NAMES_A_DOSE.search(candidate.text) and not speaks_of_the_old(candidate.text):
            score -= 0.3
        scored.append(replace(candidate, score=score))
    return scored


def _section_bonus(candidate: _Candidate, request: DraftRequest) -> float:
    section, text = candidate.passage.section, candidate.text
    asked = set(request.sections)
    bonus = 0.0
    if section in asked:
        # "Dose in renal impairment" names two sections; the narrower one answers it.
        bonus = 0.3 if section is Section.DOSAGE and asked & NARROW else 0.5 if section in NARROW else 0.35
    elif section in POPULATIONS:
        bonus = -0.3
    if Section.DOSAGE in asked:
        bonus += 0.1 if any(letter.isdigit() for letter in text) else -0.1
        # Somebody who names a dose wants to know whether it is too much.
        bonus += 0.25 if _NAMES_A_DOSE.search(request.question.text) and _LIMIT.search(text) else 0.0
    return bonus - (0.3 if _SILENT.match(text) else 0.0)


def _fit_bonus(text: str, measures: Mapping[Measure, float]) -> float:
    """A sentence about such a patient is wanted; one about another patient would mislead."""
    fitting = fits(text, measures)
    return 0.0 if fitting is None else 0.5 if fitting else -0.6


def _severity_bonus(text: str, asked: frozenset[str]) -> float:
    """Where a severity is asked about, a sentence about others only would mislead."""
    said = severities(text)
    return -0.6 if asked and said and not asked & said else 0.0


def _repeats(candidate: _Candidate, other: _Candidate) -> bool:
    mine, theirs = set(candidate.words), set(other.words)
    return len(mine & theirs) > 0.75 * len(mine | theirs)


def _importance(candidate: _Candidate, request: DraftRequest) -> tuple[int, float]:
    """For a dosing question: what must not be exceeded or done, then the doses, then the rest. Else the best first."""
    section, text = candidate.passage.section, candidate.text
    dosing = Section.DOSAGE in request.sections
    if section is Section.BOXED_WARNING or (dosing and _LIMIT.search(text)):
        return 0, -candidate.score
    is_dose = section in DOSING and any(letter.isdigit() for letter in text)
    return 2 if dosing and not is_dose else 1, -candidate.score
