"""Step deduplicate: exact copies, and near ones, of which the first that was read stays.

Rows that share a band (`finetune.prepare.sign`) are compared exactly: the Jaccard similarity of their runs of two
words. A row goes only where a row that stays is that like it; what only chains to it through others stays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import numpy as np
import polars as pl

from finetune.columns import dropped
from finetune.prepare.decontaminate import jaccard
from finetune.prepare.words import grams, words

STEP = "deduplicate"
Texts = Callable[[pl.Series], pl.DataFrame]
"""Fetches `ordinal`, `question`, `answer` and `history` of the rows with these ordinals."""
Bands = Iterable[pl.DataFrame]
"""One frame a band: `ordinal` and `band`."""


def exact(rows: pl.DataFrame) -> pl.DataFrame:
    """Which of these rows (ordinal, id, exact; in order) are copies of an earlier one, as dropped."""
    return dropped(rows.filter(~pl.col("exact").is_first_distinct()), STEP, "an exact copy")


def near(rows: pl.DataFrame, bands: Bands, texts: Texts, least: float) -> pl.DataFrame:
    """Which of these rows (ordinal, id) are nearly copies of an earlier one that stays, as dropped."""
    pairs = candidates(rows["ordinal"], bands)
    involved = pl.concat([pairs["later"], pairs["earlier"]]).unique().sort()
    runs = _runs(texts(involved))
    gone: dict[int, int] = {}
    for later, earlier in pairs.sort("later", "earlier").iter_rows():
        if later in gone:
            continue
        first = gone.get(earlier, earlier)
        if first != later and jaccard(runs[later], runs[first]) >= least:
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


def _runs(rows: pl.DataFrame) -> Mapping[int, frozenset[int]]:
    """The runs of two words of each row, by its ordinal."""
    pairs = grams(words(rows["question"] + "\n" + rows["answer"]), 2)
    parts = np.split(pairs.hashes, pairs.offsets[1:-1]) if rows.height else []
    return {ordinal: frozenset(part.tolist()) for ordinal, part in zip(rows["ordinal"], parts, strict=True)}
