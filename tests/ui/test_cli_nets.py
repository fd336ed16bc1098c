"""`pharmassist nets`: what is in use, and one clear sentence for everything that cannot be."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from finetune.errors import ReleaseRefused, TrainingFailed
from ui import net_shapes
from ui.cli import app

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _own_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHARMASSIST_DATA_DIR", str(tmp_path))


def test_without_releases_the_shipped_nets_are_in_use() -> None:
    shown = CliRunner().invoke(app, ["nets", "list", "--json"])
    assert shown.exit_code == 0
    nets = json.loads(shown.stdout)["nets"]
    assert [(one["net"], one["in_use"], one["candidates"]) for one in nets] == [
        ("identifiers", "", []),
        ("groundedness", "", []),
        ("adverse_events", "", []),
    ]
    assert "in use: the one that ships" in CliRunner().invoke(app, ["nets", "list"]).stdout


@pytest.mark.parametrize("command", ["examine", "sign", "release"])
def test_a_candidate_that_is_not_there_is_wrong_usage(command: str) -> None:
    options = ["--user", "ada"] if command == "sign" else []
    for named in ("nothing", "", "*"):
        shown = CliRunner().invoke(app, ["nets", command, named, *options])
        assert shown.exit_code == 2
        assert "names 0 candidates" in re.sub(r"[│\s]+", " ", shown.output)


def test_a_net_or_release_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    for arguments, error in (
        (["nets", "use", "tarot", "1"], ReleaseRefused),
        (["nets", "use", "identifiers", "1"], ReleaseRefused),
        (["nets", "back", "tarot"], ReleaseRefused),
        (["nets", "train", "tarot", "--data", str(tmp_path)], TrainingFailed),
    ):
        assert isinstance(CliRunner().invoke(app, arguments).exception, error)


def test_the_page_on_json_names_every_field() -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    for shape in (net_shapes.NetShape, net_shapes.NetCandidateShape, net_shapes.NetExamShape, net_shapes.PairedShape):
        for name in shape.model_fields:
            assert re.search(rf"[`\"]([a-z]+\[\]\.)?{name}\b", page), f"docs/json.md does not name {name}"
