"""Trains the net that marks reported reactions: suspected medicine, reaction that happened, reaction known in general.

    python -m finetune.nets.adverse_events --data ../shared/data --out guardrails/nets/adverse_events

It reads `label_reactions`, `labels` and `qa` under the data, and nothing of the ADE corpus.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from finetune.nets.adverse_patterns import HAPPENED, LABELS
from finetune.nets.adverse_rows import all_rows
from finetune.nets.rows import TagRow
from finetune.nets.trainer import Recipe, TrainReport, operate_at, train

THRESHOLD = 0.1
"""From which probability on a word is taken for a reaction that happened; chosen for recall on our own messages."""
RECIPE = Recipe(
    "adverse_events", "tag", LABELS, dropout=0.0, learning_rate=8e-4, epochs=2, batch_size=32, max_tokens=128
)
_HELD = 20
"""One row of so many calibrates and is not learned from."""


def ship(data: Path, out: Path, recipe: Recipe = RECIPE) -> TrainReport:
    """Train on everything but the rows that calibrate, and write the net with its operating point."""
    rows = all_rows(data, recipe.seed)
    held = [row for at, row in enumerate(rows) if at % _HELD == 0]
    learned = [row for at, row in enumerate(rows) if at % _HELD]
    print(f"{len(learned)} texts to learn from, {len(held)} to calibrate on", flush=True)
    report = train(recipe, learned, held, out)
    operate_at(out, THRESHOLD)
    return report


def recall_of(report: TrainReport, label: str = HAPPENED) -> tuple[float, float]:
    """Recall and precision of one label over the tokens that calibrated."""
    at = LABELS.index(label)
    said, true = report.probabilities.argmax(axis=1) == at, report.targets == at
    both = float(np.sum(said & true))
    return both / max(1.0, float(true.sum())), both / max(1.0, float(said.sum()))


def described(rows: Sequence[TagRow]) -> str:
    """How many rows there are, and how many report a reaction."""
    told = sum(any(label == HAPPENED for *_, label in row.spans) for row in rows)
    return f"{len(rows)} texts, {told} of them report a reaction"


def main() -> None:
    """Train as the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the public development data")
    parser.add_argument("--out", type=Path, required=True, help="where the net goes")
    parser.add_argument("--threads", type=int, default=RECIPE.threads, help="processor threads")
    parser.add_argument("--steps", type=int, default=0, help="end after so many steps (0: all epochs)")
    parser.add_argument("--start", default="", help="go on from the net in this folder")
    parser.add_argument("--rate", type=float, default=RECIPE.learning_rate, help="learning rate of the adapter")
    given = parser.parse_args()
    recipe = replace(RECIPE, threads=given.threads, max_steps=given.steps, start=given.start, learning_rate=given.rate)
    report = ship(given.data, given.out, recipe)
    recall, precision = recall_of(report)
    print(f"words of reactions: recall {recall:.3f}, precision {precision:.3f}; {report.seconds:.0f} s")


if __name__ == "__main__":
    main()
