"""The nouns of the loop: what a model learns from, the frozen dataset, the trained candidate and the signed release.

Each has a folder on disk, whose manifest is the noun as JSON (`snapshot.json`, `candidate.json`, `release.json`), and
each names what it was made from by its hash, so that a release leads back to every example in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from retrieval.passage import Passage


class Split(StrEnum):
    """Where an example belongs. `HELD_OUT` holds whole medicines that no training example is about."""

    TRAIN = "train"
    VALIDATION = "validation"
    HELD_OUT = "held_out"


@dataclass(frozen=True, slots=True)
class Labels:
    """What an example is about, for balance and for subgroup evaluation; empty where it could not be told."""

    topic: str = ""
    section: str = ""
    area: str = ""
    """The therapeutic area."""
    population: str = ""
    task: str = ""
    difficulty: str = ""


@dataclass(frozen=True, slots=True)
class Example:
    """One question and exactly what the model should write.

    `answer` is `assistant.reply.write_reply` of the right claims ("[]" where the right thing is to refuse); of an
    imported chat without evidence it is the plain text. `evidence` are the passages that the prompt shows. `group`
    names the patient or conversation: examples of one group never lie in two splits. `source` names the file or turn.
    """

    id: str
    question: str
    answer: str
    evidence: tuple[Passage, ...] = ()
    medicines: tuple[str, ...] = ()
    history: tuple[str, ...] = ()
    source: str = ""
    licence: str = ""
    group: str = ""
    language: str = "en"
    labels: Labels = Labels()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A frozen dataset. `id` is the hash over everything else but `made_at`; `files` maps each file to its SHA-256."""

    id: str
    parents: tuple[str, ...]
    """Hashes of what was read: files, reviewed turns, earlier snapshots."""
    code_version: str
    prompt: str
    """Label of the prompt template that the rows will be rendered with, "answer@1"."""
    rows: Mapping[Split, int]
    files: Mapping[str, str]
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trained adapter that nobody has released. Hashes are SHA-256 of the files' content in name order."""

    id: str
    base: str
    """Folder or hub name of the base model."""
    base_hash: str
    adapter_hash: str
    snapshot: str
    """Id of the snapshot; of a guardrail net, the hash of its rows."""
    recipe: str
    """Label of the recipe, "answer-lora@1"."""
    recipe_hash: str
    code_version: str
    trained_at: datetime
    kind: str = "answer"
    """`answer` for the causal model's adapter; else the name of a guardrail net."""
    measures: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Approval:
    """Who signed a release: the signature's id, and its line as printed (name, time, meaning)."""

    signature: str
    user_name: str
    line: str


@dataclass(frozen=True, slots=True)
class Release:
    """An adapter that may serve: everything that it rests on, and who approved it. Two different people.

    `evaluation` is the SHA-256 of the evaluation report that was signed; `gate` names the thresholds that it passed.
    """

    id: str
    candidate: Candidate
    evaluation: str
    gate: str
    approvals: tuple[Approval, ...]
    released_at: datetime

    def __post_init__(self) -> None:
        if len({approval.user_name for approval in self.approvals}) < 2:
            raise ValueError("a release needs the signatures of two different people")
