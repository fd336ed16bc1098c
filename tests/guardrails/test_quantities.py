"""Numbers with units, as they are read. The parser reads any text at all without raising or hanging."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.bounds import Bound
from guardrails.quantities import read_amounts

READINGS = [
    # text, what is read: low (to high), unit
    ("500 mg", "500 mg"),
    ("500mg", "500 mg"),
    ("5-mg tablet", "5 mg"),
    ("1,000 mg", "1000 mg"),
    ("1,234,567.5 units", "1234567.5 unit"),
    ("1,00 mg", "1 mg; 0 mg"),  # no grouping of thousands: a list, never a hundred
    (".5 mg", "0.5 mg"),
    ("0.50 mg", "0.50 mg"),
    ("µg", ""),
    ("5 µg; 5 μg; 5 ug; 5 mcg; 5 micrograms", "5 mcg; 5 mcg; 5 mcg; 5 mcg; 5 mcg"),
    ("5 IU; 5 international units; 5 units; 5 U", "5 IU; 5 IU; 5 unit; 5 unit"),
    ("10 mL; 10 ml; 10 cc", "10 mL; 10 mL; 10 mL"),
    ("120 mmHg; 120 mm Hg", "120 mmHg; 120 mmHg"),
    ("20 °C; 20 °F", "20 °C; 20 °F"),
    ("-20 °C", "-20 °C"),
    ("50%; 50 percent; 50 per cent", "50 %; 50 %; 50 %"),
    ("two tablets", "2 tablet"),
    ("twenty-one days", "21 d"),
    ("two hundred and fifty mg", "250 mg"),
    ("one and a half tablets", "1.5 tablet"),
    ("1½ tablets; 1 1/2 tablets", "1.5 tablet; 1.5 tablet"),
    ("1/2 tablet; half a tablet; one-half tablet", "0.5 tablet; 0.5 tablet; 0.5 tablet"),
    ("2 million units", "2000000 unit"),
    ("one tablet(s) per day", "1 tablet/d"),
    # ranges and lists
    ("10 to 20 mg; 10-20 mg; 10–20 mg; 10 mg to 20 mg", "10~20 mg; 10~20 mg; 10~20 mg; 10~20 mg"),
    ("between 10 and 20 mg", "10~20 mg"),
    ("10 mg and 20 mg", "10 mg; 20 mg"),
    ("30 minutes to 2 hours", "30~2 min to h"),
    ("reduce by 50% to 250 mg", "50 %; 250 mg"),  # no range: a percentage and a dose
    ("5, 10, and 20 mg", "5 mg; 10 mg; 20 mg"),
    ("160/800 mg", "160 mg; 800 mg"),
    # per what
    ("500 mg/5 mL; 500 mg per 5 mL", "500 mg/5 mL; 500 mg/5 mL"),
    ("15 mg/kg/day; 15 mg per kg daily", "15 mg/kg/d; 15 mg/kg/d"),
    ("4 g/day; 4 g per day; 4 g daily; 4 g a day; 4 g each day", "4 g/d; 4 g/d; 4 g/d; 4 g/d; 4 g/d"),
    ("30 mL/min/1.73 m2; 30 mL/min/1.73 m²", "30 mL/min/1.73 m2; 30 mL/min/1.73 m2"),
    # how often
    ("twice daily; twice a day; two times a day; 2 times per day; BID; b.i.d.", "; ".join(["2 x/d"] * 6)),
    ("once weekly; once a week", "1 x/wk; 1 x/wk"),
    ("every 6 hours; q6h; q 6 h; q.6h", "6 every h; 6 every h; 6 every h; 6 every h"),
    ("every 4 to 6 hours", "4~6 every h"),
    ("tid; qid; qd", "3 x/d; 4 x/d; 1 x/d"),
    # names with digits, ordinals and grades
    ("CYP3A4; vitamin B12; COVID-19", "cyp3a4; b12; covid-19"),
    ("3rd trimester; third trimester", "3 ordinal; 3 ordinal"),
    ("30 seconds; the second dose", "30 s; 2 ordinal"),
    ("NYHA class III; Child-Pugh class B; Child-Pugh B", "III; B; B"),
    ("9" * 40, ""),  # no amount
]


def _read(text: str) -> str:
    def one(low: Decimal, high: Decimal | None, unit: str, code: str) -> str:
        return code or f"{low}{'' if high is None else f'~{high}'} {unit}".strip()

    return "; ".join(one(*amount.value) for amount in read_amounts(text))


@pytest.mark.parametrize(("text", "expected"), READINGS)
def test_numbers_and_units_are_read(text: str, expected: str) -> None:
    assert _read(text) == expected


BOUNDS = [
    ("maximum 4 g", Bound.AT_MOST),
    ("the maximum recommended daily dose of it in adults is 4 g", Bound.AT_MOST),
    ("4 g (maximum)", Bound.AT_MOST),
    ("4 g is the maximum daily dose.", Bound.AT_MOST),
    ("up to 4 g", Bound.AT_MOST),
    ("no more than 4 g", Bound.AT_MOST),
    ("do not exceed 4 g", Bound.AT_MOST),
    ("the dose of 4 g should not be exceeded", Bound.AT_MOST),
    ("4 g or less", Bound.AT_MOST),
    ("≤ 4 g", Bound.AT_MOST),
    ("at least 4 g", Bound.AT_LEAST),
    ("no less than 4 g", Bound.AT_LEAST),
    ("4 years of age and older", Bound.AT_LEAST),
    ("weighing 4 kg or more", Bound.AT_LEAST),
    ("≥4 g", Bound.AT_LEAST),
    ("less than 4 g", Bound.LESS),
    ("below 4 g", Bound.LESS),
    ("<4 g", Bound.LESS),
    ("more than 4 g", Bound.MORE),
    ("doses exceeding 4 g", Bound.MORE),
    ("over 4 hours", Bound.OVER),
    ("within 4 hours", Bound.WITHIN),
    ("4 g", Bound.PLAIN),
    ("the maximum is not known; give 4 g", Bound.PLAIN),  # another clause
    ("4 g daily; maximum 8 g", Bound.PLAIN),
    ("4 g (maximum 8 g)", Bound.PLAIN),
]


@pytest.mark.parametrize(("text", "bound"), BOUNDS)
def test_the_words_that_bound_a_number_are_read(text: str, bound: Bound) -> None:
    assert read_amounts(text)[0].bound is bound


CHANGES = [
    ("start at 4 g", "start"),
    ("the initial dose is 4 g", "start"),
    ("increase by 4 g", "increase by"),
    ("increase the dose to 4 g", "increase to"),
    ("reduce by 4 g", "decrease by"),
    ("lower than 4 g", ""),  # a comparison, no change
    ("a loading dose of 4 g", "load"),
    ("stop after 4 weeks", "stop"),
    ("give 4 g", ""),
]


@pytest.mark.parametrize(("text", "change"), CHANGES)
def test_the_change_that_a_number_belongs_to_is_read(text: str, change: str) -> None:
    assert read_amounts(text)[0].change == change


_SCRAPS = """
    1 2.5 , . / - – to and per mg mL/min q every 6 h ½ half one hundred million twenty daily bid ( ) (s) % °C class III
    CYP3A4 between not exceed maximum ² 1,000 x a
"""
_PIECES = st.sampled_from(_SCRAPS.split())


@given(st.text() | st.lists(_PIECES, max_size=40).map(" ".join) | st.lists(_PIECES, max_size=40).map("".join))
def test_any_text_is_read_and_every_amount_lies_where_it_says(text: str) -> None:
    amounts = read_amounts(text)
    assert all(0 <= amount.start < amount.end <= len(text) for amount in amounts)
    assert all(one.end <= other.start for one, other in pairwise(amounts))
    assert all(amount.low.is_finite() for amount in amounts)


@pytest.mark.timeout(300)  # a hang, on any machine
@pytest.mark.parametrize("piece", ["1", "1,", "1/", "1 to ", "one hundred and ", "mg per ", "q", "-1", "maximum ", "½"])
def test_long_text_does_not_hang(piece: str) -> None:
    read_amounts(piece * (100_000 // len(piece)))
