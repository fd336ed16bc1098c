"""Cuts files into chunks that any worker can read on its own, and numbers their records.

A chunk of text is a range of bytes that begins and ends between two records; a chunk of Parquet is a range of rows.
Where a file is cut depends on `batch_rows`; the number of a record does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from finetune.errors import PrepareRefused
from finetune.hashes import file_hash

LONGEST_RECORD = 4_000_000
"""Bytes; a longer line is no example. It is still passed over whole."""
_BLOCK = 1 << 20


class Format(StrEnum):
    """The kinds of file that are read; the value is the ending of the file's name."""

    JSONL = "jsonl"
    CSV = "csv"
    PARQUET = "parquet"


_ENDINGS = {".jsonl": Format.JSONL, ".ndjson": Format.JSONL, ".csv": Format.CSV, ".parquet": Format.PARQUET}


@dataclass(frozen=True, slots=True)
class Input:
    """One file to be read: its SHA-256, and the name and licence that its examples carry.

    `own` are examples of ours, whose ids and labels mean something here; a foreign id could be a record number.
    """

    path: Path
    format: Format
    sha256: str
    name: str
    licence: str = ""
    own: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """Records `first` and following of an input: bytes, or rows of Parquet, from `start` up to `end`.

    `place` is the input's place among all, in the order of their hashes.
    """

    input: Input
    place: int
    start: int
    end: int
    first: int

    @property
    def key(self) -> str:
        """What identifies the content of the chunk."""
        one = self.input
        return f"{one.sha256}:{one.name}:{one.licence}:{self.place}:{self.start}-{self.end}@{self.first}"


def find_inputs(paths: Iterable[Path], licence: str = "") -> tuple[Input, ...]:
    """The files of paths and folders, in the order of their hashes, each content once.

    A file `NAME.licence` beside an input says its licence. Raises `PrepareRefused`.
    """
    found: dict[str, Input] = {}
    for path in _files(paths):
        if path.stat().st_size:
            one = Input(path, _ENDINGS[path.suffix.lower()], file_hash(path), path.name, _licence(path) or licence)
            found.setdefault(one.sha256, one)
    if not found:
        raise PrepareRefused("there is nothing to read: name files that end in .jsonl, .csv or .parquet and hold rows")
    return tuple(found[key] for key in sorted(found))


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.suffix.lower() in _ENDINGS)
        elif not path.is_file():
            raise PrepareRefused(f"no such file or folder: {path}")
        elif path.suffix.lower() not in _ENDINGS:
            raise PrepareRefused(f"{path.name} is of no kind that is read here: .jsonl, .csv or .parquet")
        else:
            yield path


def _licence(path: Path) -> str:
    beside = path.with_name(f"{path.name}.licence")
    return beside.read_text(encoding="utf-8").strip() if beside.is_file() else ""


def chunks(inputs: Iterable[Input], batch_rows: int) -> Iterator[Chunk]:
    """All chunks, in the order of their records. Raises `PrepareRefused` for a Parquet file that is none."""
    for place, one in enumerate(inputs):
        ranges = _parquet_ranges if one.format is Format.PARQUET else _text_ranges
        for start, end, first in ranges(one, batch_rows):
            yield Chunk(one, place, start, end, first)


def _parquet_ranges(one: Input, batch_rows: int) -> Iterator[tuple[int, int, int]]:
    try:
        rows = pq.read_metadata(one.path).num_rows
    except (pa.ArrowInvalid, OSError) as error:
        raise PrepareRefused(f"{one.name} is no Parquet file") from error
    for start in range(0, rows, batch_rows):
        yield start, min(rows, start + batch_rows), start


def _text_ranges(one: Input, batch_rows: int) -> Iterator[tuple[int, int, int]]:
    """Ranges of whole lines; of CSV ranges of whole records, whose quotation marks are even in number."""
    start = at = records = held = 0
    quotes = 0
    with one.path.open("rb") as file:
        if one.format is Format.CSV:
            start = at = _header_end(one)
            file.seek(start)
        while line := file.readline(_BLOCK):
            at += len(line)
            if one.format is Format.CSV:
                quotes += line.count(b'"')
            if not line.endswith(b"\n") or quotes % 2:
                continue
            records, held = records + 1, held + 1
            if held == batch_rows:
                yield start, at, records - held
                start, held = at, 0
    if at > start:
        yield start, at, records - held


def _header_end(one: Input) -> int:
    """Where the first record of a CSV file ends."""
    with one.path.open("rb") as file:
        quotes = file.readline(_BLOCK).count(b'"')
        while quotes % 2 and (line := file.readline(_BLOCK)):
            quotes += line.count(b'"')
        return file.tell()
