"""What no single element shows: one primary reporter, one dictionary version, dates in order, links that lead to it."""

from __future__ import annotations

from collections.abc import Iterator

from assistant.triage.e2b.links import DRUG, EVENT, LOOSE
from assistant.triage.e2b.moments import before
from assistant.triage.e2b.report import Group, flatten
from assistant.triage.e2b.table import by_number, name_of
from assistant.triage.e2b.violation import Severity, Violation

_ORDERED = (
    ("P04", "N.2.r", "C.1.4", "C.1.5"),
    ("P05", "E.i", "E.i.4", "E.i.5"),
    ("P05", "G.k.4.r", "G.k.4.r.4", "G.k.4.r.5"),
    ("P05", "D.7.1.r", "D.7.1.r.2", "D.7.1.r.4"),
    ("P05", "D.8.r", "D.8.r.4", "D.8.r.5"),
    ("P05", "D.10.7.1.r", "D.10.7.1.r.2", "D.10.7.1.r.4"),
    ("P05", "D.10.8.r", "D.10.8.r.4", "D.10.8.r.5"),
)
"""Rule, group, the date that comes first, the date that comes after."""


def incoherent(report: Group, where: str) -> Iterator[Violation]:
    """Everything in a report that contradicts itself."""
    yield from one_primary(report, where)
    yield from one_dictionary_version(report, where)
    yield from links_lead_somewhere(report, where)
    yield from worldwide_id(report, where)
    yield from dates_in_order(report, where)


def one_primary(report: Group, where: str) -> Iterator[Violation]:
    """P01: one reporter is the primary one, not several."""
    primary = [reporter for reporter in report.all("C.2.r") if reporter.text("C.2.r.5") == "1"]
    if len(primary) > 1:
        yield _reject("P01", "C.2.r.5", where, f"{len(primary)} reporters are primary.", "Mark one of them only.")


def one_dictionary_version(report: Group, where: str) -> Iterator[Violation]:
    """P02: every MedDRA code of a report is of one version."""
    versions: dict[str, str] = {}
    for place, number, value in flatten(report):
        element = by_number().get(number)
        if element and element.vocabulary == "meddra version" and value.text:
            versions.setdefault(value.text, f"{number} in {place or 'the report'}")
    if len(versions) > 1:
        told = ", ".join(f"{version} ({first})" for version, first in sorted(versions.items()))
        yield _reject(
            "P02", "E.i.2.1a", where, f"codes are of several MedDRA versions: {told}.", "Code all in one version."
        )


def links_lead_somewhere(report: Group, where: str) -> Iterator[Violation]:
    """P09: a judgement, role or interval names a reaction and a medicine of the same report."""
    events = {event.text("E.i.id") for event in report.all("E.i")}
    for place, drug in enumerate(report.all("G.k"), 1):
        for row in drug.all("G.k.9.i"):
            if row.text("G.k.9.i.1") not in events:
                told = f"it names the reaction {row.text('G.k.9.i.1')[:40]!r}, which the report does not have."
                yield _reject("P09", "G.k.9.i.1", f"{where}, G.k[{place}]", told, "Name a reaction by its id.")
    for group in report.walk():
        if group.name in LOOSE:
            named = f"medicine {group.text(DRUG)[:40]!r} and reaction {group.text(EVENT)[:40]!r}"
            told = f"a piece of the matrix names {named},"
            yield _reject("P09", "G.k.9.i.1", where, f"{told} one of them unknown or told twice.", "Correct the ids.")


def worldwide_id(report: Group, where: str) -> Iterator[Violation]:
    """P14: a first sender's worldwide identifier begins with a country, as its own identifier does."""
    number, other = report.text("C.1.1"), report.text("C.1.8.1")
    if number and other and number[:2] != other[:2] and number[2:] == other[2:]:
        yield Violation(
            "C.1.8.1", where, Severity.WARN, "P14",
            "the two identifiers differ only in their country.",
            "Keep the worldwide identifier that the first sender gave.",
        )  # fmt: skip


def dates_in_order(report: Group, where: str) -> Iterator[Violation]:
    """P04 and P05: an end is not before its beginning."""
    for group in report.walk():
        for rule, name, first, second in _ORDERED:
            if group.name == name and group.text(first) and before(group.text(second) or "9", group.text(first)):
                told = f"{group.text(second)} is before {name_of(first)} ({first}), {group.text(first)}."
                yield _reject(rule, second, where, told, "Correct one of the two dates.")


def _reject(rule: str, element: str, where: str, wrong: str, mend: str) -> Violation:
    return Violation(element, where, Severity.REJECT, rule, wrong, mend)
