"""Step pack: several examples in one sequence, each with a beginning of its own, so that nothing is padded.

Position ids begin again at every example: that is how attention that knows of packing (TRL's, FlashAttention's) keeps
them apart. Without it one example would be read as the history of the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow.parquet as pq
from numpy.typing import NDArray

from finetune.errors import SnapshotInvalid
from finetune.example import Split
from finetune.prepare.tokenise import IGNORED, Tokeniser, tokenise
from finetune.snapshot import rows_file

STEP = "pack"
SEQUENCES = pl.Schema({name: pl.List(pl.Int32()) for name in ("input_ids", "labels", "position_ids", "lengths")})
"""A packed sequence; `lengths` are those of its examples, in order."""
_AT_ONCE = 4096


@dataclass(frozen=True)
class Packed:
    """Which examples share a sequence: `order[starts[i]:starts[i + 1]]` are those of sequence i."""

    order: NDArray[np.int64]
    starts: NDArray[np.int64]


@dataclass
class _Room:
    """Open sequences by the room that is left in them, and which rooms there are, as the bits of one number."""

    by_room: dict[int, list[int]] = field(default_factory=dict)
    bits: int = 0

    def take(self, need: int) -> tuple[int, int] | None:
        """A sequence with the least room that is enough, and that room."""
        fitting = self.bits >> need
        if not fitting:
            return None
        room = need + ((fitting & -fitting).bit_length() - 1)
        held = self.by_room[room]
        sequence = held.pop()
        if not held:
            self.bits &= ~(1 << room)
        return sequence, room

    def give(self, sequence: int, room: int) -> None:
        """Open a sequence with this much room."""
        if room:
            self.by_room.setdefault(room, []).append(sequence)
            self.bits |= 1 << room


def pack(lengths: NDArray[np.int64], most: int) -> Packed:
    """Fill sequences of `most` tokens with whole examples: best fit, the longest first (Johnson 1974).

    The result depends on the lengths and their order alone. Raises ValueError where one example is longer than `most`.
    """
    if len(lengths) and int(lengths.max()) > most:
        raise ValueError(f"an example of {int(lengths.max())} tokens does not fit into {most}")
    room, sequences = _Room(), np.empty(len(lengths), dtype=np.int64)
    count = 0
    for example in np.argsort(-lengths, kind="stable"):
        need = int(lengths[example])
        found = room.take(need)
        if found is None:
            found, count = (count, most), count + 1
        sequences[example] = found[0]
        room.give(found[0], found[1] - need)
    order = np.argsort(sequences, kind="stable")
    starts = np.concatenate([[0], np.cumsum(np.bincount(sequences, minlength=count))]).astype(np.int64)
    return Packed(order, starts)


@dataclass(frozen=True, slots=True)
class PackReport:
    """What came out: examples, those too long to keep, tokens, tokens learned from, sequences."""

    examples: int
    too_long: int
    tokens: int
    learned: int
    sequences: int
    most: int

    @property
    def filled(self) -> float:
        """The share of the sequences' room that holds a token."""
        return self.tokens / (self.sequences * self.most) if self.sequences else 0.0


def pack_split(folder: Path, split: Split, tokeniser: Tokeniser, most: int, out: Path) -> PackReport:
    """Tokenise and pack one split of a snapshot into the Parquet file `out` (`SEQUENCES`).

    The tokens of the split are in memory once, four bytes each. Raises `SnapshotInvalid` and what `tokenise` raises.
    """
    path = folder / rows_file(split)
    if not path.is_file():
        raise SnapshotInvalid(f"{folder} holds no {path.name}; make the snapshot again with: pharmassist prepare")
    parts, too_long = [], 0
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_AT_ONCE):
            frame = pl.from_arrow(batch)
            assert isinstance(frame, pl.DataFrame)
            tokens, longer = tokenise(frame, tokeniser, most)
            parts.append(tokens.select("input_ids", "answer_start"))
            too_long += longer.height
    tokens = (
        pl.concat(parts) if parts else pl.DataFrame(schema={"input_ids": pl.List(pl.Int32), "answer_start": pl.Int32})
    )
    packed = pack(tokens["input_ids"].list.len().to_numpy().astype(np.int64), most)
    out.parent.mkdir(parents=True, exist_ok=True)
    schema = pl.DataFrame(schema=SEQUENCES).to_arrow().schema
    with pq.ParquetWriter(out, schema, compression="zstd") as writer:
        for made in sequences(tokens, packed):
            writer.write_table(made.to_arrow().cast(schema))
    total = int(tokens["input_ids"].list.len().sum())
    learned = total - int(tokens["answer_start"].sum())
    return PackReport(tokens.height, too_long, total, learned, len(packed.starts) - 1, most)


def sequences(tokens: pl.DataFrame, packed: Packed) -> Iterator[pl.DataFrame]:
    """The packed sequences (`SEQUENCES`) of examples (`input_ids`, `answer_start`), some thousands at a time."""
    for first in range(0, len(packed.starts) - 1, _AT_ONCE):
        starts = packed.starts[first : first + _AT_ONCE + 1]
        order = packed.order[starts[0] : starts[-1]]
        part = tokens[order]
        lengths = part["input_ids"].list.len().to_numpy().astype(np.int64)
        flat = part["input_ids"].explode(empty_as_null=False).to_numpy()
        begins = np.concatenate([[0], np.cumsum(lengths)])[:-1]
        places = np.arange(len(flat)) - np.repeat(begins, lengths)
        targets = np.where(places < np.repeat(part["answer_start"].to_numpy(), lengths), IGNORED, flat)
        own = np.repeat(np.arange(len(starts) - 1), np.diff(starts))
        held = pl.DataFrame(
            {"sequence": np.repeat(own, lengths), "input_ids": flat, "labels": targets, "position_ids": places}
        )
        made = held.group_by("sequence", maintain_order=True).agg(pl.all())
        sized = (
            pl.DataFrame({"sequence": own, "lengths": lengths}).group_by("sequence", maintain_order=True).agg("lengths")
        )
        yield made.join(sized, on="sequence", maintain_order="left").select(
            pl.col(name).cast(kind) for name, kind in SEQUENCES.items()
        )
