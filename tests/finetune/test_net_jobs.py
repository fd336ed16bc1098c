"""The guardrails' nets as candidates: trained, examined case by case, and compared exactly."""

from __future__ import annotations

from pathlib import Path

import pytest

from assistant.database import open_database
from assistant.ledger import Ledger
from finetune.candidate import ADAPTER, read_candidate
from finetune.errors import CandidateInvalid, EvaluationInvalid, TrainingFailed
from finetune.gate import load_gate
from finetune.hashes import folder_hash
from finetune.measure import mcnemar
from finetune.nets.deid_sets import deid_texts
from finetune.nets.deployed import SHIPPED
from finetune.nets.exam import EXAMS, Sat
from finetune.nets.examined import compared, examine_net, judge_net, measures, read_exam
from finetune.nets.jobs import JOBS, train_net
from retrieval.encoder import Encoder
from retrieval.settings import RetrievalSettings

# Gained, lost, and the exact two-sided probability, worked out by hand from the binomial distribution of one half.
TABLE = (
    (0, 0, 1.0),
    (1, 0, 1.0),
    (5, 0, 2 / 32),
    (6, 0, 2 / 64),
    (10, 2, 2 * (1 + 12 + 66) / 4096),
    (2, 10, 2 * (1 + 12 + 66) / 4096),
    (3, 3, 1.0),
)


@pytest.mark.parametrize(("gained", "lost", "p"), TABLE)
def test_the_exact_test_of_gains_and_losses(gained: int, lost: int, p: float) -> None:
    assert mcnemar(gained, lost) == pytest.approx(p)


def sat(key: str, right: bool, to_catch: bool = True, part: str = "a") -> Sat:
    return Sat(key, part, to_catch, right)


def test_exams_are_compared_case_by_case() -> None:
    before = (sat("1", False), sat("2", False), sat("3", True), sat("4", True))
    after = (sat("4", False), sat("1", True), sat("2", True), sat("3", True))
    found = compared("old", before, "new", after)
    (whole, caught) = found.whole
    assert (whole.name, whole.n, whole.old, whole.new, whole.won, whole.lost) == ("all cases", 4, 2, 3, 2, 1)
    assert (caught.name, caught.n) == ("cases to catch", 4)
    assert found.lost == ("4",)


@pytest.mark.parametrize("other", [(), (sat("1", True),), (sat("1", True), sat("3", True))])
def test_exams_of_other_cases_are_not_compared(other: tuple[Sat, ...]) -> None:
    with pytest.raises(EvaluationInvalid, match="not of the same cases"):
        compared("old", other, "new", (sat("1", True), sat("2", True)))


def test_shares_of_an_exam() -> None:
    cases = (sat("1", True), sat("2", False), sat("3", False, to_catch=False, part="b"), sat("4", True, to_catch=False))
    found = measures(cases)
    assert {name: (metric.value, metric.n) for name, metric in found.items()} == {
        "right": (0.5, 4),
        "caught": (0.5, 2),
        "wrongly touched": (0.5, 2),
        "right, a": (pytest.approx(2 / 3), 3),
        "right, b": (0.0, 1),
    }
    with pytest.raises(EvaluationInvalid, match="no case"):
        measures(())


def test_every_net_that_is_trained_has_an_exam_and_ships() -> None:
    assert JOBS.keys() == EXAMS.keys()
    assert {name: exam.ships for name, exam in EXAMS.items()} == SHIPPED
    assert load_gate().kinds.keys() >= EXAMS.keys()
    assert all((exam.ships / "net.json").is_file() for exam in EXAMS.values())


def test_a_net_that_nobody_knows_is_named(tmp_path: Path) -> None:
    with pytest.raises(
        TrainingFailed, match="no net 'tarot' to train; there is adverse_events, groundedness, identifiers"
    ):
        train_net("tarot", tmp_path, tmp_path / "out")


def test_what_cannot_be_read_is_no_exam(tmp_path: Path) -> None:
    for words in ("", "{}", "[1]", "\x00"):
        (tmp_path / "evaluation.json").write_text(words)
        with pytest.raises(EvaluationInvalid, match="no exam"):
            read_exam(tmp_path)


@pytest.mark.shared
def test_a_net_is_trained_into_a_candidate_and_examined(
    tmp_path: Path, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    candidate = train_net("identifiers", shared_data, tmp_path / "new", steps=2)
    assert read_candidate(tmp_path / "new") == candidate
    assert candidate.kind == "identifiers"
    assert candidate.adapter_hash == folder_hash(tmp_path / "new" / ADAPTER)
    assert "Learned from" in (tmp_path / "new" / ADAPTER / "CARD.md").read_text(encoding="utf-8")
    with pytest.raises(TrainingFailed, match="holds a trained net already"):
        train_net("identifiers", shared_data, tmp_path / "new", steps=2)

    fewer = [text for text in deid_texts(shared_data) if text.part == "held out"][:60]
    monkeypatch.setattr("finetune.nets.exam.deid_texts", lambda _data: fewer)
    report = examine_net(tmp_path / "new", shared_data, RetrievalSettings())
    assert report == read_exam(tmp_path / "new")
    assert report.measures["right"].n == 60
    # Two steps teach nothing, and the shipped net knows something: the gate sees it.
    assert report.in_use.whole[0].lost > report.in_use.whole[0].won
    engine = open_database(f"sqlite:///{tmp_path / 'kept.db'}")
    judged = judge_net(tmp_path / "new", load_gate(), Ledger(engine), "local")
    engine.dispose()
    assert not judged.passed
    assert any("no significant loss" in line.limit and line.why for line in judged.lines)
    written = (tmp_path / "new" / "evaluation.json").read_text(encoding="utf-8")
    assert not any(text.text[:20] in written for text in fewer)

    head = tmp_path / "new" / ADAPTER / "head.safetensors"
    head.write_bytes(head.read_bytes()[:-1] + b"\x01")
    with pytest.raises(CandidateInvalid, match="not the one that was trained"):
        examine_net(tmp_path / "new", shared_data, RetrievalSettings())


@pytest.mark.shared
@pytest.mark.parametrize("name", ["identifiers", "adverse_events"])
def test_the_shipped_net_is_worth_its_place(name: str, shared_data: Path) -> None:
    """On the first cases of its exam the check with the net is right more often than without."""
    exam = EXAMS[name]
    first: dict[bool, list[Sat]] = {}
    for with_net in (True, False):
        sitting = exam.sit(shared_data, Encoder(RetrievalSettings()), exam.ships if with_net else None)
        first[with_net] = [one for one, _ in zip(sitting, range(150), strict=False)]
    whole = compared("none", first[False], "shipped", first[True]).whole[0]
    assert whole.won > whole.lost
