"""Where a run stands, as a page reads it while the run works, waits, ends, fails or was killed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from finetune.standing import Stage, where
from finetune.steps import locked
from tests.finetune.small_steps import steps
from tests.finetune.test_steps import run, source

__all__ = ["source"]

TITLES = [(step.name, step.title) for step in steps(Path(), Path(), lambda step, moment: None)]


def stages(folder: Path) -> str:
    return " ".join(each.stage.value for each in where(folder, TITLES))


def test_nothing_has_begun(tmp_path: Path) -> None:
    assert stages(tmp_path / "2026Q4") == "to do to do to do to do"


def test_it_waits_and_is_done(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "2026Q4"
    run(folder, source)
    assert stages(folder) == "done done waiting to do"
    waiting = where(folder, TITLES)[2]
    assert waiting.words == "the person: say that it is right (touch agreed)"
    (tmp_path / "agreed").touch()
    run(folder, source)
    assert stages(folder) == "done done done done"
    assert where(folder, TITLES)[3].facts == {"total": "50"}


def test_it_ended_and_why(tmp_path: Path, source: Path) -> None:
    source.write_text("3")
    run(tmp_path / "2026Q4", source)
    first = where(tmp_path / "2026Q4", TITLES)[0]
    assert (first.stage, first.words) == (Stage.ENDED, "Only 1 numbers; at least 2 are needed.")
    source.write_text("3 4")
    run(tmp_path / "2026Q4", source)
    assert stages(tmp_path / "2026Q4") == "done done waiting to do"


def test_it_failed(tmp_path: Path, source: Path) -> None:
    source.write_text("3 four")
    with pytest.raises(ValueError, match="four"):
        run(tmp_path / "2026Q4", source)
    assert stages(tmp_path / "2026Q4") == "done failed to do to do"


def test_it_was_killed_and_is_running_again(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "2026Q4"
    subprocess.run([sys.executable, "-m", "tests.finetune.small_steps", folder, source, "square:middle"], check=False)
    assert stages(folder) == "done interrupted to do to do"
    with locked(folder):
        assert stages(folder) == "done running to do to do"


def test_a_step_that_is_done_again_hides_what_was_made_before(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "2026Q4"
    (tmp_path / "agreed").touch()
    run(folder, source)
    source.write_text("7 8")
    subprocess.run([sys.executable, "-m", "tests.finetune.small_steps", folder, source, "square:middle"], check=False)
    assert stages(folder) == "done interrupted to do to do"
