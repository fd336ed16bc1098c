"""Judging another program's draft: the documented shapes in, the verdict out, one clear error for everything else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from guardrails.check import (
    DraftClaim,
    DraftOfClaims,
    Evidence,
    check,
    read_draft,
    read_evidence,
    read_patient,
)
from guardrails.errors import InputInvalid, PatientInvalid
from guardrails.guard import Guard
from guardrails.patient import Patient
from guardrails.rails import Rails
from guardrails.rulebook import shipped
from guardrails.verdict import Decision
from retrieval.medicines import Medicines

METFORMIN = Evidence(
    key="m1",
    title="Metformin tablets",
    section="2.1 Adult dosage",
    text="The starting dose of metformin is 500 mg orally twice a day with meals. "
    "The maximum dose of metformin is 2,550 mg per day in divided doses.",
)
EVIDENCE = (METFORMIN, Evidence(key="p1", title="Paracetamol", text="Paracetamol: at most 4 g in 24 hours in adults."))
GOOD = "The maximum dose of metformin is 2.55 g per day in divided doses."
BAD = "The maximum dose of metformin is 25.5 g per day in divided doses."


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    rails = Rails()
    yield Guard(Medicines.load(), shipped(), rails, lambda _: ())
    rails.close()


def _claims(*claims: DraftClaim) -> DraftOfClaims:
    return DraftOfClaims(claims=claims)


def test_a_supported_draft_is_released_with_the_time_of_every_check(guard: Guard) -> None:
    result = check(EVIDENCE, f"{GOOD} [m1]", guard)
    assert result.verdict is Decision.RELEASE
    assert [claim.text for claim in result.claims] == [GOOD]
    assert {"check citations", "check wording", "check doses", "check support", "numbers"} <= {
        run.rule for run in result.checks
    }


CASES = [
    # draft, verdict, released
    (f"{GOOD} [m1] {BAD} [m1]", Decision.WITHHOLD, [True, False]),
    (GOOD, Decision.WITHHOLD, [False]),  # no citation
    (f"{GOOD} [p1]", Decision.WITHHOLD, [False]),  # the wrong passage
    (f"{GOOD} [x9]", Decision.WITHHOLD, [False]),  # no such passage
    ("", Decision.WITHHOLD, []),  # nothing is said
    ("   \n", Decision.WITHHOLD, []),
    (_claims(), Decision.WITHHOLD, []),
    (_claims(DraftClaim(text=GOOD, citations=("m1",))), Decision.RELEASE, [True]),
    (_claims(DraftClaim(text=GOOD, citations=("m1",), quote=METFORMIN.text[76:])), Decision.RELEASE, [True]),
    # A quote that the passage does not hold is an invented one, whatever the sentence says.
    (_claims(DraftClaim(text=GOOD, citations=("m1",), quote="The maximum is 2,550 mg.")), Decision.WITHHOLD, [False]),
    (_claims(DraftClaim(text=GOOD, citations=("m1", "x9"))), Decision.WITHHOLD, [False]),
]


@pytest.mark.parametrize(("draft", "verdict", "released"), CASES)
def test_the_verdict_on_a_draft(
    guard: Guard, draft: str | DraftOfClaims, verdict: Decision, released: list[bool]
) -> None:
    result = check(EVIDENCE, draft, guard)
    assert [claim.released for claim in result.claims] == released
    assert result.verdict is verdict
    assert all(claim.findings for claim in result.claims if not claim.released)


def test_without_evidence_nothing_is_released(guard: Guard) -> None:
    assert check((), f"{GOOD} [m1]", guard).verdict is Decision.WITHHOLD


def test_the_patient_decides(guard: Guard) -> None:
    draft = f"{GOOD} [m1]"
    assert check(EVIDENCE, draft, guard, Patient(egfr=Decimal(90))).verdict is Decision.RELEASE
    result = check(EVIDENCE, draft, guard, Patient(egfr=Decimal(20)))
    assert result.verdict is not Decision.RELEASE
    assert any(found.rule == "dose.contraindication" for found in result.claims[0].findings)


def test_two_passages_with_one_key_are_refused(guard: Guard) -> None:
    with pytest.raises(InputInvalid, match="have the key “m1”"):
        check((METFORMIN, METFORMIN), GOOD, guard)


def _file(folder: Path, content: object) -> Path:
    path = folder / "given.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_files_have_the_documented_shapes(tmp_path: Path) -> None:
    assert read_evidence(_file(tmp_path, [{"key": "a", "text": "b", "title": "", "section": "", "score": 0.3}]))
    given = {"claims": [{"text": "a", "citations": ["k"], "quote": None}]}
    assert read_draft(_file(tmp_path, given)) == _claims(DraftClaim(text="a", citations=("k",)))
    assert read_draft(_file(tmp_path, "Plain text [k].")) == "Plain text [k]."
    patient = {"age": 70.5, "weight": "80", "allergies": ["penicillin"], "pregnant": None}
    assert read_patient(_file(tmp_path, patient)) == Patient(
        age=Decimal("70.5"), weight=Decimal(80), allergies=("penicillin",)
    )


WRONG_EVIDENCE = ["", "{", "{}", "3", "null", '[{"key": "a"}]', '[{"key": "", "text": "b"}]', "[" * 100_000]


@pytest.mark.parametrize("content", WRONG_EVIDENCE, ids=range(len(WRONG_EVIDENCE)))
def test_evidence_of_another_shape_is_one_clear_error(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputInvalid, match=r"given\.json"):
        read_evidence(_file(tmp_path, content))


@pytest.mark.parametrize("content", ['{"claims": 3}', '{"claims": [{"text": 3}]}', '{"claim": []}', "{"])
def test_a_draft_of_another_shape_is_one_clear_error(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputInvalid, match=r"given\.json"):
        read_draft(_file(tmp_path, content))


@pytest.mark.parametrize("content", ['{"wieght": 3}', '{"age": "old"}', '{"age": NaN}', '{"age": Infinity}', "[]"])
def test_a_patient_of_another_shape_is_one_clear_error(tmp_path: Path, content: str) -> None:
    with pytest.raises((InputInvalid, PatientInvalid)):
        read_patient(_file(tmp_path, content))


def test_an_impossible_patient_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PatientInvalid, match="between 0 and 125"):
        read_patient(_file(tmp_path, {"age": 200}))


def test_what_is_no_text_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputInvalid, match="cannot be read"):
        read_draft(tmp_path / "absent.txt")
    with pytest.raises(InputInvalid, match="cannot be read"):
        read_draft(tmp_path)
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputInvalid, match="is not UTF-8"):
        read_draft(tmp_path / "binary")
