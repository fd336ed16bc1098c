"""Deadlines. The tables are meant to be read by people who report to authorities."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from assistant.triage.case import Case, Event, ReportType, Submission
from assistant.triage.clock import (
    Urgency,
    day_of,
    deadlines,
    due_day,
    earliest,
    end_of_day,
    hours_left,
    standing,
    urgency,
)
from assistant.triage.errors import RuleMissing
from assistant.triage.judgement import (
    Causality,
    Criterion,
    Deadline,
    Expectedness,
    Listed,
    Seriousness,
    Standing,
    WhoUmc,
)
from assistant.triage.markets import FILE, Markets, Weekends, read_markets, shipped_markets
from guardrails.errors import RuleInvalid
from tests.assistant.triage.made_cases import RECEIVED, full_case, receipt, serious, span

MARKETS = shipped_markets()
ZONES = (
    "UTC", "America/New_York", "Europe/Amsterdam", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Apia",
    "America/Santiago", "Asia/Beirut", "Australia/Lord_Howe", "Africa/Casablanca",
)  # fmt: skip

zones = st.sampled_from(ZONES)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)).map(lambda naive: naive.replace(tzinfo=UTC))
days = st.dates(date(2000, 1, 1), date(2060, 1, 1))


def one(case: Case, market: str) -> Deadline | None:
    return next((each for each in deadlines(case, MARKETS) if each.market == market), None)


def judged(**changed: object) -> Case:
    """Not serious, and a person said so."""
    return full_case(Event("e1", "itch", judged_not_serious_by="p-ann"), **changed)


def expected(listed: Listed = Listed.EXPECTED, confirmed: bool = True) -> Expectedness:
    return Expectedness("e1/p1", "e1", "p1", listed, "lunarine@3", "3", "Bleeding", set_by="p-ann", confirmed=confirmed)


# Received Thursday 5 March 2026; day one is Friday 6 March.
@pytest.mark.parametrize(
    ("case", "market", "days_given", "due"),
    [
        # Serious and unexpected: 15 calendar days everywhere. 20 March is a Friday.
        (full_case(), "us", 15, date(2026, 3, 20)),
        (full_case(), "eu", 15, date(2026, 3, 20)),
        # Serious and confirmed as expected: no 15-day report to the US, the EU wants it all the same.
        (full_case(expectedness=(expected(),)), "us", None, None),
        (full_case(expectedness=(expected(),)), "eu", 15, date(2026, 3, 20)),
        # Expected according to the machine alone, or unknown: counts as unexpected.
        (full_case(expectedness=(expected(confirmed=False),)), "us", 15, date(2026, 3, 20)),
        (full_case(expectedness=(expected(Listed.UNKNOWN),)), "us", 15, date(2026, 3, 20)),
        # Not serious, and a person said so: nothing in the US, 90 days in the EU (3 June 2026).
        (judged(), "us", None, None),
        (judged(), "eu", 90, date(2026, 6, 3)),
        (judged(country="FR"), "eu", 90, date(2026, 6, 3)),
        (judged(country="JP"), "eu", None, None),
        # Nobody has judged it: counts as serious.
        (full_case(Event("e1", "itch")), "us", 15, date(2026, 3, 20)),
        # Trials: 7 days where fatal or life-threatening, 15 where otherwise serious, if unexpected and suspected.
        (full_case(report_type=ReportType.STUDY), "us-ind", 15, date(2026, 3, 20)),
        (full_case(report_type=ReportType.STUDY), "us", None, None),
        (
            full_case(Event("e1", "arrest", seriousness=(serious(Criterion.DEATH),)), report_type=ReportType.STUDY),
            "us-ind", 7, date(2026, 3, 12),
        ),
        (
            full_case(
                Event("e1", "shock", seriousness=(serious(Criterion.LIFE_THREATENING),)), report_type=ReportType.STUDY
            ),
            "eu-trials", 7, date(2026, 3, 12),
        ),
        # A person committed that it is unlikely: not a suspected reaction. A proposal of the machine does not count.
        (
            full_case(
                report_type=ReportType.STUDY,
                causality=(Causality("e1/p1", "e1", "p1", WhoUmc.UNLIKELY, committed_by="p-ann"),),
            ),
            "us-ind", None, None,
        ),
        (
            full_case(report_type=ReportType.STUDY, causality=(Causality("e1/p1", "e1", "p1", WhoUmc.UNLIKELY),)),
            "us-ind", 15, date(2026, 3, 20),
        ),
        # A minimum criterion is missing: no regulation's clock runs, the desk's own does.
        (full_case(reporters=()), "us", None, None),
        (full_case(reporters=()), "house", 7, date(2026, 3, 12)),
        (full_case(), "house", None, None),
        # The case names its markets.
        (full_case(markets=("eu",)), "us", None, None),
        (full_case(markets=("eu",)), "eu", 15, date(2026, 3, 20)),
        # The United Kingdom asks only where a case names it, and for what is not serious only from there.
        (full_case(), "uk", None, None),
        (full_case(markets=("uk",)), "uk", 15, date(2026, 3, 20)),
        (judged(markets=("uk",), country="GB"), "uk", 90, date(2026, 6, 3)),
        (judged(markets=("uk",), country="FR"), "uk", None, None),
    ],
)  # fmt: skip
def test_what_each_market_wants(case: Case, market: str, days_given: int | None, due: date | None) -> None:
    found = one(case, market)
    assert (found and found.days, found and found.due) == (days_given, due)


def test_the_shortest_rule_and_the_most_pressing_event_count() -> None:
    both = full_case(
        Event("e1", "itch", judged_not_serious_by="p-ann"), Event("e2", "collapse", seriousness=(serious(),))
    )
    found = one(both, "eu")
    assert found is not None
    assert (found.days, found.reason) == (15, "collapse: serious")
    assert "107(3)" in found.basis


FOLLOW_UP = receipt(RECEIVED + timedelta(days=10), "r2", source_id="s2")


SAID = Standing("e1", serious=True, fatal=False, unexpected=True, suspected=True)


def reported(*receipts: str, market: str = "us", said: tuple[Standing, ...] = (SAID,)) -> Submission:
    return Submission("x1", market, RECEIVED + timedelta(days=9), "p-ann", 3, receipts, events=said)


@pytest.mark.parametrize(
    ("case", "due"),
    [
        # Before the first report, more information does not move its deadline.
        (full_case(receipts=(receipt(), FOLLOW_UP)), date(2026, 3, 20)),
        # Reported: the clock stands still.
        (full_case(submissions=(reported("r1"),)), None),
        # After the report, significant information starts a clock of its own: 15 March + 15.
        (full_case(receipts=(receipt(), FOLLOW_UP), submissions=(reported("r1"),)), date(2026, 3, 30)),
        (full_case(receipts=(receipt(), FOLLOW_UP), submissions=(reported("r1", "r2"),)), None),
        # A report to another market stops nothing here.
        (
            full_case(submissions=(reported("r1", market="eu"),)),
            date(2026, 3, 20),
        ),
        # The four criteria were first met by the second receipt.
        (full_case(receipts=(receipt(), FOLLOW_UP), valid_from="r2"), date(2026, 3, 30)),
    ],
)  # fmt: skip
def test_when_a_clock_starts_again(case: Case, due: date | None) -> None:
    found = one(case, "us")
    assert (found and found.due) == due


def test_what_became_serious_later_counts_from_then() -> None:
    later = Seriousness(Criterion.HOSPITALISATION, span("admitted to hospital", "s2"), "", "p-ann", True)
    case = full_case(Event("e1", "bleeding", seriousness=(later,)), receipts=(receipt(), FOLLOW_UP))
    found = one(case, "us")
    assert found is not None
    assert found.day_zero == date(2026, 3, 15)


UNQUOTED = Seriousness(Criterion.HOSPITALISATION, None, "", "p-ann", True)
TOLD_LATER = Seriousness(Criterion.HOSPITALISATION, span("admitted to hospital", "s2"), "", "p-ann", True)
BOTH = {"receipts": (receipt(), FOLLOW_UP)}


def said_before(market: str, *receipts: str, serious: bool = True, unexpected: bool = True) -> dict[str, object]:
    """A report that said less of the event than what is judged now."""
    return {
        "submissions": (
            reported(*receipts, market=market, said=(replace(SAID, serious=serious, unexpected=unexpected),)),
        )
    }


@pytest.mark.parametrize(
    ("case", "market", "days_given", "day_zero"),
    [
        # Reported as not serious, judged serious afterwards, and nothing new came in: 15 days from the receipt.
        (full_case(**said_before("eu", "r1", serious=False)), "eu", 15, date(2026, 3, 5)),
        (full_case(**said_before("us", "r1", serious=False)), "us", 15, date(2026, 3, 5)),
        # Serious and expected before, unexpected now.
        (full_case(**said_before("us", "r1", unexpected=False)), "us", 15, date(2026, 3, 5)),
        # The words that say so came with the follow-up: from there. Without words: the latest that was reported.
        (
            full_case(
                Event("e1", "x", seriousness=(TOLD_LATER,)), **BOTH, **said_before("eu", "r1", "r2", serious=False)
            ),
            "eu", 15, date(2026, 3, 15),
        ),
        (
            full_case(
                Event("e1", "x", seriousness=(UNQUOTED,)), **BOTH, **said_before("eu", "r1", "r2", serious=False)
            ),
            "eu", 15, date(2026, 3, 15),
        ),
        # Information that comes later still does not move that deadline.
        (
            full_case(Event("e1", "x", seriousness=(UNQUOTED,)), **BOTH, **said_before("eu", "r1", serious=False)),
            "eu", 15, date(2026, 3, 5),
        ),
        # A trial's event that became life-threatening in our judgement: the 7 days count as well.
        (
            full_case(
                Event("e1", "x", seriousness=(serious(Criterion.LIFE_THREATENING),)),
                report_type=ReportType.STUDY, **said_before("eu-trials", "r1"),
            ),
            "eu-trials", 7, date(2026, 3, 5),
        ),
        # An event that the report did not have at all.
        (full_case(submissions=(reported("r1", market="eu", said=()),)), "eu", 15, date(2026, 3, 5)),
        # Reported as more than it is judged now: covered.
        (judged(submissions=(reported("r1", market="eu"),)), "eu", None, None),
        (judged(**said_before("eu", "r1", serious=False)), "eu", None, None),
        # A report that the gateway refused covers nothing, whatever it said.
        (
            full_case(submissions=(replace(reported("r1", market="eu"), rejected=True),)), "eu", 15, date(2026, 3, 5),
        ),
    ],
)  # fmt: skip
def test_what_is_judged_more_pressing_after_its_report_counts_from_its_receipt(
    case: Case, market: str, days_given: int | None, day_zero: date | None
) -> None:
    found = one(case, market)
    assert (found and found.days, found and found.day_zero) == (days_given, day_zero)


def test_a_deadline_that_passed_before_the_judgement_is_overdue() -> None:
    found = one(full_case(**said_before("eu", "r1", serious=False)), "eu")
    assert found is not None
    assert urgency(found.due_at, RECEIVED + timedelta(days=60), MARKETS) is Urgency.OVERDUE


@given(
    was=st.tuples(*[st.booleans()] * 4),
    words=st.sampled_from(["s1", "s2", ""]),
    significant=st.booleans(),
    covered=st.sampled_from([("r1",), ("r1", "r2")]),
    valid_from=st.sampled_from(["", "r1", "r2"]),
)
def test_what_was_not_reported_so_is_never_without_a_clock(
    was: tuple[bool, bool, bool, bool], words: str, significant: bool, covered: tuple[str, ...], valid_from: str
) -> None:
    quoted = span("admitted to hospital", words) if words else None
    event = Event("e1", "x", seriousness=(Seriousness(Criterion.HOSPITALISATION, quoted, "", "p-ann", True),))
    case = full_case(
        event,
        receipts=(receipt(), replace(FOLLOW_UP, significant=significant)),
        submissions=(reported(*covered, said=(Standing("e1", *was),)),),
        valid_from=valid_from,
    )
    reported_so = was[0] and was[2]
    all_told = covered == ("r1", "r2") or not (significant or words == "s2" or valid_from == "r2")
    assert (one(case, "us") is None) == (reported_so and all_told)


def test_how_an_event_stands_is_what_is_stated_of_it() -> None:
    case = full_case(Event("e1", "x"), Event("e2", "y", seriousness=(serious(Criterion.DEATH),)))
    assert standing(case, case.events[0]) == replace(SAID, serious=False)
    assert standing(case, case.events[1]) == replace(SAID, id="e2", fatal=True)


def test_an_insignificant_receipt_starts_no_clock() -> None:
    case = full_case(receipts=(receipt(), replace(FOLLOW_UP, significant=False)), submissions=(reported("r1"),))
    assert one(case, "us") is None


def test_the_earlier_end_of_the_day_counts_where_zones_differ() -> None:
    """Received in Tokyo on Friday 6 March: the last day is Saturday 21 March, which ends in Tokyo first."""
    at = datetime(2026, 3, 5, 22, 0, tzinfo=UTC)
    found = one(full_case(receipts=(receipt(at, zone="Asia/Tokyo", day=day_of(at, "Asia/Tokyo")),)), "us")
    assert found is not None
    assert (found.day_zero, found.due, found.zone) == (date(2026, 3, 6), date(2026, 3, 21), "Asia/Tokyo")
    assert found.due_at == datetime(2026, 3, 21, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day_zero", "days_given", "weekends", "due"),
    [
        (date(2026, 3, 6), 15, Weekends.COUNTED, date(2026, 3, 21)),  # a Saturday stays
        (date(2026, 3, 6), 15, Weekends.NEXT_WORKING_DAY, date(2026, 3, 23)),  # Monday
        (date(2026, 3, 6), 14, Weekends.NEXT_WORKING_DAY, date(2026, 3, 20)),  # a Friday stays
        (date(2024, 2, 28), 1, Weekends.COUNTED, date(2024, 2, 29)),  # leap day
        (date(2026, 2, 28), 1, Weekends.COUNTED, date(2026, 3, 1)),
        (date(2026, 12, 31), 15, Weekends.COUNTED, date(2027, 1, 15)),
        (date(2026, 1, 31), 90, Weekends.COUNTED, date(2026, 5, 1)),
    ],
)
def test_calendar_days(day_zero: date, days_given: int, weekends: Weekends, due: date) -> None:
    assert due_day(day_zero, days_given, weekends) == due


def test_a_holiday_moves_a_deadline_only_where_the_market_says_so() -> None:
    monday = frozenset({date(2026, 3, 23)})
    assert due_day(date(2026, 3, 6), 15, Weekends.NEXT_WORKING_DAY, monday) == date(2026, 3, 24)
    assert due_day(date(2026, 3, 8), 15, Weekends.COUNTED, monday) == date(2026, 3, 23)


@example(day=date(2011, 12, 29), zone="Pacific/Apia")
@example(day=date(2026, 3, 8), zone="America/New_York")
@example(day=date(2023, 3, 25), zone="Asia/Beirut")
@given(day=days, zone=zones)
def test_a_day_ends_where_the_next_one_begins(day: date, zone: str) -> None:
    """Also on days that clocks jump over midnight, that are 23, 24.5 or 25 hours long, and that a zone left out."""
    end = end_of_day(day, zone)
    assert day_of(end, zone) > day
    assert day_of(end - timedelta(microseconds=1), zone) <= day


@example(day=date(2011, 12, 29), zone="Pacific/Apia")
@example(day=date(2026, 3, 8), zone="America/New_York")
@example(day=date(2023, 3, 25), zone="Asia/Beirut")
@given(day=days, zone=zones)
def test_days_follow_each_other(day: date, zone: str) -> None:
    ends = [end_of_day(day + timedelta(days=more), zone) for more in range(4)]
    assert all(earlier <= later <= earlier + timedelta(hours=26) for earlier, later in pairwise(ends))


@given(day_zero=days, more=st.integers(0, 366), off=st.frozensets(days, max_size=5))
def test_a_deadline_is_never_before_its_days_have_passed(day_zero: date, more: int, off: frozenset[date]) -> None:
    counted = due_day(day_zero, more, Weekends.COUNTED, off)
    worked = due_day(day_zero, more, Weekends.NEXT_WORKING_DAY, off)
    assert (counted - day_zero).days == more
    assert counted <= worked
    assert worked.weekday() < 5
    assert worked not in off


@given(at=moments, zone=zones, later=st.timedeltas(timedelta(), timedelta(days=400)))
def test_later_information_is_never_due_earlier(at: datetime, zone: str, later: timedelta) -> None:
    first, second = (
        earliest(full_case(receipts=(receipt(moment, zone=zone, day=day_of(moment, zone)),)), MARKETS)
        for moment in (at, at + later)
    )
    assert first is not None
    assert second is not None
    assert first <= second


@given(at=moments, zone=zones)
def test_every_deadline_leaves_its_days_and_at_most_one_more(at: datetime, zone: str) -> None:
    case = full_case(receipts=(receipt(at, zone=zone, day=day_of(at, zone)),))
    for each in deadlines(case, MARKETS):
        hours = hours_left(each, at)
        # The day of receipt itself is not counted; zones lie at most 26 hours apart, and clocks change by one.
        assert 24 * (each.days - 1) - 3 <= hours <= 24 * (each.days + 1) + 3
        assert each.due_at == end_of_day(each.due, each.zone)
        assert each.due == each.day_zero + timedelta(days=each.days)
        assert ZoneInfo(each.zone)


@pytest.mark.parametrize(
    ("hours", "named"),
    [(-1, Urgency.OVERDUE), (0, Urgency.OVERDUE), (1, Urgency.URGENT), (24, Urgency.URGENT), (25, Urgency.SOON),
     (72, Urgency.SOON), (73, Urgency.LATER)],
)  # fmt: skip
def test_how_pressing_a_deadline_is(hours: int, named: Urgency) -> None:
    assert urgency(RECEIVED + timedelta(hours=hours), RECEIVED, MARKETS) is named


def test_a_market_that_nobody_knows_is_named() -> None:
    with pytest.raises(RuleMissing, match="no market mars"):
        MARKETS.named("mars")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("zone: America/New_York", "zone: America/Gotham", "no time zone"),
        ("days: 90", "days: -1", "greater than or equal"),
        ("weekends: counted", "weekends: sometimes", "counted"),
        ("id: us-ind-7-day", "id: us-15-day", "one id"),
        ("urgent_hours: 24", "urgent_hour: 24", "Extra inputs"),
    ],
)
def test_a_wrong_file_of_markets_is_refused(
    old: str, new: str, said: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("rules") / "markets.yaml"
    path.write_text(FILE.read_text().replace(old, new, 1))
    with pytest.raises(RuleInvalid, match=said):
        read_markets(path)


def test_every_shipped_rule_names_its_regulation_or_says_that_it_is_our_own() -> None:
    assert isinstance(MARKETS, Markets)
    for market in MARKETS.markets:
        for rule in market.rules:
            assert any(word in rule.basis for word in ("CFR", "Directive", "Regulation", "SI 20", "Own rule"))
