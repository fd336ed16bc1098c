"""Names and ends of quarters, on both sides of each boundary."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from finetune.errors import QuarterInvalid
from finetune.quarters import Quarter, named, quarter_of

TODAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2026, 1, 1), "2026Q1"),
        (date(2026, 3, 31), "2026Q1"),
        (date(2026, 4, 1), "2026Q2"),
        (date(2026, 9, 30), "2026Q3"),
        (date(2026, 12, 31), "2026Q4"),
    ],
)
def test_the_quarter_of_a_day(day: date, name: str) -> None:
    assert quarter_of(day).name == name


def test_it_ends_with_the_first_moment_of_the_next() -> None:
    assert Quarter(2026, 3).end == datetime(2026, 10, 1, tzinfo=UTC)
    assert Quarter(2026, 4).end == datetime(2027, 1, 1, tzinfo=UTC)
    assert Quarter(2026, 1).before == Quarter(2025, 4)


@pytest.mark.parametrize(("words", "name"), [("2026Q4", "2026Q4"), ("last", "2026Q3"), ("current", "2026Q4")])
def test_the_names_that_are_understood(words: str, name: str) -> None:
    assert named(words, TODAY).name == name


@pytest.mark.parametrize("words", ["", "2026", "2026Q5", "2026q4", "26Q4", "2026Q4 ", "../2026Q4", "next", "2027Q1"])
def test_what_is_no_quarter_or_has_not_begun(words: str) -> None:
    with pytest.raises(QuarterInvalid):
        named(words, TODAY)
