"""Ages as groups for stratifying; the groups are data (`rules/signals.yaml`)."""

from __future__ import annotations

import polars as pl

from assistant.triage.signals.report_set import UNKNOWN
from assistant.triage.signals.thresholds import shipped


def age_group(years: pl.Expr) -> pl.Expr:
    """The group of an age in years; unknown where the age is missing, negative or above every group."""
    group: pl.Expr = pl.lit(UNKNOWN)
    for each in reversed(shipped().age_groups):
        group = pl.when(years < each.below).then(pl.lit(each.name)).otherwise(group)
    return pl.when(years >= 0).then(group).otherwise(pl.lit(UNKNOWN))
