"""The data sheet: what is in a snapshot, what is not and why, in numbers, as JSON and as a page for people.

After Gebru et al., "Datasheets for datasets" (Commun ACM 2021;64(12):86). Everything in it is counted from the files of
the snapshot itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import polars as pl
from pydantic import TypeAdapter

from finetune.columns import LABELS
from finetune.example import Split
from finetune.prepare import clean, decontaminate, deduplicate, deidentify, inconsistencies, read
from finetune.prepare.chunks import Input
from finetune.prepare.decide import Decided
from finetune.prepare.settings import Settings
from finetune.snapshot import rows_file

JSON, PAGE = "sheet.json", "sheet.md"
DROPPING = (read.STEP, clean.STEP, deidentify.STEP, decontaminate.STEP, deduplicate.STEP, inconsistencies.STEP)
"""The steps that drop rows, in the order in which the sheet lists them."""
_COUNTED = ("source", "licence", "language", *LABELS)
_QUANTILES = (0.0, 0.5, 0.9, 0.99, 1.0)
MOST_LISTED = 40
"""Values of one column in the sheet; the others are added up as "others"."""


@dataclass(frozen=True, slots=True)
class StepCount:
    """Rows that came to a step, and those that it dropped, by reason."""

    step: str
    came: int
    dropped: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Lengths:
    """Characters of a text column in one split: least, median, 90th and 99th percentile, most."""

    column: str
    split: str
    quantiles: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """All of the sheet. `balance` counts the rows by column, value and split."""

    read: int
    steps: tuple[StepCount, ...]
    rows: Mapping[str, int]
    balance: Mapping[str, Mapping[str, Mapping[str, int]]]
    lengths: tuple[Lengths, ...]
    medicines: Mapping[str, int]
    held_out: tuple[str, ...]
    validation: tuple[str, ...]
    by_patient_only: bool
    patients: int
    masked: Mapping[str, int]
    inconsistencies: Mapping[str, int]
    waiting: int
    inputs: Mapping[str, str]
    settings: Mapping[str, str]


def describe(
    folder: Path, count: int, lost: pl.DataFrame, masked: pl.DataFrame, decided: Decided, settings: Settings,
    inputs: Iterable[Input],
) -> Sheet:  # fmt: skip
    """Count everything. `masked` holds `kind` and `rows`; `lost` are all dropped rows."""
    frames = {split: pl.scan_parquet(folder / rows_file(split)) for split in Split}
    every = pl.concat([frame.with_columns(split=pl.lit(split.value)) for split, frame in frames.items()])
    kinds = [one.kind.value for one in decided.found]
    waiting = lost.filter(pl.col("reason").str.starts_with("waits for a person")).height
    return Sheet(
        read=count,
        steps=_steps(count, lost),
        rows={split.value: frame.select(pl.len()).collect().item() for split, frame in frames.items()},
        balance={column: _balance(every, column) for column in _COUNTED},
        lengths=tuple(one for column in ("question", "answer") for one in _lengths(every, column)),
        medicines=_most(every.select(pl.col("medicines").explode().drop_nulls())),
        held_out=decided.divided.held_out,
        validation=decided.divided.validation,
        by_patient_only=decided.divided.by_patient_only,
        patients=every.filter(pl.col("group") != "").select(pl.col("group").n_unique()).collect().item(),
        masked=dict(masked.sort("kind").iter_rows()),
        inconsistencies={kind: kinds.count(kind) for kind in sorted(set(kinds))},
        waiting=waiting,
        inputs={one.sha256: one.licence for one in inputs},
        settings={name: str(value) for name, value in asdict(settings).items() if name in _SHOWN},
    )


_SHOWN = frozenset(
    {"validation", "held_out", "languages", "least_letters", "longest", "near", "grams", "hold", "check_doses",
     "standardise", "sample"}
)  # fmt: skip


def read_sheet(folder: Path) -> Sheet:
    """The sheet of a snapshot's folder. Raises `OSError`, and ValueError where it is none."""
    return TypeAdapter(Sheet).validate_json((folder / JSON).read_bytes())


def write_sheet(folder: Path, sheet: Sheet) -> None:
    """Write the sheet as JSON and as a page."""
    (folder / JSON).write_text(json.dumps(asdict(sheet), indent=1, ensure_ascii=False), encoding="utf-8")
    (folder / PAGE).write_text(page(sheet), encoding="utf-8")


def page(sheet: Sheet) -> str:
    """The sheet as Markdown."""
    total = sum(sheet.rows.values())
    parts = [
        "# Data sheet",
        f"{sheet.read:,} rows were read, {total:,} are in the snapshot: "
        + ", ".join(f"{count:,} {_plain(split)}" for split, count in sheet.rows.items()) + ".",
        "## What each step dropped, and why",
        _table(("step", "rows that came", "reason", "dropped"), _step_rows(sheet.steps)),
        "## Splits",
        _splits(sheet),
        "## Waiting for a person",
        f"{sheet.waiting:,} rows wait for a decision (reports/inconsistencies.jsonl). "
        + "; ".join(f"{kind}: {count:,}" for kind, count in sheet.inconsistencies.items()),
        "## Identifiers that were masked",
        _table(("kind", "rows"), sheet.masked.items()) if sheet.masked else "None were found.",
        "## Length in characters",
        _table(("text", "split", "least", "median", "90 %", "99 %", "most"),
               ((one.column, _plain(one.split), *map("{:,.0f}".format, one.quantiles)) for one in sheet.lengths)),
        "## Medicines",
        _table(("medicine", "rows"), sheet.medicines.items()),
    ]  # fmt: skip
    for column, values in sheet.balance.items():
        rows = (
            (value or "not said", *(counts.get(split.value, 0) for split in Split)) for value, counts in values.items()
        )
        parts += [f"## By {column}", _table((column, *(_plain(split.value) for split in Split)), rows)]
    parts += ["## Settings", _table(("setting", "value"), sheet.settings.items())]
    parts += [
        "## Inputs",
        _table(("SHA-256", "licence"), ((key, said or "not said") for key, said in sheet.inputs.items())),
    ]
    return "\n\n".join(parts) + "\n"


def _steps(count: int, lost: pl.DataFrame) -> tuple[StepCount, ...]:
    """The steps in order. A step may drop in two places (exact and near copies): its numbers are those of both."""
    # Of one record several rows may come, and of an unreadable one none: what was read counts every row or record.
    by_step = lost.group_by("step", "reason").len().sort("step", "reason")
    made, left = [], count
    for step in DROPPING:
        reasons = {reason: number for name, reason, number in by_step.iter_rows() if name == step}
        made.append(StepCount(step, left, reasons))
        left -= sum(reasons.values())
    return tuple(made)


def _balance(every: pl.LazyFrame, column: str) -> dict[str, dict[str, int]]:
    counted = every.group_by(column, "split").len().collect()
    totals = counted.group_by(column).agg(pl.col("len").sum()).sort(["len", column], descending=[True, False])
    listed = totals[column].head(MOST_LISTED).to_list()
    made: dict[str, dict[str, int]] = {value: {} for value in listed}
    for value, split, number in counted.sort(column, "split").iter_rows():
        place = made.setdefault(value if value in listed else "others", {})
        place[split] = place.get(split, 0) + number
    return made


def _lengths(every: pl.LazyFrame, column: str) -> Iterable[Lengths]:
    size = pl.col(column).str.len_chars()
    asked = [size.quantile(part, "nearest").alias(str(part)) for part in _QUANTILES]
    for row in every.group_by("split").agg(asked).sort("split").collect().iter_rows():
        yield Lengths(column, row[0], tuple(float(value) for value in row[1:]))


def _most(named: pl.LazyFrame) -> dict[str, int]:
    counted = named.group_by("medicines").len().sort(["len", "medicines"], descending=[True, False])
    return dict(counted.head(MOST_LISTED).collect().iter_rows())


def _splits(sheet: Sheet) -> str:
    held, validating = ", ".join(sheet.held_out) or "none", ", ".join(sheet.validation) or "none"
    said = f"Held-out medicines: {held}.\n\nMedicines for validation: {validating}.\n\n{sheet.patients:,} patients or "
    said += "conversations are named, none of them in two splits."
    if sheet.by_patient_only:
        said += " There were too few medicines to divide by: validation shares medicines with training."
    return said


def _step_rows(steps: Iterable[StepCount]) -> Iterable[tuple[object, ...]]:
    for one in steps:
        if not one.dropped:
            yield one.step, f"{one.came:,}", "", 0
        for place, (reason, number) in enumerate(one.dropped.items()):
            yield "" if place else one.step, "" if place else f"{one.came:,}", reason, f"{number:,}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    lines += [f"| {' | '.join(str(cell).replace('|', '/') for cell in row)} |" for row in rows]
    return "\n".join(lines)


def _plain(split: str) -> str:
    return split.replace("_", " ")
