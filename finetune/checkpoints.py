"""What a training leaves while it runs: whole checkpoints to go on from, and the adapter of the best epoch."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

CHECKPOINTS = "checkpoints"
_WHOLE = "whole"
_KEPT = ("adapter_config.json", "adapter_model.safetensors")


def last_checkpoint(out: Path) -> Path | None:
    """The newest checkpoint that was written to its end; a half one, as a kill leaves it, does not count."""
    whole = [path.parent for path in (out / CHECKPOINTS).glob(f"checkpoint-*/{_WHOLE}")]
    return max(whole, key=step_of) if whole else None


def step_of(checkpoint: Path) -> int:
    """After which step of the optimiser a checkpoint was written."""
    return int(checkpoint.name.rpartition("-")[2])


def mark_whole(out: Path, step: int, seconds: float) -> None:
    """Say that the checkpoint of this step is complete, and how long the training took to come to it."""
    folder = out / CHECKPOINTS / f"checkpoint-{step}"
    (folder / "half").write_text(repr(seconds), encoding="utf-8")
    (folder / "half").replace(folder / _WHOLE)


def seconds_at(checkpoint: Path) -> float:
    """How long the training took to come to a whole checkpoint."""
    return float((checkpoint / _WHOLE).read_text(encoding="utf-8"))


def best_folder(out: Path, epoch: int) -> Path:
    """Where the adapter of an epoch lies while it is the best."""
    return out / CHECKPOINTS / f"best-{epoch}"


def keep_best(half: Path, out: Path, epoch: int, base: str) -> None:
    """Make a saved adapter in `half` the adapter of this epoch, with nothing in it that differs between two runs."""
    for path in half.iterdir():
        if path.name not in _KEPT:
            path.unlink()
    _settled(half / _KEPT[0], base)
    shutil.rmtree(best_folder(out, epoch), ignore_errors=True)
    half.replace(best_folder(out, epoch))


def drop_others(out: Path, epoch: int) -> None:
    """Remove the adapters of epochs that are no longer the best."""
    for path in (out / CHECKPOINTS).glob("best-*"):
        if path != best_folder(out, epoch):
            shutil.rmtree(path, ignore_errors=True)


def _settled(config: Path, base: str) -> None:
    """PEFT writes the layers' names in the order of a set, and the folder that the base lay in."""
    held = json.loads(config.read_text(encoding="utf-8"))
    held["base_model_name_or_path"] = base
    for name in ("target_modules", "modules_to_save"):
        if isinstance(held.get(name), list):
            held[name] = sorted(held[name])
    config.write_text(json.dumps(held, indent=2, sort_keys=True) + "\n", encoding="utf-8")
