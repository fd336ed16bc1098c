"""The thresholds of `rules/signals.yaml`: when a pair becomes a candidate, and the groups of age."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from guardrails.rule_file import read_rule_file

PATH = Path(__file__).parents[1] / "rules" / "signals.yaml"

Measure = Literal[
    "n",
    "expected",
    "prr",
    "prr_low",
    "prr_high",
    "chi2",
    "ror",
    "ror_low",
    "ror_high",
    "ic",
    "ic_low",
    "ic_high",
    "ebgm",
    "eb05",
    "eb95",
]
MEASURES: tuple[Measure, ...] = get_args(Measure)


@dataclass(frozen=True, slots=True)
class Condition:
    """A measure that must reach a limit, or exceed it where `strict`."""

    measure: Measure
    limit: float
    strict: bool


@dataclass(frozen=True, slots=True)
class Threshold:
    """A rule: all of its conditions must hold."""

    id: str
    name: str
    source: str
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AgeGroup:
    """Ages in whole years below a limit."""

    name: str
    below: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The rules, in order, and the groups of age, youngest first."""

    version: str
    rules: tuple[Threshold, ...]
    age_groups: tuple[AgeGroup, ...]


class _Condition(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    measure: Measure
    above: float | None = None
    at_least: float | None = None

    @model_validator(mode="after")
    def _one_limit(self) -> _Condition:
        if (self.above is None) == (self.at_least is None):
            raise ValueError("give either above or at_least")
        return self


class _Rule(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str = Field(pattern=r"^[a-z0-9_-]+$")
    name: str = Field(min_length=1)
    source: str = Field(min_length=1)
    conditions: tuple[_Condition, ...] = Field(min_length=1)


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    name: str = Field(min_length=1)
    below: float = Field(gt=0)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    id: Literal["signals"]
    version: str
    rules: tuple[_Rule, ...] = Field(min_length=1)
    age_groups: tuple[_Group, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _distinct_and_rising(self) -> _File:
        if len({each.id for each in self.rules}) != len(self.rules):
            raise ValueError("two rules have one id")
        limits = [each.below for each in self.age_groups]
        if limits != sorted(set(limits)):
            raise ValueError("the groups of age do not rise")
        return self


def read_thresholds(path: Path = PATH) -> Thresholds:
    """Read the file of thresholds.

    Raises:
        RuleInvalid: it cannot be read or has another shape; the message names the field.
    """
    file = read_rule_file(path, _File, "file of signal thresholds")
    rules = tuple(
        Threshold(each.id, each.name, each.source, tuple(_condition(one) for one in each.conditions))
        for each in file.rules
    )
    return Thresholds(file.version, rules, tuple(AgeGroup(each.name, each.below) for each in file.age_groups))


@cache
def shipped() -> Thresholds:
    """The thresholds that come with the product, read once."""
    return read_thresholds()


def _threshold(given: _Rule) -> Threshold:
    return Threshold(given.id, given.name, given.source, tuple(_condition(each) for each in given.conditions))


def _condition(given: _Condition) -> Condition:
    strict = given.above is not None
    limit = given.above if given.above is not None else given.at_least
    assert limit is not None
    return Condition(given.measure, limit, strict)
