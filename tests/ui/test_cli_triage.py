"""`pharmassist triage` as programs and people use it: shapes, one clear line for every mistake, the board's own way."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ui.test_cli import ROOT, run
from ui.triage import shapes as triage_shapes

LETTER = "My 71-year-old patient took metformin and developed severe vomiting. She was admitted to hospital."


def test_a_fresh_desk_lists_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, "triage", "list", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"total": 0, "cases": []}
    assert run(tmp_path, "triage", "list").stdout.strip() == "No case matches."


def test_looking_at_cases_opens_no_index_and_no_model(tmp_path: Path) -> None:
    for words in (("list",), ("show", "2026-000001"), ("take-in",)):
        done = run(tmp_path, "triage", *words)
        assert "Traceback" not in done.stderr
        assert not (tmp_path / "index").exists()
    assert run(tmp_path, "triage", "take-in").stdout.strip() == "There is no new flag."
    heavy = "{'torch', 'transformers', 'gradio', 'presidio_analyzer', 'qdrant_edge', 'nemoguardrails'}"
    code = f"import sys; import ui.triage.reading, ui.cli_triage; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("list", "--state", "lost"), 2, "--state is one of"),
        (("list", "--market", "mars"), 1, "There is no market mars"),
        (("import", "/no/such/file"), 2, "no such file"),
        (("assess", "x", "guess"), 2, "what is judged is one of"),
        (("assess", "x", "set", "path"), 2, "name=value"),
        (("close", "x", "--not-valid", "--confirm"), 2, "give one of"),
        (("nonsense",), 2, "nonsense"),
    ],
)
def test_wrong_arguments_give_one_clear_error(tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    done = run(tmp_path, "triage", *words)
    assert done.returncode == code
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_a_file_becomes_a_case_that_is_judged_on_the_command_line(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    shutil.copy(ROOT / "retrieval" / "corpus" / "metformin.md", corpus)
    (tmp_path / "letter.txt").write_text(LETTER, encoding="utf-8")
    data, where = tmp_path / "data", {"PHARMASSIST_STARTER_CORPUS": str(corpus)}
    done = run(data, "triage", "import", str(tmp_path / "letter.txt"), "--json", **where)
    assert done.returncode == 0, done.stderr
    (file,) = json.loads(done.stdout)["files"]
    (label,) = file["opened"]
    changed = run(
        data, "triage", "assess", label, "set", "path=country", "typed=DE", "--why", "Told by the reporter.", **where
    )
    assert changed.returncode == 0, changed.stderr
    shown = json.loads(run(data, "triage", "show", label, "--json", **where).stdout)
    assert shown["case"]["country"] == "DE"
    assert [each["why"] for each in shown["history"] if each["path"] == "country"] == ["Told by the reporter."]
    refused = run(data, "triage", "export", label, "--check", **where)
    assert refused.returncode == 1
    assert "sender.organisation" in refused.stderr


def test_the_documented_shapes_are_the_real_ones() -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    shapes = (
        *(triage_shapes.CaseLineShape, triage_shapes.WorklistShape, triage_shapes.DeadlineShape),
        *(triage_shapes.ChangeShape, triage_shapes.CaseShape, triage_shapes.DoneShape, triage_shapes.TakenShape),
        *(triage_shapes.ImportedShape, triage_shapes.FilesShape, triage_shapes.ViolationShape),
        *(triage_shapes.ExportShape, triage_shapes.ReportShape, triage_shapes.TogetherShape),
    )
    for model in shapes:
        for name in model.model_fields:
            assert re.search(rf"[`\"]{name}\b", page), f"docs/json.md does not name {name}"
