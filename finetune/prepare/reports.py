"""The files of a snapshot that people read: what does not go together, a sample for privacy, and what was dropped."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

import polars as pl

from finetune.prepare.inconsistencies import Inconsistency

INCONSISTENCIES, SAMPLE, DROPPED_ROWS = "inconsistencies.jsonl", "privacy-sample.jsonl", "dropped.jsonl"


def write_inconsistencies(path: Path, found: Iterable[Inconsistency]) -> None:
    """One line a finding, those that hold rows back first; `ids` are what a decision is written about."""
    with path.open("w", encoding="utf-8") as file:
        for one in sorted(found, key=lambda each: (not each.holds, each.ordinals)):
            said = {
                "kind": one.kind.value, "held": one.holds, "ids": one.ids, "question": one.question,
                "answers": one.answers, "explanation": one.explanation,
            }  # fmt: skip
            file.write(json.dumps(said, ensure_ascii=False) + "\n")


def chosen_for_privacy(kept: pl.DataFrame, size: int) -> pl.Series:
    """The ordinals of the rows (ordinal, id, touched) that a privacy officer reads.

    Half of them are rows where something was masked, half rows where nothing was: what was missed can only be seen in
    those. Chosen by the hash of their id, so that the same rows give the same sample.
    """
    drawn = kept.with_columns(pl.Series("draw", [_draw(name) for name in kept["id"]])).sort("draw")
    touched = drawn.filter("touched").head(size - size // 2)
    untouched = drawn.filter(~pl.col("touched")).head(size - touched.height)
    return pl.concat([touched["ordinal"], untouched["ordinal"]]).sort()


def write_sample(path: Path, rows: pl.DataFrame) -> None:
    """One line a row: what was masked, and all of its text as it now is."""
    rows.select("id", "masked", "question", "answer", "history").write_ndjson(path)


def write_dropped(path: Path, rows: pl.DataFrame) -> None:
    """One line a row that is not in the snapshot: its id, the step that took it out, and why. No text."""
    rows.sort("ordinal", "step").select("id", "step", "reason").write_ndjson(path)


def _draw(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8, person=b"sample").digest(), "big")
