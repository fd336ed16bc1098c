"""Abbreviations and ways to write a number that have led to overdoses: none of them in a sentence of ours.

The list is data, `rules/unsafe_abbreviations.yaml`, each line with its source. A trailing zero counts only before the
unit of a dose: the list allows it in a laboratory value ("potassium 4.0 mEq/L", "INR 2.0").
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from guardrails.rule_file import read_rule_file
from guardrails.rulebook import RuleSource
from guardrails.verdict import Finding, Severity

TABLE = Path(__file__).resolve().parent / "rules" / "unsafe_abbreviations.yaml"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Entry(_Strict):
    """One line of the list. `{unit}` in the pattern stands for any of the units."""

    id: str
    pattern: str = Field(min_length=1)
    ignore_case: bool = False
    severity: Severity
    source: str
    mistaken: str = Field(min_length=5)
    write: str = Field(min_length=2)


class Abbreviations(_Strict):
    """The whole list."""

    id: str
    version: str
    reviewed_by: str = ""
    sources: Mapping[str, RuleSource]
    units: tuple[str, ...] = Field(min_length=1)
    entries: tuple[_Entry, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_can_be_used(self) -> Abbreviations:
        for one in self.entries:
            if one.source not in self.sources:
                raise ValueError(f"{one.id} has no source named {one.source}")
            try:
                _compiled(one, self.units)
            except re.error as error:
                raise ValueError(f"the pattern of {one.id} is no regular expression: {error}") from error
        return self


def read_list(path: Path = TABLE) -> Abbreviations:
    """Read a list of unsafe abbreviations.

    Raises:
        RuleInvalid: the file cannot be read or is no such list; the message says what is wrong.
    """
    return read_rule_file(path, Abbreviations, "list of abbreviations")


def find(text: str, *, verbatim: bool = False) -> tuple[Finding, ...]:
    """Every unsafe abbreviation of a text, in order. In a sentence quoted word for word it is only said, not judged."""
    table = _shipped()
    found = [
        Finding(
            f"abbreviation.{entry.id}",
            table.version,
            Severity.INFORM if verbatim else entry.severity,
            f"“{match.group().strip()}” is unsafe: {entry.mistaken}. Write {entry.write}.",
            match.span(),
            f"{table.sources[entry.source].publisher}, {table.sources[entry.source].title}",
        )
        for entry, pattern in _patterns()
        for match in pattern.finditer(text)
    ]
    return tuple(sorted(found, key=lambda one: one.span))


def _compiled(entry: _Entry, units: Iterable[str]) -> re.Pattern[str]:
    flags = re.IGNORECASE if entry.ignore_case else re.NOFLAG
    return re.compile(entry.pattern.replace("{unit}", "|".join(units)), flags)


@cache
def _shipped() -> Abbreviations:
    return read_list()


@cache
def _patterns() -> tuple[tuple[_Entry, re.Pattern[str]], ...]:
    table = _shipped()
    return tuple((entry, _compiled(entry, table.units)) for entry in table.entries)
