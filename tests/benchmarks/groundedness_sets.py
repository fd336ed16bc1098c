"""The claims that `bench groundedness` scores: each with its evidence, and whether it is supported."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from finetune.nets.contrasts.pairs import make, split_of
from finetune.nets.contrasts.rewritten import rewritten
from finetune.nets.contrasts.texts import all_parts, monographs
from finetune.nets.groundedness import faithful_claims

MADE = 3000
_MARK = re.compile(r"\s*\[\d+\]")
_ADDRESS = re.compile(r"^\[\d+\]\s*\S*\s*")


@dataclass(frozen=True, slots=True)
class Case:
    """A claim, its evidence, and the label of its set. Intervals resample whole groups, never parts of one."""

    claim: str
    evidence: tuple[str, ...]
    supported: bool
    kind: str
    group: str


def expertqa(data: Path) -> list[Case]:
    """Claims of real cited answers; `kind` is the expert's judgement, and only Complete counts as supported."""
    rows = _rows(data / "groundedness" / "expertqa.jsonl")
    return [
        Case(
            _MARK.sub("", row["claim"]),
            tuple(_ADDRESS.sub("", piece) for piece in row["evidence"]),
            row["support"] == "Complete",
            row["support"],
            row["question"],
        )
        for row in rows
    ]


def medhallu(data: Path) -> list[Case]:
    """The true and the hallucinated answer to each question, beside the abstract without its conclusion."""
    cases = []
    for row in _rows(data / "groundedness" / "medhallu.jsonl"):
        evidence = (" ".join(ast.literal_eval(row["knowledge"])["contexts"]),)
        for answer, true in ((row["ground_truth"], True), (row["least_similar_answer"], False)):
            cases.append(Case(answer, evidence, true, row["final_difficulty_level"], row["question"]))
    return cases


def question_only(cases: Sequence[Case]) -> list[Case]:
    """The same answers beside their question instead of the abstract."""
    return [replace(case, evidence=(case.group,)) for case in cases]


def without_evidence(cases: Sequence[Case]) -> list[Case]:
    """The same claims beside a full stop."""
    return [replace(case, evidence=(".",)) for case in cases]


def made(data: Path) -> list[Case]:
    """Made contrasts of medicines that no training and no calibration saw."""
    contrasts = make("test", all_parts(data), list(rewritten(data)))[:MADE]
    return [Case(one.claim, (one.passage,), one.supported, one.kind, one.family) for one in contrasts]


def faithful() -> dict[str, list[Case]]:
    """Reworded facts of our monographs beside their passage: of medicines in training, and of those held out."""
    found: dict[str, list[Case]] = {"medicines trained on": [], "medicines held out": []}
    for part in monographs():
        name = "medicines held out" if split_of(part) == "test" else "medicines trained on"
        found[name] += [
            Case(one.claim, (one.passage,), True, "reworded", one.family) for one in faithful_claims([part], seed=11)
        ]
    return found


def _rows(path: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]
