"""Deadlines: from the day on which information was received to the last day on which a market wants the report.

Pure; the markets are data (`markets`). Day zero is the day of receipt where it was received, and day one is the next.
A clock runs for the first significant receipt that no report to the market covers yet: information that comes before
the report does not move its deadline, information that comes after it starts a clock of its own.

A report covers an event only as what it was reported. Where people judge the event more pressing afterwards (serious,
fatal, unexpected or suspected, and it was not reported so), the clock of that counts although nothing new came in. Its
day zero is a day of receipt all the same and not the day of the judgement, because the regulations count from when the
information was received: the receipt whose words say that the event is serious, or, where no words are quoted, the
latest receipt that was reported. So such a deadline may have passed already, and it is shown as overdue.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from assistant.triage.case import Case, Event, Receipt, Submission
from assistant.triage.judgement import Criterion, Deadline, Listed, Standing, WhoUmc
from assistant.triage.markets import ClockRule, Market, Markets, Weekends, When
from assistant.triage.product import Product, ProductRole
from assistant.triage.validity import validity

_FATAL = frozenset({Criterion.DEATH, Criterion.LIFE_THREATENING})
_SUSPECTED = frozenset({ProductRole.SUSPECT, ProductRole.INTERACTING})
_SATURDAY = 5


class Urgency(StrEnum):
    """How a board colours a deadline."""

    OVERDUE = "overdue"
    URGENT = "urgent"
    SOON = "soon"
    LATER = "later"


def day_of(at: datetime, zone: str) -> date:
    """The local day of a moment; `at` needs a time zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def due_day(day_zero: date, days: int, weekends: Weekends, holidays: frozenset[date] = frozenset()) -> date:
    """The last day: `days` calendar days after day zero, moved to a working day only where the market says so."""
    due = day_zero + timedelta(days=days)
    if weekends is Weekends.NEXT_WORKING_DAY:
        while due.weekday() >= _SATURDAY or due in holidays:
            due += timedelta(days=1)
    return due


def end_of_day(day: date, zone: str) -> datetime:
    """The first moment that is no longer this day in a zone, in UTC."""
    return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone)).astimezone(UTC)


def deadlines(case: Case, markets: Markets) -> tuple[Deadline, ...]:
    """The deadline of every market that wants this case, the earliest first; at most one for each market."""
    found = []
    for market in asked_by(case, markets):
        running = [deadline for rule in market.rules for deadline in _deadlines(case, market, rule)]
        if running:
            found.append(min(running, key=lambda each: (each.due_at, each.rule)))
    return tuple(sorted(found, key=lambda each: (each.due_at, each.market)))


def earliest(case: Case, markets: Markets) -> datetime | None:
    """When the first deadline passes, or None where no clock runs."""
    return min((deadline.due_at for deadline in deadlines(case, markets)), default=None)


def hours_left(deadline: Deadline, now: datetime) -> float:
    """Hours until the deadline passes, negative once it has."""
    return (deadline.due_at - now) / timedelta(hours=1)


def urgency(due_at: datetime, now: datetime, markets: Markets) -> Urgency:
    """How pressing a deadline is."""
    left = due_at - now
    if left <= timedelta():
        return Urgency.OVERDUE
    if left <= timedelta(hours=markets.urgent_hours):
        return Urgency.URGENT
    return Urgency.SOON if left <= timedelta(hours=markets.soon_hours) else Urgency.LATER


def asked_by(case: Case, markets: Markets) -> tuple[Market, ...]:
    """The markets that the case names, or the default ones, as far as they want its type of report."""
    chosen = [
        market
        for market in markets.markets
        if market.always or (market.id in case.markets if case.markets else market.default)
    ]
    return tuple(market for market in chosen if case.report_type in market.report_types)


def _deadlines(case: Case, market: Market, rule: ClockRule) -> Iterator[Deadline]:
    if rule.only_in and case.country and case.country not in rule.only_in:
        return
    valid = validity(case).is_valid
    if rule.when.valid != valid:
        return
    if not valid:
        receipt = _uncovered(case, market, None, rule.when)
        if receipt is not None:
            yield _deadline(market, rule, receipt, "a minimum criterion is missing")
        return
    for event in case.events:
        met = _meets(case, event, rule.when)
        receipt = _uncovered(case, market, event, rule.when)
        if met is not None and receipt is not None:
            yield _deadline(market, rule, receipt, f"{event.verbatim}: {met}")


def _uncovered(case: Case, market: Market, event: Event | None, when: When) -> Receipt | None:
    """The receipt that a clock counts from, or None where reports to this market cover all that the rule asks for.

    It is the first significant receipt that none of them covers, counted from when the report was valid and the event
    was known to be serious. A receipt that was reported, but with the event as less than it is now, is not covered;
    where no words say which of several receipts told more, the latest of them counts.
    """
    reports = _reported(case, market)
    covered = {name for each in reports if event is None or _covers(each, event, when) for name in each.receipts}
    as_less = {name for each in reports for name in each.receipts} - covered
    in_order = sorted(case.receipts, key=lambda each: each.at)
    start = next((each.at for each in in_order if each.id == case.valid_from), None)
    serious = _serious_since(case, event) if event is not None else None
    known = [moment for moment in (start, serious) if moment is not None]
    # What made a case valid or serious is significant, whatever it was recorded as.
    waiting = [each for each in in_order if each.id not in covered and (each.significant or each.at in known)]
    since = [each for each in waiting if all(each.at >= moment for moment in known)]
    judged_anew = [each for each in since if each.id in as_less]
    if judged_anew and serious is None:
        return judged_anew[-1]
    return since[0] if since else None


def _covers(report: Submission, event: Event, when: When) -> bool:
    """Whether a report said of the event everything that a rule asks for; to have said more does no harm."""
    return any(
        said.id == event.id
        and all(
            was or not wanted
            for wanted, was in (
                (when.serious, said.serious),
                (when.fatal_or_life_threatening, said.fatal),
                (when.unexpected, said.unexpected),
                (when.suspected, said.suspected),
            )
        )
        for said in report.events
    )


def _reported(case: Case, market: Market) -> tuple[Submission, ...]:
    """The reports that reached this market, or are on their way; one that the gateway refused reached nobody."""
    return tuple(each for each in case.submissions if each.market == market.id and not each.rejected)


def _serious_since(case: Case, event: Event) -> datetime | None:
    """The receipt of the first source whose words say that the event is serious; None where that is not known."""
    if not event.seriousness or any(each.quoted is None for each in event.seriousness):
        return None
    sources = {each.quoted.source_id for each in event.seriousness if each.quoted is not None}
    told = [receipt.at for receipt in case.receipts if receipt.tells_serious or receipt.source_id in sources]
    return min(told, default=None)


def _meets(case: Case, event: Event, when: When) -> str | None:
    """Why the event meets every condition, in words, or None where it does not."""
    stands = standing(case, event)
    judged = stands.serious or bool(event.judged_not_serious_by)
    serious = stands.serious or not judged
    asked = (
        (when.serious, serious),
        (when.fatal_or_life_threatening, stands.fatal),
        (when.unexpected, stands.unexpected),
        (when.suspected, stands.suspected),
    )
    if any(wanted is not None and wanted != is_so for wanted, is_so in asked):
        return None
    if not judged:
        return "not judged yet, so counted as serious"
    words = ["serious" if serious else "not serious"]
    if when.unexpected:
        words.append("not known to be expected")
    return " and ".join(words)


def standing(case: Case, event: Event) -> Standing:
    """How an event of a case stands now, for the clocks and for the record of a report that is written."""
    suspects = [each for each in case.products if each.role in _SUSPECTED]
    return Standing(
        event.id,
        serious=event.is_serious,
        fatal=any(each.criterion in _FATAL for each in event.seriousness),
        unexpected=any(_is_unexpected(case, event, product) for product in suspects),
        suspected=any(_is_suspected(case, event, product) for product in suspects),
    )


def _is_unexpected(case: Case, event: Event, product: Product) -> bool:
    """Unless a person confirmed that the label lists it."""
    return not any(
        each.event_id == event.id
        and each.product_id == product.id
        and each.confirmed
        and each.listed is Listed.EXPECTED
        for each in case.expectedness
    )


def _is_suspected(case: Case, event: Event, product: Product) -> bool:
    """Unless a person committed that the product is unlikely to have caused it."""
    return not any(
        each.event_id == event.id
        and each.product_id == product.id
        and each.committed_by
        and each.category is WhoUmc.UNLIKELY
        for each in case.causality
    )


def _deadline(market: Market, rule: ClockRule, receipt: Receipt, reason: str) -> Deadline:
    due = due_day(receipt.day, rule.days, market.weekends, market.holidays)
    due_at, zone = min((end_of_day(due, zone), zone) for zone in (market.zone, receipt.zone))
    return Deadline(market.id, rule.id, rule.basis, rule.days, zone, receipt.day, due, due_at, reason)
