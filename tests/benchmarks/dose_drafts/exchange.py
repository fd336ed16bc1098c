"""Words that a wrong draft puts in place of others. The tables are in exchange.yaml, to be read by a pharmacist."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from tests.benchmarks.dose_drafts.draft import Kind, Said

TABLES = Path(__file__).with_name("exchange.yaml")
_NEVER = re.compile(r"(?!)")
_SIGNS = ((r"(?<![=<])<(?==?\s?\d)|<(?= \d)", ">"), (r"(?<!<)>(?=\s?\d)", "<"), ("≤", "≥"), ("≥", "≤"))
_CHECKED = frozenset({Kind.FREQUENCY, Kind.ROUTE, Kind.POPULATION, Kind.INDICATION})
"""Kinds whose new words, where the passage holds them already, may make another true sentence."""


class Tables(BaseModel):
    """The file's content."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    frequency: tuple[tuple[str, str], ...]
    route: tuple[tuple[str, str], ...]
    population: tuple[tuple[str, str], ...]
    indication: tuple[tuple[str, str], ...]
    direction: tuple[tuple[str, str], ...]
    negation: tuple[tuple[str, str], ...]
    strength: tuple[tuple[str, str], ...]
    instead: Mapping[str, str]
    beside: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Exchange:
    """`old` (a pattern) becomes `new`; `taken` is what the passage must not say, for else the new text may be true."""

    old: re.Pattern[str]
    new: str
    taken: re.Pattern[str]


@cache
def tables() -> Tables:
    """The tables, read once."""
    return Tables.model_validate(yaml.safe_load(TABLES.read_text(encoding="utf-8")))


@cache
def exchanges(kind: Kind) -> tuple[Exchange, ...]:
    """The table of one kind."""
    read = tables()
    by_kind: Mapping[Kind, Sequence[tuple[str, str]]] = {
        Kind.FREQUENCY: read.frequency,
        Kind.ROUTE: read.route,
        Kind.POPULATION: read.population,
        Kind.INDICATION: read.indication,
        Kind.DIRECTION: read.direction,
        Kind.NEGATION: read.negation,
        Kind.STRENGTH: read.strength,
    }
    rows = [_exchange(old, new, checked=kind in _CHECKED) for old, new in by_kind[kind]]
    if kind is Kind.DIRECTION:
        rows += [Exchange(re.compile(old), new, _NEVER) for old, new in _SIGNS]
    return tuple(rows)


def _exchange(old: str, new: str, *, checked: bool) -> Exchange:
    taken = re.compile(rf"(?<![\w-]){re.escape(new)}(?![\w-])", re.IGNORECASE) if checked else _NEVER
    return Exchange(re.compile(rf"(?<![\w-])(?:{old})(?![\w-])", re.IGNORECASE), new, taken)


def exchanged(said: Said, kind: Kind) -> Iterator[str]:
    """The sentence with one place changed, for every place where a row of the table fits."""
    text = said.text
    for row in exchanges(kind):
        if row.taken.search(said.passage.text):
            continue
        for found in row.old.finditer(text):
            titled = found.start() == 0 or text[: found.start()].endswith(". ")
            new = row.new[:1].upper() + row.new[1:] if titled else row.new
            yield text[: found.start()] + new + text[found.end() :]
