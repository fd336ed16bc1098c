"""Amounts as people write them: "2,550 mg", "75 mg/kg", "15 units"."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import ROUND_HALF_EVEN, Decimal

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
_DIGITS = Decimal("0.001")


def number(value: Decimal) -> str:
    """The number with thousands separated, and no more than three decimals."""
    shown = value.quantize(_DIGITS, ROUND_HALF_EVEN) if -value.as_tuple().exponent > 3 else value  # type: ignore[operator]
    text = f"{shown:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def quantity(value: Decimal, unit: str, per: Sequence[str] = ()) -> str:
    """The quantity in the words of a prescription."""
    name = _NAMES.get(unit, unit)
    if name.startswith("{"):
        name = name[1:-1] + ("" if value == 1 else "s")
    elif value == 1 and len(name) > 3 and name.endswith("s"):
        name = name[:-1]
    denominators = "".join(_PER.get(each, f"/{each.partition('{')[0] or each.strip('{}')}") for each in per)
    return f"{number(value)} {name}".rstrip() + denominators
