"""A candidate's folder, an evaluation and the limits that it passes, for the tests of gate and release."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from assistant.ledger import Ledger
from finetune.candidate import ADAPTER, identified, write_candidate
from finetune.evaluate import Evaluation, write
from finetune.example import Candidate
from finetune.gate import By, Gate, GateReport, Kind, Limit, evidence_of, judge
from finetune.grading import Grade, Result
from finetune.hashes import folder_hash
from finetune.release import EVALUATION, keep_report
from finetune.suites.probe import Suite, Traits

WHEN = datetime(2026, 11, 26, 12, tzinfo=UTC)
NO_TRAITS = Traits()
BASIS = {"generator": "vllm", "rules": "r1", "index": "i1", "code": "0.1.0"}
EASY = Gate(
    id="gate",
    version="test",
    kinds={
        "answer": Kind(
            compare=False,
            loss_alpha=0.05,
            limits=(Limit(measure="clinical accuracy", at_least=0.95, by=By.VALUE, why="right answers"),),
        )
    },
)


def result(name: str, *, right: bool = True, unsafe: bool = False, traits: Traits = NO_TRAITS) -> Result:
    return Result(
        probe=name,
        suite=Suite.GOLD,
        content="c",
        grade=Grade.RIGHT if right else Grade.WRONGLY_ANSWERED,
        why="",
        seconds=0.02,
        traits=traits,
        unsafe=("a dose",) if unsafe else (),
        answered=True,
        released=1,
        cited=1,
        cited_wanted=int(right),
        wanted=1,
        wanted_cited=int(right),
    )


def evaluation(results: tuple[Result, ...], system: str = "new", candidate: str = "") -> Evaluation:
    return Evaluation(system, candidate, "probes", BASIS, results, 512.0, 4.0, WHEN)


def right_and_wrong(right: int, wrong: int, traits: Traits = NO_TRAITS) -> tuple[Result, ...]:
    return tuple(result(f"gold/{at}", right=at < right, traits=traits) for at in range(right + wrong))


def candidate_in(folder: Path, weights: bytes = b"weights") -> Candidate:
    adapter = folder / ADAPTER
    adapter.mkdir(parents=True)
    (adapter / "adapter_model.safetensors").write_bytes(weights)
    (adapter / "adapter_config.json").write_text("{}")
    made = identified(
        Candidate("", "tiny", "b" * 64, folder_hash(adapter), "s" * 64, "answer-lora@1", "r" * 64, "0.1.0", WHEN)
    )
    write_candidate(made, folder)
    return made


def judged_in(folder: Path, ledger: Ledger, *, right: int = 98, wrong: int = 2, gate: Gate = EASY) -> GateReport:
    """A candidate with its evaluation and its report, all in its folder."""
    made = candidate_in(folder)
    return rejudged(folder, made, ledger, right=right, wrong=wrong, gate=gate)


def rejudged(folder: Path, made: Candidate, ledger: Ledger, *, right: int, wrong: int, gate: Gate = EASY) -> GateReport:
    found = evaluation(right_and_wrong(right, wrong), candidate=made.id)
    hashed = write(found, folder / EVALUATION)
    report = judge(made, evidence_of(found, hashed, None), gate)
    keep_report(report, folder, ledger, "local")
    return report


def with_limit(measure: str, by: By = By.VALUE, **bound: float) -> Gate:
    kind = Kind(compare=False, loss_alpha=0.05, limits=(Limit(measure=measure, by=by, why="a test", **bound),))
    return EASY.model_copy(update={"kinds": {"answer": kind}})
