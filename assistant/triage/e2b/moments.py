"""Points in time as E2B writes them: CCYY[MM[DD[hh[mm[ss[.fff]]]]]][+/-ZZzz], to the precision that is known."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone

_SHAPE = re.compile(r"^(\d{4})(\d{2})?(\d{2})?(\d{2})?(\d{2})?(\d{2})?(?:\.\d{1,4})?([+-]\d{2}(?:\d{2})?)?$")
_PARTS = ("year", "month", "day", "hour", "minute", "second")
_EAST = timezone(timedelta(hours=14))
"""Where a day begins first: a time without a zone is taken for there, so that nothing is called future too soon."""


def precision(text: str) -> str | None:
    """The least part that is given, "year" to "second"; None where it is no point in time."""
    found = _parts(text)
    return _PARTS[len(found[0]) - 1] if found else None


def is_at_least(text: str, least: str) -> bool:
    """Whether a point in time is given to that precision."""
    held = precision(text)
    return held is not None and _PARTS.index(held) >= _PARTS.index(least)


def earliest(text: str) -> datetime | None:
    """The first instant that it can mean, None where it is no point in time."""
    found = _parts(text)
    if found is None:
        return None
    numbers, zone = found
    return _moment(numbers, zone or _EAST)


def _moment(numbers: list[int], zone: timezone | None) -> datetime:
    year, month, day, hour, minute, second = [*numbers, *(0, 1, 1, 0, 0, 0)[len(numbers) :]]
    return datetime(year, month, day, hour, minute, second, tzinfo=zone)


def _parts(text: str) -> tuple[list[int], timezone | None] | None:
    found = _SHAPE.match(text)
    if found is None:
        return None
    numbers = [int(part) for part in found.groups()[:6] if part is not None]
    zone = None
    if offset := found.group(7):
        hours, minutes = int(offset[1:3]), int(offset[3:5] or 0)
        if hours > 14 or minutes > 59 or len(numbers) < 4:
            return None
        zone = timezone((1 if offset[0] == "+" else -1) * timedelta(hours=hours, minutes=minutes))
    try:
        _moment(numbers, zone)
    except ValueError:
        return None
    return numbers, zone


def before(first: str, second: str) -> bool:
    """Whether the first is surely before the second: compared to the precision that both have, in local time."""
    shared = min(len(re.match(r"\d*", first).group()), len(re.match(r"\d*", second).group()))  # type: ignore[union-attr]
    return first[:shared] < second[:shared]
