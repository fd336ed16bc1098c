"""Reads rules.yaml and asks its rules of a report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from assistant.triage.e2b.conditions import Scope, holds
from assistant.triage.e2b.report import REPORT, Group
from assistant.triage.e2b.table import by_number, name_of
from assistant.triage.e2b.violation import Severity, Violation
from guardrails.rule_file import read_rule_file

Conditions = tuple[tuple[str, ...], ...]
"""All of the outer must hold; of each inner, one."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `by` names the Python that decides it, `not_decided` why nobody here can; else `when` and `then` do."""

    id: str
    element: str
    severity: Severity
    at: str
    when: Conditions
    then: Conditions
    wrong: str
    mend: str
    by: str
    not_decided: str


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    element: str
    severity: Severity
    at: str = ""
    when: tuple[str | tuple[str, ...], ...] = Field(default=(), alias="if")
    then: tuple[str | tuple[str, ...], ...] = ()
    with_: str = Field(default="", alias="with")
    wrong: str = ""
    mend: str = ""
    by: str = ""
    not_: str = Field(default="", alias="not")
    note: str = ""

    @model_validator(mode="after")
    def _one_way(self) -> _Row:
        ways = [bool(self.then), bool(self.with_), bool(self.by), bool(self.not_)]
        if sum(ways) != 1:
            raise ValueError(f"rule {self.id} needs exactly one of then, with, by and not")
        if self.then and not (self.wrong and self.mend):
            raise ValueError(f"rule {self.id} needs to say what is wrong and how to mend it")
        return self


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: int
    rules: tuple[_Row, ...]


@lru_cache(maxsize=1)
def rules() -> tuple[Rule, ...]:
    """Every rule, those that nobody here can decide included.

    Raises:
        RuleInvalid: the file that was installed is damaged.
    """
    path = Path(str(files("assistant.triage.e2b") / "rules.yaml"))
    return tuple(_rule(row) for row in read_rule_file(path, _File, "table of E2B rules").rules)


def _rule(row: _Row) -> Rule:
    element = by_number().get(row.element)
    at = row.at or (element.group if element else REPORT)
    when, then, wrong, mend = row.when, row.then, row.wrong, row.mend
    if row.with_:
        when, then = (f"{row.with_} given",), (f"{row.element} given",)
        wrong = f"it is missing although {row.with_} ({name_of(row.with_)}) is given."
        mend = f"Give {name_of(row.element)}, or leave {row.with_} out."
    return Rule(row.id, row.element, row.severity, at, _lists(when), _lists(then), wrong, mend, row.by, row.not_)


def _lists(rows: Sequence[str | tuple[str, ...]]) -> Conditions:
    return tuple((row,) if isinstance(row, str) else row for row in rows)


def broken(scope: Scope, where: str) -> Iterator[Violation]:
    """The rules of one group that it breaks; `where` is how the group is called in a message."""
    for rule in _rules_at(scope.group.name):
        if _all(rule.when, scope) and not _all(rule.then, scope):
            yield Violation(rule.element, where, rule.severity, rule.id, rule.wrong, rule.mend)


@lru_cache(maxsize=64)
def _rules_at(group: str) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules() if rule.at == group and rule.then)


def _all(conditions: Conditions, scope: Scope) -> bool:
    return all(any(holds(condition, scope) for condition in choice) for choice in conditions)


def scopes(group: Group, where: str, around: tuple[Group, ...]) -> Iterator[tuple[Scope, str]]:
    """A group and every group inside, each with those around it and its name for people."""
    yield Scope(group, around), where
    counts: dict[str, int] = {}
    for inner in group.groups:
        counts[inner.name] = counts.get(inner.name, 0) + 1
        yield from scopes(inner, f"{where}, {inner.name}[{counts[inner.name]}]", (group, *around))
