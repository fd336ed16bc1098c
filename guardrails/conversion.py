"""Exact conversion of the sizes of amounts to the units in which they are compared.

Masses are picograms, volumes microlitres, times seconds or months; the numbers are fractions, never floats.
"""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from typing import TypeAlias

Size: TypeAlias = tuple[Fraction, Fraction | None, str, str]
"""Low, high (None: no range), unit, code; equal sizes are the same amount."""


_SCALES: dict[str, tuple[str, int]] = {
    **{unit: ("pg", 10**power) for unit, power in (("pg", 0), ("ng", 3), ("mcg", 6), ("mg", 9), ("g", 12), ("kg", 15))},
    **{unit: ("µL", 10**power) for unit, power in (("µL", 0), ("mL", 3), ("dL", 5), ("L", 6))},
    **{unit: ("nmol", 10**power) for unit, power in (("nmol", 0), ("µmol", 3), ("mmol", 6), ("mol", 9))},
    "s": ("s", 1),
    "min": ("s", 60),
    "h": ("s", 3600),
    "d": ("s", 86400),
    "wk": ("s", 604800),
    "mo": ("mo", 1),
    "yr": ("mo", 12),
    "inhalation": ("puff", 1),
    "cm": ("mm", 10),
    "mm": ("mm", 1),
}
"""Each unit that converts: to which one, and how many of that one it is."""
_SHORT = frozenset({"s", "min", "h"})
_PERIODS = {"24 h": "d", "1 d": "d", "7 d": "wk", "12 mo": "yr"}


def scaled(size: Size) -> Size:
    """The size in the units that comparisons use, denominators included."""
    low, high, unit, code = size
    factor, name = _unit(unit)
    return low * factor, None if high is None else high * factor, name, code


@lru_cache(maxsize=2048)
def _unit(unit: str) -> tuple[Fraction, str]:
    """How many of the comparing unit this one is, and the name of that one."""
    if unit.startswith("every ") or " to " in unit or not unit:
        return Fraction(1), unit
    head, *below = unit.split("/")
    name, factor = _SCALES.get(head, (head, 1))
    size, parts = Fraction(factor), [name]
    for part in below:
        count, period = _below(_PERIODS.get(part, part))
        size /= count
        parts.append(period)
    return size, "/".join(parts)


def _below(part: str) -> tuple[Fraction, str]:
    """A denominator: minutes and hours convert, days and longer do not."""
    number, _, unit = part.rpartition(" ")
    count = Fraction(number) if number else Fraction(1)
    if unit in _SHORT or (unit in _SCALES and _SCALES[unit][0] not in {"s", "mo"}):
        name, factor = _SCALES[unit]
        return count * factor, name
    return (Fraction(1), part) if number else (count, unit)


def frequency(size: Size) -> Size:
    """ "every 12 hours" as twice a day, "every 7 days" as once a week; other intervals in hours or days."""
    low, high, unit, code = size
    if not unit.startswith("every "):
        return size
    factor = _SCALES[unit.removeprefix("every ")][1] if unit != "every mo" else 0
    if not factor or unit == "every yr":
        return size
    low, high = low * factor, None if high is None else high * factor
    if high is None and low and 86400 % low == 0:
        return 86400 / low, None, "x/d", code
    if high is None and low == 604800:
        return Fraction(1), None, "x/wk", code
    return low, high, "every s", code
