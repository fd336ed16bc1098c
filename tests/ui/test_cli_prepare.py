"""`pharmassist prepare`: what it prints, what it refuses, and that nothing heavy is loaded for its help."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from finetune.errors import PrepareRefused
from finetune.example import Split
from finetune.snapshot import read_snapshot
from tests.finetune.training_world import base, examples, snapshot
from ui.cli_prepare import pseudonym_key

ROOT = Path(__file__).resolve().parents[2]


def _run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return _called(folder, "prepare", *words)


def _called(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PHARMASSIST_")}
    return subprocess.run(
        [sys.executable, "-c", "from ui.cli import main; main()", *words],
        env={**kept, "PHARMASSIST_DATA_DIR": str(folder / "data"), "HF_HUB_OFFLINE": "1"},
        capture_output=True, text=True, cwd=ROOT, timeout=600, check=False,
    )  # fmt: skip


def test_files_become_a_snapshot_that_can_be_verified(tmp_path: Path) -> None:
    foods = ("breakfast", "supper", "water", "juice", "milk", "tea")
    rows = [
        {"question": f"May warfarin go with {food}, Mrs Mary Johnson asks?", "answer": f"With {food} it may."}
        for food in foods
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    out = tmp_path / "out"

    made = _run(tmp_path, str(tmp_path / "a.jsonl"), "--out", str(out))
    assert made.returncode == 0, made.stderr
    frozen = read_snapshot(out)
    assert frozen.id in made.stdout
    assert sum(frozen.rows.values()) == 6
    assert "Johnson" not in "".join(path.read_text(errors="ignore") for path in out.rglob("*") if path.is_file())
    assert (out / "plots" / "steps.png").read_bytes().startswith(b"\x89PNG")

    verified = _run(tmp_path, "--out", str(out), "--verify")
    assert (verified.returncode, frozen.id in verified.stdout) == (0, True)
    (out / "sheet.md").write_text("x", encoding="utf-8")
    assert _run(tmp_path, "--out", str(out), "--verify").returncode == 1


def test_a_snapshot_is_packed_and_its_tokens_counted(tmp_path: Path) -> None:
    rows = examples(6)
    snapshot(tmp_path / "frozen", {Split.TRAIN: rows})
    model, out = base(tmp_path / "base", rows), tmp_path / "packed.parquet"
    said = ("pack", str(tmp_path / "frozen"), "--base", str(model), "--out", str(out), "--max-tokens", "2000")
    made = _called(tmp_path, *said)
    assert made.returncode == 0, made.stderr
    packed = pl.read_parquet(out)
    total = int(packed["input_ids"].list.len().sum())
    assert f"6 examples of {total:,} tokens" in made.stdout
    assert packed["lengths"].explode().sum() == total
    (tmp_path / "frozen" / "train.parquet").write_bytes(b"x")
    wrong = _called(tmp_path, *said)
    assert (wrong.returncode, "not as it was frozen" in wrong.stderr) == (1, True)


def test_what_cannot_be_prepared_is_one_sentence(tmp_path: Path) -> None:
    assert _run(tmp_path, "--out", str(tmp_path / "out")).returncode == 2
    made = _run(tmp_path, str(tmp_path / "none.jsonl"), "--out", str(tmp_path / "out"))
    assert made.returncode == 1
    assert made.stderr.startswith("pharmassist: no such file or folder")
    assert "Traceback" not in made.stderr


def test_the_key_of_pseudonyms_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    key = pseudonym_key(tmp_path)
    assert len(key) == 64
    assert pseudonym_key(tmp_path) == key
    assert stat.S_IMODE((tmp_path / "pseudonym.key").stat().st_mode) == 0o600


def test_half_a_key_of_pseudonyms_is_none(tmp_path: Path) -> None:
    (tmp_path / "pseudonym.key").touch()
    with pytest.raises(PrepareRefused, match="holds no whole key"):
        pseudonym_key(tmp_path)
