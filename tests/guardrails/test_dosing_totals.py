"""What a dose adds up to in a day, a week and a course, exactly."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guardrails.dosage.totals import Total, totals
from guardrails.dosage.wording import quantity
from guardrails.dose_reader import read_doses
from tests.guardrails.claims import medicines


def _of(text: str, part: str) -> Total | None:
    statement = read_doses(text, medicines())[0]
    found = getattr(totals(statement, statement.ingredients[0] if statement.ingredients else ""), part)
    assert found is None or isinstance(found, Total)
    return found


@pytest.mark.parametrize(
    ("text", "part", "low", "high", "unit"),
    [
        ("metformin 500 mg twice daily", "day", "1000", "1000", "mg"),
        ("metformin 500-850 mg twice daily", "day", "1000", "1700", "mg"),
        ("acetaminophen 500 mg every 4-6 hours", "day", "2000", "3000", "mg"),
        ("acetaminophen 325 mg tablets, 2 tablets every 6 hours", "day", "2600", "2600", "mg"),
        ("amoxicillin 250 mg/5 mL 10 mL three times daily", "day", "1500", "1500", "mg"),
        ("amoxicillin 45 mg/kg/day in divided doses every 12 hours", "single", "22.5", "22.5", "mg"),
        ("amoxicillin 45 mg/kg/day in divided doses every 12 hours", "day", "45", "45", "mg"),
        ("methotrexate 7.5 mg once weekly", "week", "7.5", "7.5", "mg"),
        ("methotrexate 7.5 mg once weekly", "day", "7.5", "7.5", "mg"),  # on the day on which it is taken
        ("levothyroxine 100 mcg daily for 6 weeks", "course", "4200", "4200", "ug"),
        ("vancomycin 1 g over 1 hour", "rate", "1", "1", "g"),
        ("morphine 10 mg/h", "rate", "10", "10", "mg"),
        ("sertraline 50 mg every other day", "week", "175", "175", "mg"),
    ],
)
def test_totals(text: str, part: str, low: str, high: str, unit: str) -> None:
    found = _of(text, part)
    assert found is not None
    assert (found.low, found.high, found.unit) == (Decimal(low), Decimal(high), unit)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("acetaminophen 1 g as needed", "day"),  # how often is not said
        ("amoxicillin 45 mg/kg/day", "single"),  # in how many parts is not said
        ("metformin 500 mg twice daily", "course"),  # for how long is not said
        ("morphine 10 mg/h", "day"),  # for how long is not said
    ],
)
def test_what_is_not_said_is_not_added_up(text: str, part: str) -> None:
    assert _of(text, part) is None


@pytest.mark.parametrize(
    ("value", "unit", "per", "words"),
    [
        ("2550", "mg", (), "2,550 mg"),
        ("0.5", "ug", ("kg", "d"), "0.5 mcg/kg a day"),
        ("1", "{tablet}", (), "1 tablet"),
        ("2", "{tablet}", (), "2 tablets"),
        ("10", "[arb'U]", ("kg",), "10 units/kg"),
        ("1.50", "g", ("m2",), "1.5 g/m2"),  # no trailing zero
        ("33.33333333", "mg", (), "33.3 mg"),
    ],
)
def test_amounts_in_words(value: str, unit: str, per: tuple[str, ...], words: str) -> None:
    assert quantity(Decimal(value), unit, per) == words
