"""The curve of a training: one line of JSON for each epoch, from which a stopped training also knows where it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from finetune.errors import TrainingFailed
from finetune.whole import write_whole


@dataclass(frozen=True, slots=True)
class EpochPoint:
    """What an epoch came to.

    `loss` and `validation_loss` are natural-log cross entropies for a token of the answer; the first is the mean over
    the epoch's steps, the second over the validation examples (None: there are none). `answer_accuracy` is the share of
    the questions asked to which the model wrote exactly the right claims, `citation_accuracy` to which it cited exactly
    the right passages. `tokens_per_second` counts every token learned from, prompt included, and no time of evaluation.
    `seconds` and `cost` are of the whole training up to here, restarts included.
    """

    epoch: int
    step: int
    loss: float
    validation_loss: float | None
    answer_accuracy: float | None
    citation_accuracy: float | None
    tokens_per_second: float
    peak_mb: float
    seconds: float
    cost: float


_PARSER = TypeAdapter(EpochPoint)


def read_curves(path: Path) -> tuple[EpochPoint, ...]:
    """The points in order; none where there is no file. A last line that a kill cut off is left out.

    Raises:
        TrainingFailed: the file holds something else.
    """
    lines = path.read_bytes().split(b"\n") if path.is_file() else []
    whole = lines[:-1]  # what follows the last line break was not finished
    try:
        return tuple(_PARSER.validate_json(line) for line in whole)
    except ValidationError as fault:
        raise TrainingFailed(f"{path} is not the curve of a training; train into an empty folder.") from fault


def write_curves(points: Sequence[EpochPoint], path: Path) -> None:
    """Write all points, whole or not at all."""
    write_whole(path, b"".join(_PARSER.dump_json(point) + b"\n" for point in points))


def best(points: Sequence[EpochPoint]) -> EpochPoint | None:
    """The point of the lowest validation loss, the earlier of equals; without validation, the last one."""
    if not points:
        return None
    judged = [point for point in points if point.validation_loss is not None]
    return min(judged, key=_loss) if judged else points[-1]


def exhausted(points: Sequence[EpochPoint], patience: int) -> bool:
    """Whether the validation loss has not fallen for `patience` epochs."""
    found = best(points)
    return found is not None and found.validation_loss is not None and points[-1].epoch - found.epoch >= patience


def _loss(point: EpochPoint) -> float:
    return float("inf") if point.validation_loss is None else point.validation_loss
