"""Small steps that build groups of a report: leaving out what is empty, saying why it is empty, dates, coded terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from assistant.triage.case import Case
from assistant.triage.e2b.codes import moment, number
from assistant.triage.e2b.report import Group, Value
from assistant.triage.people_in_case import Measure
from assistant.triage.terms import Term
from assistant.triage.when import PartialDate

Pairs = Iterator[tuple[str, Value]]
ITEM = "item"
"""Pseudo-element with the id of the case's item that a group was made of; taken out before writing."""


class Reasons:
    """Why fields of a case are empty, by their path."""

    def __init__(self, case: Case) -> None:
        self._why: Mapping[str, str] = {unknown.id: unknown.why.value for unknown in case.unknowns}

    def has(self, path: str) -> bool:
        """Whether the case says why a field is empty."""
        return path in self._why

    def value(self, number: str, text: str, path: str, otherwise: str = "") -> Pairs:
        """The element with its text; else with the null flavour that the case gives, or `otherwise`; else nothing."""
        null = self._why.get(path, otherwise)
        if text:
            yield number, Value(text)
        elif null:
            yield number, Value(null=null)

    def date(self, number: str, when: PartialDate | None, path: str, otherwise: str = "") -> Pairs:
        """The same for a date."""
        yield from self.value(number, moment(when) if when else "", path, otherwise)


def said(number: str, text: str) -> Pairs:
    """An element with its text, or nothing."""
    if text:
        yield number, Value(text)


def flag(number: str, value: bool | None) -> Pairs:
    """true or false, or nothing where it is not known."""
    if value is not None:
        yield number, Value("true" if value else "false")


def figure(element: str, value: Decimal | None) -> Pairs:
    """A number, or nothing."""
    if value is not None:
        yield element, Value(number(value))


def measured(element: str, unit: str, value: Measure | None) -> Pairs:
    """A number and its unit, or nothing."""
    if value is not None:
        yield element, Value(number(value.value))
        yield unit, Value(value.unit)


def coded(version: str, code: str, term: Term | None) -> Pairs:
    """A MedDRA version and code; a term of another dictionary has no place in E2B and is left out."""
    if is_meddra(term) and term is not None:
        yield version, Value(term.version)
        yield code, Value(term.code)


def is_meddra(term: Term | None) -> bool:
    """Whether a term is of MedDRA."""
    return term is not None and term.dictionary.casefold() == "meddra"


def made(name: str, values: Pairs, groups: Iterable[Group] = (), item: str = "") -> Group:
    """A group of values that are there."""
    held = tuple(values)
    return Group(name, ((ITEM, Value(item)), *held) if item else held, tuple(groups))
