"""Where a run of steps stands, read from its folder without running anything: for the page and the command line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from finetune.journal import Happened, Note, read_notes
from finetune.steps import Marker, is_running, read_marker


class Stage(StrEnum):
    """Where one step is."""

    TODO = "to do"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    FAILED = "failed"
    WAITING = "waiting"
    DONE = "done"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class StepStands:
    """One step: where it is, since when, in which words, and what it made."""

    name: str
    title: str
    stage: Stage
    at: datetime | None = None
    words: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)


def where(folder: Path, titles: Iterable[tuple[str, str]]) -> tuple[StepStands, ...]:
    """Every step in order, `titles` being names and titles. Behind the first that is not done, everything is to do."""
    notes = read_notes(folder / "journal.jsonl")
    found: list[StepStands] = []
    going = True
    for name, title in titles:
        if not going:
            found.append(StepStands(name, title, Stage.TODO))
            continue
        found.append(_step(folder, name, title, [each for each in notes if each.step == name]))
        going = found[-1].stage is Stage.DONE
    return tuple(found)


def _step(folder: Path, name: str, title: str, notes: Sequence[Note]) -> StepStands:
    marker = read_marker(folder, name)
    last = notes[-1] if notes else None
    # A marker counts while nothing newer happened: a step that is done again leaves its old marker until it is done.
    if marker is not None and (last is None or last.happened in (Happened.DONE, Happened.ENDED)):
        return _marked(title, marker)
    if last is None:
        return StepStands(name, title, Stage.RUNNING if is_running(folder) else Stage.TODO)
    if last.happened in (Happened.STARTED, Happened.VOID):
        stage = Stage.RUNNING if is_running(folder) else Stage.INTERRUPTED
        return StepStands(name, title, stage, last.at)
    stages = {Happened.WAITING: Stage.WAITING, Happened.FAILED: Stage.FAILED}
    return StepStands(name, title, stages.get(last.happened, Stage.TODO), last.at, last.words)


def _marked(title: str, marker: Marker) -> StepStands:
    stage = Stage.ENDED if marker.ended else Stage.DONE
    return StepStands(marker.step, title, stage, marker.at, " ".join(marker.ended), marker.made.facts)
