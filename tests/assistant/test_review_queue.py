"""What waits for whom, in which order, and what a person sees of one turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from assistant.conversation import FlagKind
from assistant.errors import NotAllowed
from assistant.review import ErrorType, State
from assistant.review_queue import Queue, Sample, item, page
from tests.assistant.made_reviews import CORRECT, FOOD, MAXIMUM, Room, reviewing, said, wrong

UPSET = "Does metformin upset the stomach?"
HOW_MUCH = "What is the maximum dose of metformin?"


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with reviewing(tmp_path) as made:
        yield made


def _queue(room: Room, share: float = 0.0, *closed: str) -> Queue:
    return Queue(room.records, room.reviews, room.desk.doses, Sample(share, "2026Q4"), lambda: frozenset(closed))


def _names(room: Room, who: str = "rita", share: float = 0.0, *, settled: bool = False) -> list[str]:
    person = getattr(room, who)
    return [line.turn.id for line in page(_queue(room, share), person, settled=settled).lines]


def test_an_empty_desk_has_an_empty_queue(room: Room) -> None:
    found = page(_queue(room, 1.0), room.rita)
    assert (found.lines, found.total, dict(found.states)) == ((), 0, {})


def test_only_who_may_review_sees_the_queue_or_an_item(room: Room) -> None:
    turn = room.turn("t1", UPSET, said(FOOD))
    with pytest.raises(NotAllowed):
        page(_queue(room), room.cleo)
    with pytest.raises(NotAllowed):
        item(_queue(room), room.cleo, turn.id)


def test_flagged_turns_wait_the_gravest_first_and_a_noticed_reaction_is_no_item(room: Room) -> None:
    for name, kind in (
        ("other", FlagKind.OTHER), ("citation", FlagKind.CITATION), ("unsafe", FlagKind.UNSAFE),
        ("escalated", FlagKind.ESCALATED), ("reaction", FlagKind.ADVERSE_EVENT),
    ):  # fmt: skip
        room.flag(room.turn(name, UPSET, said(FOOD)), kind)
    room.turn("unflagged", UPSET, said(FOOD))
    assert _names(room) == ["unsafe", "escalated", "citation", "other"]
    (line,) = [each for each in page(_queue(room), room.rita).lines if each.turn.id == "unsafe"]
    assert (line.flags, line.state, line.mine) == ((FlagKind.UNSAFE,), State.OPEN, False)


def test_a_seeded_sample_of_the_unflagged_waits_behind_the_flagged(room: Room) -> None:
    for number in range(200):
        room.turn(f"turn-{number}", UPSET, said(FOOD))
    room.flag(room.records.turn("turn-7") or pytest.fail("not stored"))
    drawn = [name for name in (f"turn-{number}" for number in range(200)) if Sample(0.2, "2026Q4").holds(name)]
    assert 20 <= len(drawn) <= 60
    assert _names(room, share=0.2) == ["turn-7", *(name for name in drawn if name != "turn-7")]
    assert _names(room, share=0.2) == _names(room, "sam", 0.2)
    assert [Sample(0.2, "another").holds(name) for name in drawn] != [True] * len(drawn)
    assert not Sample(0.0, "2026Q4").holds("turn-1")
    assert Sample(1.0, "2026Q4").holds("turn-1")


def test_what_two_must_judge_waits_for_the_other_and_then_for_a_third(room: Room) -> None:
    turn = room.turn("t1", HOW_MUCH, said(MAXIMUM))
    room.flag(room.turn("t0", UPSET, said(FOOD)), FlagKind.UNSAFE)
    room.flag(turn, FlagKind.OTHER)
    room.decide(room.rita, turn, CORRECT)
    assert (_names(room), _names(room, "rob")) == (["t0"], ["t1", "t0"])
    room.decide(room.rob, turn, wrong(ErrorType.UNSAFE_DOSE, said(FOOD)))
    assert (_names(room), _names(room, "rob"), _names(room, "sam")) == (["t0"], ["t0"], ["t1", "t0"])
    assert dict(page(_queue(room), room.sam).states) == {State.OPEN: 1, State.THIRD: 1}
    room.decide(room.sam, turn, CORRECT)
    assert _names(room, "sam") == ["t0"]
    assert _names(room, settled=True) == ["t1"]


def test_a_page_is_a_part_of_the_whole(room: Room) -> None:
    for number in range(5):
        room.turn(f"t{number}", UPSET, said(FOOD))
    found = page(_queue(room, 1.0), room.rita, limit=2, offset=2)
    assert ([line.turn.id for line in found.lines], found.total) == (["t2", "t3"], 5)


def test_an_item_shows_flags_and_case_and_hides_what_the_other_decided(room: Room) -> None:
    turn = room.turn("t1", HOW_MUCH, said(MAXIMUM))
    room.flag(turn, FlagKind.UNSAFE, "too high")
    room.flag(turn, FlagKind.ADVERSE_EVENT)
    room.decide(room.rita, turn, wrong(ErrorType.UNSAFE_DOSE, said(FOOD)))
    for_rob = item(_queue(room, 0.0, "talk-t1"), room.rob, "t1")
    assert [flag.comment for flag in for_rob.flags] == ["too high"]
    assert (for_rob.reviews, for_rob.place, for_rob.waits, for_rob.dosing, for_rob.closed) == ((), 2, True, True, True)
    for_rita = item(_queue(room), room.rita, "t1")
    assert ([review.by for review in for_rita.reviews], for_rita.waits, for_rita.closed) == (["rita"], False, False)
    room.decide(room.rob, turn, CORRECT)
    for_sam = item(_queue(room), room.sam, "t1")
    assert [review.by for review in for_sam.reviews] == ["rita", "rob"]
    assert "One calls it correct" in for_sam.standing.disagreement
    assert (for_sam.place, for_sam.waits) == (3, True)
