"""`pharmassist bench dose-vignettes`: do the dose checks warn where a ward pharmacist would, and only there?

The vignettes of `tests/guardrails/vignettes/` were written from the rule files before any was run. Sensitivity is the
share of the vignettes with a fault of which every expected warning is raised; a false alarm is an ordinary question for
which anything is raised at warn or worse. Vignettes of one kind resemble each other, so the intervals are a little too
narrow; and since failures were looked at and put right, only the first result (in docs/measurements.md) was blind.

    pharmassist bench dose-vignettes
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from finetune.measure import BenchReport, Metric, peak_mb, proportion
from tests.guardrails.dose_vignettes import Vignette, faults, findings_of, known_failures, load


@dataclass(frozen=True, slots=True)
class Judged:
    """A vignette and what was wrong with what the checks raised for it."""

    vignette: Vignette
    faults: tuple[str, ...]

    @property
    def is_missed(self) -> bool:
        return any(fault.startswith("missing: ") for fault in self.faults)


def run(data: Path) -> BenchReport:
    """Judge every vignette; nothing under `data` is used."""
    started = perf_counter()
    judged = [Judged(one, faults(one, findings_of(one))) for one in load()]
    known = known_failures()
    failures = tuple(
        f"{one.vignette.group}/{one.vignette.id}: {one.vignette.question} -- {'; '.join(one.faults)}"
        f" ({known.get(one.vignette.id, 'new')})"
        for one in judged
        if one.faults
    )
    return BenchReport("dose-vignettes", dict(_metrics(judged)), {}, failures, perf_counter() - started, peak_mb())


def _metrics(judged: Sequence[Judged]) -> Iterator[tuple[str, Metric]]:
    faulty = [one for one in judged if not one.vignette.is_ordinary]
    ordinary = [one for one in judged if one.vignette.is_ordinary]
    yield "sensitivity", _share(not one.is_missed for one in faulty)
    yield "false alarms", _share(bool(one.faults) for one in ordinary)
    for group in dict.fromkeys(one.vignette.group for one in faulty):
        yield f"sensitivity, {group}", _share(not one.is_missed for one in faulty if one.vignette.group == group)


def _share(hits: Iterator[bool]) -> Metric:
    counted = list(hits)
    return proportion(sum(counted), len(counted))
