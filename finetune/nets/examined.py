"""What the exam of a net found, compared case by case with the net in use and with none, and held against the gate.

The report is the candidate's `evaluation.json`, so that it is judged, signed and released like any other candidate's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from assistant.ledger import Ledger
from finetune.candidate import ADAPTER, verified
from finetune.compare import Comparison, Paired, paired
from finetune.errors import EvaluationInvalid
from finetune.gate import Evidence, Gate, GateReport, judge
from finetune.hashes import file_hash
from finetune.measure import Metric, proportion
from finetune.nets.exam import EXAMS, Sat
from finetune.release import EVALUATION, keep_report
from retrieval.encoder import Encoder
from retrieval.settings import RetrievalSettings

NO_NET = "no net"


@dataclass(frozen=True, slots=True)
class NetExam:
    """The exam of one net. `measures` are shares with exact 95 % intervals.

    `without` compares the check with the net and the check without any, `in_use` with the net that serves now.
    """

    net: str
    candidate: str
    about: str
    measures: Mapping[str, Metric]
    without: Comparison
    in_use: Comparison


def examine_net(folder: Path, data: Path, settings: RetrievalSettings, in_use: Path | None = None) -> NetExam:
    """Let the candidate in `folder` sit its exam, beside the net in use (default: the one that ships) and none.

    The report is written beside the candidate.

    Raises:
        CandidateInvalid: the candidate's adapter is not the one that was trained.
        EvaluationInvalid: there is no such exam, it has no case, or a net could not be used in it.
    """
    candidate = verified(folder)
    exam = EXAMS.get(candidate.kind)
    if exam is None:
        raise EvaluationInvalid(f"There is no exam for {candidate.kind}; there is one for {', '.join(sorted(EXAMS))}.")
    # An encoder for each: an adapter that was loaded once stays loaded.
    new = tuple(exam.sit(data, Encoder(settings), folder / ADAPTER))
    used = tuple(exam.sit(data, Encoder(settings), in_use or exam.ships))
    none = tuple(exam.sit(data, Encoder(settings), None))
    report = NetExam(
        candidate.kind,
        candidate.id,
        exam.about,
        measures(new),
        compared(NO_NET, none, candidate.id, new),
        compared("the net in use", used, candidate.id, new),
    )
    write_exam(report, folder)
    return report


def judge_net(folder: Path, gate: Gate, ledger: Ledger, by: str) -> GateReport:
    """Hold the exam of the candidate in `folder` against the limits for its kind; keep the report, also in the ledger.

    Raises:
        CandidateInvalid, EvaluationInvalid, GateInvalid: something of it is missing, changed, or has no limits.
    """
    candidate, exam = verified(folder), read_exam(folder)
    evidence = Evidence(exam.candidate, file_hash(folder / EVALUATION), exam.measures, exam.in_use)
    report = judge(candidate, evidence, gate)
    keep_report(report, folder, ledger, by)
    return report


def measures(sat: Sequence[Sat]) -> dict[str, Metric]:
    """Shares of an exam: right, caught of what must be caught, touched of what must not be; and right in each part.

    Raises:
        EvaluationInvalid: there is no case.
    """
    if not sat:
        raise EvaluationInvalid("The exam has no case; is the data there?")
    caught, clean = [one for one in sat if one.to_catch], [one for one in sat if not one.to_catch]
    shares = {
        "right": (sum(one.right for one in sat), len(sat)),
        "caught": (sum(one.right for one in caught), len(caught)),
        "wrongly touched": (sum(not one.right for one in clean), len(clean)),
    }
    for part in sorted({one.part for one in sat}):
        own = [one for one in sat if one.part == part]
        shares[f"right, {part}"] = (sum(one.right for one in own), len(own))
    return {name: proportion(hits, n) for name, (hits, n) in shares.items() if n}


def compared(old: str, before: Sequence[Sat], new: str, after: Sequence[Sat]) -> Comparison:
    """Two exams case by case: all cases, those to catch and those to leave alone, each for itself.

    Raises:
        EvaluationInvalid: they are not of the same cases.
    """
    first, second = ({one.key: one for one in sat} for sat in (before, after))
    if not first or first.keys() != second.keys():
        raise EvaluationInvalid("The two exams are not of the same cases, so they cannot be compared.")
    parts = {
        "all cases": list(first),
        "cases to catch": [key for key, one in first.items() if one.to_catch],
        "cases to leave alone": [key for key, one in first.items() if not one.to_catch],
    }
    whole = tuple(_paired(name, keys, first, second) for name, keys in parts.items() if keys)
    lost = tuple(key for key in first if first[key].right and not second[key].right)
    probes = sha256("\n".join(sorted(first)).encode()).hexdigest()
    return Comparison(old, new, probes, whole, (), lost)


def _paired(name: str, keys: Sequence[str], first: Mapping[str, Sat], second: Mapping[str, Sat]) -> Paired:
    return paired(name, [first[key].right for key in keys], [second[key].right for key in keys])


_SHAPE = TypeAdapter(NetExam)


def write_exam(report: NetExam, folder: Path) -> None:
    """Write the report as the candidate's evaluation."""
    (folder / EVALUATION).write_bytes(_SHAPE.dump_json(report, indent=1) + b"\n")


def read_exam(folder: Path) -> NetExam:
    """The report in a candidate's folder. Raises `EvaluationInvalid`."""
    try:
        return _SHAPE.validate_json((folder / EVALUATION).read_bytes())
    except (OSError, ValidationError) as error:
        raise EvaluationInvalid(f"{folder} holds no exam: run “pharmassist nets examine” first.") from error
