"""The review desk: what is accepted, who must decide, who sees what, and that a stored review cannot be altered."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError, IntegrityError

from assistant.chain import EntryKind
from assistant.conversation import RefusalReason
from assistant.errors import (
    CorrectionRefused,
    NotAllowed,
    ReviewChanged,
    ReviewInvalid,
    SignatureNeeded,
    UnknownTurn,
)
from assistant.people import Person
from assistant.review import (
    ErrorType,
    Judged,
    JudgedOn,
    Judgement,
    Review,
    State,
    disagreement,
    review_hash,
    standing,
    visible_to,
)
from assistant.review_desk import about_dosing, check_correction, decide, evidence_of
from assistant.signing import signatures_of, verify_signatures
from assistant.tables.reviews import REVIEWS
from guardrails.claim import Claim
from retrieval.passage import Citation
from tests.assistant.made_reviews import (
    BLEEDING,
    CORRECT,
    FOOD,
    MAXIMUM,
    STORAGE,
    Room,
    review_of,
    reviewing,
    said,
    wrong,
)
from tests.assistant.turns import turns

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


# Two people for a dose.


@pytest.mark.parametrize(
    ("question", "claim", "judgement", "dosing"),
    [
        (WITH_FOOD, said(FOOD), None, False),
        (HOW_MUCH, said(FOOD), None, True),
        ("Is 3 g of metformin a day too much?", said(FOOD), None, True),
        (WITH_FOOD, said(MAXIMUM), None, True),
        (WITH_FOOD, said(FOOD), wrong(ErrorType.UNSAFE_DOSE), True),
        (WITH_FOOD, said(FOOD), wrong(ErrorType.WRONG_FACT, said(MAXIMUM)), True),
        (WITH_FOOD, said(FOOD), wrong(ErrorType.WRONG_FACT, said(STORAGE)), False),
    ],
)
def test_what_is_about_dosing(
    room: Room, question: str, claim: Claim, judgement: Judgement | None, dosing: bool
) -> None:
    turn = room.turn(f"about-{question}-{claim.text}-{judgement}", question, claim)
    assert about_dosing(room.desk.doses, turn, judgement) is dosing


def test_a_dose_needs_two_people_and_their_signatures(room: Room) -> None:
    turn = room.turn("dose", HOW_MUCH, said(MAXIMUM))
    with pytest.raises(SignatureNeeded, match="needs your signature"):
        decide(room.desk, room.rita, turn.id, CORRECT, 1)
    with pytest.raises(NotAllowed, match="not your own"):
        decide(room.desk, room.rita, turn.id, CORRECT, 1, partial(room.sign, room.rob))
    first = room.decide(room.rita, turn, CORRECT)
    assert standing(room.reviews.of_turn(turn.id)).state is State.SECOND
    (signature,) = signatures_of(room.ledger, f"review {first.id} of turn {turn.id}")
    assert (signature.user_name, signature.record_hash) == ("rita", review_hash(first))
    with pytest.raises(ReviewChanged, match="already"):
        room.decide(room.rita, turn, CORRECT)
    room.decide(room.rob, turn, CORRECT)
    found = standing(room.reviews.of_turn(turn.id))
    assert (found.state, found.final, found.disagreement) == (State.SETTLED, first, "")


def test_no_dose_is_stored_without_a_signature(room: Room) -> None:
    turn = room.turn("unsigned", HOW_MUCH, said(MAXIMUM))
    review = replace(review_of(1, CORRECT), turn_id=turn.id)
    with pytest.raises(SignatureNeeded):
        room.reviews.save(review)
    assert room.reviews.of_turn(turn.id) == ()


def test_nobody_sees_the_first_decision_before_the_second_is_in(room: Room) -> None:
    turn = room.turn("blind", HOW_MUCH, said(MAXIMUM))
    first = room.decide(room.rita, turn, CORRECT)
    reviews = room.reviews.of_turn(turn.id)
    assert visible_to(reviews, room.rita.id) == (first,)
    assert visible_to(reviews, room.rob.id) == visible_to(reviews, room.sam.id) == ()
    (entry,) = room.ledger.entries(kind=EntryKind.REVIEW, subject=f"turn {turn.id}")
    assert "correct" not in f"{entry.deed.summary} {dict(entry.deed.facts)}"
    room.decide(room.rob, turn, wrong(ErrorType.UNSAFE_DOSE, said(FOOD)))
    reviews = room.reviews.of_turn(turn.id)
    for person in (room.rita, room.rob, room.sam):
        assert visible_to(reviews, person.id) == reviews


def test_a_third_person_decides_where_two_disagree_and_nobody_after(room: Room) -> None:
    turn = room.turn("third", HOW_MUCH, said(MAXIMUM))
    room.decide(room.rita, turn, CORRECT)
    room.decide(room.rob, turn, wrong(ErrorType.MISSING_WARNING, said(MAXIMUM), said(FOOD)))
    found = standing(room.reviews.of_turn(turn.id))
    assert (found.state, found.final) == (State.THIRD, None)
    assert "One calls it correct" in found.disagreement
    with pytest.raises(ReviewChanged, match="already"):
        room.decide(room.rob, turn, CORRECT)
    third = room.decide(room.sam, turn, CORRECT)
    assert standing(room.reviews.of_turn(turn.id)).final == third
    ann = room.accounts.add("ann", "Ann Example", room.rita.roles, "test", "a long made-up password 7")
    with pytest.raises(ReviewChanged, match="Three people"):
        room.decide(ann, turn, CORRECT)


def test_who_opened_the_turn_before_another_decided_must_look_again(room: Room) -> None:
    turn = room.turn("race", HOW_MUCH, said(MAXIMUM))
    room.decide(room.rita, turn, CORRECT)
    with pytest.raises(ReviewChanged, match="since you opened it"):
        room.decide(room.rob, turn, CORRECT, place=1)


UNSAFE, FACT = ErrorType.UNSAFE_DOSE, ErrorType.WRONG_FACT
TWO_G, THREE_G = ("metformin|maximum|2 g",), ("metformin|maximum|3 g",)


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        (review_of(1, CORRECT), review_of(2, CORRECT), ""),
        (review_of(1, CORRECT), review_of(2, wrong(FACT)), "One calls it correct"),
        (review_of(1, wrong(UNSAFE)), review_of(2, wrong(FACT)), "Only one of the two calls a dose unsafe"),
        # Whether a fact is wrong or its citation is does not change what is right.
        (review_of(1, wrong(FACT)), review_of(2, wrong(ErrorType.CITATION)), ""),
        (review_of(1, Judgement(Judged.INCORRECT, FACT)), review_of(2, wrong(FACT)), "wrote the right answer"),
        (review_of(1, wrong(FACT, said(FOOD))), review_of(2, wrong(FACT)), "must not be answered"),
        (review_of(1, wrong(FACT, said(FOOD)), TWO_G), review_of(2, wrong(FACT, said(FOOD)), THREE_G), "doses"),
        (review_of(1, wrong(FACT, said(FOOD)), TWO_G), review_of(2, wrong(FACT, said(STORAGE)), TWO_G), ""),
    ],
)
def test_on_what_two_reviewers_disagree(one: Review, other: Review, differ: str) -> None:
    for pair in ((one, other), (replace(other, place=1), replace(one, place=2))):
        assert (differ in disagreement(*pair)) if differ else disagreement(*pair) == ""


def test_the_same_dose_in_other_words_is_no_disagreement(room: Room) -> None:
    room.current["m4"] = replace(MAXIMUM, key="m4", text="Adults take at most 2550 mg of metformin per day.")
    lines = [
        room.desk.doses(text)[0] for text in ("The maximum is 2,550 mg per day.", "The maximum is 2550 mg per day.")
    ]
    assert lines[0].amount == lines[1].amount
    turn = room.turn("words", HOW_MUCH, said(FOOD))
    one = room.decide(room.rita, turn, wrong(FACT, said(MAXIMUM)))
    other = room.decide(room.rob, turn, wrong(FACT, said(MAXIMUM), said(FOOD)))
    assert one.doses == other.doses != ()
    assert standing(room.reviews.of_turn(turn.id)).state is State.SETTLED


# What is stored stays.


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE reviews SET judged = 'correct'",
        "DELETE FROM reviews",
        "INSERT OR REPLACE INTO reviews SELECT * FROM reviews",
    ],
)
def test_a_stored_review_is_never_changed(room: Room, statement: str) -> None:
    turn = room.turn(f"kept-{statement}", WITH_FOOD, said(FOOD))
    room.decide(room.rita, turn, CORRECT)
    with room.records.engine.begin() as connection, pytest.raises(IntegrityError, match="never changed or removed"):
        connection.execute(sa.text(statement))


@pytest.fixture
def own_room(tmp_path: Path) -> Iterator[Room]:
    with reviewing(tmp_path) as made:
        yield made


@pytest.mark.parametrize(
    ("tampered", "said_of_it"),
    [
        ("UPDATE reviews SET judged = 'incorrect', error = 'style'", "was changed after entry"),
        ("UPDATE reviews SET corrected = '[]'", "was changed after entry"),
        ("UPDATE reviews SET evidence = '[]'", "was changed after entry"),
        ("UPDATE reviews SET judged = 'maybe'", "was changed after entry"),
        ("UPDATE reviews SET corrected = '{'", "was changed after entry"),
        ("DELETE FROM reviews", "is not stored any more"),
        ("UPDATE reviews SET id = 'other'", "was never recorded"),
    ],
)
def test_verification_finds_what_was_tampered_with(own_room: Room, tampered: str, said_of_it: str) -> None:
    own_room.decide(own_room.rita, own_room.turn("t", WITH_FOOD, said(FOOD)), CORRECT)
    own_room.decide(own_room.rob, own_room.turn("d", HOW_MUCH, said(MAXIMUM)), CORRECT)
    assert own_room.reviews.verify() == verify_signatures(own_room.ledger) == own_room.records.verify() == ()
    with own_room.records.engine.begin() as connection:
        for name in ("update", "delete", "replace"):
            connection.execute(sa.text(f"DROP TRIGGER reviews_no_{name}"))
        connection.execute(sa.text(f"{tampered} WHERE turn_id = 't'"))
    assert any(said_of_it in found.explanation for found in own_room.reviews.verify())


def test_two_people_cannot_both_be_the_second(own_room: Room) -> None:
    turn = own_room.turn("t", HOW_MUCH, said(MAXIMUM))
    review = own_room.decide(own_room.rita, turn, CORRECT)
    with own_room.records.engine.begin() as connection:
        row = connection.execute(sa.select(REVIEWS)).mappings().one()
        copy = {**row, "number": 9, "id": "copy", "person_id": "other"}
        with pytest.raises(IntegrityError):
            connection.execute(sa.insert(REVIEWS), [copy])
    assert own_room.reviews.of_turn(turn.id) == (review,)


@settings(max_examples=20, deadline=None)
@given(turn=turns(), comment=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20))
def test_the_reviews_of_any_turn_are_read_back(
    tmp_path_factory: pytest.TempPathFactory, turn: object, comment: str
) -> None:
    from assistant.conversation import Answer, Turn
    from assistant.database import open_database
    from assistant.ledger import Ledger
    from assistant.records import Records
    from assistant.reviews import Reviews

    assert isinstance(turn, Turn)
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('any') / 'talks.db'}")
    records = Records(engine, Ledger(engine))
    records.save_turn(turn)
    answer = turn.outcome if isinstance(turn.outcome, Answer) else None
    claims = tuple(item.claim for item in answer.claims) if answer else ()
    judged_on = JudgedOn("hash", answer.passages if answer else (), ("a", "b"), "rules", "index")
    review = replace(
        review_of(1, Judgement(Judged.INCORRECT, FACT, comment, claims), ("x",), dosing=False),
        turn_id=turn.id, basis=judged_on,
    )  # fmt: skip
    reviews = Reviews(records.ledger)
    reviews.save(review)
    assert list(reviews.all()) == [(review,)]
    assert list(reviews.outlines()) == [(replace(review, basis=replace(judged_on, evidence=())),)]
    assert reviews.verify() == ()
    engine.dispose()


@pytest.mark.server
def test_reviews_on_postgresql(postgres_url: str, tmp_path: Path) -> None:
    with reviewing(tmp_path, postgres_url) as room:
        turn = room.turn("t", HOW_MUCH, said(MAXIMUM))
        first = room.decide(room.rita, turn, wrong(FACT, said(MAXIMUM), said(FOOD), comment="twice"))
        with pytest.raises(ReviewChanged, match="already"):
            room.decide(room.rita, turn, CORRECT)
        second = room.decide(room.rob, turn, CORRECT)
        assert list(room.reviews.all()) == [(first, second)]
        assert [len(each) for each in room.reviews.outlines()] == [2]
        for statement in ("UPDATE reviews SET judged = 'correct'", "DELETE FROM reviews", "TRUNCATE reviews"):
            with room.records.engine.begin() as connection, pytest.raises(DBAPIError, match="never changed or removed"):
                connection.execute(sa.text(statement))
        assert room.reviews.verify() == verify_signatures(room.ledger) == ()


@pytest.mark.server
def test_of_two_who_decide_at_the_same_moment_one_must_look_again(postgres_url: str, tmp_path: Path) -> None:
    with reviewing(tmp_path, postgres_url) as room:
        turn = room.turn("t", HOW_MUCH, said(MAXIMUM))
        begin = Barrier(2)

        def judge(person: Person) -> str:
            begin.wait(30)
            try:
                room.decide(person, turn, CORRECT, place=1)
            except ReviewChanged:
                return "look again"
            return "saved"

        with ThreadPoolExecutor(2) as pool:
            ends = list(pool.map(judge, (room.rita, room.rob)))
        assert sorted(ends) == ["look again", "saved"]
        assert len(room.reviews.of_turn("t")) == 1
        assert room.reviews.verify() == ()
