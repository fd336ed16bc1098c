"""Amounts as people write them: "2,550 mg", "75 mg/kg", "15 units"."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Decimal

_NAMES = {
    "ug": "mcg",
    "[iU]": "IU",
    "[arb'U]": "units",
    "meq": "mEq",
    "[drp]": "drops",
    "[tsp_us]": "teaspoons",
    "[tbs_us]": "tablespoons",
    "1": "",
    "h": "hours",
    "d": "days",
    "wk": "weeks",
    "mo": "months",
    "a": "years",
    "min": "minutes",
}
_PER = {"d": " a day", "wk": " a week", "mo": " a month", "{dose}": " a dose"}
_WRITTEN = 4
"""The most decimals that a dose is written with ("0.0625 mg"); more come from a division."""


def number(value: Decimal) -> str:
    """The number with thousands separated: as written up to four decimals, else to three significant digits."""
    shown = _rounded(value) if -int(value.normalize().as_tuple().exponent) > _WRITTEN else value
    text = f"{shown:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal(1).scaleb(min(0, value.adjusted() - 2)), ROUND_HALF_EVEN)


def measured(value: Decimal) -> str:
    """A worked-out measure, as a laboratory reports it: whole numbers, and one decimal below 10."""
    return number(value.quantize(Decimal(1) if value >= 10 else Decimal("0.1"), ROUND_HALF_EVEN))


def aged(years: Decimal) -> str:
    """An age in years; below 2 years in months, below 1 month in days."""
    if years >= 2:
        return f"{number(years.quantize(Decimal(1), ROUND_DOWN))} years"
    months = years * 12
    if months >= 1:
        return quantity(months.quantize(Decimal(1), ROUND_HALF_EVEN), "mo")
    return quantity((years * Decimal("365.25")).quantize(Decimal(1), ROUND_HALF_EVEN), "d")


def quantity(value: Decimal, unit: str, per: Sequence[str] = ()) -> str:
    """The quantity in the words of a prescription."""
    name = _NAMES.get(unit, unit)
    if name.startswith("{"):
        name = name[1:-1] + ("" if value == 1 else "s")
    elif value == 1 and len(name) > 3 and name.endswith("s"):
        name = name[:-1]
    denominators = "".join(_PER.get(each, f"/{each.partition('{')[0] or each.strip('{}')}") for each in per)
    return f"{number(value)} {name}".rstrip() + denominators
