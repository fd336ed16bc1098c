"""The doses that a text states, in a form in which two texts can be compared whatever words they use."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from guardrails.dosage.totals import Schedule, schedule_of
from guardrails.dose import DoseStatement, Limit, Quantity, Range
from guardrails.dose_reader import read_doses
from guardrails.equivalence import measures
from guardrails.errors import UnitMismatch
from guardrails.reading.frequencies import DAILY
from guardrails.reading.ucum import convert
from retrieval.medicines import Medicines

_BASES = ("mg", "mL", "h")
"""Units that amounts are converted to where they can be; all others stay as they are."""


@dataclass(frozen=True, slots=True)
class Dosed:
    """One dose: amounts in base units, per what, how often, and whether it is a maximum or a minimum.

    `unread` says why the statement was not understood; such a dose equals no other.
    """

    low: tuple[Decimal, str] | None
    high: tuple[Decimal, str] | None
    per: tuple[str, ...]
    schedule: Schedule | None
    limit: Limit
    unread: str = ""


def doses_of(text: str, medicines: Medicines) -> frozenset[Dosed]:
    """Every dose that the text states."""
    return frozenset(_dosed(one) for one in read_doses(text, medicines))


def amounts_missing(text: str, sources: Iterable[str]) -> tuple[str, ...]:
    """The amounts of a text, in its words, that none of the sources says; units converted, frequencies compared."""
    stated = [one for source in sources for one in measures(source)]
    return tuple(
        text[one.start : one.end] for one in measures(text) if not any(one.is_said_by(other) for other in stated)
    )


def _dosed(said: DoseStatement) -> Dosed:
    amount = said.amount or Range(Quantity(Decimal(0), ""))
    daily = said.frequency or (DAILY if "d" in said.per else None)
    per = tuple(each for each in said.per if each != "d")
    low, high = _base(amount.low), _base(amount.high or amount.low)
    stated = said.amount is not None
    return Dosed(low if stated else None, high if stated else None, per, schedule_of(daily), said.limit, said.unread)


def _base(quantity: Quantity) -> tuple[Decimal, str]:
    for unit in _BASES:
        try:
            found = convert(quantity, unit)
        except UnitMismatch:
            continue
        return found.value.normalize(), found.unit
    return quantity.value.normalize(), quantity.unit
