"""The JSON shapes of the guardrails' nets; documented in docs/json.md, a test holds both together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from assistant.ledger import Ledger
    from finetune.compare import Comparison
    from finetune.gate import GateReport
    from finetune.nets.examined import NetExam


class NetCandidateShape(BaseModel):
    """One trained candidate of a net; `state` says how far it came."""

    candidate: str
    state: str


class NetShape(BaseModel):
    """One net; `in_use` is a release's id, or empty where the net that ships is used."""

    net: str
    in_use: str
    candidates: list[NetCandidateShape]


class NetsShape(BaseModel):
    """All nets."""

    nets: list[NetShape]


class MeasureShape(BaseModel):
    """A share with its exact 95 % interval."""

    measure: str
    value: float
    low: float | None
    high: float | None
    n: int


class PairedShape(BaseModel):
    """Two exams of the same cases; `p` is the exact two-sided McNemar probability."""

    against: str
    cases: str
    n: int
    before: int
    after: int
    won: int
    lost: int
    p: float


class NetExamShape(BaseModel):
    """An exam and what the gate says of it."""

    net: str
    candidate: str
    about: str
    measures: list[MeasureShape]
    comparisons: list[PairedShape]
    passed: bool
    reasons: list[str]


def rows(loop: Path, ledger: Ledger) -> list[NetShape]:
    """What there is of each net below the loop's folder."""
    from finetune.nets.deployed import SHIPPED, release_in_use

    found = dict(_candidates(loop / "candidates"))
    return [
        NetShape(
            net=net, in_use=release_in_use(net, ledger), candidates=[one for kind, one in found.values() if kind == net]
        )
        for net in SHIPPED
    ]


def _candidates(folder: Path) -> Iterator[tuple[str, tuple[str, NetCandidateShape]]]:
    from finetune.candidate import read_candidate
    from finetune.errors import FinetuneError
    from finetune.gate import report_of
    from finetune.release import EVALUATION, REJECTED, REPORT

    for place in sorted(folder.glob("*")):
        try:
            candidate = read_candidate(place)
            state = "examined" if (place / EVALUATION).is_file() else "trained"
            if (place / REPORT).is_file():
                passed = report_of((place / REPORT).read_text(encoding="utf-8")).passed
                state = "passed the gate" if passed else "failed the gate"
        except FinetuneError:
            continue
        if (place / REJECTED).is_file():
            state = "rejected"
        yield place.name, (candidate.kind, NetCandidateShape(candidate=place.name, state=state))


def nets_json(nets: Sequence[NetShape]) -> str:
    """All nets as JSON."""
    return NetsShape(nets=list(nets)).model_dump_json(indent=2)


def line(net: NetShape) -> str:
    """One net as a line, its candidates below it."""
    own = "".join(f"\n    candidate {one.candidate}: {one.state}" for one in net.candidates)
    return f"{net.net:16} in use: {net.in_use or 'the one that ships'}{own}"


def exam_json(exam: NetExam, report: GateReport) -> str:
    """An exam as JSON."""
    return NetExamShape(
        net=exam.net,
        candidate=exam.candidate,
        about=exam.about,
        measures=[
            MeasureShape(measure=name, value=one.value, low=one.low, high=one.high, n=one.n)
            for name, one in exam.measures.items()
        ],
        comparisons=[*_paired(exam.without), *_paired(exam.in_use)],
        passed=report.passed,
        reasons=list(report.reasons),
    ).model_dump_json(indent=2)


def _paired(comparison: Comparison) -> Iterator[PairedShape]:
    from finetune.measure import mcnemar

    for one in comparison.whole:
        yield PairedShape(
            against=comparison.old,
            cases=one.name,
            n=one.n,
            before=one.old,
            after=one.new,
            won=one.won,
            lost=one.lost,
            p=mcnemar(one.won, one.lost),
        )
