"""What a quarter needs from outside, as plain functions and small objects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from assistant.ledger import Ledger
from finetune.evaluate import SystemUnderTest
from finetune.example import Candidate, Example, Snapshot
from finetune.gate import Gate
from finetune.parity import Parity
from finetune.plan import Plan
from finetune.recipe import Recipe
from finetune.select import Selection
from finetune.steps import (
    Result,
)
from finetune.suites.probe import Probe
from retrieval.medicines import Medicines


@dataclass(frozen=True, slots=True)
class Served:
    """The releases that the serving state names, "" where it names none."""

    stable: str
    canary: str


@dataclass(frozen=True, slots=True)
class QuarterTools:
    """Everything that a quarter needs from outside, as plain functions and small objects.

    `loop` is the folder of the whole loop; `by` the user name under which the machine's own deeds stand in the ledger.
    `grounds` hashes what both evaluations rest on besides the snapshot: index,
    rules, suites. `now_served` starts what serves now and the bare base, and `tuned` the base with a candidate's
    adapter; each as the whole assistant, for as long as its block lasts. `serving` is the hash of what serves now.
    `prepare` gets the examples, the folder to make, and the snapshots of earlier quarters, whose held-out medicines
    stay held out; `probes` the snapshot and what the release before got right. `register` enters a release in MLflow.
    """

    loop: Path
    plan: Plan
    recipe: Recipe
    gate: Gate
    base_hash: str
    ledger: Ledger
    by: str
    medicines: Medicines
    select: Callable[[datetime], Selection]
    prepare: Callable[[Iterable[Example], Path, Sequence[Path]], Snapshot]
    probes: Callable[[Path, Path | None], Sequence[Probe]]
    grounds: str
    serving: Callable[[], str]
    now_served: Callable[[], AbstractContextManager[Sequence[SystemUnderTest]]]
    train: Callable[[Recipe, Path, Path], Candidate]
    tuned: Callable[[Path], AbstractContextManager[SystemUnderTest]]
    parity: Callable[[Path, Sequence[Example]], Parity]
    register: Callable[[Path], str]
    canary: Callable[[Path, float], Result]
    served: Callable[[], Served]
    asked: Callable[[], str] = lambda: ""
    """The hash of the questions that no dataset decides: what `prepare` keeps out of the dataset."""
