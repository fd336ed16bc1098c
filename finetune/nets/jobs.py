"""The guardrails' nets as candidates: each is trained by its own recipe into the folder of a candidate.

From there they go the way of every adapter: an exam (`finetune.nets.examined`), the gate's limits for their kind, two
signatures, a release, and into use (`finetune.nets.deployed`).
"""

from __future__ import annotations

import importlib.metadata
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import perf_counter

from finetune.candidate import ADAPTER, identified, write_candidate
from finetune.errors import TrainingFailed
from finetune.example import Candidate
from finetune.hashes import folder_hash
from finetune.nets import adverse_events, groundedness, identifiers
from finetune.nets.exam import EXAMS
from finetune.nets.trainer import Recipe, TrainReport
from retrieval.net_card import read_card

CARD = "CARD.md"


@dataclass(frozen=True, slots=True)
class NetJob:
    """How one net is trained: its recipe, and the function that trains and calibrates it into a folder."""

    recipe: Recipe
    ship: Callable[[Path, Path, Recipe], TrainReport]
    learns_from: str


JOBS: Mapping[str, NetJob] = {
    "identifiers": NetJob(
        identifiers.RECIPE,
        identifiers.ship,
        "made texts, the training parts of ASQ-PHI and of Presidio's synthetic set (MIT), half of our monographs",
    ),
    "groundedness": NetJob(
        groundedness.RECIPE,
        lambda data, out, recipe: groundedness.ship(data, out, recipe, 96 * recipe.max_steps),
        "contrasts made from public label text, our monographs and federal MedQuAD answers",
    ),
    "adverse_events": NetJob(
        adverse_events.RECIPE, adverse_events.ship, "label text, TAC 2017 label sections and our own patterns"
    ),
}


def train_net(name: str, data: Path, out: Path, steps: int = 0) -> Candidate:
    """Train the net called `name` into the candidate's folder `out`; `steps` ends early (0: the whole recipe).

    Raises:
        TrainingFailed: there is no such net, `out` holds a candidate already, or the training failed.
    """
    job, began = _job(name), perf_counter()
    if (out / ADAPTER).exists():
        raise TrainingFailed(f"{out} holds a trained net already; give another folder.")
    recipe = replace(job.recipe, max_steps=steps)
    report = job.ship(data, out / ADAPTER, recipe)
    card = read_card(out / ADAPTER)
    (out / ADAPTER / CARD).write_text(_card(name, job, recipe), encoding="utf-8")
    label, whole = f"{name}@1", json.dumps(asdict(recipe), sort_keys=True)
    candidate = identified(
        Candidate(
            id="",
            base="all-MiniLM-L6-v2",
            base_hash=card.base,
            adapter_hash=folder_hash(out / ADAPTER),
            snapshot=card.rows,
            recipe=label,
            recipe_hash=sha256(whole.encode()).hexdigest(),
            code_version=importlib.metadata.version("pharmassist"),
            trained_at=datetime.now(UTC),
            kind=name,
            measures={"loss": _last(report.losses), "seconds": perf_counter() - began},
        )
    )
    write_candidate(candidate, out)
    return candidate


def _last(losses: Sequence[float]) -> float:
    """The loss of the last epoch that was begun; one that was ended early leaves the others without any."""
    return next(loss for loss in reversed(losses) if math.isfinite(loss))


def _job(name: str) -> NetJob:
    if name not in JOBS:
        raise TrainingFailed(f"There is no net {name!r} to train; there is {', '.join(sorted(JOBS))}.")
    return JOBS[name]


def _card(name: str, job: NetJob, recipe: Recipe) -> str:
    rows = "\n".join(f"| {key} | {value} |" for key, value in asdict(recipe).items())
    return (
        f"# {name}\n\nLearned from: {job.learns_from}.\n\nBase: all-MiniLM-L6-v2 (Apache-2.0). Hashes of base, adapter,"
        f" head and training rows: `net.json`. What it is worth: `evaluation.json` beside the candidate, on"
        f" {EXAMS[name].about}.\n\n| setting | value |\n|---|---|\n{rows}\n"
    )
