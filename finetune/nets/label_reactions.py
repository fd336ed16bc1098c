"""Trains the tagger of reactions in label text, and measures it on labels that it did not see.

    python -m finetune.nets.label_reactions --data ../shared/data --out DIR           # the net that ships: all labels
    python -m finetune.nets.label_reactions --data ../shared/data --out DIR --folds 2 # two nets, DIR/spans.json

It learns from the sections of TAC 2017 (CC0). With `--folds` each part of the labels is tagged by a net that learned
from the other labels; `spans.json` holds what was found there as numbers, no text and no term.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from assistant.triage.labels.spans import Span, spans
from finetune.nets.label_reaction_rows import LABELS, LabelSection, label_sections, places, rows
from finetune.nets.trainer import Recipe, operate_at, train
from retrieval.encoder import Encoder
from retrieval.nets import Nets
from retrieval.settings import RetrievalSettings

RECIPE = Recipe(
    "label_reactions", "tag", LABELS, rank=16, alpha=32, learning_rate=8e-4, epochs=6, batch_size=16, max_tokens=192
)
LOWEST = 0.1
"""Spans are kept down to this chance, so that the operating point can be chosen without tagging again."""
THRESHOLD = 0.4


def main() -> None:
    """Train what was asked for, and print what the checked labels say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--folds", type=int, default=0, help="so many nets, each measured on the labels it left out")
    parser.add_argument("--epochs", type=int, default=RECIPE.epochs)
    parser.add_argument("--max-steps", type=int, default=0)
    chosen = parser.parse_args()
    recipe = replace(RECIPE, epochs=chosen.epochs, max_steps=chosen.max_steps)
    sections = label_sections(chosen.data)
    if chosen.folds:
        for fold in range(chosen.folds):
            _fold(sections, (fold, chosen.folds), recipe, chosen.out)
        return
    # The last rows only fit the temperature; the operating point was chosen on the folds.
    train(recipe, rows(sections), rows([one for one in sections if one.part() == 0][:20]), chosen.out)
    operate_at(chosen.out, THRESHOLD)


def _fold(sections: Sequence[LabelSection], fold: tuple[int, int], recipe: Recipe, out: Path) -> None:
    """Learn from the other labels, calibrate on a tenth of them, tag part N of so many, add to `spans.json`."""
    number, parts = fold
    others = [one for one in sections if one.part(parts) != number]
    calibrated = set(sorted({one.label for one in others})[::10])
    learned = rows([one for one in others if one.label not in calibrated])
    checked = rows([one for one in others if one.label in calibrated])
    folder = out / f"fold{number}"
    report = train(recipe, learned, checked, folder)
    held = [one for one in sections if one.part(parts) == number]
    found = tagged(held, folder)
    print(f"fold {number}: losses {report.losses}, temperature {report.temperature:.2f}, {report.seconds:.0f} s")
    for threshold in (0.2, 0.3, 0.4, 0.5, 0.6):
        print(f"  {threshold}: precision, recall, F1 of exact places {exact(held, found, threshold)}", flush=True)
    keep(sections, dict(zip((one.hash for one in held), found, strict=True)), out / "spans.json")


def tagged(sections: Sequence[LabelSection], folder: Path) -> list[tuple[Span, ...]]:
    """The spans of each section by the net in the folder, down to `LOWEST`."""
    made = Nets(Encoder(RetrievalSettings())).tag([one.text for one in sections], folder)
    return [spans(section.text, one, LOWEST) for section, one in zip(sections, made, strict=True)]


def exact(sections: Sequence[LabelSection], found: Sequence[tuple[Span, ...]], threshold: float) -> tuple[float, ...]:
    """Precision, recall and F1 of places found exactly."""
    hits, all_found, all_wanted = 0, 0, 0
    for section, own in zip(sections, found, strict=True):
        wanted = set(places(section))
        got = {(span.start, span.end) for span in own if span.certainty > threshold}
        hits, all_found, all_wanted = hits + len(wanted & got), all_found + len(got), all_wanted + len(wanted)
    precision, recall = hits / max(1, all_found), hits / max(1, all_wanted)
    return round(precision, 4), round(recall, 4), round(2 * precision * recall / max(1e-9, precision + recall), 4)


def keep(learned: Sequence[LabelSection], found: Mapping[str, tuple[Span, ...]], file: Path) -> None:
    """Add the spans of each section, by the hash of its text, and the hashes of all that the shipped net learned."""
    kept = json.loads(file.read_text(encoding="utf-8"))["spans"] if file.exists() else {}
    kept |= {key: [[one.start, one.end, round(one.certainty, 3)] for one in own] for key, own in found.items()}
    file.parent.mkdir(parents=True, exist_ok=True)
    lines = ",\n".join(f'"{key}": {json.dumps(kept[key], separators=(",", ":"))}' for key in sorted(kept))
    hashes = json.dumps(sorted(one.hash for one in learned))
    file.write_text(f'{{"learned": {hashes},\n"spans": {{\n{lines}\n}}}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
