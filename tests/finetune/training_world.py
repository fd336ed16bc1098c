"""A small frozen snapshot of made-up examples, its base and a recipe, for the tests of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from transformers import PreTrainedTokenizerFast

from assistant.reply import write_reply
from finetune.columns import to_frame
from finetune.dialogue import messages
from finetune.example import Example, Snapshot, Split
from finetune.recipe import Recipe
from finetune.snapshot import RowsWriter, freeze, rows_file
from guardrails.claim import Claim
from retrieval.passage import Citation
from tests.assistant.evidence import ADULTS, RENAL
from tests.finetune.tiny_causal import make_base, make_tokeniser

MADE_AT = datetime(2026, 11, 1, tzinfo=UTC)
DOSE = "The usual starting dose is 500 mg twice daily or 850 mg once daily, with meals."
KIDNEY = "It is contraindicated below 30 mL/min/1.73 m2."
PLAIN = Recipe(
    "tiny", 1, "base", rank=8, alpha=16, dropout=0.1, learning_rate=1e-2, batch_size=2, epochs=2, max_tokens=1024,
    precision="float32", packing=False, answers=2, answer_tokens=120, patience=9, tracking=(), save_every=1,
    checkpoint_gradients=False, schedule="constant_with_warmup", warmup=0.0,
)  # fmt: skip


def example(place: int, *, kidney: bool = False) -> Example:
    """One question about metformin, numbered so that no two are the same."""
    quote, source = (KIDNEY, RENAL) if kidney else (DOSE, ADULTS)
    claim = Claim(f"Metformin: {quote}", (Citation(source.key, quote),))
    asked = "In which renal failure is metformin forbidden" if kidney else "What is the first dose of metformin"
    return Example(
        id=f"example-{place}",
        question=f"{asked} (case {place})?",
        answer=write_reply((claim,)),
        evidence=(ADULTS, RENAL),
        medicines=("metformin",),
    )


def examples(count: int, start: int = 0) -> tuple[Example, ...]:
    return tuple(example(place, kidney=place % 2 == 1) for place in range(start, start + count))


def snapshot(folder: Path, rows: Mapping[Split, Sequence[Example]]) -> Snapshot:
    """Freeze examples as preparation does."""
    folder.mkdir(parents=True, exist_ok=True)
    for split in Split:
        with RowsWriter(folder / rows_file(split)) as writer:
            writer.add(to_frame(rows.get(split, ())))
    counts = {split: len(rows.get(split, ())) for split in Split}
    return freeze(folder, ("made-up",), counts, map(rows_file, Split), MADE_AT)


def make_tokeniser_of(folder: Path, rows: Sequence[Example]) -> PreTrainedTokenizerFast:
    """A tokeniser that knows the rows' words."""
    return make_tokeniser(folder, [message.content for row in rows for message in messages(row)])


def base(folder: Path, rows: Sequence[Example]) -> Path:
    """An untrained base whose tokeniser knows the rows' words."""
    return make_base(folder, [message.content for row in rows for message in messages(row)])


def world(folder: Path, learned: int = 6, checked: int = 2) -> tuple[Recipe, Path]:
    """A recipe with its base, and the snapshot's folder."""
    rows = examples(learned + checked)
    snapshot(folder / "snapshot", {Split.TRAIN: rows[:learned], Split.VALIDATION: rows[learned:]})
    return replace(PLAIN, base=str(base(folder / "base", rows))), folder / "snapshot"
