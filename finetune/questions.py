"""Puts together everything that a candidate is asked, in a fixed order and each question once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from finetune.example import Example
from finetune.regression import regression_probes
from finetune.suites.held_out import held_out_probes
from finetune.suites.names import name_probes
from finetune.suites.probe import Probe, Suite
from finetune.suites.synthetic import current_passages, synthetic_probes
from finetune.suites.written import gold_probes, safety_probes
from retrieval.index import Index
from retrieval.medicines import Medicines


def all_probes(
    index: Index,
    medicines: Medicines,
    held_out: Iterable[Example] = (),
    regression: Path | None = None,
    most_synthetic: int = 0,
) -> tuple[Probe, ...]:
    """Gold, safety, names, held-out medicines, synthetic (at most so many; 0 for all) and regression questions.

    Raises:
        ValueError: a file of questions does not fit its schema.
        EvaluationInvalid: the regression file holds a line that is no question.
    """
    written = (*gold_probes(), *safety_probes(), *name_probes(), *held_out_probes(held_out))
    made = synthetic_probes(current_passages(index), medicines, most_synthetic)
    found = [*written, *made]
    kept = regression_probes(regression, found) if regression is not None and regression.is_file() else ()
    return tuple({probe.id: probe for probe in (*found, *kept)}.values())


def counts(probes: Sequence[Probe]) -> dict[Suite, int]:
    """How many probes each suite has."""
    return {suite: sum(probe.suite is suite for probe in probes) for suite in Suite}
