"""The Ray Data engine: the same work on many machines. Chunks go out, rows come back, and the store is the same.

Each chunk is one row of a Ray dataset; `map_batches` runs `finetune.prepare.stage.prepared` on it, wherever Ray puts
it. The inputs must lie where every worker can read them. What needs all rows together (`finetune.prepare.decide`) runs
on numbers of the rows, where this was called.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa

from finetune.errors import ExtraMissing
from finetune.prepare.chunks import Chunk
from finetune.prepare.stage import Plan, Prepared, prepared, tools
from finetune.prepare.store import Marker, Store

_AT_ONCE = 64
"""Chunks that are under way at a time: their rows lie in Ray's memory until they are written."""


def on_ray(chunks: list[Chunk], plan: Plan, store: Store) -> Iterator[Marker]:
    """Work on every chunk that is not finished. See `finetune.prepare.store.Engine`. Raises `ExtraMissing`."""
    for start in range(0, len(chunks), _AT_ONCE):
        part = dict(enumerate(chunks[start : start + _AT_ONCE], start=start))
        done = {number: store.finished(number, chunk, plan) for number, chunk in part.items()}
        missing = [number for number, marker in done.items() if marker is None]
        if missing:
            for number, made in _worked({number: part[number] for number in missing}, plan):
                done[number] = store.keep(number, part[number], plan, made)
        for number in part:
            marker = done[number]
            assert marker is not None
            yield marker


def _worked(jobs: Mapping[int, Chunk], plan: Plan) -> Iterator[tuple[int, Prepared]]:
    """What each chunk became, in whatever order Ray finishes them."""
    try:
        import ray
        from ray.data import DataContext
    except ImportError as error:
        raise ExtraMissing("ray") from error
    if not ray.is_initialized():
        ray.init(include_dashboard=False, log_to_driver=False, configure_logging=False)
    DataContext.get_current().enable_progress_bars = False
    numbers = ray.data.from_items([{"number": number} for number in jobs]).repartition(len(jobs))
    made = numbers.map_batches(_Work(plan, jobs), batch_size=1, batch_format="pyarrow", zero_copy_batch=True)
    for batch in made.iter_batches(batch_size=1, batch_format="pyarrow"):
        assert isinstance(batch, pa.Table)
        for row in batch.to_pylist():
            yield row["number"], _read(row)


@dataclass(frozen=True)
class _Work:
    """The function that Ray sends to its workers, with the plan and the chunks in it."""

    plan: Plan
    jobs: Mapping[int, Chunk]

    def __call__(self, batch: pa.Table) -> pa.Table:
        rows = [
            _written(number, prepared(self.jobs[number], tools(self.plan))) for number in batch["number"].to_pylist()
        ]
        return pa.Table.from_pylist(rows, _SENT)


_SENT = pa.schema(
    [("number", pa.int64()), ("rows", pa.large_binary()), ("dropped", pa.large_binary()), ("read", pa.int64()),
     ("seconds", pa.string())]
)  # fmt: skip


def _written(number: int, made: Prepared) -> dict[str, object]:
    return {
        "number": number, "rows": _bytes(made.rows), "dropped": _bytes(made.dropped), "read": made.read,
        "seconds": json.dumps(made.seconds),
    }  # fmt: skip


def _read(row: Mapping[str, Any]) -> Prepared:
    rows, dropped = (pl.read_ipc(io.BytesIO(row[name])) for name in ("rows", "dropped"))
    return Prepared(rows, dropped, row["read"], json.loads(row["seconds"]))


def _bytes(frame: pl.DataFrame) -> bytes:
    held = io.BytesIO()
    frame.write_ipc(held, compression="zstd")
    return held.getvalue()
