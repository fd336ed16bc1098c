"""The runner of steps: nothing is done twice, a changed input is noticed, and a kill at any moment changes nothing."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections import Counter
from pathlib import Path

import pytest

from finetune.errors import QuarterBusy, ResultChanged
from finetune.journal import Happened, note, read_notes
from finetune.steps import Ended, Finished, Made, Waiting, advance, forget, is_running, locked, read_marker
from tests.finetune.small_steps import WHEN, steps

SMALL = Path(__file__).with_name("small_steps.py")


def run(folder: Path, source: Path) -> Finished | Waiting | Ended:
    return advance(folder, steps(folder, source, lambda step, moment: None), lambda: WHEN)


def ran(tmp_path: Path) -> Counter[str]:
    return Counter((tmp_path / "ran.txt").read_text().split())


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "numbers.txt"
    path.write_text("3 4 5")
    return path


def kept(folder: Path) -> dict[str, str]:
    """Everything that a run leaves but its journal: what an interrupted one must leave too."""
    files = (
        path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in ("journal.jsonl", "lock")
    )
    return {str(path.relative_to(folder)): path.read_text() for path in files}


def test_it_stops_for_a_person_and_goes_on_after_them(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "2026Q4"
    assert run(folder, source) == Waiting("the person", "say that it is right", "touch agreed")
    assert isinstance(run(folder, source), Waiting)
    (tmp_path / "agreed").touch()
    finished = run(folder, source)
    assert isinstance(finished, Finished)
    assert finished.made["total"].facts == {"total": "50"}
    assert run(folder, source) == finished
    assert ran(tmp_path) == {"select": 1, "square": 1, "agree": 3, "total": 1}


@pytest.mark.parametrize(
    "doomed",
    [
        *(f"{step}:{moment}" for step in ("select", "square", "agree", "total") for moment in ("start", "end")),
        "square:middle",
        "total:middle",
    ],
)
def test_killed_and_run_again_it_leaves_the_same(tmp_path: Path, source: Path, doomed: str) -> None:
    (tmp_path / "agreed").touch()
    quiet, killed = tmp_path / "a" / "2026Q4", tmp_path / "b" / "2026Q4"
    for folder in (quiet, killed):
        folder.parent.mkdir()
        (folder.parent / "agreed").touch()
    run(quiet, source)
    before = subprocess.run([sys.executable, "-m", "tests.finetune.small_steps", killed, source, doomed], check=False)
    assert before.returncode == -9
    assert not is_running(killed), "the lock ends with the process"
    finished = run(killed, source)
    assert isinstance(finished, Finished)
    assert kept(killed) == kept(quiet)
    step = doomed.partition(":")[0]
    again = Counter((killed.parent / "ran.txt").read_text().split())
    assert {name for name, times in again.items() if times > 1} <= {step}, "only the killed step is done again"


def test_a_changed_input_makes_every_later_step_void(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "2026Q4"
    (tmp_path / "agreed").touch()
    run(folder, source)
    source.write_text("1 2")
    finished = run(folder, source)
    assert isinstance(finished, Finished)
    assert finished.made["total"].facts == {"total": "5"}
    assert ran(tmp_path) == dict.fromkeys(("select", "square", "agree", "total"), 2)
    void = [each.step for each in read_notes(folder / "journal.jsonl") if each.happened is Happened.VOID]
    assert void == ["select", "square", "agree", "total"]


def test_what_is_settled_asks_no_more_what_it_read(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "2026Q4"
    made = steps(folder, source, lambda step, moment: None)
    assert isinstance(advance(folder, made, settled_by="square"), Waiting)
    source.write_text("1 2")
    (tmp_path / "agreed").touch()
    finished = advance(folder, made, settled_by="square")
    assert isinstance(finished, Finished)
    assert finished.made["total"].facts == {"total": "50"}
    again = advance(folder, made, settled_by="nothing")
    assert isinstance(again, Finished)
    assert again.made["total"].facts == {"total": "5"}


def test_a_result_that_was_changed_stops_everything_and_the_step_can_be_done_again(
    tmp_path: Path, source: Path
) -> None:
    folder = tmp_path / "2026Q4"
    (tmp_path / "agreed").touch()
    run(folder, source)
    (squares,) = folder.rglob("squares.txt")
    squares.write_text("999\n16\n25\n")
    with pytest.raises(ResultChanged, match=r"square.*squares\.txt.*--again square"):
        run(folder, source)
    squares.unlink()
    with pytest.raises(ResultChanged):
        run(folder, source)
    forget(folder, "square")
    finished = run(folder, source)
    assert isinstance(finished, Finished)
    assert finished.made["total"].facts == {"total": "50"}
    assert ran(tmp_path)["total"] == 1, "the same squares, so the sum stands"


def test_an_end_is_remembered_until_what_led_to_it_changes(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "2026Q4"
    source.write_text("3")
    for _ in range(2):
        assert run(folder, source) == Ended(("Only 1 numbers; at least 2 are needed.",))
    assert ran(tmp_path) == {"select": 1}
    source.write_text("3 4")
    assert isinstance(run(folder, source), Waiting)


def test_what_a_step_raises_is_noted_and_the_next_run_tries_again(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "2026Q4"
    source.write_text("3 four")
    for _ in range(2):
        with pytest.raises(ValueError, match="four"):
            run(folder, source)
    last = read_notes(folder / "journal.jsonl")[-1]
    assert (last.step, last.happened) == ("square", Happened.FAILED)
    assert "four" in last.words
    assert ran(tmp_path) == {"select": 1, "square": 2}


def test_only_one_runs_a_quarter(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "2026Q4"
    inside, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with locked(folder):
            inside.set()
            leave.wait(30)

    thread = threading.Thread(target=hold)
    thread.start()
    inside.wait(30)
    assert is_running(folder)
    with pytest.raises(QuarterBusy, match="2026Q4"), locked(folder, patience=0.1):
        pass
    leave.set()
    thread.join()
    assert not is_running(folder)
    assert isinstance(run(folder, source), Waiting)


@pytest.mark.parametrize(
    "garbage", ["", "{", "[]", '{"step": 1}', '{"step":"select","key":"x","made":{}}', "\x00" * 99]
)
def test_a_marker_that_cannot_be_read_counts_as_never_written(tmp_path: Path, source: Path, garbage: str) -> None:
    folder = tmp_path / "2026Q4"
    run(folder, source)
    (folder / "steps" / "select.json").write_text(garbage)
    assert read_marker(folder, "select") is None
    assert isinstance(run(folder, source), Waiting)
    assert ran(tmp_path)["select"] == 2
    assert ran(tmp_path)["square"] == 1


def test_a_step_that_was_killed_before_its_last_line_gets_it(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "2026Q4"
    run(folder, source)
    journal = folder / "journal.jsonl"
    lines = journal.read_text().splitlines(keepends=True)
    journal.write_text(lines[0])
    run(folder, source)
    assert [each.happened for each in read_notes(journal) if each.step == "select"] == [Happened.STARTED, Happened.DONE]
    assert ran(tmp_path)["select"] == 1


def test_a_journal_that_was_cut_short_is_read_and_written_on(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    note(journal, WHEN, "select", Happened.STARTED, "Choose")
    note(journal, WHEN, "select", Happened.DONE)
    journal.write_bytes(journal.read_bytes()[:-7])
    note(journal, WHEN, "square", Happened.STARTED, "Ω\n")
    assert [(each.step, each.words) for each in read_notes(journal)] == [("select", "Choose"), ("square", "Ω\n")]


def test_the_hash_of_a_result_is_of_its_facts_and_contents() -> None:
    made = Made({"rows": "3"}, {"a/x": "1", "b/y": "2"})
    assert made.hash == Made({"rows": "3"}, {"c/x": "1", "d/y": "2"}).hash
    assert made.hash != Made({"rows": "4"}, {"a/x": "1", "b/y": "2"}).hash
    assert made.hash != Made({"rows": "3"}, {"a/x": "1", "b/y": "3"}).hash
