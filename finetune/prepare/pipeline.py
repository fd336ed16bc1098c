"""The story of a snapshot: read from top to bottom. `prepare` takes files or examples and ends in a frozen folder.

A kill at any moment costs at most the chunk in work; the same call again goes on and gives the same snapshot, whatever
the size of batches, the number of processes and the engine.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import islice
from pathlib import Path

from finetune.columns import to_frame
from finetune.errors import PrepareRefused, SnapshotInvalid
from finetune.example import Example, Snapshot
from finetune.hashes import file_hash, folder_hash
from finetune.prepare.checks import checker
from finetune.prepare.chunks import Format, Input, chunks, find_inputs
from finetune.prepare.decide import Rows, decide
from finetune.prepare.decontaminate import evaluation_folders, evaluation_questions
from finetune.prepare.embedded import embedded
from finetune.prepare.judged import read_judged
from finetune.prepare.masks import MakeMask, learned_mask
from finetune.prepare.settings import Settings, Vocabularies
from finetune.prepare.stage import Plan
from finetune.prepare.store import Engine, Store
from finetune.prepare.write import write_snapshot
from finetune.snapshot import RowsWriter, code_version, read_snapshot

Progress = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


def prepare(
    inputs: Sequence[Path] | Iterable[Example],
    out: Path,
    settings: Settings | None = None,
    *,
    licence: str = "",
    judged: Path | None = None,
    vocabularies: Vocabularies | None = None,
    evaluation: Sequence[Path] | None = None,
    questions: Iterable[str] = (),
    held_out_before: Iterable[str] = (),
    make_mask: MakeMask = learned_mask,
    engine: Engine = embedded,
    on_progress: Progress = lambda _what, _done, _all: None,
    now: datetime | None = None,
) -> Snapshot:
    """Prepare files or examples and freeze them in the folder `out`, which must be new or hold this very snapshot.

    `inputs` are paths (.jsonl, .csv, .parquet, folders of them) or examples. `evaluation` are folders of evaluation
    sets beside our own, `questions` further questions that a model will be evaluated on. `held_out_before` are the
    medicines that an earlier snapshot held out. `judged` holds what a person decided about rows held back.

    Raises:
        PrepareRefused: nothing to read, a folder in use, or a file that cannot be used.
        ExtraMissing: a library of the extra "train" is not installed.
    """
    settings, vocabularies = settings or Settings(), vocabularies or Vocabularies()
    work = out.with_name(f"{out.name}.work")
    found = _inputs(inputs, work, licence)
    asked = (*evaluation_questions((*evaluation_folders(), *(evaluation or ()))), *questions)
    plan = Plan(settings, make_mask, tuple(dict.fromkeys(asked)), vocabularies, _hashes(vocabularies))
    before = tuple(sorted(set(held_out_before)))
    parents = _parents(found, plan, judged, before)
    if (there := _there(out, parents)) is not None:
        shutil.rmtree(work, ignore_errors=True)
        return there

    store = Store(work)
    todo = list(chunks(found, settings.batch_rows))
    markers = []
    for number, marker in enumerate(engine(todo, plan, store), start=1):
        markers.append(marker)
        on_progress("rows", number, len(todo))
    rows = Rows([store.rows_path(number) for number in range(len(todo))])

    check = checker(rows, plan.digest, settings.workers, settings.check_doses, on_progress)
    decided = decide(rows, settings, read_judged(judged), check, before)
    snapshot = write_snapshot(out, store, rows, markers, decided, plan, parents, found, now or datetime.now(UTC))
    shutil.rmtree(work)
    return snapshot


def _inputs(inputs: Sequence[Path] | Iterable[Example], work: Path, licence: str) -> tuple[Input, ...]:
    """The files to be read; examples are first written to one."""
    if isinstance(inputs, Sequence) and inputs and all(isinstance(one, Path) for one in inputs):
        return find_inputs([one for one in inputs if isinstance(one, Path)], licence)
    return (_kept((one for one in inputs if isinstance(one, Example)), work, licence),)


def _kept(examples: Iterable[Example], work: Path, licence: str) -> Input:
    """Examples as a file that any worker can read; the same examples give the same file."""
    path = work / "examples.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    whole, count = sha256(), 0
    fresh = path.with_suffix(".fresh")
    with RowsWriter(fresh) as writer:
        given = iter(examples)
        while held := list(islice(given, 4096)):
            writer.add(to_frame(held))
            count += len(held)
            for one in held:
                whole.update(repr(one).encode())
    if not count:
        raise PrepareRefused("there is no example to prepare: review some answers first")
    fresh.replace(path)
    return Input(path, Format.PARQUET, whole.hexdigest(), "examples", licence, own=True)


def _hashes(given: Vocabularies) -> tuple[str, ...]:
    return tuple(
        (folder_hash if path.is_dir() else file_hash)(path) for path in (given.mesh, given.snomed) if path is not None
    )


def _parents(found: Iterable[Input], plan: Plan, judged: Path | None, before: tuple[str, ...]) -> tuple[str, ...]:
    """The hashes of everything that the snapshot is made from; the name of a file may be that of a patient."""
    decisions = [f"decisions:{file_hash(judged)}"] if judged is not None and judged.is_file() else []
    held = [f"held-out-before:{sha256(chr(0).join(before).encode()).hexdigest()}"] if before else []
    return (*(one.sha256 for one in found), f"plan:{plan.digest}", *decisions, *held)


def _there(out: Path, parents: tuple[str, ...]) -> Snapshot | None:
    """The snapshot that already lies there, made from the same. Raises `PrepareRefused` for anything else."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    try:
        there = read_snapshot(out)
    except SnapshotInvalid as error:
        raise PrepareRefused(f"{out} is in use and holds no snapshot; name a new folder") from error
    if there.parents != tuple(sorted(set(parents))) or there.code_version != code_version():
        raise PrepareRefused(f"{out} holds another snapshot ({there.id[:12]}); name a new folder")
    return there
