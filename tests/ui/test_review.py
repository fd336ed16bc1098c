"""The review desk without a browser: what the page shows, and what it does with what a browser sends."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from assistant.conversation import FlagKind, RefusalReason
from assistant.people import Person
from assistant.review import ErrorType, State, standing
from assistant.review_queue import Queue, Sample
from guardrails.claim import Claim
from retrieval.passage import Citation, Passage
from tests.assistant.made_reviews import (
    BLEEDING,
    CORRECT,
    FOOD,
    MAXIMUM,
    PASSWORD,
    Room,
    reviewing,
    said,
    wrong,
)
from ui.review import shapes
from ui.review.answers import SIGN, Answers
from ui.review.page import dialog, frame, head
from ui.review.tools import ReviewTools
from ui.triage.reply import UNREADABLE

ROOT = Path(__file__).resolve().parents[2]
UPSET = "Does metformin upset the stomach?"
HOW_MUCH = "What is the maximum dose of metformin?"
HOSTILE = '<img src=x onerror="alert(1)">'


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with reviewing(tmp_path) as made:
        yield made


def tools_of(room: Room, *closed: str, share: float = 0.0) -> ReviewTools:
    """The page's tools over a room; passages are found by any word of theirs."""

    def find(words: str) -> tuple[Passage, ...]:
        wanted = set(words.lower().split())
        return tuple(each for each in room.current.values() if wanted & set(each.text.lower().split()))

    queue = Queue(room.records, room.reviews, room.desk.doses, Sample(share, "seed"), lambda: frozenset(closed))
    return ReviewTools(queue, room.desk, room.accounts, find)


def _sent(claim: Claim) -> dict[str, object]:
    cited = [{"key": each.key, "quote": each.quote} for each in claim.citations]
    return {"text": claim.text, "citations": cited}


def _decide(room: Room, person: Person, turn: str, judged: str, place: int = 1, **more: object) -> object:
    sent = {"turn": turn, "place": place, "judged": judged, **more}
    return Answers(tools_of(room)).decide(person, sent)


def test_the_empty_queue_says_what_will_appear(room: Room) -> None:
    answers = Answers(tools_of(room))
    assert "Nothing waits for you" in answers.queue(room.rita, {}).html
    assert "Nothing is settled yet" in answers.queue(room.rita, {"settled": True}).html
    assert "No pair of reviews yet" in answers.agreement(room.rita, {}).html


def test_who_may_not_review_sees_nothing(room: Room) -> None:
    answers, turn = Answers(tools_of(room)), room.turn("t1", UPSET, said(FOOD))
    for reply in (
        answers.queue(room.cleo, {}), answers.turn(room.cleo, {"turn": turn.id}),
        answers.find(room.cleo, {"words": "x"}), answers.check(room.cleo, {"turn": turn.id, "claims": []}),
        answers.decide(room.cleo, {"turn": turn.id, "place": 1, "judged": "correct"}), answers.agreement(room.cleo, {}),
    ):  # fmt: skip
        assert "permission" in reply.error
        assert reply.html == ""


@pytest.mark.parametrize(
    "sent",
    [
        None, [], "t1", {}, {"turn": "t1"}, {"turn": "t1", "place": 0, "judged": "correct"},
        {"turn": "t1", "place": 1, "judged": "maybe"}, {"turn": "t1", "place": 1, "judged": "correct", "more": 1},
        {"turn": "t1", "place": 1, "judged": "incorrect", "error": "style", "corrected": [{"text": "x"}]},
        {"turn": "t1", "place": 1, "judged": "incorrect", "error": "style", "corrected": [_sent(said(FOOD))] * 7},
        {"turn": "t1", "place": 1, "judged": "correct", "comment": "x" * 3000},
    ],
)  # fmt: skip
def test_what_the_page_never_sends_is_refused(room: Room, sent: object) -> None:
    room.turn("t1", UPSET, said(FOOD))
    assert Answers(tools_of(room)).decide(room.rita, sent).error == UNREADABLE
    assert room.reviews.of_turn("t1") == ()


def test_a_turn_shows_question_answer_sources_flags_and_the_form(room: Room) -> None:
    turn = room.turn("t1", HOW_MUCH, said(MAXIMUM))
    room.flag(turn, FlagKind.UNSAFE, "the label says less")
    listed = Answers(tools_of(room, "talk-t1")).queue(room.rita, {}).html
    assert HOW_MUCH in listed
    assert "unsafe" in listed
    assert "open case" in listed
    html = Answers(tools_of(room, "talk-t1")).turn(room.rita, {"turn": "t1"}).html
    for words in (
        HOW_MUCH,
        "the label says less",
        "metformin tablets",
        "two people decide",
        "open case",
        "Your decision",
    ):
        assert words in html
    assert f'<mark class="quote">{MAXIMUM.text}</mark>' in html
    assert "Refused wrongly" not in html
    assert "Nothing should be answered" in html
    start = re.search(r'data-claims="([^"]*)"', html)
    assert start is not None
    assert json.loads(start[1].replace("&quot;", '"'))[0]["text"] == MAXIMUM.text


def test_a_refusal_can_be_refused_wrongly_and_has_nothing_to_take_back(room: Room) -> None:
    room.turn("t1", UPSET, reason=RefusalReason.NO_EVIDENCE)
    html = Answers(tools_of(room)).turn(room.rita, {"turn": "t1"}).html
    assert "Refused wrongly" in html
    assert "Nothing should be answered" not in html
    assert "What was refused" in html


def test_the_chooser_offers_each_sentence_of_what_it_finds(room: Room) -> None:
    answers = Answers(tools_of(room))
    html = answers.find(room.rita, {"words": "meals"}).html
    assert f'data-key="{FOOD.key}"' in html
    assert f'data-quote="{FOOD.text}"' in html
    assert "No passage fits" in answers.find(room.rita, {"words": "zubrovine"}).html
    assert "No passage fits" in answers.find(room.rita, {"words": "   "}).html


def test_checking_stores_nothing_and_says_why_a_sentence_is_not_released(room: Room) -> None:
    room.turn("t1", UPSET, said(BLEEDING))
    answers = Answers(tools_of(room))
    good = answers.check(room.rita, {"turn": "t1", "claims": [_sent(said(FOOD))]}).html
    assert "release every sentence" in good
    bad = Claim(MAXIMUM.text.replace("2,550", "3,550"), (Citation("m1", MAXIMUM.text),))
    html = answers.check(room.rita, {"turn": "t1", "claims": [_sent(said(FOOD)), _sent(bad)]}).html
    assert "do not release this answer" in html
    assert "3,550" in html
    assert "no sentence to check" in answers.check(room.rita, {"turn": "t1", "claims": []}).html
    assert room.reviews.of_turn("t1") == ()


def test_a_decision_is_saved_and_what_cannot_be_is_one_sentence(room: Room) -> None:
    room.turn("t1", UPSET, said(BLEEDING))
    answers = Answers(tools_of(room))
    sent = {"turn": "t1", "place": 1, "judged": "incorrect", "error": "citation"}
    bad = _sent(Claim("Metformin cures colds.", (Citation("m2", FOOD.text),)))
    refused = answers.decide(room.rita, {**sent, "corrected": [bad]})
    assert "The checks do not release this answer" in refused.error
    saved = answers.decide(room.rita, {**sent, "corrected": [_sent(said(FOOD))], "comment": "cites warfarin"})
    assert (saved.error, saved.said, saved.name) == ("", "Saved.", "t1")
    assert "This turn is settled" in saved.html
    assert "cites warfarin" in saved.html
    assert "already" in answers.decide(room.rita, {**sent, "place": 2, "corrected": [_sent(said(FOOD))]}).error


def test_a_dose_asks_for_the_password_and_a_wrong_one_is_refused(room: Room) -> None:
    room.turn("t1", HOW_MUCH, said(MAXIMUM))
    answers = Answers(tools_of(room))
    sent = {"turn": "t1", "place": 1, "judged": "correct"}
    asked = answers.decide(room.rita, sent)
    assert (asked.name, asked.error) == (SIGN, "")
    assert "not right" in answers.decide(room.rita, {**sent, "password": "wrong"}).error
    assert "not your own" in answers.decide(room.rita, {**sent, "user_name": "rob", "password": PASSWORD}).error
    assert room.reviews.of_turn("t1") == ()
    saved = answers.decide(room.rita, {**sent, "password": PASSWORD})
    assert "another person has to decide too" in saved.html


def test_the_other_decision_is_hidden_and_then_both_stand_before_the_third(room: Room) -> None:
    turn = room.turn("t1", HOW_MUCH, said(MAXIMUM))
    answers = Answers(tools_of(room))
    room.decide(room.rita, turn, wrong(ErrorType.UNSAFE_DOSE, said(FOOD), comment="far too much"))
    for_rob = answers.turn(room.rob, {"turn": "t1"}).html
    for hidden in ("far too much", "Rita", "Decisions", FOOD.text):
        assert hidden not in for_rob
    room.decide(room.rob, turn, CORRECT)
    for_sam = answers.turn(room.sam, {"turn": "t1"}).html
    for shown in ("far too much", "Rita Example", "Rob Example", "One calls it correct", "Start from this answer"):
        assert shown in for_sam
    room.decide(room.sam, turn, CORRECT)
    assert standing(room.reviews.of_turn("t1")).state is State.SETTLED
    kappas = answers.agreement(room.sam, {}).html
    assert "κ = 0.00" in kappas
    assert "1 disagreement" in kappas


def test_a_settled_turn_can_be_judged_otherwise_by_another_and_then_a_third_decides(room: Room) -> None:
    turn = room.turn("t1", UPSET, said(FOOD))
    answers = Answers(tools_of(room))
    room.decide(room.rita, turn, CORRECT)
    assert "I judge it otherwise" not in answers.turn(room.rita, {"turn": "t1"}).html
    assert "I judge it otherwise" in answers.turn(room.rob, {"turn": "t1"}).html
    sent = {"turn": "t1", "place": 2, "judged": "incorrect", "error": "style"}
    assert answers.decide(room.rob, sent).said == "Saved."
    assert "two disagree" in answers.queue(room.sam, {}).html
    room.decide(room.sam, turn, CORRECT)
    assert "I judge it otherwise" not in answers.turn(room.sam, {"turn": "t1"}).html
    assert "No pair of reviews yet" in answers.agreement(room.sam, {}).html


def test_hostile_text_stays_text(room: Room) -> None:
    room.current["m2"] = Passage(
        "m2", "metformin@1", f"Take metformin {HOSTILE}.", FOOD.section, (HOSTILE,), 0, 9, ("metformin",), HOSTILE, None
    )
    claim = Claim(HOSTILE, (Citation("m2", f"Take metformin {HOSTILE}."),))
    turn = room.turn("t1", f"{HOSTILE} metformin?", claim)
    room.flag(turn, comment=HOSTILE)
    answers = Answers(tools_of(room))
    pages = [
        answers.queue(room.rita, {}).html, answers.turn(room.rita, {"turn": "t1"}).html,
        answers.find(room.rita, {"words": "metformin"}).html,
        answers.check(room.rita, {"turn": "t1", "claims": [_sent(claim)]}).html, head(), frame(), dialog(),
    ]  # fmt: skip
    for page in pages:
        assert page
        assert "<img" not in page


def test_the_documentation_names_every_field_of_the_json() -> None:
    page = (ROOT / "docs" / "review.md").read_text(encoding="utf-8")
    documented = [
        each
        for each in vars(shapes).values()
        if isinstance(each, type) and issubclass(each, BaseModel) and each.__module__ == shapes.__name__
    ]
    assert len(documented) >= 12
    for shape in documented:
        for name in shape.model_fields:
            assert re.search(rf"`{name}`", page), f"docs/review.md does not name {name} of {shape.__name__}"
