"""Classes of medicines: which words of a text speak of a medicine without naming it ("NSAIDs" of ibuprofen)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from retrieval.ingredient import base_name

TABLE = Path(__file__).resolve().parent / "corpus" / "classes.yaml"


class _Class(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...]
    members: tuple[str, ...]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    classes: tuple[_Class, ...]


def class_names(ingredient: str) -> tuple[str, ...]:
    """The names of the classes that an ingredient belongs to, in lower case; empty for one that is in none."""
    return _names_by_member().get(base_name(ingredient), ())


def speaks_of(text: str, ingredient: str) -> bool:
    """Whether a text names the ingredient's class ("avoid other NSAIDs" speaks of ibuprofen)."""
    pattern = _pattern(base_name(ingredient))
    return pattern is not None and pattern.search(text) is not None


@cache
def _pattern(ingredient: str) -> re.Pattern[str] | None:
    names = class_names(ingredient)
    if not names:
        return None
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, names))})s?\b", re.IGNORECASE)


@cache
def _names_by_member() -> Mapping[str, tuple[str, ...]]:
    table = _Table.model_validate(yaml.safe_load(TABLE.read_text(encoding="utf-8")))
    found: dict[str, list[str]] = defaultdict(list)
    for each in table.classes:
        for member in each.members:
            found[member].extend(each.names)
    return {member: tuple(names) for member, names in found.items()}
