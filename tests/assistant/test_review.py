"""The review desk: what is accepted, who must decide, who sees what, and that a stored review cannot be altered."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assistant.conversation import RefusalReason
from assistant.errors import (
    CorrectionRefused,
    NotAllowed,
    ReviewInvalid,
    UnknownTurn,
)
from assistant.review import (
    ErrorType,
    Judged,
    Judgement,
    review_hash,
    standing,
)
from assistant.review_desk import check_correction, decide, evidence_of
from assistant.signing import signatures_of
from guardrails.claim import Claim
from retrieval.passage import Citation
from tests.assistant.made_reviews import (
    BLEEDING,
    CORRECT,
    FOOD,
    MAXIMUM,
    STORAGE,
    Room,
    reviewing,
    said,
    wrong,
)

WITH_FOOD = "Does metformin upset the stomach?"
HOW_MUCH = "What is the maximum dose of metformin?"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with reviewing(tmp_path_factory.mktemp("reviews")) as made:
        yield made


# What a decision may be.


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ((Judged.CORRECT, ErrorType.STYLE), "has no error"),
        ((Judged.CORRECT, None, "", (said(FOOD),)), "needs no other answer"),
        ((Judged.INCORRECT, None), "choose the error"),
        ((Judged.CORRECT, None, "x" * 2001), "too long"),
    ],
)
def test_a_decision_whose_parts_contradict_each_other_is_none(parts: tuple[object, ...], why: str) -> None:
    with pytest.raises(ReviewInvalid, match=why):
        Judgement(*parts)  # type: ignore[arg-type]


def test_only_who_may_review_decides(room: Room) -> None:
    turn = room.turn("allowed", WITH_FOOD, said(FOOD))
    with pytest.raises(NotAllowed, match="review"):
        room.decide(room.cleo, turn, CORRECT)
    assert room.reviews.of_turn(turn.id) == ()


def test_a_turn_that_is_not_stored_is_named(room: Room) -> None:
    with pytest.raises(UnknownTurn, match="no turn nowhere"):
        decide(room.desk, room.rita, "nowhere", CORRECT, 1)


def test_one_reviewer_is_enough_where_no_dose_is_involved(room: Room) -> None:
    turn = room.turn("food", WITH_FOOD, said(FOOD))
    review = room.decide(room.rita, turn, CORRECT)
    assert not review.dosing
    assert standing(room.reviews.of_turn(turn.id)).final == review
    assert room.ledger.head().number > 0
    assert list(signatures_of(room.ledger, f"review {review.id} of turn {turn.id}")) == []


def test_a_review_is_read_back_exactly(room: Room) -> None:
    turn = room.turn("exact", WITH_FOOD, said(BLEEDING))
    review = room.decide(room.rita, turn, wrong(ErrorType.CITATION, said(FOOD), said(STORAGE), comment="  see label "))
    (stored,) = room.reviews.of_turn(turn.id)
    assert stored == review
    assert review.judgement.comment == "see label"
    assert review_hash(stored) == review_hash(review)
    assert {each.key for each in review.basis.evidence} >= {FOOD.key, STORAGE.key}
    assert review.basis.medicines == ("metformin",)


# The guardrails judge the right answer.


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        (Claim(MAXIMUM.text.replace("2,550", "3,550"), (Citation("m1", MAXIMUM.text),)), "3,550"),
        (Claim("Metformin cures the common cold.", (Citation("m2", FOOD.text),)), "Sentence 1"),
        (Claim(FOOD.text, (Citation("m2", "Take metformin without meals."),)), "quote"),
    ],
)
def test_what_the_guardrails_do_not_release_is_not_accepted(room: Room, claim: Claim, why: str) -> None:
    turn = room.turn(f"guard-{why}", WITH_FOOD, said(BLEEDING))
    with pytest.raises(CorrectionRefused, match=why) as refused:
        room.decide(room.rita, turn, wrong(ErrorType.WRONG_FACT, claim))
    assert "do not release" in str(refused.value)
    assert room.reviews.of_turn(turn.id) == ()


def test_every_claim_must_be_released_and_each_objection_is_a_line(room: Room) -> None:
    turn = room.turn("two", WITH_FOOD, said(BLEEDING))
    bad = Claim("Metformin is taken at night only.", (Citation("m2", FOOD.text),))
    checked = check_correction(room.desk, turn, (said(FOOD), bad))
    assert not checked.released
    assert all(line.startswith("Sentence 2") for line in checked.objections())
    assert len(checked.objections()) >= 1


def test_a_passage_that_the_index_does_not_hold_cannot_be_cited(room: Room) -> None:
    turn = room.turn("gone", WITH_FOOD, said(BLEEDING))
    with pytest.raises(ReviewInvalid, match="no current passage nowhere"):
        room.decide(
            room.rita, turn, wrong(ErrorType.WRONG_FACT, Claim("Anything.", (Citation("nowhere", "Anything."),)))
        )


@pytest.mark.parametrize(
    ("judgement", "why"),
    [
        (wrong(ErrorType.REFUSED_WRONGLY, said(FOOD)), "Only a refusal"),
        (wrong(ErrorType.STYLE, said(BLEEDING)), "the answer that was shown"),
        (wrong(ErrorType.STYLE, Claim("No citation.", ())), "a citation"),
        (wrong(ErrorType.STYLE, *[said(FOOD)] * 7), "at most 6"),
    ],
)
def test_what_does_not_fit_the_turn_is_refused(room: Room, judgement: Judgement, why: str) -> None:
    turn = room.turn(f"fit-{why}", WITH_FOOD, said(BLEEDING))
    with pytest.raises(ReviewInvalid, match=why):
        room.decide(room.rita, turn, judgement)


def test_a_refusal_that_was_right_is_correct_and_not_an_empty_correction(room: Room) -> None:
    turn = room.turn("refused", WITH_FOOD, reason=RefusalReason.NO_EVIDENCE)
    with pytest.raises(ReviewInvalid, match="then it is correct"):
        room.decide(room.rita, turn, wrong(ErrorType.WRONG_FACT))
    assert room.decide(room.rita, turn, wrong(ErrorType.REFUSED_WRONGLY, said(FOOD))).judgement.corrected


def test_a_patient_is_named_in_no_comment_and_in_no_answer(room: Room) -> None:
    turn = room.turn("masked", WITH_FOOD, said(BLEEDING))
    named = Claim("Mr John Smith, born 3 May 1961, takes metformin with meals.", (Citation("m2", FOOD.text),))
    with pytest.raises(ReviewInvalid, match="identifies a patient"):
        room.decide(room.rita, turn, wrong(ErrorType.STYLE, named))
    review = room.decide(room.rita, turn, wrong(ErrorType.STYLE, said(FOOD), comment="Call 617-555-0142 about it"))
    assert "555" not in review.judgement.comment


def test_the_added_passage_stands_among_the_hits_and_their_number_stays(room: Room) -> None:
    turn = room.turn("placed", WITH_FOOD, said(BLEEDING))
    hits, medicines = evidence_of(room.desk, turn, (said(FOOD),))
    assert (hits, medicines) == ((MAXIMUM, FOOD), ("metformin",))
    evidence, _ = evidence_of(room.desk, turn, (said(STORAGE),))
    assert {each.key for each in evidence} == {"m1", "m3"}
    assert evidence == evidence_of(room.desk, turn, (said(STORAGE),))[0]
    both, _ = evidence_of(room.desk, turn, (said(STORAGE), said(FOOD), said(MAXIMUM)))
    assert {each.key for each in both} == {"m1", "m2", "m3"}
    # The answer that was shown cites warfarin's label, which search does not find for this question.
    assert {each.key for each in evidence_of(room.desk, turn, None)[0]} == {"m1", "w1"}
