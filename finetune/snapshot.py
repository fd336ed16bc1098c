"""A frozen dataset: what was prepared, bound by hashes to what it was made from and to the code that made it.

The rows are written in the order in which they were read, in row groups of one size, so that the files' hashes depend
on the rows alone: not on the size of batches, the number of processes, or the engine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Self

import polars as pl
import pyarrow.parquet as pq
from pydantic import TypeAdapter, ValidationError

from assistant.prompt import answer_prompt
from finetune.columns import SCHEMA, from_frame
from finetune.errors import SnapshotInvalid
from finetune.example import Example, Snapshot, Split
from finetune.hashes import file_hash
from finetune.whole import write_whole

MANIFEST = "snapshot.json"
ROW_GROUP = 16_384
"""Rows of a row group: a megabyte or a few, read and written in one piece."""
_SNAPSHOT = TypeAdapter(Snapshot)
_CODE = (
    *("finetune/prepare", "finetune/columns.py", "finetune/dialogue.py", "finetune/example.py", "finetune/snapshot.py"),
    *("assistant/prompt.py", "guardrails", "retrieval"),
)
"""What decides about a row: the steps, and the masker, the rules and the medicines that they use."""


def freeze(
    folder: Path, parents: Iterable[str], rows: Mapping[Split, int], files: Iterable[str], made_at: datetime
) -> Snapshot:
    """Write the manifest of a folder whose files are complete, last of all: a folder without one is no snapshot.

    `files` are names relative to the folder. Raises `OSError`.
    """
    hashes = {name: file_hash(folder / name) for name in sorted(files)}
    counts = {split: rows.get(split, 0) for split in Split}
    unnamed = Snapshot("", tuple(sorted(set(parents))), code_version(), answer_prompt().label, counts, hashes, made_at)
    frozen = Snapshot(identity(unnamed), unnamed.parents, unnamed.code_version, unnamed.prompt, counts, hashes, made_at)
    write_whole(folder / MANIFEST, json.dumps(_SNAPSHOT.dump_python(frozen, mode="json"), indent=1))
    return frozen


def read_snapshot(folder: Path) -> Snapshot:
    """The snapshot of a folder. Its files are not hashed here: `verify` does that.

    Raises:
        SnapshotInvalid: there is none, or its manifest was changed.
    """
    try:
        found = _SNAPSHOT.validate_json((folder / MANIFEST).read_bytes())
    except OSError as error:
        raise SnapshotInvalid(f"{folder} holds no snapshot; make one with: pharmassist prepare") from error
    except ValidationError as error:
        raise SnapshotInvalid(f"{folder / MANIFEST} is no manifest of a snapshot") from error
    if found.id != identity(found):
        raise SnapshotInvalid(f"{folder / MANIFEST} was changed: its id is not that of what it says")
    return found


def verify(folder: Path) -> tuple[str, ...]:
    """What is not as it was frozen, one sentence each; empty where all of it is. Raises `SnapshotInvalid`."""
    snapshot = read_snapshot(folder)
    wrong = []
    for name, known in snapshot.files.items():
        if not (folder / name).is_file():
            wrong.append(f"{name} is missing")
        elif file_hash(folder / name) != known:
            wrong.append(f"{name} was changed")
    for split, count in snapshot.rows.items():
        path = folder / rows_file(split)
        if not wrong and pq.read_metadata(path).num_rows != count:
            wrong.append(f"{path.name} does not hold {count} rows")
    return tuple(wrong)


def require_unchanged(folder: Path) -> None:
    """Raise `SnapshotInvalid` where something is not as it was frozen."""
    if wrong := verify(folder):
        raise SnapshotInvalid(f"The snapshot {folder} is not as it was frozen: {wrong[0]}.")


def identity(snapshot: Snapshot) -> str:
    """SHA-256, as hex, over everything that the snapshot says but its own id and when it was made."""
    said = _SNAPSHOT.dump_python(snapshot, mode="json", exclude={"id", "made_at"})
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def rows_file(split: Split) -> str:
    """The name of the file that holds the rows of a split."""
    return f"{split.value}.parquet"


def read_rows(folder: Path, split: Split, batch_rows: int = 4096) -> Iterator[Example]:
    """The examples of one split, in order, a batch in memory at a time. Raises `SnapshotInvalid`, `RowsInvalid`."""
    path = folder / rows_file(split)
    if not path.is_file():
        raise SnapshotInvalid(f"{folder} holds no {path.name}; make the snapshot again with: pharmassist prepare")
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(batch_rows):
            frame = pl.from_arrow(batch)
            assert isinstance(frame, pl.DataFrame)
            yield from from_frame(frame)


@cache
def code_version() -> str:
    """The hash of the code that prepares and renders examples: a changed step makes another snapshot."""
    home = Path(__file__).resolve().parents[1]
    whole = hashlib.sha256()
    for place in (home / name for name in _CODE):
        for path in sorted(place.rglob("*") if place.is_dir() else [place]):
            if path.suffix in {".py", ".yaml", ".csv", ".txt", ".safetensors"}:
                whole.update(f"{path.relative_to(home).as_posix()}\0{file_hash(path)}\n".encode())
    return f"prepare-{whole.hexdigest()[:16]}"


class RowsWriter:
    """Writes the rows of one split, in order, as row groups of `ROW_GROUP` rows however they come."""

    def __init__(self, path: Path) -> None:
        self._schema = pl.DataFrame(schema=SCHEMA).to_arrow().schema
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        self._waiting = pl.DataFrame(schema=SCHEMA)
        self.rows = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Add rows; only the columns of `SCHEMA` are kept."""
        self.rows += frame.height
        self._waiting = pl.concat([self._waiting, frame.select(SCHEMA.names())])
        while self._waiting.height >= ROW_GROUP:
            self._write(self._waiting.head(ROW_GROUP))
            self._waiting = self._waiting.slice(ROW_GROUP)

    def close(self) -> None:
        """Write what is waiting and end the file."""
        if self._waiting.height or not self.rows:
            self._write(self._waiting)
        self._writer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _write(self, frame: pl.DataFrame) -> None:
        # One chunk a row group: how the rows came together must not show in the file.
        table = frame.rechunk().to_arrow().cast(self._schema).combine_chunks()
        self._writer.write_table(table, row_group_size=ROW_GROUP)
