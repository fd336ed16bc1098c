"""The nouns of dosing: an amount with its unit, how often, and one statement of a dose as a text makes it.

Units are UCUM codes (unitsofmeasure.org): `mg`, `ug`, `mL`, `[iU]`, `d`, `wk`. What UCUM only annotates is in braces:
`{tablet}`, `{puff}`, `{dose}`; `[arb'U]` is a unit that is not said to be international; `mg.min/mL` is an area under
the curve; `1` is a bare count ("take 1 codeine"); "" is a strength whose unit is not said ("5/325").
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Limit(StrEnum):
    """What the amount of a statement is: the dose itself, or the most or least that is allowed."""

    NONE = "dose"
    MAXIMUM = "maximum"
    MINIMUM = "minimum"


@dataclass(frozen=True, slots=True)
class Quantity:
    """An exact number and its unit in UCUM."""

    value: Decimal
    unit: str

    def __str__(self) -> str:
        return f"{self.value.normalize():f} {self.unit}".rstrip()


@dataclass(frozen=True, slots=True)
class Range:
    """From `low` to `high`, both included; `high` is None where one quantity is meant. The units may differ."""

    low: Quantity
    high: Quantity | None = None

    def __str__(self) -> str:
        if self.high is None:
            return str(self.low)
        if self.low.unit == self.high.unit:
            return f"{self.low.value.normalize():f}~{self.high}"
        return f"{self.low}~{self.high}"


@dataclass(frozen=True, slots=True)
class Frequency:
    """`times` (to `times_high`) in every `period`: "twice daily" is 2 in 1 d, "every 4-6 hours" is 1 in 4 to 6 h.

    Both are None where only "in divided doses" is said. `divided`: the amount is the total, given in that many parts.
    `at_most`: "up to three times daily", "no more often than every 4 hours".
    """

    times: Decimal | None
    period: Range | None
    times_high: Decimal | None = None
    divided: bool = False
    at_most: bool = False

    def __str__(self) -> str:
        times = "" if self.times is None else f"{self.times.normalize():f}"
        times += "" if self.times_high is None else f"~{self.times_high.normalize():f}"
        period = "" if self.period is None else f"per {self.period}"
        parts = ["at most" if self.at_most else "", times, period, "divided" if self.divided else ""]
        return " ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class DoseStatement:
    """One dose as a text states it. `text[start:end]` is where; a field is empty or None where nothing is said.

    `drug` is the name as written in lower case (corrected where misspelt) and `ingredients` what it means; both are
    empty where the text does not say which medicine. `amount` is None where only a frequency ("apply twice daily") or
    only a `strength` ("875/125 mg every 12 hours") is said. `per` are the denominators in order:
    ("kg", "d") for mg/kg/day, ("{dose}",) for "per dose", ("kg{ideal}",) for ideal body weight. `strength` is that
    of the product: ("500 mg",) of "two 500 mg tablets". `also` are restatements: "1 g (10 mL)". `route` is the full
    word, two joined by " or ". `once` is a single dose, `over` the time that one dose takes to give, `when` the
    times and conditions ("bedtime", "before meals", "monday", "day 1", "after 2 wk"). `change` is the phase:
    start, load, maintain, "increase to", "decrease by" … as in `guardrails.bounds`. `step` counts from 1 where
    statements follow each other ("load 300 mg then 75 mg daily"), and is 0 elsewhere. `population` says for whom, in
    the words of the text.

    `unread` is "" only where every word and number near the dose was understood. Otherwise it is the reason, and
    every other field is what was read up to then and must not be relied upon: an unread dose is withheld.
    """

    start: int
    end: int
    drug: str = ""
    ingredients: tuple[str, ...] = ()
    amount: Range | None = None
    per: tuple[str, ...] = ()
    strength: tuple[Quantity, ...] = ()
    also: tuple[Range, ...] = ()
    route: str = ""
    frequency: Frequency | None = None
    as_needed: bool = False
    once: bool = False
    duration: Range | None = None
    over: Range | None = None
    when: tuple[str, ...] = ()
    limit: Limit = Limit.NONE
    change: str = ""
    population: str = ""
    step: int = 0
    unread: str = ""
