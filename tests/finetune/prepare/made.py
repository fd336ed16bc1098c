"""Rows, files and masks for the tests of data preparation."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from finetune.columns import ROW
from finetune.prepare.deidentify import Mask, Masked
from finetune.prepare.masks import masked_by
from guardrails.identifiers import Masker

MEDICINES = ("metformin", "warfarin", "lisinopril", "apixaban", "digoxin", "sertraline", "omeprazole", "amoxicillin")


def rules_mask() -> Mask:
    """The masker's rules without its net, which takes seconds to load."""
    return masked_by(Masker(None))


def failing_mask() -> Mask:
    """A mask that fails for texts about digoxin."""

    def mask(texts: Sequence[str]) -> list[Masked | None]:
        return [None if "digoxin" in text else Masked(text) for text in texts]

    return mask


def rows(*given: Mapping[str, object]) -> pl.DataFrame:
    """Rows with these values, numbered; what is not given is empty."""
    blank: dict[str, object] = {name: [] if isinstance(kind, pl.List) else "" for name, kind in ROW.items()}
    blank["evidence"] = "[]"
    made = [{**blank, "id": f"r{number}", "ordinal": number, **one} for number, one in enumerate(given)]
    return pl.DataFrame(made, schema=ROW)


def write_lines(path: Path, records: Sequence[object]) -> Path:
    """A file with a line of JSON for each record; a text is written as it is."""
    lines = [one if isinstance(one, str) else json.dumps(one) for one in records]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def world(count: int = 64) -> list[dict[str, object]]:
    """Different questions about eight medicines, some of them of seven patients."""
    return [
        {
            "question": f"What should one of {20 + number} know about {MEDICINES[number % 8]} and {FOOD[number % 7]}?",
            "answer": f"Tell them that {MEDICINES[number % 8]} may go with {FOOD[number % 7]}, as page {number} says.",
            "patient": f"MRN {number % 7}" if number % 3 == 0 else "",
        }
        for number in range(count)
    ]


FOOD = ("breakfast", "supper", "water", "juice", "milk", "tea", "cheese")
