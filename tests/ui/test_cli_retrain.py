"""`pharmassist retrain`: what it refuses before anything is opened, and its status as words and as JSON."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.finetune.small_quarter import PASSWORDS, Q4, SmallQuarter
from ui.cli import app
from ui.loop.shapes import CostShape, LineShape, QuarterShape, StepShape
from ui.settings import CHECKOUT

NAMED = ["--quarter", Q4.name]


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmallQuarter:
    monkeypatch.setenv("PHARMASSIST_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PHARMASSIST_DATABASE_URL", f"sqlite:///{tmp_path / 'kept.db'}")
    return SmallQuarter(tmp_path)


def run(*arguments: str, typed: str = "", expect: int = 0) -> str:
    done = CliRunner().invoke(app, ["retrain", *arguments], typed)
    assert done.exit_code == expect, (done.output, done.exception)
    return done.output if not done.exception or expect == 2 else str(done.exception)


def test_it_asks_which_quarter() -> None:
    assert "--quarter 2026Q4" in run(expect=2)
    assert "is no quarter" in run("--quarter", "autumn", expect=2)
    assert "has not begun" in run("--quarter", "2099Q1", expect=2)


def test_a_plan_that_is_none_is_refused_before_anything_is_opened(small: SmallQuarter, tmp_path: Path) -> None:
    (tmp_path / "plan.yaml").write_text("id: 7")
    assert "is no plan" in run(*NAMED, "--plan", str(tmp_path / "plan.yaml"), expect=1)
    assert not (tmp_path / "index").exists()


def test_the_status_before_and_while_it_waits(small: SmallQuarter) -> None:
    assert "Has not begun" in run("status", *NAMED)
    small.run()
    assert "Waits at “A person approves the dataset”" in run("status", *NAMED)
    shape = json.loads(run("status", *NAMED, "--json"))
    assert [step["stage"] for step in shape["steps"][:4]] == ["done", "done", "waiting", "to do"]


def test_the_gates_of_the_command_line(small: SmallQuarter) -> None:
    assert "has not come so far" in run("approve-data", *NAMED, "--user", "olga", typed="x", expect=1)
    small.run()
    assert "not right" in run("approve-data", *NAMED, "--user", "olga", typed="x", expect=1)
    assert "sheet.md" in run("approve-data", *NAMED, "--user", "olga", typed=PASSWORDS["olga"])
    small.run()
    shown = run("sign", *NAMED, "--user", "olga", typed=PASSWORDS["olga"])
    assert "holds  clinical accuracy at least 0.5" in shown
    assert "I approve this release for use." in shown
    assert "Rejected: it reads badly" in run("reject", *NAMED, "--why", "it reads badly")


def test_the_shapes_are_documented() -> None:
    page = (CHECKOUT / "docs" / "json.md").read_text(encoding="utf-8")
    for shape in (CostShape, LineShape, QuarterShape, StepShape):
        for name in shape.model_fields:
            assert re.search(rf"[`\"]{name}\b", page), f"docs/json.md does not name {name}"
