"""`pharmassist review` as programs and people use it: from a sampled answer to an example, with the real index."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.ui.test_cli import ROOT, run

QUESTION = "Should warfarin be used in pregnancy?"


@pytest.fixture
def small_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One monograph, so that every command indexes in seconds."""
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    shutil.copy(ROOT / "retrieval" / "corpus" / "warfarin.md", corpus)
    monkeypatch.setenv("PHARMASSIST_STARTER_CORPUS", str(corpus))


def _asked(folder: Path) -> str:
    """Ask one question, with every answer in the sample; the turn's id."""
    done = run(folder, "ask", QUESTION, "--json")
    assert done.returncode == 0, done.stderr
    listed = json.loads(run(folder, "review", "list", "--json", PHARMASSIST_REVIEW_SHARE="1").stdout)
    assert listed["states"] == {"open": 1}
    (line,) = listed["items"]
    assert (line["question"], line["outcome"], line["flags"], line["learnable"]) == (QUESTION, "answer", [], True)
    return str(line["turn"])


def test_looking_at_the_queue_opens_no_index_and_no_model(tmp_path: Path) -> None:
    done = run(tmp_path, "review", "list", "--json")
    assert json.loads(done.stdout) == {"total": 0, "states": {}, "items": []}
    assert run(tmp_path, "review", "list").stdout.strip() == "Nothing waits for your review."
    assert "no turn was judged by two people yet" in run(tmp_path, "review", "agreement").stdout
    assert not (tmp_path / "index").exists()
    heavy = "{'torch', 'transformers', 'gradio', 'presidio_analyzer', 'qdrant_edge', 'nemoguardrails'}"
    code = f"import sys; import ui.cli_review, ui.cli; print({heavy} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("decide", "x", "maybe"), 2, "say correct or incorrect"),
        (("decide", "x", "incorrect", "--error", "wrong"), 2, "--error is one of: unsafe_dose"),
        (("decide", "x", "incorrect"), 1, "Say what was wrong"),
        (("decide", "x", "correct", "--error", "style"), 1, "has no error"),
        (("correct", "x", "--error", "style", "--answer", "/no/such/file"), 2, "cannot be read"),
        (("show", "nowhere"), 1, "There is no turn nowhere"),
    ],
)
def test_wrong_arguments_give_one_clear_error(tmp_path: Path, words: tuple[str, ...], code: int, said: str) -> None:
    done = run(tmp_path, "review", *words)
    assert done.returncode == code
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "content",
    ["", "{", "{}", "[]", "[1]", '[{"text": ""}]', '[{"text": "x", "citations": [{"key": "k"}]}]', "\x00" * 99],
)
def test_a_file_that_is_no_answer_is_one_clear_error(tmp_path: Path, content: str) -> None:
    from typer.testing import CliRunner

    from ui.cli_review import app

    (tmp_path / "answer.json").write_text(content, encoding="utf-8")
    words = ["correct", "x", "--error", "style", "--answer", str(tmp_path / "answer.json")]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 2
    assert "answer.json" in done.output


@pytest.mark.usefixtures("small_corpus")
def test_a_sampled_answer_is_corrected_on_the_command_line_and_becomes_an_example(tmp_path: Path) -> None:
    turn = _asked(tmp_path)
    shown = json.loads(run(tmp_path, "review", "show", turn, "--json").stdout)
    assert shown["waits"]
    assert not shown["two_people"]
    quoted = [claim for claim in shown["claims"] if claim["text"] == claim["citations"][0]["quote"]]
    bad, good = tmp_path / "bad.json", tmp_path / "good.json"
    bad.write_text(json.dumps([{**quoted[0], "text": "Warfarin is harmless."}]), encoding="utf-8")
    good.write_text(json.dumps(quoted[:1]), encoding="utf-8")
    words = ("review", "correct", turn, "--error", "style", "--json", "--answer")
    refused = run(tmp_path, *words, str(bad))
    assert refused.returncode == 3
    assert not json.loads(refused.stdout)["released"]
    done = run(tmp_path, *words, str(good))
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["corrected"] == quoted[:1]
    exported = run(tmp_path, "review", "export", str(tmp_path / "out.jsonl"), "--json")
    assert json.loads(exported.stdout)["examples"] == 1
    (line,) = (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()
    example = json.loads(line)
    assert (example["question"], json.loads(example["answer"])[0]["text"]) == (QUESTION, quoted[0]["text"])
    assert quoted[0]["citations"][0]["key"] in {each["key"] for each in example["evidence"]}
    assert run(tmp_path, "audit", "verify").returncode == 0
