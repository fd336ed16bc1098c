"""Amounts in other units and frequencies in other words: what is equal after conversion, and what never is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from guardrails.bounds import Bound
from guardrails.equivalence import measures

EQUAL = [
    # mass, volume, time: exactly
    ("0.5 g", "500 mg", True),
    ("0.25 mg", "250 micrograms", True),
    ("1.5 L", "1500 mL", True),
    ("24 hours", "1 day", True),
    ("one week", "7 days", True),
    ("90 minutes", "1.5 hours", True),
    ("1 year", "12 months", True),
    ("200 mg per 5 mL", "40 mg/mL", True),
    ("2 mL/min", "120 mL/h", True),
    ("0.001 mg/kg/day", "1 mcg/kg daily", True),
    ("500 mg to 1 g", "500 to 1000 mg", True),
    # the tenth and the thousandth are not
    ("0.5 g", "50 mg", False),
    ("0.25 mg", "25 mcg", False),
    ("5 mg", "5 mcg", False),
    # never converted: months to weeks or days, rates per day to rates per hour, units of activity
    ("1 month", "4 weeks", False),
    ("24 mg per day", "1 mg per hour", False),
    ("100 units", "100 IU", False),
    ("10 mg/kg", "10 mg", False),
    # frequencies: an interval that divides the day evenly is so many times a day
    ("every 12 hours", "twice daily", True),
    ("q8h", "three times a day", True),
    ("every 6 hours", "QID", True),
    ("every 24 hours", "once a day", True),
    ("every 7 days", "once weekly", True),
    ("every other day", "every 48 hours", True),
    ("on alternate days", "every 2 days", True),
    ("every 5 hours", "five times a day", False),
    ("every 8 hours", "twice daily", False),
    ("every 3 days", "twice a week", False),
    # a dose and its day
    ("20 mg once daily", "20 mg daily", True),
    ("20 mg orally once a day", "20 mg daily", True),
    ("10 mg once a week", "10 mg every 7 days", True),
    ("a daily dose of 20 mg", "20 mg per day", True),
    ("4 g in 24 hours", "4,000 mg/day", True),
    ("4 g per dose", "4 g per day", False),
    # ages
    ("children under 12", "children under 12 years", True),
    ("adults aged 65 and over", "adults 65 years and over", True),
    ("children under 12", "children under 12 months", False),
    # the number of tablets
    ("2 ibuprofen 200 mg tablets", "two tablets 200 mg", True),
]


@pytest.mark.parametrize(("one", "other", "equal"), EQUAL)
def test_amounts_are_equal_after_conversion(one: str, other: str, equal: bool) -> None:
    sizes = [sorted(str(each.size) for each in measures(text)) for text in (one, other)]
    assert sizes[0]
    assert (sizes[0] == sizes[1]) is equal


def test_a_total_for_the_day_is_not_taken_at_once() -> None:
    once, total, daily = (measures(text)[0] for text in ("20 mg once daily", "20 mg per day", "20 mg daily"))
    assert not once.is_said_by(total)
    assert total.is_said_by(once)
    assert once.is_said_by(daily)
    assert daily.is_said_by(total)


BOUNDS = [
    ("Maximum dose in children 6 to 11 years: 5 tablets", [Bound.PLAIN, Bound.AT_MOST]),  # the dose, not the age
    ("Maximum dose in patients 10 years and older: 2 g", [Bound.AT_LEAST, Bound.AT_MOST]),
    ("at most 10 mg", [Bound.AT_MOST]),
    ("less than or equal to 30 mL/min", [Bound.AT_MOST]),
    ("greater than or equal to 30 mL/min", [Bound.AT_LEAST]),
    ("do not take more than 4 g", [Bound.AT_MOST]),
    ("7 or more days", [Bound.AT_LEAST]),
    ("patients over 65 years", [Bound.MORE]),
    ("infuse over 2 hours", [Bound.OVER]),
]


@pytest.mark.parametrize(("text", "bounds"), BOUNDS)
def test_the_word_that_bounds_an_amount(text: str, bounds: list[Bound]) -> None:
    assert [one.bound for one in measures(text)] == bounds


WORDS = [
    "5",
    "0.5",
    "1,000",
    "mg",
    "g",
    "mcg",
    "/kg",
    "per day",
    "daily",
    "every",
    "12",
    "hours",
    "or",
    "to",
    "(",
    ")",
    "±",
]


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join)))
def test_any_text_is_read(text: str) -> None:
    for one in measures(text):
        assert 0 <= one.start < one.end <= len(text)
        assert one.is_said_by(one)
