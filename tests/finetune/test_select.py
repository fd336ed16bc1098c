"""Which reviewed turns become examples, what those hold, and why the others do not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from assistant.ask import UNSCREENED
from assistant.conversation import FlagKind, RefusalReason
from assistant.prompt import answer_prompt, render
from assistant.reply import ReplyReader, write_reply
from assistant.review import ErrorType, Judged, Judgement
from assistant.triage.casebook import Casebook
from assistant.triage.desk import Desk
from assistant.triage.markets import shipped_markets
from assistant.triage.opening import take_in
from finetune.errors import ReviewsChanged
from finetune.example import Example
from finetune.select import LeftOut, Reason, Reviewed, closed_conversations, eligible, select
from guardrails.claim import Claim
from guardrails.errors import NetUnavailable
from retrieval.passage import Citation
from tests.assistant.made_reviews import (
    BLEEDING,
    CORRECT,
    FOOD,
    MAXIMUM,
    NOW,
    STORAGE,
    Room,
    reviewing,
    said,
    without_hits,
    wrong,
)
from tests.assistant.triage.made_desk import mask as mask_of_the_desk
from tests.assistant.triage.made_desk import screen

UPSET = "Does metformin upset the stomach?"
HOW_MUCH = "What is the maximum dose of metformin?"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with reviewing(tmp_path) as made:
        yield made


def _reviewed(room: Room) -> Reviewed:
    return Reviewed(room.records, room.reviews, frozenset(), frozenset(), room.desk.mask)


def test_nothing_is_learnt_from_a_source_that_is_gone_from_the_index(room: Room) -> None:
    room.decide(room.rita, room.turn("t1", UPSET, said(FOOD)), CORRECT)
    reviewed = _reviewed(room)
    assert len(select(replace(reviewed, current={FOOD.source_id})).examples) == 1
    assert select(replace(reviewed, current={"another@1"})).left_out == (LeftOut("t1", Reason.SUPERSEDED),)


def test_a_corrected_answer_becomes_what_a_model_should_write(room: Room) -> None:
    turn = room.turn("t1", UPSET, said(BLEEDING))
    room.flag(turn)
    review = room.decide(room.rita, turn, wrong(ErrorType.CITATION, said(FOOD), said(STORAGE)))
    (example,) = eligible(_reviewed(room))
    assert example == Example(
        id="turn-t1", question=UPSET, answer=write_reply((said(FOOD), said(STORAGE))), evidence=review.basis.evidence,
        medicines=("metformin",), source=f"turn t1, review {review.id}", licence="own", group="talk-t1",
    )  # fmt: skip
    assert tuple(ReplyReader().feed(example.answer)) == (said(FOOD), said(STORAGE))
    prompt = render(answer_prompt(), example.question, example.medicines, example.evidence)[1].content
    assert FOOD.text in prompt
    assert STORAGE.text in prompt


def test_a_review_after_the_cut_off_counts_as_not_made(room: Room) -> None:
    turn = room.turn("t1", UPSET, said(BLEEDING))
    room.flag(turn)
    review = room.decide(room.rita, turn, wrong(ErrorType.CITATION, said(FOOD), said(STORAGE)))
    assert select(replace(_reviewed(room), until=review.at)) == select(
        replace(_reviewed(room), until=NOW.min.replace(tzinfo=NOW.tzinfo))
    )
    assert len(select(replace(_reviewed(room), until=review.at + timedelta(microseconds=1))).examples) == 1


@pytest.mark.parametrize("most", [1, 2, 3, 99])
def test_the_prompt_shows_as_many_passages_as_in_serving_and_always_what_is_cited(room: Room, most: int) -> None:
    turn = room.turn("t1", UPSET, said(BLEEDING))
    room.flag(turn)
    room.decide(room.rita, turn, wrong(ErrorType.CITATION, said(FOOD), said(STORAGE)))
    (whole,) = eligible(_reviewed(room))
    (example,) = eligible(replace(_reviewed(room), shown=most))
    assert len(example.evidence) == min(max(most, 2), len(whole.evidence))
    keys = [passage.key for passage in example.evidence]
    assert {FOOD.key, STORAGE.key} <= set(keys)
    assert keys == [passage.key for passage in whole.evidence if passage.key in keys]


def test_a_right_answer_that_was_sampled_becomes_an_example_of_itself(room: Room) -> None:
    turn = room.turn("t1", UPSET, said(FOOD))
    room.decide(room.rita, turn, CORRECT)
    (example,) = eligible(_reviewed(room))
    assert example.answer == write_reply((said(FOOD),))


def test_what_must_not_be_answered_becomes_an_empty_reply(room: Room) -> None:
    answered = room.turn("t1", UPSET, said(BLEEDING))
    room.decide(room.rita, answered, wrong(ErrorType.WRONG_FACT))
    refused = room.turn("t2", UPSET, reason=RefusalReason.NO_EVIDENCE)
    room.decide(room.rita, refused, CORRECT)
    assert [example.answer for example in eligible(_reviewed(room))] == ["[]", "[]"]


def test_a_wrong_refusal_becomes_its_answer(room: Room) -> None:
    turn = room.turn("t1", UPSET, reason=RefusalReason.NO_EVIDENCE)
    room.decide(room.rita, turn, wrong(ErrorType.REFUSED_WRONGLY, said(FOOD)))
    (example,) = eligible(_reviewed(room))
    assert example.answer == write_reply((said(FOOD),))


def test_of_two_reviewers_the_first_answer_counts_and_of_three_the_third(room: Room) -> None:
    agreed = room.turn("t1", HOW_MUCH, said(FOOD))
    room.decide(room.rita, agreed, wrong(ErrorType.WRONG_FACT, said(MAXIMUM)))
    assert select(_reviewed(room)).left_out == (LeftOut("t1", Reason.NOT_SETTLED),)
    room.decide(room.rob, agreed, wrong(ErrorType.WRONG_FACT, said(MAXIMUM), said(FOOD)))
    decided = room.turn("t2", HOW_MUCH, said(FOOD))
    room.decide(room.rita, decided, CORRECT)
    room.decide(room.rob, decided, wrong(ErrorType.WRONG_FACT, said(MAXIMUM)))
    assert select(_reviewed(room)).left_out == (LeftOut("t2", Reason.NOT_SETTLED),)
    room.decide(room.sam, decided, wrong(ErrorType.WRONG_FACT, said(MAXIMUM), said(STORAGE)))
    first, second = eligible(_reviewed(room))
    assert first.answer == write_reply((said(MAXIMUM),))
    assert second.answer == write_reply((said(MAXIMUM), said(STORAGE)))


def _tamper(room: Room, statement: str) -> None:
    with room.records.engine.begin() as connection:
        connection.execute(sa.text("PRAGMA foreign_keys=OFF"))
        connection.execute(sa.text(statement))


@dataclass(frozen=True)
class _Left:
    """A reviewed turn, what is different about it, and why it is left out."""

    reason: Reason
    question: str = UPSET
    refusal: RefusalReason | None = None
    judgement: Judgement = CORRECT
    tampered: str = ""
    closed: tuple[str, ...] = ()
    superseded: tuple[str, ...] = ()


@pytest.mark.parametrize(
    "case",
    [
        _Left(Reason.NOT_SETTLED, question=HOW_MUCH),
        _Left(Reason.OPEN_CASE, closed=("talk-t1",)),
        _Left(Reason.TURN_CHANGED, tampered="UPDATE turns SET question = 'Does insulin?'"),
        _Left(Reason.TURN_CHANGED, tampered="UPDATE claims SET text = 'Do not take metformin with meals.'"),
        _Left(Reason.NO_CORRECTION, judgement=Judgement(Judged.INCORRECT, ErrorType.STYLE)),
        _Left(Reason.NOT_KEPT, question=UNSCREENED, refusal=RefusalReason.CHECK_FAILED),
        _Left(Reason.NOT_ASKED, refusal=RefusalReason.HARMFUL),
        _Left(Reason.SUPERSEDED, superseded=("metformin@1",)),
    ],
    ids=lambda case: f"{case.reason.name}{case.tampered[:12]}",
)
def test_what_is_left_out_is_counted_with_its_reason(room: Room, case: _Left) -> None:
    claims = () if case.refusal else (said(FOOD),)
    turn = room.turn("t1", case.question, *claims, reason=case.refusal)
    room.decide(room.rita, turn, case.judgement)
    before = select(_reviewed(room)).counts() if case.tampered else {}
    if case.tampered:
        _tamper(room, case.tampered)
    reviewed = replace(_reviewed(room), closed=case.closed, superseded=case.superseded)
    found = select(reviewed)
    assert found.examples == ()
    assert found.left_out == (LeftOut("t1", case.reason),)
    assert dict(found.counts()) == {case.reason: 1}
    assert before == {}


def test_what_search_does_not_find_is_never_asked_of_a_model(room: Room) -> None:
    room.desk = without_hits(room.desk)
    turn = room.turn("t1", UPSET, reason=RefusalReason.NO_EVIDENCE)
    room.decide(room.rita, turn, CORRECT)
    assert select(_reviewed(room)).left_out == (LeftOut("t1", Reason.NO_EVIDENCE),)


def test_a_question_is_masked_again_and_an_answer_that_names_somebody_is_left_out(room: Room) -> None:
    turn = room.turn("t1", "Does metformin upset the stomach of Zoltan?", said(FOOD))
    room.decide(room.rita, turn, CORRECT)
    told = Claim("Zoltan takes metformin with meals to reduce stomach upset.", (Citation("m2", FOOD.text),))
    other = room.turn("t2", UPSET, told)
    room.decide(room.rita, other, CORRECT)

    def stricter(text: str) -> str:
        return text.replace("Zoltan", "[NAME]")

    found = select(replace(_reviewed(room), mask=stricter))
    assert [example.question for example in found.examples] == ["Does metformin upset the stomach of [NAME]?"]
    assert found.left_out == (LeftOut("t2", Reason.IDENTIFIERS),)


def test_where_identifiers_cannot_be_looked_for_nothing_is_selected(room: Room) -> None:
    room.decide(room.rita, room.turn("t1", UPSET, said(FOOD)), CORRECT)

    def broken(_text: str) -> str:
        raise NetUnavailable("the tagger cannot be loaded")

    with pytest.raises(NetUnavailable):
        select(replace(_reviewed(room), mask=broken))


def test_the_hash_follows_the_reviews_that_the_examples_rest_on(room: Room) -> None:
    room.decide(room.rita, room.turn("t1", UPSET, said(FOOD)), CORRECT)
    one = select(_reviewed(room))
    assert select(_reviewed(room)) == one
    room.decide(room.rita, room.turn("t2", HOW_MUCH, said(FOOD)), CORRECT)
    assert select(_reviewed(room)).content_hash == one.content_hash
    room.decide(room.rob, room.turn("t3", UPSET, said(FOOD)), CORRECT)
    assert select(_reviewed(room)).content_hash != one.content_hash


def test_a_noticed_adverse_event_closes_the_whole_conversation_until_its_case_is_closed(room: Room) -> None:
    markets = shipped_markets()
    book = Casebook(room.records.engine, room.ledger, lambda _case: None)
    desk = Desk(book, markets, screen, mask_of_the_desk, now=lambda: NOW)
    told = room.turn("t1", "An adult took warfarin and had bleeding", said(BLEEDING), talk="one")
    room.turn("t2", UPSET, said(FOOD), talk="one")
    room.turn("t3", UPSET, said(FOOD), talk="other")
    assert closed_conversations(room.records, book) == frozenset()
    room.flag(told, FlagKind.ADVERSE_EVENT)
    assert closed_conversations(room.records, book) == {"one"}
    (case,) = take_in(desk, room.records.flags(), room.records.turn)
    assert case.sources[0].conversation_id == "one"
    assert closed_conversations(room.records, book) == {"one"}


@pytest.mark.parametrize(
    "tampered",
    [
        "UPDATE reviews SET corrected = '[]', judged = 'incorrect', error = 'style' WHERE place = 1",
        "UPDATE reviews SET dosing = 0",
        "DELETE FROM reviews WHERE place = 2",
        "UPDATE ledger SET facts = '{}' WHERE kind = 'review'",
    ],
)
def test_nothing_is_learnt_from_reviews_that_were_tampered_with(room: Room, tampered: str) -> None:
    turn = room.turn("t1", HOW_MUCH, said(MAXIMUM))
    room.decide(room.rita, turn, CORRECT)
    room.decide(room.rob, turn, CORRECT)
    assert len(select(_reviewed(room)).examples) == 1
    for table in ("reviews", "ledger"):
        for act in ("update", "delete"):
            _tamper(room, f"DROP TRIGGER {table}_no_{act}")
    _tamper(room, tampered)
    with pytest.raises(ReviewsChanged, match="audit verify"):
        list(eligible(_reviewed(room)))
