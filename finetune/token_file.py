"""Encoded examples on disk, in an Arrow file that the trainer maps: a large snapshot needs no large memory."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from finetune.tokens import Encoded

if TYPE_CHECKING:
    import pyarrow as pa
    from datasets import Dataset

_TOGETHER = 256


@dataclass(frozen=True, slots=True)
class TokenFile:
    """What was written: how many examples, how many were left out as longer than a row, and the first few of them."""

    path: Path
    kept: int
    too_long: int
    first: tuple[Encoded, ...]

    def dataset(self) -> Dataset:
        """The rows ready for TRL, which then pads and packs them, and neither renders nor masks anything again."""
        from datasets import Dataset

        return Dataset.from_file(str(self.path))


def write_tokens(encoded: Iterable[Encoded], path: Path, most: int, first: int = 0) -> TokenFile:
    """Write tokens and labels, a few hundred examples in memory at a time, and keep the `first` examples.

    One of more than `most` tokens is left out whole, for a cut answer teaches never to end.
    """
    import pyarrow as pa

    schema = pa.schema({"input_ids": pa.list_(pa.int32()), "labels": pa.list_(pa.int32())})
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = too_long = 0
    beginning: list[Encoded] = []
    waiting: list[Encoded] = []
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, schema) as writer:
        for one in encoded:
            if len(one.ids) > most:
                too_long += 1
                continue
            kept += 1
            waiting.append(one)
            if len(beginning) < first:
                beginning.append(one)
            if len(waiting) == _TOGETHER:
                writer.write_batch(_batch(waiting, schema))
                waiting.clear()
        writer.write_batch(_batch(waiting, schema))
    return TokenFile(path, kept, too_long, tuple(beginning))


def _batch(rows: list[Encoded], schema: pa.Schema) -> pa.RecordBatch:
    import pyarrow as pa

    columns = [pa.array([getattr(row, name) for row in rows], pa.list_(pa.int32())) for name in ("ids", "labels")]
    return pa.record_batch(columns, schema=schema)
