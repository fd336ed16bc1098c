"""Where finished chunks lie while the work goes on, and the markers that say that they are finished.

A marker is bound to the content of its chunk, to everything else that the work depended on, and to the hash of what
came out; it is written last. After a kill at any moment a chunk is either finished or done again.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import polars as pl

from finetune.hashes import file_hash
from finetune.prepare.chunks import Chunk
from finetune.prepare.stage import Plan, Prepared
from finetune.whole import write_whole


@dataclass(frozen=True, slots=True)
class Marker:
    """A finished chunk: what it is bound to, the hashes of its two files, its rows, processor seconds by step."""

    key: str
    rows_hash: str
    dropped_hash: str
    read: int
    rows: int
    seconds: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Store:
    """The folder of the work. `number` is a chunk's place among all chunks."""

    folder: Path

    def rows_path(self, number: int) -> Path:
        """The rows of a chunk."""
        return self.folder / "rows" / f"{number:06}.parquet"

    def dropped_path(self, number: int) -> Path:
        """What was dropped of a chunk."""
        return self.folder / "dropped" / f"{number:06}.parquet"

    def keep(self, number: int, chunk: Chunk, plan: Plan, made: Prepared) -> Marker:
        """Write what a chunk became, and last its marker. Raises `OSError`."""
        paths = self.rows_path(number), self.dropped_path(number)
        for path, frame in zip(paths, (made.rows, made.dropped), strict=True):
            write_frame(frame, path)
        marker = Marker(
            bound(chunk, plan), file_hash(paths[0]), file_hash(paths[1]), made.read, made.rows.height, made.seconds
        )
        write_whole(self._marker_path(number), json.dumps(asdict(marker)))
        return marker

    def finished(self, number: int, chunk: Chunk, plan: Plan) -> Marker | None:
        """The marker of a chunk that is finished as it stands, else None."""
        try:
            marker = Marker(**json.loads(self._marker_path(number).read_text(encoding="utf-8")))
            whole = (file_hash(self.rows_path(number)), file_hash(self.dropped_path(number)))
        except (OSError, ValueError, TypeError):
            return None
        same = marker.key == bound(chunk, plan) and whole == (marker.rows_hash, marker.dropped_hash)
        return marker if same else None

    def _marker_path(self, number: int) -> Path:
        return self.folder / "markers" / f"{number:06}.json"


def bound(chunk: Chunk, plan: Plan) -> str:
    """What a chunk's marker is bound to."""
    return sha256(f"{chunk.key}\n{plan.digest}".encode()).hexdigest()


def write_frame(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame so that a reader, and we after a kill, see all of it or nothing of it. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    frame.write_parquet(fresh, compression="zstd", compression_level=1)
    fresh.replace(path)


Engine = Callable[[list[Chunk], Plan, Store], Iterator[Marker]]
"""Works on every chunk that is not finished, and yields the marker of each, in order."""
