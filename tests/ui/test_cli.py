"""The command as programs and people use it: exit codes, JSON shapes, one clear line for every mistake."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "kind",
    "reason",
    "explanation",
    "next_step",
    "notices",
    "claims",
    "withheld",
    "assessment",
    "basis",
    "conversation",
    "seconds",
}


@pytest.fixture(scope="module", autouse=True)
def small_corpus(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Two monographs are enough here, and every command indexes in seconds."""
    folder = tmp_path_factory.mktemp("corpus")
    for name in ("metformin.md", "warfarin.md"):
        shutil.copy(ROOT / "retrieval" / "corpus" / name, folder / name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PHARMASSIST_STARTER_CORPUS", str(folder))
        yield


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


def run(data_dir: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """One run of the command in a process of its own, as a program would start it."""
    corpus = "PHARMASSIST_STARTER_CORPUS"
    kept = {name: value for name, value in os.environ.items() if name == corpus or not name.startswith("PHARMASSIST_")}
    env = {**kept, "PHARMASSIST_DATA_DIR": str(data_dir), "HF_HUB_OFFLINE": "1", **environment}
    code = "from ui.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        env=env,
        cwd=ROOT,
        timeout=240,
        check=False,
    )


def test_an_answer_is_one_json_object_and_exit_code_0(data_dir: Path) -> None:
    done = run(data_dir, "ask", "max dose of metformin in adults", "--json")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert set(answer) == KEYS
    assert answer["kind"] == "answer"
    assert answer["reason"] is None
    assert "2,550 mg" in " ".join(claim["text"] for claim in answer["claims"])
    for claim in answer["claims"]:
        assert all(set(each) == {"key", "source", "title", "section", "quote"} for each in claim["citations"])
    follow_up = run(data_dir, "ask", "and if the egfr is 25?", "--json", "--conversation", answer["conversation"])
    assert "metformin" in follow_up.stdout.lower()


def test_a_refusal_is_exit_code_3_and_says_why(data_dir: Path) -> None:
    done = run(data_dir, "ask", "dose of zorbulatin", "--json")
    assert done.returncode == 3, done.stderr
    refusal = json.loads(done.stdout)
    assert (refusal["kind"], refusal["reason"]) == ("refusal", "medicine_not_indexed")
    assert refusal["claims"] == []
    assert refusal["next_step"]


def test_the_text_form_names_sources_and_what_is_not_known(data_dir: Path) -> None:
    done = run(data_dir, "ask", "warfarin missed dose")
    assert done.returncode == 0, done.stderr
    assert "Sources:" in done.stdout
    assert "[1]" in done.stdout
    assert "Not known about the patient" in done.stdout


def test_sources_lists_what_is_indexed(data_dir: Path) -> None:
    done = run(data_dir, "sources", "--json")
    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["sources"]) == 2


@pytest.mark.parametrize(
    "words",
    [("ask",), ("nonsense",), ("ask", "x", "--colour"), ("ingest", "/no/such/file"), ("chat", "--port", "99999")],
)
def test_wrong_usage_is_exit_code_2(tmp_path: Path, words: tuple[str, ...]) -> None:
    assert run(tmp_path, *words).returncode == 2


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"PHARMASSIST_PROT": "1"}, "PHARMASSIST_PROT"),
        ({"PHARMASSIST_PORT": "many"}, "port"),
        ({"PHARMASSIST_DATABASE_URL": "nonsense://x"}, "database"),
        ({"PHARMASSIST_RETRIEVAL__QDRANT_URL": "http://127.0.0.1:1"}, "127.0.0.1:1"),
    ],
)
def test_a_failure_is_one_line_and_exit_code_1(tmp_path: Path, environment: dict[str, str], said: str) -> None:
    done = run(tmp_path, "sources", **environment) if said != "database" else run(tmp_path, "ask", "x", **environment)
    assert done.returncode == 1
    assert said in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr


def test_an_unknown_benchmark_names_those_that_exist(tmp_path: Path) -> None:
    done = run(tmp_path, "bench", "speed")
    assert done.returncode == 1
    assert "retrieval" in done.stderr


def test_a_refused_file_is_reported_with_its_reason(tmp_path: Path, data_dir: Path) -> None:
    (tmp_path / "empty.xml").write_text("not xml")
    done = run(data_dir, "ingest", str(tmp_path / "empty.xml"))
    assert done.returncode == 1
    assert "empty.xml" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_config_masks_secrets(tmp_path: Path) -> None:
    done = run(tmp_path, "config", PHARMASSIST_RETRIEVAL__QDRANT_API_KEY="hush-hush")
    assert done.returncode == 0
    assert json.loads(done.stdout)["port"] == 7860
    assert "hush-hush" not in done.stdout


def test_doctor_says_what_to_do_before_the_first_run(tmp_path: Path) -> None:
    done = run(tmp_path, "doctor")
    assert done.returncode == 0, done.stdout
    assert "nothing indexed" in done.stdout


def test_the_documented_shapes_are_the_real_ones() -> None:
    page = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    from assistant.conversation import RefusalReason
    from guardrails import check, patient_facts
    from ui import shapes

    documented = (
        *(shapes.OutcomeShape, shapes.CitationShape, shapes.BasisShape, shapes.SourceShape, shapes.BenchShape),
        *(shapes.AssessmentShape, shapes.ConflictShape, shapes.WithheldShape, shapes.OverrideRateShape),
        *(check.Evidence, check.DraftClaim, check.Result, check.JudgedShape, check.FoundShape, check.RunShape),
        patient_facts.PatientFacts,
    )
    for model in documented:
        for name in model.model_fields:
            assert re.search(rf"[`\"]{name}\b", page), f"docs/json.md does not name {name}"
    assert all(f"`{reason.value}`" in page for reason in RefusalReason)


EVIDENCE = [
    {
        "key": "m1",
        "title": "Metformin tablets",
        "section": "2.1 Adult dosage",
        "text": "The maximum dose of metformin in adults is 2,550 mg per day in divided doses.",
    }
]
DRAFT = "The maximum dose of metformin in adults is 2.55 g per day in divided doses [m1]."


def _write(folder: Path, name: str, content: object) -> str:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return str(path)


def test_check_judges_another_programs_draft(tmp_path: Path) -> None:
    evidence = _write(tmp_path, "evidence.json", EVIDENCE)
    draft = _write(tmp_path, "draft.txt", DRAFT)
    done = run(tmp_path, "check", "--evidence", evidence, "--draft", draft, "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert set(result) == {"verdict", "claims", "checks"}
    assert result["verdict"] == "release"
    assert result["claims"] == [{"text": DRAFT.removesuffix(" [m1].") + ".", "released": True, "findings": []}]
    assert all(set(each) == {"rule", "ms"} for each in result["checks"])


def test_check_withholds_and_says_why(tmp_path: Path) -> None:
    evidence = _write(tmp_path, "evidence.json", EVIDENCE)
    draft = _write(tmp_path, "draft.json", {"claims": [{"text": DRAFT.replace("2.55", "25.5"), "citations": ["m1"]}]})
    patient = _write(tmp_path, "patient.json", {"age": 80, "egfr": 20})
    done = run(tmp_path, "check", "--evidence", evidence, "--draft", draft, "--patient", patient)
    assert done.returncode == 3, done.stderr
    assert "Verdict: withhold" in done.stdout
    assert "25.5 g" in done.stdout


@pytest.mark.parametrize(
    ("evidence", "draft", "patient", "said"),
    [
        ("{", DRAFT, None, "evidence.json is not JSON"),
        ([{"key": "a"}], DRAFT, None, "text: Field required"),
        (EVIDENCE, '{"claims": 1}', None, "draft.txt does not have the documented shape"),
        (EVIDENCE, DRAFT, {"wieght": 3}, "wieght"),
        (EVIDENCE, DRAFT, {"age": 300}, "between 0 and 125 years"),
    ],
)
def test_check_says_what_is_wrong_with_its_files(
    tmp_path: Path, evidence: object, draft: str, patient: object, said: str
) -> None:
    words = ["check", "--evidence", _write(tmp_path, "evidence.json", evidence)]
    words += ["--draft", _write(tmp_path, "draft.txt", draft)]
    words += ["--patient", _write(tmp_path, "patient.json", patient)] if patient else []
    done = run(tmp_path, *words)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr


def test_overrides_of_a_fresh_installation(tmp_path: Path) -> None:
    done = run(tmp_path, "overrides")
    assert (done.returncode, done.stdout.strip()) == (0, "No warning has been shown yet.")
    assert json.loads(run(tmp_path, "overrides", "--json").stdout) == {"rates": []}
