"""The offline checker: everything that a gateway would refuse or warn of, as far as it can be told without it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import UTC, datetime

from assistant.triage.e2b.coherence import incoherent
from assistant.triage.e2b.conditions import Scope
from assistant.triage.e2b.conformance import Route, missing, route_of
from assistant.triage.e2b.fields import complaints
from assistant.triage.e2b.report import Batch, Group, Value
from assistant.triage.e2b.rules import broken, scopes
from assistant.triage.e2b.table import by_number
from assistant.triage.e2b.violation import Severity, Violation


def check_batch(
    batch: Batch, now: datetime | None = None, sent_before: Collection[str] | None = None
) -> tuple[Violation, ...]:
    """Every violation of a batch, header first, then report by report in the order of the message.

    `sent_before` are the identifiers (C.1.1) of reports that were sent earlier; without it the two rules that ask
    whether a report is the first one (R0011, R0101) are not asked. `now` is the moment that dates may not be after.
    """
    moment = now or datetime.now(UTC)
    route = route_of(batch.header)
    found = list(_group(Scope(batch.header), "batch", route, moment))
    for place, report in enumerate(batch.reports, 1):
        where = f"report {place}"
        known = _with_history(report, sent_before)
        for scope, inner in scopes(known, where, (batch.header,)):
            found.extend(_group(scope, inner, route, moment))
        found.extend(incoherent(report, where))
    found.extend(_unread(batch))
    return tuple(found)


def rejected(violations: Collection[Violation]) -> tuple[Violation, ...]:
    """Those for which a gateway refuses the report."""
    return tuple(violation for violation in violations if violation.severity is Severity.REJECT)


def _with_history(report: Group, sent_before: Collection[str] | None) -> Group:
    """The report with what the desk knows of its past, as a value that rules can ask for."""
    if sent_before is None:
        return report
    return report.set("report.earlier", Value("yes" if report.text("C.1.1") in sent_before else "no"))


def _group(scope: Scope, where: str, route: Route, now: datetime) -> Iterator[Violation]:
    yield from missing(scope, where, route)
    for number, value in scope.group.values:
        element = by_number().get(number)
        if element is None:
            continue
        for rule, severity, wrong, mend in complaints(element, value, now):
            yield Violation(number, where, severity, rule, wrong, mend)
    yield from broken(scope, where)


def _unread(batch: Batch) -> Iterator[Violation]:
    for unread in batch.unread:
        yield Violation(
            "", unread.path, Severity.WARN, "unread",
            f"{unread.content[:80]!r} stands where the message has no place for it, and would not be written again.",
            "Move it to the element that it belongs to.",
        )  # fmt: skip
