"""All of data preparation on small files: the same snapshot however it is made, and nothing that must not be in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from finetune.errors import PrepareRefused, SnapshotInvalid
from finetune.example import Example, Snapshot, Split
from finetune.prepare.chunks import Chunk
from finetune.prepare.embedded import embedded
from finetune.prepare.pipeline import prepare
from finetune.prepare.settings import Settings
from finetune.prepare.sheet import read_sheet
from finetune.prepare.stage import Plan
from finetune.prepare.store import Engine, Marker, Store
from finetune.snapshot import read_rows, read_snapshot, verify
from tests.finetune.prepare.made import failing_mask, rules_mask, world, write_lines

QUICK = Settings(check_doses=False, sample=6, batch_rows=16)


def _prepared(folder: Path, out: str, chosen: Settings = QUICK, engine: Engine = embedded) -> Snapshot:
    return prepare([folder / "in"], folder / out, chosen, make_mask=rules_mask, engine=engine)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in").mkdir()
    extra = [
        {
            "question": "Mrs Mary Johnson, MRN 4711234: is warfarin ok with tea, and when?",
            "answer": "Ask her clinic first.",
        },
        {"question": "How much lisinopril should be given?", "answer": "10 mg once daily."},
        {"question": "How much lisinopril should be given?", "answer": "40 mg once daily."},
        {"question": "forgot her metformin this morning, take two tonight?", "answer": "Take two of them tonight."},
    ]
    write_lines(tmp_path / "in" / "a.jsonl", [*world(), *extra, world()[3], "{broken"])
    return tmp_path


def test_a_snapshot_holds_what_its_sheet_says(folder: Path) -> None:
    snapshot = _prepared(folder, "out")
    out = folder / "out"
    sheet = read_sheet(out)
    reasons = {reason: count for step in sheet.steps for reason, count in step.dropped.items()}
    assert reasons == {
        "a line is no JSON": 1, "an evaluation question": 1, "an exact copy": 1,
        "waits for a person: answers with other amounts": 2,
    }  # fmt: skip
    assert sheet.read == 70
    assert sum(snapshot.rows.values()) == 65 == sum(sheet.rows.values())
    assert sheet.masked["NAME"] == 1
    assert sheet.waiting == 2
    assert read_snapshot(out) == snapshot
    assert verify(out) == ()
    assert not (folder / "out.work").exists()
    texts = "".join(path.read_text(encoding="utf-8", errors="ignore") for path in out.rglob("*") if path.is_file())
    rows = [one for split in Split for one in read_rows(out, split)]
    for hidden in ("Johnson", "4711234", "MRN 1"):
        assert hidden not in texts
        assert hidden not in repr(rows)


def test_batches_and_examples_give_the_same_snapshot(folder: Path) -> None:
    ids = {
        _prepared(folder, f"out{rows}", Settings(check_doses=False, sample=6, batch_rows=rows)).id
        for rows in (3, 16, 500)
    }
    assert len(ids) == 1
    examples = [
        Example(f"e{n}", f"What about {n} and metformin, when is it given?", f"It is given with {n}.")
        for n in range(30)
    ]
    made = {prepare(iter(examples), folder / f"e{n}", QUICK, make_mask=rules_mask).id for n in range(2)}
    assert len(made) == 1


def test_calling_again_gives_what_is_there_and_other_data_is_refused(folder: Path) -> None:
    first = _prepared(folder, "out")
    assert _prepared(folder, "out") == first
    write_lines(folder / "in" / "b.jsonl", world(70)[64:])
    with pytest.raises(PrepareRefused, match="another snapshot"):
        _prepared(folder, "out")


def test_a_folder_in_use_is_refused(folder: Path) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(PrepareRefused, match="in use"):
        _prepared(folder, "out")
    with pytest.raises(PrepareRefused, match="no example"):
        prepare(iter(()), folder / "none", QUICK, make_mask=rules_mask)


def test_a_run_that_breaks_goes_on_where_it_was(folder: Path) -> None:
    whole = _prepared(folder, "whole")
    worked: list[int] = []

    def breaking(todo: list[Chunk], plan: Plan, store: Store) -> Iterator[Marker]:
        for number, marker in enumerate(embedded(todo, plan, store)):
            worked.append(number)
            if number == 2 and len(worked) == 3:
                raise KeyboardInterrupt
            yield marker

    with pytest.raises(KeyboardInterrupt):
        _prepared(folder, "out", engine=breaking)
    markers = sorted((folder / "out.work" / "markers").glob("*.json"))
    written = {path: path.stat().st_mtime_ns for path in markers}
    # A chunk whose rows were cut short by the kill, and a marker that was, are done again.
    markers[0].write_text("{", encoding="utf-8")
    (folder / "out.work" / "rows" / "000001.parquet").write_bytes(b"PAR1")
    assert _prepared(folder, "out").id == whole.id
    assert written


def test_finished_chunks_are_not_worked_on_again(folder: Path) -> None:
    def stopping(todo: list[Chunk], plan: Plan, store: Store) -> Iterator[Marker]:
        yield from embedded(todo, plan, store)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _prepared(folder, "out", engine=stopping)
    # Were a chunk worked on again, this mask would drop its rows about digoxin; only its name is bound to the work.
    failing_mask.__module__, failing_mask.__qualname__ = rules_mask.__module__, rules_mask.__qualname__
    made = prepare([folder / "in"], folder / "out", QUICK, make_mask=failing_mask)
    assert made.id == _prepared(folder, "whole").id


def test_a_killed_process_goes_on_and_gives_the_same(folder: Path) -> None:
    whole = _prepared(folder, "whole", Settings(check_doses=False, sample=6, batch_rows=4))
    code = (
        "import sys; from pathlib import Path; from finetune.prepare.pipeline import prepare;"
        "from finetune.prepare.settings import Settings; from tests.finetune.prepare.made import rules_mask;"
        "prepare([Path(sys.argv[1])], Path(sys.argv[2]), Settings(check_doses=False, sample=6, batch_rows=4),"
        " make_mask=rules_mask)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(folder / "in"), str(folder / "out")], cwd=Path.cwd())
    until = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < until:
        if len(list((folder / "out.work" / "markers").glob("*.json"))) >= 3:
            os.kill(process.pid, signal.SIGKILL)
            break
        time.sleep(0.002)
    process.wait()
    assert not (folder / "out").exists(), "the process was not killed in time"
    made = prepare(
        [folder / "in"], folder / "out", Settings(check_doses=False, sample=6, batch_rows=4), make_mask=rules_mask
    )
    assert made.id == whole.id


@pytest.mark.filterwarnings("ignore")  # Ray warns of its own settings
def test_two_processes_and_ray_give_the_same_snapshot(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray")
    from finetune.prepare.on_ray import on_ray

    monkeypatch.setenv("PYTHONWARNINGS", "ignore")
    one = _prepared(folder, "one")
    assert _prepared(folder, "two", Settings(check_doses=False, sample=6, batch_rows=30, workers=2)).id == one.id
    import ray

    try:
        assert _prepared(folder, "ray", engine=on_ray).id == one.id
    finally:
        ray.shutdown()


def test_a_person_decides_about_what_was_held_back(folder: Path) -> None:
    _prepared(folder, "out")
    held = [json.loads(line) for line in (folder / "out/reports/inconsistencies.jsonl").read_text().splitlines()]
    ids = next(one["ids"] for one in held if one["held"])
    said = [
        {"id": name, "keep": keep, "by": "A. Pharmacist", "why": "label of May"}
        for name, keep in zip(ids, (True, False), strict=True)
    ]
    decisions = write_lines(folder / "decisions.jsonl", said)
    made = prepare([folder / "in"], folder / "later", QUICK, make_mask=rules_mask, judged=decisions)
    kept = {one.id for split in Split for one in read_rows(folder / "later", split)}
    assert ids[0] in kept
    assert ids[1] not in kept
    assert any(parent.startswith("decisions:") for parent in made.parents)
    decisions.write_text('{"id": "x", "keep": true}\n', encoding="utf-8")
    with pytest.raises(PrepareRefused, match="line 1"):
        prepare([folder / "in"], folder / "third", QUICK, make_mask=rules_mask, judged=decisions)


def test_dose_rules_hold_back_what_is_over_a_limit(folder: Path) -> None:
    write_lines(
        folder / "in" / "b.jsonl",
        [{"question": "How much metformin may an adult be given?", "answer": "Give 6,000 mg daily."}],
    )
    _prepared(folder, "out", Settings(sample=6))
    assert read_sheet(folder / "out").inconsistencies["against a dose rule"] == 1


def test_what_was_held_out_before_stays_held_out(folder: Path) -> None:
    prepare([folder / "in"], folder / "out", QUICK, make_mask=rules_mask, held_out_before=["omeprazole", "sertraline"])
    assert {"omeprazole", "sertraline"} <= set(read_sheet(folder / "out").held_out)
    assert not any({"omeprazole", "sertraline"} & set(one.medicines) for one in read_rows(folder / "out", Split.TRAIN))


def test_a_changed_file_and_a_changed_manifest_are_found(folder: Path) -> None:
    _prepared(folder, "out")
    sheet = folder / "out" / "sheet.md"
    sheet.write_text(sheet.read_text(encoding="utf-8") + " ", encoding="utf-8")
    (folder / "out" / "validation.parquet").unlink()
    assert verify(folder / "out") == ("sheet.md was changed", "validation.parquet is missing")
    with pytest.raises(SnapshotInvalid, match="holds no validation"):
        next(read_rows(folder / "out", Split.VALIDATION))
    manifest = folder / "out" / "snapshot.json"
    manifest.write_text(manifest.read_text(encoding="utf-8").replace("prepare-", "prepare-0"), encoding="utf-8")
    with pytest.raises(SnapshotInvalid, match="was changed"):
        verify(folder / "out")
    manifest.write_text("[]", encoding="utf-8")
    with pytest.raises(SnapshotInvalid, match="no manifest"):
        verify(folder / "out")
    with pytest.raises(SnapshotInvalid, match="holds no snapshot"):
        verify(folder / "in")


def test_everything_that_fails_to_be_masked_is_left_out(folder: Path) -> None:
    prepare([folder / "in"], folder / "out", QUICK, make_mask=failing_mask)
    rows = [one for split in Split for one in read_rows(folder / "out", split)]
    assert rows
    assert not any("digoxin" in one.question + one.answer for one in rows)
    assert any(step.dropped.get("could not be masked") for step in read_sheet(folder / "out").steps)
