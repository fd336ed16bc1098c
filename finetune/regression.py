"""What an earlier release got right, kept as probes: a later one must get it right too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from finetune.errors import EvaluationInvalid
from finetune.evaluate import Evaluation
from finetune.suites.probe import Probe, Suite

_SHAPE: TypeAdapter[Probe] = TypeAdapter(Probe)


def keep_right(evaluation: Evaluation, probes: Sequence[Probe], path: Path) -> int:
    """Write the probes that an evaluation got right, one a line, and return how many.

    Raises:
        EvaluationInvalid: the probes are not those of the evaluation.
    """
    by_id = {probe.id: probe for probe in probes}
    right = [each for each in evaluation.results if each.is_right]
    if any(each.probe not in by_id or by_id[each.probe].content != each.content for each in right):
        raise EvaluationInvalid("These are not the questions that were evaluated.")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as lines:
        for each in right:
            lines.write(_SHAPE.dump_json(by_id[each.probe]) + b"\n")
    return len(right)


def regression_probes(path: Path, others: Sequence[Probe] = ()) -> tuple[Probe, ...]:
    """The kept probes as the regression suite; what is asked by `others` anyway is left out, so that it counts once.

    Raises:
        EvaluationInvalid: a line is no probe.
    """
    asked = {probe.content for probe in others}
    found: dict[str, Probe] = {}
    with path.open("rb") as lines:
        for at, line in enumerate(lines, start=1):
            try:
                probe = _SHAPE.validate_json(line)
            except ValidationError as error:
                raise EvaluationInvalid(f"Line {at} of {path} is no question of a regression set.") from error
            if probe.content not in asked:
                name = f"{Suite.REGRESSION.value}/{probe.id.replace('/', '-')}"
                found[probe.content] = replace(probe, id=name, suite=Suite.REGRESSION, twin="")
    return tuple(found.values())
