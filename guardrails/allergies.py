"""Allergies that reach further than the medicine itself: whom a penicillin hurts, amoxicillin hurts too.

The groups and what is known between them are data, `rules/cross_reactivity.yaml`, each line with its source. The
allergy to the very medicine is not looked up here; the dose checks know it without a table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, model_validator

from guardrails.examined import MedicineNames
from guardrails.rule_file import read_rule_file
from guardrails.rulebook import RuleSource
from guardrails.verdict import Severity
from retrieval.ingredient import base_name

TABLE = Path(__file__).resolve().parent / "rules" / "cross_reactivity.yaml"
_ORDER = list(Severity)


@dataclass(frozen=True, slots=True)
class CrossReaction:
    """What an allergy means for another medicine, with the document and section that say so."""

    severity: Severity
    text: str
    source: str
    section: str


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class _Group(_Strict):
    id: str
    names: tuple[str, ...] = ()
    members: tuple[str, ...] = Field(min_length=1)


class _Reaction(_Strict):
    from_: str = Field(alias="from")
    to: str
    severity: Severity
    section: str = Field(min_length=1)
    source: str
    text: str = Field(min_length=10)


class CrossReactivity(_Strict):
    """The table: groups of medicines, and from which group to which a reaction is known."""

    id: str
    version: str
    reviewed_by: str = ""
    sources: Mapping[str, RuleSource]
    groups: tuple[_Group, ...]
    reactions: tuple[_Reaction, ...]

    @model_validator(mode="after")
    def _names_only_what_it_holds(self) -> CrossReactivity:
        groups = {group.id for group in self.groups}
        if len(groups) != len(self.groups):
            raise ValueError("two groups have the same id")
        for one in self.reactions:
            if {one.from_, one.to} - groups or one.source not in self.sources:
                raise ValueError(f"{one.from_} to {one.to} names a group or a source that is not in the table")
        return self


def read_table(path: Path = TABLE) -> CrossReactivity:
    """Read a table of cross-reactions.

    Raises:
        RuleInvalid: the file cannot be read or is no such table; the message says what is wrong.
    """
    return read_rule_file(path, CrossReactivity, "table of cross-reactions")


def cross_reactions(allergy: str, ingredient: str, medicines: MedicineNames) -> tuple[CrossReaction, ...]:
    """What an allergy ("penicillin", "sulfa drugs", "Augmentin") means for another ingredient, worst first.

    Empty where no source says anything, and for the medicine itself. An allergy that is not understood says nothing.
    """
    wanted = base_name(ingredient)
    named = _ingredients(allergy, medicines)
    if wanted in named:
        return ()
    reached = _groups_of(allergy, named)
    table = _shipped()
    found = [
        CrossReaction(one.severity, one.text, table.sources[one.source].title, one.section)
        for one in table.reactions
        if one.from_ in reached and wanted in _members()[one.to]
    ]
    return tuple(sorted(found, key=lambda one: _ORDER.index(one.severity)))


def _ingredients(allergy: str, medicines: MedicineNames) -> frozenset[str]:
    return frozenset(
        base_name(one) for mention in medicines.find(allergy) if mention.exact for one in mention.ingredients
    )


def _groups_of(allergy: str, named: frozenset[str]) -> frozenset[str]:
    """The groups that the words of an allergy name, or that one of its medicines belongs to."""
    words = " ".join(allergy.lower().replace("-", " ").split())
    by_name = {group.id for group in _shipped().groups if any(_is_said(name, words) for name in group.names)}
    by_member = {group for group, members in _members().items() if named & members}
    return frozenset(by_name | by_member)


def _is_said(name: str, words: str) -> bool:
    plain = re.escape(name.replace("-", " ").lower())
    return re.search(rf"(?<![a-z]){plain}s?(?![a-z])", words) is not None


@cache
def _shipped() -> CrossReactivity:
    return read_table()


@cache
def _members() -> Mapping[str, frozenset[str]]:
    return {group.id: frozenset(map(base_name, group.members)) for group in _shipped().groups}
