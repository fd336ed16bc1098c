"""What is stored of a review stays as it was, on SQLite and on PostgreSQL, and verification finds what did not."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Barrier

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import DBAPIError, IntegrityError

from assistant.errors import (
    ReviewChanged,
)
from assistant.people import Person
from assistant.review import (
    ErrorType,
    Judged,
    JudgedOn,
    Judgement,
)
from assistant.signing import verify_signatures
from assistant.tables.reviews import REVIEWS
from tests.assistant.made_reviews import (
    CORRECT,
    FOOD,
    MAXIMUM,
    Room,
    review_of,
    reviewing,
    said,
    wrong,
)
from tests.assistant.turns import turns

WITH_FOOD = "Does metformin upset the stomach?"
HOW_MUCH = "What is the maximum dose of metformin?"


FACT = ErrorType.WRONG_FACT


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with reviewing(tmp_path_factory.mktemp("reviews")) as made:
        yield made


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
