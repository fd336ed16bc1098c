"""Trains the tagger of patient identifiers: `python -m finetune.nets.identifiers --data ../shared/data --out DIR`.

It learns from texts that we make (`identifier_texts.py`) from the training parts of ASQ-PHI and of Presidio's
synthetic set (both MIT), and from half of our starter monographs, which name nobody. Held-out parts are not read here.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from finetune.nets.deid_sets import LABELS, DeidText, Part, deid_texts
from finetune.nets.identifier_texts import made_rows
from finetune.nets.monographs import facts, monographs
from finetune.nets.rows import TagRow
from finetune.nets.trainer import Recipe, TrainReport, operate_at, train

RECIPE = Recipe("identifiers", "tag", LABELS, rank=16, alpha=32, learning_rate=8e-4, epochs=3, batch_size=64)
MADE = 30_000
"""Texts that are made to learn from."""
THRESHOLD = 0.4
"""A token is masked where the probability of an identifier is above this."""


def main() -> None:
    """Train, print what the validation rows say, and write the net."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--made", type=int, default=MADE, help="texts to make")
    chosen = parser.parse_args()
    show(ship(chosen.data, chosen.out, made=chosen.made))


def ship(data: Path, out: Path, recipe: Recipe = RECIPE, made: int = MADE) -> TrainReport:
    """Train on so many made texts and the training parts, and write the net with its operating point."""
    texts = deid_texts(data)
    learned = made_rows(made, seed=11) + rows(texts, "training") * 4 + plain_rows() * 2
    checked = made_rows(800, seed=12) + rows(texts, "calibration")
    print(f"{len(learned)} rows to learn from, {len(checked)} to calibrate on", flush=True)
    report = train(recipe, learned, checked, out)
    operate_at(out, THRESHOLD)
    return report


def rows(texts: Sequence[DeidText], part: Part) -> list[TagRow]:
    """The texts of one part as rows."""
    return [
        TagRow(text.text, tuple((one.start, one.end, one.label) for one in text.marked if one.label != "O"))
        for text in texts
        if text.part == part
    ]


def plain_rows() -> list[TagRow]:
    """Sentences of the starter monographs that train: they hold no identifier. Half of the medicines stay out."""
    return [TagRow(fact) for file in monographs("training") for fact in facts(file)]


def show(report: TrainReport) -> None:
    """Print recall and false alarms per token of the calibration rows at several thresholds."""
    wanted = report.targets > 0
    print(f"losses {report.losses}, temperature {report.temperature:.2f}, {report.seconds:.0f} s")
    for threshold in (0.05, 0.1, 0.2, 0.3, 0.5, 0.7):
        found = 1 - report.probabilities[:, 0] > threshold
        print(f"{threshold}: recall {found[wanted].mean():.4f}, false {found[~wanted].mean():.4f}")
    for number, label in enumerate(LABELS[1:], start=1):
        own = report.targets == number
        seen = 1 - report.probabilities[own, 0] > THRESHOLD
        print(f"  {label}: {np.sum(own)} tokens, recall {seen.mean():.4f}")


if __name__ == "__main__":
    main()
