"""The steps that need all rows together: which rows stay, and in which split. Read from top to bottom.

Only numbers of the rows are in memory, a hundred bytes or two each; texts are fetched for the few rows that have to be
compared. The result depends on the rows and their order alone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from finetune.columns import DROPPED, dropped
from finetune.prepare import decontaminate, deduplicate, inconsistencies
from finetune.prepare.inconsistencies import Inconsistency
from finetune.prepare.judged import Judged
from finetune.prepare.settings import Settings
from finetune.prepare.sign import BAND_NAMES
from finetune.prepare.split import Divided, divide, numbered

Check = Callable[[pl.Series], Iterable[Inconsistency]]
"""Looks at the rows with these ordinals, alone each, and says what is wrong with them."""
_TEXTS = ("ordinal", "id", "question_key", "question", "answer", "history", "masked")
_KEYS = ("ordinal", "id", "exact", "question_key", "contaminated", "group", "medicines")


@dataclass(frozen=True)
class Decided:
    """What became of the rows: those kept (`ordinal`, `id`, `split`, `group`), those dropped, what people must see."""

    kept: pl.DataFrame
    dropped: pl.DataFrame
    found: tuple[Inconsistency, ...]
    divided: Divided


@dataclass(frozen=True)
class Rows:
    """The rows of all finished chunks, one file each, in order."""

    paths: Sequence[Path]

    def keys(self) -> pl.DataFrame:
        """What is decided by, of every row."""
        return self._of(_KEYS)

    def bands(self) -> Iterator[pl.DataFrame]:
        """One band after the other, for all rows."""
        for name in BAND_NAMES:
            yield self._of(("ordinal", name)).rename({name: "band"})

    def texts(self, ordinals: pl.Series) -> pl.DataFrame:
        """The rows with these ordinals, in order, with what is compared of them or shown to people."""
        wanted = ordinals.to_frame("ordinal")
        parts = [
            pl.read_parquet(path, columns=list(_TEXTS)).join(wanted, on="ordinal", how="semi")
            for path in self._holding(wanted)
        ]
        return (
            pl.concat(parts).sort("ordinal") if parts else pl.read_parquet(self.paths[0], columns=list(_TEXTS)).clear()
        )

    def _of(self, columns: Sequence[str]) -> pl.DataFrame:
        return pl.concat([pl.read_parquet(path, columns=list(columns)) for path in self.paths])

    def _holding(self, wanted: pl.DataFrame) -> Iterator[Path]:
        for path in self.paths:
            if pl.read_parquet(path, columns=["ordinal"]).join(wanted, on="ordinal", how="semi").height:
                yield path


def decide(
    rows: Rows,
    settings: Settings,
    judged: Mapping[str, Judged],
    check: Check,
    earlier: Collection[str] = (),
) -> Decided:
    """Decide about every row. `earlier` are medicines that an earlier snapshot held out."""
    left = rows.keys().sort("ordinal")
    gone = [dropped(left.filter(~pl.col("id").is_first_distinct()), "read", "the id of an earlier row")]
    left = _without(left, gone[-1])

    gone.append(_contaminated(left))
    left = _without(left, gone[-1])

    gone.append(deduplicate.exact(left))
    left = _without(left, gone[-1])

    found = _contradicting(rows, left)
    gone.append(_held(left, found, judged, settings))
    left = _without(left, gone[-1])

    gone.append(deduplicate.near(left, rows.bands(), rows.texts, settings.near))
    left = _without(left, gone[-1])

    wrong = tuple(check(left["ordinal"]))
    gone.append(_held(left, wrong, judged, settings))
    left = _without(left, gone[-1])

    divided = divide(left, settings, earlier)
    kept = left.select("ordinal", "id", divided.splits, numbered(left["group"]))
    return Decided(kept, pl.concat(gone).sort("ordinal"), (*found, *wrong), divided)


def _without(rows: pl.DataFrame, gone: pl.DataFrame) -> pl.DataFrame:
    return rows.join(gone, on="ordinal", how="anti") if gone.height else rows


def _contaminated(rows: pl.DataFrame) -> pl.DataFrame:
    return dropped(rows.filter(pl.col("contaminated") != ""), decontaminate.STEP, pl.col("contaminated"))


def _contradicting(rows: Rows, left: pl.DataFrame) -> tuple[Inconsistency, ...]:
    texts = rows.texts(inconsistencies.asked_twice(left))
    return tuple(inconsistencies.contradictions(texts))


def _held(
    rows: pl.DataFrame, found: Iterable[Inconsistency], judged: Mapping[str, Judged], settings: Settings
) -> pl.DataFrame:
    """The rows that wait for a person, and those of which a person has said that they are wrong."""
    reasons: dict[int, str] = {}
    for one in found:
        for ordinal, name in zip(one.ordinals, one.ids, strict=True):
            decision = judged.get(name)
            if decision is not None and not decision.keep:
                reasons[ordinal] = "a person decided that it is wrong"
            elif decision is None and one.holds and settings.hold:
                reasons.setdefault(ordinal, f"waits for a person: {one.kind.value}")
    if not reasons:
        return pl.DataFrame(schema=DROPPED)
    said = pl.DataFrame(
        {"ordinal": list(reasons), "reason": list(reasons.values())}, schema_overrides={"ordinal": pl.UInt64()}
    )
    held = rows.join(said, on="ordinal", how="inner").sort("ordinal")
    return dropped(held, inconsistencies.STEP, pl.col("reason"))
