"""Elements that must be there: required by ICH everywhere, by the FDA for its two routes."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache

from assistant.triage.e2b.conditions import Scope
from assistant.triage.e2b.report import BATCH, REPORT, Group
from assistant.triage.e2b.table import Element, elements, name_of
from assistant.triage.e2b.violation import Severity, Violation


class Route(StrEnum):
    """Whose conformance counts, told by the receiver of the batch (N.1.4)."""

    ICH = "ich"
    POSTMARKET = "post"
    PREMARKET = "pre"


_NEEDED = (("E.i", "P07", "E.i.2.1b", "reaction"), ("G.k", "P08", "G.k.2.2", "medicine"))
_SINGLE = frozenset({"FDA.D.11.r"})
"""Required elements that repeat by themselves: missing means that the report has none of them."""


def route_of(header: Group) -> Route:
    """The route of a batch."""
    return {"ZZFDA": Route.POSTMARKET, "ZZFDA_PREMKT": Route.PREMARKET}.get(header.text("N.1.4"), Route.ICH)


def missing(scope: Scope, where: str, route: Route) -> Iterator[Violation]:
    """The required elements that one group lacks."""
    group = scope.group
    for element in _required(group.name, route):
        value = group.value(element.number)
        if value is None:
            yield _violation(element.number, where)
    if group.name != REPORT:
        return
    for number in sorted(_SINGLE if route is not Route.ICH else ()):
        if not group.all(number):
            yield _violation(number, where)
    for name, rule, number, words in _NEEDED:
        if not group.all(name):
            yield Violation(
                number, where, Severity.REJECT, rule, f"the report has no {words}.", f"Add at least one {words}."
            )


@lru_cache(maxsize=256)
def _required(group: str, route: Route) -> tuple[Element, ...]:
    here = [element for element in elements() if element.group == group and element.number not in _SINGLE]
    return tuple(element for element in here if "required" in {element.ich, _regional(element, route)})


def _regional(element: Element, route: Route) -> str:
    return {Route.POSTMARKET: element.post, Route.PREMARKET: element.pre}.get(route, "")


def _violation(number: str, where: str) -> Violation:
    what = "batch" if number.startswith(BATCH) else "report"
    return Violation(
        number, where, Severity.REJECT, "required",
        f"{name_of(number)} is missing, and every {what} must have it.",
        "Give it, or the null flavour that says why it is not known where the element has one.",
    )  # fmt: skip
