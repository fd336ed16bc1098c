"""Says which strength of a combination belongs to which ingredient: "Percocet 5/325" is oxycodone 5 mg.

Names of combinations are known with their ingredients in alphabetical order, which is not the order in which their
strengths are written. The products of Drugs@FDA (public data) say which strengths are sold together.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import cache
from itertools import permutations
from pathlib import Path

from guardrails.dose import Quantity
from guardrails.errors import UnitMismatch
from guardrails.reading.ucum import convert

TABLE = Path(__file__).with_name("strengths.csv")
_UNSAID = ("mg", "ug")
"""Units that "5/325" and "160/4.5" may be in."""


def in_written_order(ingredients: Sequence[str], strengths: Sequence[Quantity]) -> tuple[str, ...]:
    """The ingredients in the order of the strengths; () where no product, or more than one order, fits."""
    sold = _sold().get(tuple(sorted(ingredients)), frozenset())
    units = _UNSAID if any(not one.unit for one in strengths) else ("",)
    written = {_in_mg(strengths, unit) for unit in units}
    orders = {
        order
        for order in permutations(sorted(ingredients))
        for strength in written
        if tuple(value for _, value in sorted(zip(order, strength, strict=False))) in sold
    }
    return orders.pop() if len(orders) == 1 else ()


def _in_mg(strengths: Sequence[Quantity], unit: str) -> tuple[Decimal, ...]:
    try:
        return tuple(convert(Quantity(one.value, one.unit or unit), "mg").value for one in strengths)
    except UnitMismatch:
        return ()


@cache
def _sold() -> Mapping[tuple[str, ...], frozenset[tuple[Decimal, ...]]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {
            tuple(row["ingredients"].split(";")): frozenset(
                tuple(Decimal(value) for value in each.split(";")) for each in row["strengths"].split()
            )
            for row in csv.DictReader(file)
        }
