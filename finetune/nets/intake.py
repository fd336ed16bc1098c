"""Trains the net that judges requests at intake: `clinical`, `harmful` or `out_of_scope`.

    python -m finetune.nets.intake --data ../shared/data --out guardrails/nets/intake
    python -m finetune.nets.intake --data ../shared/data --folds tests/guardrails/intake_questions/out_of_fold.json

The first trains the net that is shipped, on everything. The second trains one net for each of five parts of the public
requests, without that part, and keeps what it says of them: the honest figures of `bench intake`.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from finetune.nets.intake_rows import (
    HARMFUL,
    LABELS,
    OUT_OF_SCOPE,
    Graded,
    graded_rows,
    med_safety,
    own_rows,
    plain_questions,
    xstest,
)
from finetune.nets.rows import TextRow
from finetune.nets.trainer import Recipe, TrainReport, operate_at, train

FOLDS = 5
THRESHOLD = 0.9
"""Where the net's opinion of harm begins to count, chosen on the out-of-fold rows and our own tuned questions."""
RECIPE = Recipe(
    name="intake", task="text", labels=LABELS, epochs=3, batch_size=32, max_tokens=64, learning_rate=6e-4, threads=1
)
_PUBLIC_WEIGHT = 1.0


def rows_of(data: Path, graded: Sequence[Graded]) -> list[TextRow]:
    """What a net learns from: our own questions, plain public ones, and these requests of the public sets."""
    return [*own_rows(RECIPE.seed), *plain_questions(data), *graded_rows(graded, _PUBLIC_WEIGHT)]


def ship(data: Path, out: Path) -> TrainReport:
    """Train the net that is shipped, on everything; every tenth row calibrates it and is not learned from."""
    rows = rows_of(data, [*med_safety(data), *xstest(data)])
    held = [row for at, row in enumerate(rows) if at % 10 == 0]
    report = train(RECIPE, [row for at, row in enumerate(rows) if at % 10], held, out)
    operate_at(out, THRESHOLD)
    return report


def out_of_fold(data: Path, fold: int) -> dict[str, tuple[float, float]]:
    """For each public request of one part, by its key, what a net that never saw it says: harmful, out of scope."""
    graded = [*med_safety(data), *xstest(data)]
    part = [each for each in graded if int(each.key, 16) % FOLDS == fold]
    rest = [each for each in graded if int(each.key, 16) % FOLDS != fold]
    with TemporaryDirectory() as folder:
        recipe = replace(RECIPE, seed=RECIPE.seed + fold)
        report = train(recipe, rows_of(data, rest), graded_rows(part, 1.0), Path(folder))
    found = _columns(report.probabilities)
    print(f"part {fold + 1}: {len(part)} requests, temperature {report.temperature:.2f}", flush=True)
    return {each.key: (round(float(a), 4), round(float(b), 4)) for each, (a, b) in zip(part, found, strict=True)}


def _columns(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    return probabilities[:, [LABELS.index(HARMFUL), LABELS.index(OUT_OF_SCOPE)]]


def main() -> None:
    """Train as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the public development data")
    parser.add_argument("--out", type=Path, help="where the shipped net goes")
    parser.add_argument("--folds", type=Path, help="where the out-of-fold opinions go")
    given = parser.parse_args()
    if given.folds:
        said: dict[str, tuple[float, float]] = {}
        for fold in range(FOLDS):
            said |= out_of_fold(given.data, fold)
        given.folds.write_text(json.dumps(dict(sorted(said.items())), indent=0) + "\n", encoding="utf-8")
    if given.out:
        report = ship(given.data, given.out)
        right = float((report.probabilities.argmax(axis=1) == report.targets).mean())
        print(f"{len(report.targets)} held-out rows, {right:.3f} right, {report.seconds:.0f} s")


if __name__ == "__main__":
    main()
