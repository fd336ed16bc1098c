"""Which model answers: the state on disk, what is done about a bad one, and the share of a canary."""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.chain import Deed, EntryKind
from assistant.conversation import Basis
from assistant.database import open_database
from assistant.errors import ServingInvalid
from assistant.ledger import Ledger
from assistant.serving import (
    NOTHING_DEPLOYED,
    STATE_FACT,
    SUBJECT,
    Canary,
    ServingFile,
    ServingState,
    Target,
    answered_by,
    changing,
    confirmed_by,
    in_canary,
    read_state,
    state_digest,
    target_for,
    write_state,
)

NOW = datetime(2026, 11, 27, 2, 0, tzinfo=UTC)
STABLE = Target("r1", "http://127.0.0.1:8001/v1", "r1")
TRIED = Target("r2", "http://127.0.0.1:8000/v1", "/models/base", "r2")
CANARY = Canary(TRIED, 0.1, NOW)
STATE = ServingState(7, NOW, "mara", STABLE, NOW, CANARY, (None, Target("r0", STABLE.url, "r0")))
SECOND = replace(STATE, number=8, canary=None)


def yes(state: ServingState) -> bool:
    return True


def test_a_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_state(tmp_path / "serving.json", STATE)
    assert read_state(tmp_path / "serving.json") == STATE
    assert [each.name for each in tmp_path.iterdir()] == ["serving.json"]
    assert STATE.targets == (STABLE, TRIED)


def test_without_a_file_nothing_is_deployed(tmp_path: Path) -> None:
    assert read_state(tmp_path / "serving.json") == NOTHING_DEPLOYED
    assert target_for(NOTHING_DEPLOYED, "any") is None


def changed(**values: object) -> bytes:
    held = json.loads(json.dumps({"number": 1, "changed_at": "2026-11-27T02:00:00Z", "changed_by": "mara"}))
    return json.dumps({**held, **values}).encode()


TARGET = {"release": "r", "url": "http://h/v1", "model": "m", "adapter": ""}
CANARY_VALUES = {"target": TARGET, "share": 0.5, "since": "2026-11-27T02:00:00Z"}
BROKEN = [
    b"",
    b"\x00\xff",
    b"[]",
    b"{}",
    b"[" * 50_000,
    b" " * 70_000 + changed(),
    changed(),  # fields left out: not as it is written
    changed(other=1),
    changed(stable=TARGET),
    changed(stable={**TARGET, "url": "file:///etc/passwd"}),
    changed(stable={**TARGET, "model": "a b"}),
    changed(stable={**TARGET, "adapter": "../x"}),
    changed(stable={**TARGET, "release": ""}),
    changed(canary={**CANARY_VALUES, "share": 0}),
    changed(canary={**CANARY_VALUES, "share": 1}),
    changed(canary={**CANARY_VALUES, "share": "NaN"}),
]


@pytest.mark.parametrize("content", BROKEN)
def test_anything_else_in_the_file_is_one_clear_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "serving.json"
    path.write_bytes(content)
    with pytest.raises(ServingInvalid, match="holds no serving state"):
        read_state(path)


@given(st.binary(max_size=200))
def test_garbage_is_an_error_and_never_a_state(content: bytes) -> None:
    with tempfile.NamedTemporaryFile() as file:
        file.write(content)
        file.flush()
        with pytest.raises(ServingInvalid):
            read_state(Path(file.name))


def test_a_folder_in_its_place_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ServingInvalid, match="cannot be read"):
        read_state(tmp_path)
    with pytest.raises(ServingInvalid, match="cannot be written"):
        write_state(tmp_path / "missing" / "serving.json", STATE)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Target("r", "ftp://h", "m"), "a target needs"),
        (lambda: Target("", "http://h", "m"), "a target needs"),
        (lambda: Canary(TRIED, 0.0, NOW), "between 0 and 1"),
        (lambda: Canary(TRIED, 1.0, NOW), "between 0 and 1"),
        (lambda: Canary(TRIED, float("nan"), NOW), "between 0 and 1"),
    ],
)
def test_what_no_state_can_hold(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        make()


def test_the_share_is_of_conversations_and_stays_with_them() -> None:
    names = [f"conversation-{at}" for at in range(20_000)]
    small, large = (replace(CANARY, share=share) for share in (0.1, 0.3))
    in_small = {name for name in names if in_canary(small, name)}
    in_large = {name for name in names if in_canary(large, name)}
    # Four standard errors of a share of 20,000.
    assert abs(len(in_small) / len(names) - 0.1) < 0.0085
    assert in_small < in_large, "who is in the canary stays in it when its share grows"
    other = replace(large, target=replace(TRIED, release="r3"))
    both = {name for name in in_large if in_canary(other, name)}
    assert abs(len(both) / len(in_large) - 0.3) < 0.025, "the next canary gets other conversations"


def test_a_conversation_gets_its_target() -> None:
    names = [f"c{at}" for at in range(100)]
    assert {target_for(STATE, name) for name in names} == {STABLE, TRIED}
    assert {target_for(SECOND, name) for name in names} == {STABLE}
    assert {target_for(replace(SECOND, stable=None), name) for name in names} == {None}


@pytest.mark.parametrize("target", [STABLE, TRIED])
def test_the_basis_names_who_answered(target: Target) -> None:
    assert answered_by(Basis(model=target.model, adapter=target.adapter)) == target.name == target.release


def test_a_change_is_seen_at_the_next_look(tmp_path: Path) -> None:
    path = tmp_path / "serving.json"
    serving = ServingFile(path, yes)
    assert serving.now() == NOTHING_DEPLOYED
    for state in (STATE, SECOND, replace(STATE, number=9)):
        write_state(path, state)
        assert serving.now() == state


@pytest.mark.parametrize("content", [b"", b"{", b"[]"])
def test_a_broken_file_keeps_the_last_good_state(
    content: bytes, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "serving.json"
    write_state(path, STATE)
    serving = ServingFile(path, yes)
    assert serving.now() == STATE
    path.write_bytes(content)
    with caplog.at_level(logging.ERROR):
        assert serving.now() == STATE
    assert "the last good one stays" in caplog.text
    write_state(path, SECOND)
    assert serving.now() == SECOND


def test_a_state_that_was_put_back_together_with_the_ledger_is_not_taken(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "serving.json"
    write_state(path, SECOND)
    file = ServingFile(path, yes)
    assert file.now() == SECOND
    for earlier in (STATE, None):
        path.unlink() if earlier is None else write_state(path, earlier)
        assert file.now() == SECOND
    assert "older than the one in use" in caplog.text
    write_state(path, replace(SECOND, number=9, stable=TRIED))
    assert file.now() == replace(SECOND, number=9, stable=TRIED)


def test_a_file_that_was_never_good_gives_no_state(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "serving.json"
    path.write_bytes(b"{")
    assert ServingFile(path, yes).now() is None
    assert "the extractive generator answers" in caplog.text


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(open_database(f"sqlite:///{tmp_path / 'ledger.db'}"))


def enter(ledger: Ledger, state: ServingState) -> None:
    deed = Deed(EntryKind.RELEASE, "mara", SUBJECT, "Deployed.", {STATE_FACT: state_digest(state)})
    ledger.record(deed)


def test_only_what_the_ledger_confirms_is_served(tmp_path: Path, ledger: Ledger) -> None:
    path = tmp_path / "serving.json"
    serving = ServingFile(path, confirmed_by(ledger))
    assert serving.now() == NOTHING_DEPLOYED
    write_state(path, STATE)
    assert serving.now() == NOTHING_DEPLOYED, "nobody deployed it"
    enter(ledger, STATE)
    assert serving.now() == STATE
    edited = json.loads(path.read_text())
    edited["canary"]["share"] = 0.9
    path.write_text(json.dumps(edited))
    assert serving.now() == STATE
    write_state(path, SECOND)
    enter(ledger, SECOND)
    assert serving.now() == SECOND
    write_state(path, STATE)
    assert ServingFile(path, confirmed_by(ledger)).now() is None, "an old copy that was put back"
    path.unlink()
    assert ServingFile(path, confirmed_by(ledger)).now() is None, "a file that was removed"
    assert serving.now() == SECOND


def _count(path: Path, times: int) -> None:
    for _ in range(times):
        with changing(path):
            state = read_state(path)
            write_state(path, replace(state, number=state.number + 1))


def test_changes_of_several_processes_wait_for_each_other(tmp_path: Path) -> None:
    path = tmp_path / "loop" / "serving.json"
    workers = [get_context("spawn").Process(target=_count, args=(path, 20)) for _ in range(2)]
    for worker in workers:
        worker.start()
    seen = []
    while any(worker.is_alive() for worker in workers):
        seen.append(read_state(path).number)
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    assert read_state(path).number == 40
    assert seen == sorted(seen), "a reader never sees half of a change"
