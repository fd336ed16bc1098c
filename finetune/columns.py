"""The rows of data preparation: one Polars schema, and `Example` both ways.

Evidence is JSON text, so that every engine and file format carries it unchanged. `ordinal` says where a row was read:
it orders rows the same way however they were cut into batches and whoever worked on them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache

import polars as pl
from pydantic import TypeAdapter, ValidationError

from finetune.errors import RowsInvalid
from finetune.example import Example, Labels
from retrieval.passage import Passage

LABELS = ("topic", "section", "area", "population", "task", "difficulty")
SCHEMA = pl.Schema(
    {
        "id": pl.String(),
        "question": pl.String(),
        "answer": pl.String(),
        "evidence": pl.String(),
        "medicines": pl.List(pl.String()),
        "history": pl.List(pl.String()),
        "source": pl.String(),
        "licence": pl.String(),
        "group": pl.String(),
        "language": pl.String(),
        **{label: pl.String() for label in LABELS},
    }
)
"""What a row of a snapshot holds."""
ROW = pl.Schema({"ordinal": pl.UInt64(), **SCHEMA})
"""What a row holds on its way through the steps."""
DROPPED = pl.Schema({"ordinal": pl.UInt64(), "id": pl.String(), "step": pl.String(), "reason": pl.String()})
"""A row that a step took out, and why; never a word of its text."""
NO_EVIDENCE = "[]"
_PASSAGES = TypeAdapter(tuple[Passage, ...])


def to_frame(examples: Iterable[Example]) -> pl.DataFrame:
    """The examples as rows of `SCHEMA`, in order."""
    held: dict[str, list[object]] = {name: [] for name in SCHEMA}
    for one in examples:
        for name in ("id", "question", "answer", "source", "licence", "group", "language"):
            held[name].append(getattr(one, name))
        held["evidence"].append(evidence_text(one.evidence))
        held["medicines"].append(list(one.medicines))
        held["history"].append(list(one.history))
        for label in LABELS:
            held[label].append(getattr(one.labels, label))
    return pl.DataFrame(held, schema=SCHEMA)


def from_frame(frame: pl.DataFrame) -> Iterator[Example]:
    """The rows as examples, in order; further columns are left aside. Raises `RowsInvalid`."""
    for row in frame.select(SCHEMA.names()).iter_rows(named=True):
        yield Example(
            id=row["id"], question=row["question"], answer=row["answer"], evidence=passages_of(row["evidence"]),
            medicines=tuple(row["medicines"]), history=tuple(row["history"]), source=row["source"],
            licence=row["licence"], group=row["group"], language=row["language"],
            labels=Labels(*(row[label] for label in LABELS)),
        )  # fmt: skip


def evidence_text(passages: tuple[Passage, ...]) -> str:
    """Passages as the JSON text of a row; the same passages always give the same text."""
    if not passages:
        return NO_EVIDENCE
    return json.dumps(_PASSAGES.dump_python(passages, mode="json"), ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=4096)
def passages_of(text: str) -> tuple[Passage, ...]:
    """The passages of a row's evidence. Raises `RowsInvalid`."""
    if text == NO_EVIDENCE:
        return ()
    try:
        return _PASSAGES.validate_json(text)
    except ValidationError as error:
        raise RowsInvalid("the evidence of a row is no list of passages") from error


def dropped(frame: pl.DataFrame, step: str, reason: str | pl.Expr) -> pl.DataFrame:
    """These rows as taken out by a step for a reason."""
    why = pl.lit(reason) if isinstance(reason, str) else reason
    return frame.select("ordinal", "id", pl.lit(step).alias("step"), why.cast(pl.String).alias("reason"))
