"""The review desk's nouns and rules: what a reviewer decides about a stored turn, and when a turn counts as decided.

Everything about dosing is judged by two people, who do not see each other's decision before both are in; where they
disagree a third person, who sees both, decides. Nothing else in the product says when a review is enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from assistant.chain import digest, moment
from assistant.errors import ReviewInvalid
from guardrails.claim import Claim
from retrieval.passage import Passage

MOST_REVIEWS = 3
"""Nobody judges a turn after a third person did."""

LONGEST_COMMENT = 2_000
"""Characters."""


class Judged(StrEnum):
    """Whether what was shown was right."""

    CORRECT = "correct"
    INCORRECT = "incorrect"


class ErrorType(StrEnum):
    """What was wrong. Of several the gravest is named; the order here is that of gravity."""

    UNSAFE_DOSE = "unsafe_dose"
    WRONG_FACT = "wrong_fact"
    MISSING_WARNING = "missing_warning"
    CITATION = "citation"
    """A wrong citation, or none."""
    OUTDATED = "outdated"
    REFUSED_WRONGLY = "refused_wrongly"
    STYLE = "style"


@dataclass(frozen=True, slots=True)
class Judgement:
    """What one reviewer decides. `corrected` is the right answer: claims, () where nothing should be answered, None
    where none was written. Raises `ReviewInvalid` where the parts contradict each other.
    """

    judged: Judged
    error: ErrorType | None = None
    comment: str = ""
    corrected: tuple[Claim, ...] | None = None

    def __post_init__(self) -> None:
        if self.judged is Judged.CORRECT and (self.error is not None or self.corrected is not None):
            raise ReviewInvalid("What is correct has no error and needs no other answer.")
        if self.judged is Judged.INCORRECT and self.error is None:
            raise ReviewInvalid("Say what was wrong: choose the error.")
        if len(self.comment) > LONGEST_COMMENT:
            raise ReviewInvalid(f"The comment is too long; the limit is {LONGEST_COMMENT:,} characters.")


@dataclass(frozen=True, slots=True)
class JudgedOn:
    """What a review was judged on: the passages that a model would be shown for the question and those that the right
    answer cites, the medicines that search recognised, the turn as it was stored, and the versions of rules and index.
    """

    turn_hash: str
    evidence: tuple[Passage, ...] = ()
    medicines: tuple[str, ...] = ()
    rules_version: str = ""
    index_version: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """One decision as stored. `place` is 1, 2 or 3; `by` the user name and `person_id` the account.

    `dosing` says whether a dose stands in the question, the answer or the correction, or was called unsafe. `doses`
    are those of the correction, each in one canonical line, so that two corrections can be compared.
    """

    id: str
    turn_id: str
    place: int
    by: str
    person_id: str
    at: datetime
    judgement: Judgement
    basis: JudgedOn
    dosing: bool = False
    doses: tuple[str, ...] = ()


class State(StrEnum):
    """What a turn waits for."""

    OPEN = "open"
    SECOND = "second"
    """A second person."""
    THIRD = "third"
    """A third person, because two disagree."""
    SETTLED = "settled"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a turn stands. `final` is the review that counts, once it is settled; `disagreement` says in one sentence
    on what the first two differ, "" where they agree or are not two.
    """

    state: State
    final: Review | None = None
    disagreement: str = ""


def standing(reviews: Sequence[Review]) -> Standing:
    """Where a turn with these reviews stands; `reviews` are in the order of their places."""
    if not reviews:
        return Standing(State.OPEN)
    if len(reviews) == 1:
        alone = reviews[0]
        return Standing(State.SECOND) if alone.dosing else Standing(State.SETTLED, alone)
    found = disagreement(reviews[0], reviews[1])
    if len(reviews) >= MOST_REVIEWS:
        return Standing(State.SETTLED, reviews[MOST_REVIEWS - 1], found)
    return Standing(State.THIRD, None, found) if found else Standing(State.SETTLED, reviews[0])


def disagreement(one: Review, other: Review) -> str:
    """In one sentence, what two reviews differ on that must not be left open; "" where they agree.

    Two right answers in different words with the same doses agree. Which error is named counts only where it is a dose.
    """
    mine, theirs = one.judgement, other.judgement
    if mine.judged is not theirs.judged:
        return "One calls it correct, the other incorrect."
    if (mine.error is ErrorType.UNSAFE_DOSE) != (theirs.error is ErrorType.UNSAFE_DOSE):
        return "Only one of the two calls a dose unsafe."
    if (mine.corrected is None) != (theirs.corrected is None):
        return "Only one of the two wrote the right answer."
    if bool(mine.corrected) != bool(theirs.corrected):
        return "One answers the question, the other says that it must not be answered."
    if set(one.doses) != set(other.doses):
        return "The doses of the two right answers differ."
    return ""


def visible_to(reviews: Sequence[Review], person_id: str) -> tuple[Review, ...]:
    """The reviews that a person may see: their own, and everybody's once both are in or one was enough."""
    if standing(reviews).state in (State.THIRD, State.SETTLED):
        return tuple(reviews)
    return tuple(review for review in reviews if review.person_id == person_id)


def were_blind(reviews: Sequence[Review]) -> bool:
    """Whether the first two were made without sight of each other, and so may be counted as agreement."""
    return len(reviews) > 1 and reviews[0].dosing


def review_record(review: Review) -> str:
    """How a signature names a review."""
    return f"review {review.id} of turn {review.turn_id}"


def review_hash(review: Review) -> str:
    """SHA-256 of a whole review: what the ledger and a signature are bound to."""
    judgement, basis = review.judgement, review.basis
    return digest(
        {
            "review": [review.id, review.turn_id, review.place, review.by, review.person_id, moment(review.at)],
            "judged": [judgement.judged.value, judgement.error.value if judgement.error else "", judgement.comment],
            "corrected": None if judgement.corrected is None else [_claim(each) for each in judgement.corrected],
            "evidence": [_passage(each) for each in basis.evidence],
            "basis": [basis.turn_hash, list(basis.medicines), basis.rules_version, basis.index_version],
            "dosing": [review.dosing, list(review.doses)],
        }
    )


def _claim(claim: Claim) -> list[object]:
    return [claim.text, [[citation.key, citation.quote] for citation in claim.citations]]


def _passage(passage: Passage) -> list[object]:
    dated = passage.effective.isoformat() if passage.effective else ""
    where = [passage.title, list(passage.heading), passage.section.value, dated]
    return [passage.key, passage.source_id, passage.text, *where, passage.is_table_row, list(passage.ingredients)]
