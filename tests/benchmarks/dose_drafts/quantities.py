"""Numbers with their units, found and compared without any of the product's readers: the referee must be another."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

# Longest first: the first that fits is taken.
_UNITS = (
    *("mL/min/1.73 m2", "mL/min/1.73m2", "mL/min/1.73 m²", "mL/minute/1.73 m2", "mL/minute", "mL/min", "mL per hour"),
    *("mcg/kg/dose", "mcg/kg/day", "mg/kg/dose", "mg/kg/day", "mg/m2/day", "mg/m2", "mg/m²", "mcg/kg", "mg/kg"),
    *("mL/kg", "mg per kg", "mg per mL", "mg/mL", "mg/dL", "mEq/L", "mg/day", "mcg/day", "mg/hour", "mL/hour"),
    *("micrograms", "microgram", "milligrams", "mcg", "µg", "μg", "mg", "grams", "gram", "g", "mL", "units", "unit"),
    *("kilograms", "kg", "tablets", "tablet", "capsules", "capsule", "%", "percent", "hours", "hour", "days", "day"),
    *("weeks", "week", "months", "month", "years", "year", "minutes", "minute", "cycles", "doses", "calories"),
)
_UNIT = "|".join(re.escape(unit) for unit in _UNITS)
QUANTITY = re.compile(rf"(?<![\w./*])(?P<value>\d[\d,]*(?:\.\d+)?)(?P<gap>[ -]?)(?P<unit>{_UNIT})(?![\w/])")
NUMBER = re.compile(r"(?<![\w./*])\d[\d,]*(?:\.\d+)?(?![\w*])")
_RANGE_BEFORE = re.compile(rf"\d\s*(?:{_UNIT})?\s*(?:to less than|to|-|–|or|and|,)\s*(?:to )?$")
_RANGE_AFTER = re.compile(r"\s*(?:to|-|–|or|and|,)\s*(?:less than )?\d")
# What a unit is worth in the smallest unit of its kind.
_WORTH = {
    **dict.fromkeys(("mcg", "µg", "μg", "microgram", "micrograms"), ("mass", Decimal(1))),
    **dict.fromkeys(("mg", "milligrams"), ("mass", Decimal(1000))),
    **dict.fromkeys(("g", "gram", "grams"), ("mass", Decimal(1_000_000))),
    **dict.fromkeys(("day", "days"), ("time", Decimal(1))),
    **dict.fromkeys(("week", "weeks"), ("time", Decimal(7))),
    **dict.fromkeys(("mcg/kg/day",), ("mass/kg/d", Decimal(1))),
    **dict.fromkeys(("mg/kg/day",), ("mass/kg/d", Decimal(1000))),
}


@dataclass(frozen=True, slots=True)
class Amount:
    """A number with its unit, and where it stands in the text."""

    value: Decimal
    unit: str
    start: int
    end: int
    in_list: bool
    """Whether it is an end of a range or one of several ("10 to 20 mg", "250 mg, 375 mg or 500 mg")."""

    @property
    def worth(self) -> tuple[str, Decimal]:
        """The same for "0.5 g" and "500 mg"."""
        kind, factor = _WORTH.get(self.unit, (self.unit.rstrip("s"), Decimal(1)))
        return kind, (self.value * factor).normalize()


def amounts(text: str) -> tuple[Amount, ...]:
    """Every number that has a unit."""
    return tuple(
        Amount(number(found["value"]), found["unit"], found.start(), found.end(), _in_list(text, found))
        for found in QUANTITY.finditer(text)
    )


def number(text: str) -> Decimal:
    """ "2,550" is 2550."""
    return Decimal(text.replace(",", "").rstrip("."))


def numbers(text: str) -> frozenset[Decimal]:
    """Every number in figures, with a unit or without."""
    return frozenset(number(found.group()).normalize() for found in NUMBER.finditer(text))


def worths(text: str) -> frozenset[tuple[str, Decimal]]:
    """What the amounts of a text are worth."""
    return frozenset(amount.worth for amount in amounts(text))


def figure(value: Decimal, like: str = "") -> str:
    """A number as the source would print it, with a comma in thousands where `like` has one."""
    plain = f"{value.normalize():f}"
    whole, _, rest = plain.partition(".")
    if len(whole) > 3 and "," in like:
        whole = f"{int(whole):,}"
    return f"{whole}.{rest}" if rest else whole


def _in_list(text: str, found: re.Match[str]) -> bool:
    before = text[max(0, found.start() - 40) : found.start()]
    return bool(_RANGE_BEFORE.search(before) or _RANGE_AFTER.match(text, found.end()))
