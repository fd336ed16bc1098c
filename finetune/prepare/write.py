"""Writes a snapshot: its rows, reports, sheet and figures, into a folder that gets its name when all of it is there."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from finetune.columns import SCHEMA
from finetune.example import Snapshot, Split
from finetune.prepare.chunks import Input
from finetune.prepare.decide import Decided, Rows
from finetune.prepare.plots import write_plots
from finetune.prepare.reports import (
    DROPPED_ROWS,
    INCONSISTENCIES,
    SAMPLE,
    chosen_for_privacy,
    write_dropped,
    write_inconsistencies,
    write_sample,
)
from finetune.prepare.sheet import describe, write_sheet
from finetune.prepare.stage import Plan
from finetune.prepare.store import Marker, Store
from finetune.snapshot import MANIFEST, RowsWriter, freeze, rows_file


def write_snapshot(
    out: Path,
    store: Store,
    rows: Rows,
    markers: Sequence[Marker],
    decided: Decided,
    plan: Plan,
    parents: tuple[str, ...],
    found: tuple[Input, ...],
    made_at: datetime,
) -> Snapshot:
    """Write everything into a folder beside `out`, freeze it, and only then give it its name."""
    fresh = out.with_name(f"{out.name}.fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "reports").mkdir(parents=True)
    counts = write_splits(fresh, rows, decided)
    lost = pl.concat([*(pl.read_parquet(store.dropped_path(n)) for n in range(len(markers))), decided.dropped])
    write_dropped(fresh / "reports" / DROPPED_ROWS, lost)
    write_inconsistencies(fresh / "reports" / INCONSISTENCIES, decided.found)
    sample = rows.texts(_sample(rows, decided, plan.settings.sample))
    write_sample(fresh / "reports" / SAMPLE, sample)
    sheet = describe(
        fresh, sum(marker.read for marker in markers), lost, _masked(rows, decided), decided, plan.settings, found
    )
    write_sheet(fresh, sheet)
    write_plots(fresh, sheet)
    named = [*map(rows_file, Split), *(f"reports/{name}" for name in (DROPPED_ROWS, INCONSISTENCIES, SAMPLE))]
    snapshot = freeze(fresh, parents, counts, [*named, "sheet.json", "sheet.md"], made_at)
    if out.exists():
        out.rmdir()
    fresh.rename(out)
    assert (out / MANIFEST).is_file()
    return snapshot


def _sample(rows: Rows, decided: Decided, size: int) -> pl.Series:
    touched = pl.concat([
        pl.read_parquet(path, columns=["ordinal", "masked"]).select(
            "ordinal", (pl.col("masked").list.len() > 0).alias("touched")
        )
        for path in rows.paths
    ])  # fmt: skip
    return chosen_for_privacy(decided.kept.join(touched, on="ordinal", how="left", maintain_order="left"), size)


def _masked(rows: Rows, decided: Decided) -> pl.DataFrame:
    """In how many kept rows each kind of identifier was masked."""
    kept = decided.kept.select("ordinal")
    parts = [
        pl.read_parquet(path, columns=["ordinal", "masked"]).join(kept, on="ordinal", how="semi").select(
            pl.col("masked").explode().drop_nulls().alias("kind")
        )
        for path in rows.paths
    ]  # fmt: skip
    return pl.concat(parts).group_by("kind").agg(pl.len().alias("rows"))


def write_splits(folder: Path, rows: Rows, decided: Decided) -> dict[Split, int]:
    """Write the rows of each split, in order, and say how many there are."""
    writers = {split: RowsWriter(folder / rows_file(split)) for split in Split}
    places = decided.kept.select("ordinal", "split", pl.col("group").alias("number"))
    for path in rows.paths:
        part = pl.read_parquet(path, columns=["ordinal", *SCHEMA.names()])
        part = part.join(places, on="ordinal", how="inner", maintain_order="left").with_columns(group="number")
        for split, writer in writers.items():
            writer.add(part.filter(pl.col("split") == split.value))
    for writer in writers.values():
        writer.close()
    return {split: writer.rows for split, writer in writers.items()}
