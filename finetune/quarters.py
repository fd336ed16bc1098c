"""Quarters of a year: their names, and when they end."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime

from finetune.errors import QuarterInvalid

_NAME = re.compile(r"(20\d\d)Q([1-4])")


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a year, 1 to 4."""

    year: int
    number: int

    @property
    def name(self) -> str:
        """As folders and people write it: 2026Q4."""
        return f"{self.year}Q{self.number}"

    @property
    def end(self) -> datetime:
        """The first moment that is no longer in it (UTC)."""
        later = self.number == 4
        return datetime(self.year + later, 1 if later else 3 * self.number + 1, 1, tzinfo=UTC)

    @property
    def before(self) -> Quarter:
        """The quarter before it."""
        return Quarter(self.year, self.number - 1) if self.number > 1 else Quarter(self.year - 1, 4)


def quarter_of(day: date) -> Quarter:
    """The quarter that a day lies in."""
    return Quarter(day.year, (day.month + 2) // 3)


def named(words: str, today: date) -> Quarter:
    """The quarter of a name ("2026Q4"), or `last` (the one that ended last) or `current`. Raises `QuarterInvalid`."""
    if words in ("last", "current"):
        now = quarter_of(today)
        return now if words == "current" else now.before
    found = _NAME.fullmatch(words)
    if found is None:
        raise QuarterInvalid(f"“{words}” is no quarter; write it as 2026Q4, or last, or current.")
    quarter = Quarter(int(found[1]), int(found[2]))
    if quarter > quarter_of(today):
        raise QuarterInvalid(f"{quarter.name} has not begun yet.")
    return quarter
