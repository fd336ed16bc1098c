"""`pharmassist triage signals` as a person and a program use it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.assistant.triage.signals.faers_files import Report, texts, write_zip
from tests.assistant.triage.signals.tables import two_by_two, written
from ui.cli_signals import app
from ui.signal_shapes import PriorShape, SignalShape, SignalsShape

ROOT = Path(__file__).resolve().parents[2]
PRIOR = "3.2538,0.3999,2.0261,1.9081,0.0653"


def run(*words: str) -> str:
    done = CliRunner().invoke(app, [*words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.fixture
def table(tmp_path: Path) -> Path:
    rows = [(*row, "F" if place % 2 else "M") for place, row in enumerate(two_by_two(10, 90, 100, 9800))]
    return written(tmp_path, rows, ("id", "product", "event", "sex"))


def test_it_lists_candidates_and_says_what_they_are(table: Path) -> None:
    out = run("--source", str(table), "--prior", PRIOR)
    assert out.startswith("reports.csv: 10,000 reports, 4 pairs")
    assert out.rstrip().endswith("These are candidates for a person to judge, not findings.")
    assert re.search(r"^A +X +10 .* prr ror ic eb05$", out, re.MULTILINE)


def test_no_candidate_is_said_in_words(tmp_path: Path) -> None:
    plain = written(tmp_path, two_by_two(10, 90, 100, 900))
    assert run("--source", str(plain), "--prior", PRIOR).rstrip().endswith("No pair crosses a threshold.")


def test_json_has_the_documented_shape(table: Path) -> None:
    found = json.loads(run("--source", str(table), "--json", "--every-pair", "--prior", PRIOR, "--stratify", "sex"))
    assert SignalsShape.model_validate(found).found == 4
    assert found["stratified_by"] == ["sex"]
    assert found["prior_fitted"] is False
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    for shape in (SignalsShape, SignalShape, PriorShape):
        for name in shape.model_fields:
            assert re.search(rf"`{name}`", page), f"docs/json.md does not name {name}"


def test_files_are_written_where_asked(table: Path, tmp_path: Path) -> None:
    run("--source", str(table), "--every-pair", "--csv", str(tmp_path / "out.csv"), "--plots", str(tmp_path / "plots"))
    assert (tmp_path / "out.csv").read_text(encoding="utf-8").count("\n") == 5
    assert sorted(each.name for each in (tmp_path / "plots").iterdir()) == ["forest.png", "heat-map.png"]


def test_a_faers_zip_is_counted_and_its_trend_drawn(tmp_path: Path) -> None:
    quarter = write_zip(
        tmp_path / "faers.zip",
        "25Q1",
        texts([Report(each, 1, (("PS", "a", "DRUG A"),), ("Rash",)) for each in range(100, 108)]),
    )
    plots = tmp_path / "plots"
    out = run("--source", str(quarter), "--every-pair", "--plots", str(plots))
    assert "DRUG A" in out
    assert (plots / "trend.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--by", "prrr"), "--by is one of"),
        (("--roles", "some"), "--roles is suspect or all"),
        (("--names", "some"), "--names is ingredient or reported"),
        (("--prior", "1,2"), "--prior is five numbers"),
    ],
)
def test_wrong_usage_is_told_with_what_is_right(table: Path, words: tuple[str, ...], message: str) -> None:
    done = CliRunner().invoke(app, ["--source", str(table), *words], env={"COLUMNS": "200", "TERM": "dumb"})
    assert done.exit_code == 2
    assert message in " ".join(done.output.split())


def test_the_desks_own_cases_are_read_from_the_casebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from assistant.triage.signals.errors import ReportsInvalid

    monkeypatch.setenv("PHARMASSIST_DATA_DIR", str(tmp_path))
    done = CliRunner().invoke(app, [])
    assert isinstance(done.exception, ReportsInvalid)
    assert "the desk's cases has no report" in str(done.exception)
