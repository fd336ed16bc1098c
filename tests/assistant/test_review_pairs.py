"""Two people for a dose: who must decide, who sees what, and on what two reviewers disagree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import pytest

from assistant.chain import EntryKind
from assistant.errors import (
    NotAllowed,
    ReviewChanged,
    SignatureNeeded,
)
from assistant.review import (
    ErrorType,
    Judged,
    Judgement,
    Review,
    State,
    disagreement,
    review_hash,
    standing,
    visible_to,
)
from assistant.review_desk import about_dosing, decide
from assistant.signing import signatures_of
from guardrails.claim import Claim
from tests.assistant.made_reviews import (
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

WITH_FOOD = "Does metformin upset the stomach?"
HOW_MUCH = "What is the maximum dose of metformin?"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with reviewing(tmp_path_factory.mktemp("reviews")) as made:
        yield made


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
