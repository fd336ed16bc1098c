"""What is saved is read again exactly; what is acknowledged survives a kill; nothing is half there."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings

from assistant.conversation import FlagKind, Turn
from assistant.database import open_database
from assistant.errors import SaveFailed, UnknownTurn
from assistant.records import Records
from tests.assistant.turns import answer_turn, flag, turns

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    engine = open_database(f"sqlite:///{tmp_path / 'talks.db'}")
    yield Records(engine)
    engine.dispose()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(turn=turns())
def test_any_turn_is_read_again_exactly(turn: Turn, tmp_path_factory: pytest.TempPathFactory) -> None:
    engine = open_database(f"sqlite:///{tmp_path_factory.mktemp('turn') / 'talks.db'}")
    records = Records(engine)
    records.save_turn(turn)
    assert records.turn(turn.id) == turn
    assert records.turns(turn.conversation_id) == (turn,)
    engine.dispose()


def test_turns_come_back_in_the_order_of_saving_and_conversations_newest_first(records: Records) -> None:
    for name, conversation in (("b", "one"), ("a", "two"), ("c", "one")):
        records.save_turn(answer_turn(name, conversation, text=f"question {name}"))
    assert [turn.id for turn in records.turns("one")] == ["b", "c"]
    listed = records.conversations()
    assert [(entry.id, entry.title, entry.turns) for entry in listed] == [
        ("one", "question b", 2),
        ("two", "question a", 1),
    ]
    assert len(records.conversations(limit=1)) == 1


def test_a_turn_that_is_not_stored_is_none(records: Records) -> None:
    assert records.turn("nowhere") is None
    assert records.turns("nowhere") == ()


def test_flags_are_only_ever_added(records: Records) -> None:
    records.save_turn(answer_turn("t"))
    records.save_flag(flag("f1", "t"))
    records.save_flag(flag("f2", "t", FlagKind.OUTDATED))
    assert records.flags("t") == (flag("f1", "t"), flag("f2", "t", FlagKind.OUTDATED))
    assert records.flags() == records.flags("t")
    assert records.flags("other") == ()
    with pytest.raises(SaveFailed):
        records.save_flag(replace(flag("f1", "t"), comment="changed my mind"))
    assert records.flags("t")[0] == flag("f1", "t")


def test_an_adverse_event_is_stored_before_its_turn_and_not_twice(records: Records) -> None:
    noticed = flag("ae", "t", FlagKind.ADVERSE_EVENT)
    records.save_flag(noticed)
    records.save_turn(answer_turn("t"), (noticed, flag("f", "t")))
    assert records.flags("t") == (noticed, flag("f", "t"))


def test_a_persons_flag_needs_a_stored_turn(records: Records) -> None:
    with pytest.raises(UnknownTurn, match="not stored"):
        records.save_flag(flag("f", "nowhere"))
    assert records.flags() == ()


def test_a_turn_is_saved_whole_or_not_at_all(records: Records) -> None:
    with pytest.raises(SaveFailed):
        records.save_turn(answer_turn("t"), (flag("same", "t"), flag("same", "t")))
    assert records.turn("t") is None
    assert records.conversations() == ()
    assert records.flags() == ()


def test_a_turn_cannot_be_saved_over(records: Records) -> None:
    records.save_turn(answer_turn("t", text="first"))
    with pytest.raises(SaveFailed, match="stored already"):
        records.save_turn(answer_turn("t", text="second"))
    stored = records.turn("t")
    assert stored is not None
    assert stored.outcome.question.text == "first"


@pytest.mark.parametrize(
    "turn",
    [
        replace(answer_turn("t"), id="another"),  # which of the two ids would a flag name?
        replace(answer_turn("t"), saved_at=datetime(2026, 1, 1)),  # a moment without a time zone means nothing
        answer_turn("t", text="half a character \ud83d"),  # cannot be encoded
    ],
)
def test_what_cannot_be_stored_exactly_is_refused(records: Records, turn: Turn) -> None:
    with pytest.raises(SaveFailed):
        records.save_turn(turn)
    assert records.conversations() == ()


def test_threads_can_save_at_once(records: Records) -> None:
    def save(number: int) -> None:
        records.save_turn(answer_turn(f"t{number}", f"talk{number % 3}"), (flag(f"f{number}", f"t{number}"),))
        assert records.turn(f"t{number}") is not None

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(save, range(60)))
    assert sum(entry.turns for entry in records.conversations()) == 60
    assert len(records.flags()) == 60


WRITER = """
import sys
from assistant.database import open_database
from assistant.records import Records
from tests.assistant.turns import answer_turn, flag

records = Records(open_database(sys.argv[1]))
for number in range(100_000):
    turn = answer_turn(f"t{number}")
    records.save_turn(turn, (flag(f"f{number}", turn.id),))
    print(turn.id, flush=True)
"""


@pytest.mark.parametrize("acknowledged", [1, 7, 40])
def test_a_kill_loses_no_turn_that_was_acknowledged(tmp_path: Path, acknowledged: int) -> None:
    url = f"sqlite:///{tmp_path / 'talks.db'}"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, url], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert writer.stdout is not None
    said = [writer.stdout.readline().strip() for _ in range(acknowledged)]
    writer.kill()
    said += writer.stdout.read().split()
    writer.stdout.close()
    assert writer.wait() == -9
    engine = open_database(url)
    records = Records(engine)
    assert said[0] == "t0"
    stored = {turn.id for turn in records.turns("talk")}
    assert stored >= set(said)
    # A turn and its flag are one transaction: whatever is there has both.
    assert {mark.turn_id for mark in records.flags()} == stored
    with engine.connect() as connection:
        assert connection.scalar(sa.text("PRAGMA integrity_check")) == "ok"
        assert connection.execute(sa.text("PRAGMA foreign_key_check")).all() == []
    engine.dispose()


def test_a_stored_passage_is_a_verbatim_copy(records: Records, tmp_path: Path) -> None:
    records.save_turn(answer_turn("t"))
    with sqlite3.connect(tmp_path / "talks.db") as connection:
        rows = connection.execute("SELECT key, text FROM passages").fetchall()
    connection.close()
    assert rows == [("met-3", "Start metformin at 500 mg twice daily.")]
