"""From reviewed turns to examples: what may be learnt from, de-identified again, and why the rest may not.

A turn is eligible once its review is settled, its conversation has no open case of pharmacovigilance and it can be
proven unchanged. A question that was answered wrongly and must not be answered becomes an example of answering "[]".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from assistant.ask import UNSCREENED
from assistant.chain import digest
from assistant.conversation import Answer, FlagKind, RefusalReason, Turn
from assistant.deeds import turn_hash
from assistant.records import Records
from assistant.reply import write_reply
from assistant.review import Judged, Review, review_hash, standing
from assistant.reviews import Reviews
from assistant.triage.casebook import Casebook
from finetune.errors import ReviewsChanged
from finetune.example import Example
from guardrails.claim import Claim
from retrieval.passage import Passage

LICENCE = "own"
"""What the organisation's own reviewed conversations stand under: its own rules, and nobody else's licence."""

SEARCHED = frozenset({RefusalReason.NO_EVIDENCE, RefusalReason.NOTHING_SUPPORTED})
"""Refusals that a model had a part in: it was asked, and nothing of what it wrote could be shown."""


class Reason(StrEnum):
    """Why a reviewed turn is not eligible."""

    NOT_SETTLED = "a second or third reviewer has not decided yet"
    OPEN_CASE = "the conversation has an open case of pharmacovigilance"
    TURN_GONE = "the turn is not stored any more"
    TURN_CHANGED = "the turn is not the one that was reviewed"
    NO_CORRECTION = "it is incorrect and nobody wrote the right answer"
    NOT_KEPT = "its question was not kept, because it could not be screened for patient identifiers"
    NOT_ASKED = "it was refused before a model was asked"
    NO_EVIDENCE = "search finds no passage, so a model is never asked"
    SUPERSEDED = (
        "a passage that it cites belongs to a source that was superseded since, or that is in the index no more"
    )
    UNCITED = "a sentence cites a passage that is not among its evidence"
    IDENTIFIERS = "the right answer holds something that may identify a patient"


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A reviewed turn that is not eligible, and why."""

    turn_id: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Reviewed:
    """Where reviewed turns come from.

    `closed` are the conversations that must not be learnt from (`closed_conversations`), `superseded` the ids of
    sources that are no longer current. `mask` replaces patient identifiers and raises where it cannot. `until`, where
    given, leaves out every review from that moment on, as if it had not been made.
    """

    records: Records
    reviews: Reviews
    closed: Collection[str]
    superseded: Collection[str]
    mask: Callable[[str], str]
    until: datetime | None = None
    current: Collection[str] | None = None
    """The ids of the sources that are current, where known: what is cited must belong to one of them."""
    shown: int = 0
    """How many passages the prompt of serving shows (`llm_passages`), best first; 0: all that search found."""

    def reviews_so_far(self) -> Iterator[tuple[Review, ...]]:
        """The reviews of every turn that has any, those from `until` on left out."""
        for reviews in self.reviews.all():
            made = tuple(each for each in reviews if self.until is None or each.at < self.until)
            if made:
                yield made


@dataclass(frozen=True, slots=True)
class Selection:
    """What was selected: the examples, what was left out, and the hash over the reviews that the examples rest on."""

    examples: tuple[Example, ...]
    left_out: tuple[LeftOut, ...]
    content_hash: str

    def counts(self) -> Mapping[Reason, int]:
        """How many turns were left out for each reason."""
        return Counter(each.reason for each in self.left_out)


def select(reviewed: Reviewed) -> Selection:
    """Every reviewed turn, as an example or with the reason why it is none.

    Raises `ReviewsChanged` where a review or the ledger was tampered with, and `guardrails.errors.NetUnavailable`
    where identifiers cannot be looked for; then nothing is selected.
    """
    made = list(_sorted_out(reviewed))
    examples = tuple(each for each, _ in made if isinstance(each, Example))
    hashes = [hashed for each, hashed in made if isinstance(each, Example)]
    return Selection(
        examples, tuple(each for each, _ in made if isinstance(each, LeftOut)), digest({"reviews": hashes})
    )


def eligible(reviewed: Reviewed) -> Iterator[Example]:
    """The examples alone, one after another."""
    return (each for each, _ in _sorted_out(reviewed) if isinstance(each, Example))


def closed_conversations(records: Records, book: Casebook) -> frozenset[str]:
    """The conversations with an open case, and those with a noticed adverse event that is no case yet."""
    taken = book.turns_taken_in()
    noticed = {flag.turn_id for flag in records.flags() if flag.kind is FlagKind.ADVERSE_EVENT} - taken
    waiting = (records.turn(turn_id) for turn_id in sorted(noticed))
    return book.conversations_with_open_cases() | {turn.conversation_id for turn in waiting if turn is not None}


def _require_intact(reviewed: Reviewed) -> None:
    found = (*reviewed.reviews.verify(), *reviewed.records.ledger.verify().breaks)
    if found:
        said = f"Nothing is selected, because the stored reviews cannot be trusted: {found[0].explanation}"
        raise ReviewsChanged(f"{said} Run “pharmassist audit verify”.")


def _sorted_out(reviewed: Reviewed) -> Iterator[tuple[Example | LeftOut, str]]:
    _require_intact(reviewed)
    for reviews in reviewed.reviews_so_far():
        final = standing(reviews).final
        if final is None:
            yield LeftOut(reviews[0].turn_id, Reason.NOT_SETTLED), ""
            continue
        made = _example(reviewed, final)
        yield made if isinstance(made, Example) else LeftOut(final.turn_id, made), review_hash(final)


def _example(reviewed: Reviewed, final: Review) -> Example | Reason:
    turn = reviewed.records.turn(final.turn_id)
    if turn is None:
        return Reason.TURN_GONE
    if turn_hash(turn) != final.basis.turn_hash:
        return Reason.TURN_CHANGED
    if turn.outcome.question.text == UNSCREENED or not turn.outcome.question.text.strip():
        return Reason.NOT_KEPT
    if turn.conversation_id in reviewed.closed:
        return Reason.OPEN_CASE
    claims = _right_claims(turn, final)
    if isinstance(claims, Reason):
        return claims
    unfit = _unfit(reviewed, claims, final.basis.evidence)
    return unfit or _made(reviewed, turn, final, claims)


def _right_claims(turn: Turn, final: Review) -> tuple[Claim, ...] | Reason:
    """What should have been said; () where nothing should have been."""
    outcome, judgement = turn.outcome, final.judgement
    if judgement.judged is Judged.INCORRECT:
        return Reason.NO_CORRECTION if judgement.corrected is None else judgement.corrected
    if isinstance(outcome, Answer):
        return tuple(item.claim for item in outcome.claims)
    return () if outcome.reason in SEARCHED else Reason.NOT_ASKED


def _unfit(reviewed: Reviewed, claims: Sequence[Claim], evidence: Sequence[Passage]) -> Reason | None:
    shown = {passage.key: passage for passage in evidence}
    if not shown:
        return Reason.NO_EVIDENCE
    cited = {citation.key for claim in claims for citation in claim.citations}
    if not cited <= shown.keys() or not all(claim.citations for claim in claims):
        return Reason.UNCITED
    if any(_is_outdated(reviewed, shown[key].source_id) for key in cited):
        return Reason.SUPERSEDED
    # The words of a label identify nobody; what a person wrote beside them may.
    written = (claim.text for claim in claims if not any(claim.text in each.quote for each in claim.citations))
    return Reason.IDENTIFIERS if any(reviewed.mask(text) != text for text in written) else None


def _is_outdated(reviewed: Reviewed, source_id: str) -> bool:
    gone = reviewed.current is not None and source_id not in reviewed.current
    return gone or source_id in reviewed.superseded


def _made(reviewed: Reviewed, turn: Turn, final: Review, claims: Sequence[Claim]) -> Example:
    question = turn.outcome.question
    return Example(
        id=f"turn-{turn.id}",
        question=reviewed.mask(question.text),
        answer=write_reply(claims),
        evidence=_shown(final.basis.evidence, claims, reviewed.shown),
        medicines=final.basis.medicines,
        history=tuple(reviewed.mask(each) for each in question.history),
        source=f"turn {turn.id}, review {final.id}",
        licence=LICENCE,
        group=turn.conversation_id,
    )


def _shown(evidence: tuple[Passage, ...], claims: Sequence[Claim], most: int) -> tuple[Passage, ...]:
    """As many passages as serving shows, best first; a cited one further down takes the place of the last uncited."""
    if not 0 < most < len(evidence):
        return evidence
    cited = {citation.key for claim in claims for citation in claim.citations}
    free = max(0, most - sum(passage.key in cited for passage in evidence))
    others = [passage.key for passage in evidence if passage.key not in cited][:free]
    return tuple(passage for passage in evidence if passage.key in cited or passage.key in others)
