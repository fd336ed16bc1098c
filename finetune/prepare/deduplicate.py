"""Step deduplicate: exact copies, and near ones, of which the first that was read stays.

Rows that share a band (`finetune.prepare.sign`) are compared exactly: the Jaccard similarity of their runs of two
words. A row goes only where a row that stays is that like it; what only chains to it through others stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finetune.columns import dropped
from finetune.prepare.words import Hashes, Words, grams, words

STEP = "deduplicate"
Texts = Callable[[pl.Series], pl.DataFrame]
"""Fetches `ordinal`, `question` and `answer` of the rows with these ordinals, in order."""
Bands = Iterable[pl.DataFrame]
"""One frame a band: `ordinal` and `band`."""


def exact(rows: pl.DataFrame) -> pl.DataFrame:
    """Which of these rows (ordinal, id, exact; in order) are copies of an earlier one, as dropped."""
    return dropped(rows.filter(~pl.col("exact").is_first_distinct()), STEP, "an exact copy")


def near(rows: pl.DataFrame, bands: Bands, texts: Texts, least: float) -> pl.DataFrame:
    """Which of these rows (ordinal, id) are nearly copies of an earlier one that stays, as dropped."""
    pairs = candidates(rows["ordinal"], bands)
    runs = _Runs.of(texts(pl.concat([pairs["later"], pairs["earlier"]]).unique().sort()))
    gone: dict[int, int] = {}
    for later, earlier in pairs.sort("later", "earlier").iter_rows():
        if later in gone:
            continue
        first = gone.get(earlier, earlier)
        if first != later and runs.likeness(later, first) >= least:
            gone[later] = first
    found = rows.filter(pl.col("ordinal").is_in(pl.Series(list(gone), dtype=pl.UInt64).implode()))
    return dropped(found, STEP, "nearly a copy")


def candidates(kept: pl.Series, bands: Bands) -> pl.DataFrame:
    """Pairs of rows (`later`, `earlier`) that share a band: each with the first of its bucket."""
    found = [pl.DataFrame(schema={"later": pl.UInt64(), "earlier": pl.UInt64()})]
    alive = kept.to_frame("ordinal")
    for band in bands:
        own = band.join(alive, on="ordinal", how="semi").filter(pl.col("band").is_duplicated())
        firsts = own.group_by("band").agg(pl.col("ordinal").min().alias("earlier"))
        pairs = own.join(firsts, on="band").filter(pl.col("ordinal") != pl.col("earlier"))
        found.append(pairs.select(pl.col("ordinal").alias("later"), "earlier"))
    return pl.concat(found).unique()


@dataclass(frozen=True)
class _Runs:
    """The runs of two words of some rows, 8 bytes each; `ordinals` are sorted."""

    ordinals: NDArray[np.uint64]
    pairs: Words

    @classmethod
    def of(cls, rows: pl.DataFrame) -> _Runs:
        """The runs of these rows (ordinal, question, answer; in order)."""
        return cls(rows["ordinal"].to_numpy(), grams(words(rows["question"] + "\n" + rows["answer"]), 2))

    def likeness(self, one: int, other: int) -> float:
        """The Jaccard similarity of two rows: the share of their runs that they have in common."""
        first, second = self._unique(one), self._unique(other)
        both = len(np.intersect1d(first, second, assume_unique=True))
        every = len(first) + len(second) - both
        return both / every if every else 1.0

    def _unique(self, ordinal: int) -> Hashes:
        place = int(np.searchsorted(self.ordinals, np.uint64(ordinal)))
        start, end = self.pairs.offsets[place : place + 2]
        return np.unique(self.pairs.hashes[start:end])
