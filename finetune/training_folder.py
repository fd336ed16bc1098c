"""The folder of one training, from its start to the candidate: whose it is, how far it came, and what is left of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from finetune.base_model import Base
from finetune.candidate import ADAPTER, CURVES, MANIFEST, RECIPE, identified, read_candidate, write_candidate
from finetune.checkpoints import CHECKPOINTS, best_folder, step_of
from finetune.curves import EpochPoint, best, read_curves, write_curves
from finetune.errors import TrainingFailed
from finetune.example import Candidate
from finetune.hashes import file_hash, folder_hash
from finetune.processes import is_first
from finetune.recipe import Recipe, recipe_hash, write_recipe
from finetune.token_file import TokenFile
from finetune.whole import write_whole

_RUN = "run.txt"
_DECIDING = ("train", "watching", "tokens", "token_file", "dialogue", "base_model", "checkpoints", "curves", "recipe")


@dataclass(frozen=True, slots=True)
class Training:
    """What a training is of. `snapshot` is the snapshot's id."""

    recipe: Recipe
    base: Base
    snapshot: str

    @property
    def told(self) -> str:
        """Everything that it is of, in one line of hashes."""
        return f"{recipe_hash(self.recipe)} {self.snapshot} {self.base.hash}"


@dataclass(frozen=True, slots=True)
class Rows:
    """What is learned, and what the validation loss and the answers are taken from."""

    learned: TokenFile
    checked: TokenFile


def code_version() -> str:
    """The hash of the files that decide what an adapter becomes, and the versions of the libraries that do."""
    home = Path(__file__).parent
    whole = sha256("".join(file_hash(home / f"{name}.py") for name in _DECIDING).encode()).hexdigest()[:16]
    libraries = (f"{name}-{version(name)}" for name in ("trl", "peft", "transformers", "torch"))
    return " ".join((f"train-{whole}", *libraries))


def finished(training: Training, out: Path) -> Candidate | None:
    """The candidate that this training left here before, by whichever version of the code; None while it has not.

    Raises:
        TrainingFailed: the folder holds another training's candidate. CandidateInvalid: it holds a spoilt one.
    """
    if not (out / MANIFEST).is_file():
        return None
    found = read_candidate(out)
    if training.told != f"{found.recipe_hash} {found.snapshot} {found.base_hash}":
        raise TrainingFailed(f"{out} holds a candidate of another recipe, snapshot or base; use an empty folder.")
    return found


def claim(training: Training, out: Path) -> None:
    """Make the folder this training's own. Raises `TrainingFailed` where another was started in it."""
    named = f"{training.told} {code_version()}"
    out.mkdir(parents=True, exist_ok=True)
    if (out / _RUN).is_file() and (out / _RUN).read_text(encoding="utf-8") != named:
        raise TrainingFailed(
            f"{out} holds an unfinished training of another recipe, snapshot, base or version; use an empty folder."
        )
    if is_first():
        # Whole or not at all: another process of the same training may read them at this very moment.
        for path, words in ((out / RECIPE, write_recipe(training.recipe)), (out / _RUN, named)):
            write_whole(path, words.encode())


def reached(out: Path, checkpoint: Path | None) -> tuple[EpochPoint, ...]:
    """The epochs up to the checkpoint; what came after it is done again."""
    step = step_of(checkpoint) if checkpoint else 0
    points = tuple(point for point in read_curves(out / CURVES) if point.step <= step)
    if is_first():
        write_curves(points, out / CURVES)
    return points


def finish(training: Training, rows: Rows, out: Path) -> None:
    """Turn the best epoch into the candidate. Its manifest is written last: without one there is no candidate.

    Raises:
        TrainingFailed: no epoch was finished.
    """
    points = read_curves(out / CURVES)
    kept = best(points)
    if kept is None:
        raise TrainingFailed("The training came to no epoch; look at its rows and its recipe.")
    shutil.rmtree(out / ADAPTER, ignore_errors=True)
    shutil.copytree(best_folder(out, kept.epoch), out / ADAPTER)
    candidate = Candidate(
        id="",
        base=training.recipe.base,
        base_hash=training.base.hash,
        adapter_hash=folder_hash(out / ADAPTER),
        snapshot=training.snapshot,
        recipe=training.recipe.label,
        recipe_hash=recipe_hash(training.recipe),
        code_version=code_version(),
        trained_at=datetime.now(UTC),
        measures=_measures(kept, points[-1]) | _counts(rows),
    )
    write_candidate(identified(candidate), out)
    shutil.rmtree(out / CHECKPOINTS, ignore_errors=True)
    (out / _RUN).unlink(missing_ok=True)


def _measures(kept: EpochPoint, last: EpochPoint) -> dict[str, float]:
    """What the kept epoch came to, and what the whole training took."""
    names = ("epoch", "loss", "validation_loss", "answer_accuracy", "citation_accuracy")
    found = {name: float(value) for name in names if (value := getattr(kept, name)) is not None}
    took = {"seconds": last.seconds, "cost": last.cost, "tokens_per_second": last.tokens_per_second}
    return {**found, **took, "peak_mb": last.peak_mb}


def _counts(rows: Rows) -> dict[str, float]:
    return {
        "trained_on": rows.learned.kept,
        "validated_on": rows.checked.kept,
        "too_long": rows.learned.too_long + rows.checked.too_long,
    }
