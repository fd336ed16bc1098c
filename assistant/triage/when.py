"""Dates as people report them: a year, a month, a day or a moment. Nothing that was not said is filled in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date to the precision that was reported, with the time of day where it was given.

    `zone` is an offset such as "+0100" or "-05", "" where none was given; it needs at least an hour.

    Raises:
        ValueError: a part without the part before it, or a day that no calendar has.
    """

    year: int
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    zone: str = ""

    def __post_init__(self) -> None:
        parts = (self.year, self.month, self.day, self.hour, self.minute, self.second)
        known = [part is not None for part in parts]
        if known != sorted(known, reverse=True):
            raise ValueError("a date is given from the year downwards, without a gap")
        if not 1000 <= self.year <= 9999:
            raise ValueError("a year has four digits")
        date(self.year, self.month or 1, self.day or 1)
        for value, most in ((self.hour, 23), (self.minute, 59), (self.second, 59)):
            if value is not None and not 0 <= value <= most:
                raise ValueError("a time of day is between 00:00:00 and 23:59:59")
        if self.zone and self.hour is None:
            raise ValueError("a time zone belongs to a time of day")

    @classmethod
    def of(cls, day: date) -> PartialDate:
        """A full date."""
        return cls(day.year, day.month, day.day)

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """Read 2026, 2026-03 or 2026-03-14.

        Raises:
            ValueError: anything else.
        """
        parts = text.strip().split("-")
        if len(parts) > 3 or [len(part) for part in parts] != [4, 2, 2][: len(parts)]:
            raise ValueError("write a date as 2026, 2026-03 or 2026-03-14")
        if not all(part.isascii() and part.isdigit() for part in parts):
            raise ValueError("write a date as 2026, 2026-03 or 2026-03-14")
        month, day = (*(int(part) for part in parts[1:]), None, None)[:2]
        return cls(int(parts[0]), month, day)

    @property
    def earliest(self) -> date:
        """The first day that it can mean."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def latest(self) -> date:
        """The last day that it can mean."""
        if self.day is not None:
            return self.earliest
        if self.month is None or self.month == 12:
            return date(self.year, 12, 31)
        return date.fromordinal(date(self.year, self.month + 1, 1).toordinal() - 1)

    def __str__(self) -> str:
        """ISO 8601 as far as known, for example 2026-03 or 2026-03-14T08:30+0100."""
        day = "-".join([f"{self.year:04d}", *(f"{part:02d}" for part in (self.month, self.day) if part is not None)])
        clock = ":".join(f"{part:02d}" for part in (self.hour, self.minute, self.second) if part is not None)
        return f"{day}T{clock}{self.zone}" if clock else day
