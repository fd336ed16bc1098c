"""Step split: by medicine and by patient, never by row, and the same way again next quarter.

Medicines are taken in the order of the hash of their names until their rows fill the share: first those held out, then
those for validation. A row belongs where one of its medicines does, and takes all rows of its patient or conversation
along, held-out first. So no training example is about a held-out or a validation medicine, and no patient lies in two
splits. Connected components over medicines and patients would promise the same, but a few patients with many
medicines tie nearly everything into one component, which can then not be split at all.

Rows without a medicine are split by patient, and those without either by their question.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from finetune.example import Split
from finetune.prepare.settings import Settings

STEP = "split"
MOST_OVER = 1.25
"""How much more than its share a split may get: 12 % can become 15 %."""


@dataclass(frozen=True, slots=True)
class Divided:
    """The split of each row, in order, and the medicines whose rows are held out or validate.

    `by_row` is true where there were too few medicines to divide by, and patients alone were divided.
    """

    splits: pl.Series
    held_out: tuple[str, ...]
    validation: tuple[str, ...]
    by_patient_only: bool = False


def divide(rows: pl.DataFrame, settings: Settings, earlier: Collection[str] = ()) -> Divided:
    """Divide rows by their columns `medicines`, `group` and `question_key` (text or number).

    `earlier` are medicines that an earlier snapshot held out: they stay held out whatever the shares say.
    """
    units = _units(rows)
    sizes = np.bincount(units, minlength=int(units.max(initial=-1)) + 1)
    named = _by_medicine(rows, units)
    taken: NDArray[np.bool_] = np.zeros(len(sizes), dtype=bool)
    order = sorted(named, key=_hash)
    held = [one for one in order if one in earlier]
    _mark(taken, named, held)
    held += _filled([one for one in order if one not in earlier], named, sizes, taken, settings.held_out)
    held_units = taken.copy()
    rest = [one for one in order if one not in set(held)]
    validating = _filled(rest, named, sizes, taken, settings.validation)
    splits = np.where(held_units, 2, np.where(taken, 1, 0))
    nameless = ~np.isin(np.arange(len(sizes)), np.concatenate([*named.values(), np.empty(0, dtype=np.int64)]))
    only = not validating and settings.validation > 0
    free = (splits == 0) if only else nameless
    splits[free & _drawn(rows, units, len(sizes), settings.validation, at_least_one=only)] = 1
    names = pl.Series([Split.TRAIN.value, Split.VALIDATION.value, Split.HELD_OUT.value])
    return Divided(
        names.gather(pl.Series(splits[units])).alias("split"), tuple(sorted(held)), tuple(sorted(validating)), only
    )


def _units(rows: pl.DataFrame) -> NDArray[np.int64]:
    """The unit of each row: its patient or conversation, else its question. Units are never divided."""
    name = pl.when(pl.col("group") != "").then(pl.format("g{}", "group")).otherwise(pl.format("q{}", "question_key"))
    return rows.select(name.rank("dense").alias("unit") - 1)["unit"].to_numpy().astype(np.int64)


def _by_medicine(rows: pl.DataFrame, units: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """The units that are about each medicine."""
    pairs = (
        rows.select("medicines", pl.Series("unit", units)).explode("medicines").drop_nulls().unique()
        .group_by("medicines").agg("unit")
    )  # fmt: skip
    return {name: np.asarray(held, dtype=np.int64) for name, held in pairs.iter_rows()}


def _filled(
    order: Iterable[str],
    named: Mapping[str, NDArray[np.int64]],
    sizes: NDArray[np.int64],
    taken: NDArray[np.bool_],
    share: float,
) -> list[str]:
    """Take medicines in order, each where it still fits, until the share is full; marks their units as taken."""
    # Rows without a medicine are drawn apart, by the same share.
    about = np.unique(np.concatenate([*named.values(), np.empty(0, dtype=np.int64)]))
    total, full = int(sizes[about].sum()), 0
    # Of a handful of rows one unit may be more than the share; it is taken all the same, as long as most remain.
    most = max(share * MOST_OVER * total, min(int(sizes.min(initial=0)), total // 3)) if share else 0
    chosen = []
    for name in order:
        fresh = named[name][~taken[named[name]]]
        added = int(sizes[fresh].sum())
        if added and full + added <= most:
            taken[fresh] = True
            full += added
            chosen.append(name)
        if full >= share * total:
            break
    return chosen


def _mark(taken: NDArray[np.bool_], named: Mapping[str, NDArray[np.int64]], names: Iterable[str]) -> None:
    for name in names:
        taken[named[name]] = True


def _drawn(
    rows: pl.DataFrame, units: NDArray[np.int64], count: int, share: float, at_least_one: bool
) -> NDArray[np.bool_]:
    """Which units validate by the hash of what they are called."""
    name = pl.when(pl.col("group") != "").then("group").otherwise(pl.col("question_key").cast(pl.String))
    first = rows.select(name.alias("name"), pl.Series("unit", units)).unique("unit").sort("unit")
    assert first.height == count
    places = np.array([_hash(one) / 2**64 for one in first["name"]])
    drawn: NDArray[np.bool_] = places < share
    if at_least_one and count > 1 and not drawn.any():
        drawn[places.argmin()] = True
    return drawn


def _hash(name: str) -> int:
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8, person=b"split").digest(), "big")


def numbered(groups: pl.Series) -> pl.Series:
    """Patients and conversations as plain numbers, in the order of their first row: nothing leads back to anybody."""
    order: dict[str, int] = {}
    return pl.Series(
        "group", [f"g{order.setdefault(name, len(order)) + 1}" if name else "" for name in groups], dtype=pl.String
    )
