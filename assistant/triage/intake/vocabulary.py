"""The words that cells and boxes use for what a case knows, from `vocabulary.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from assistant.triage.duplicates.event_words import plain
from guardrails.rule_file import read_rule_file

FILE = Path(__file__).parent / "vocabulary.yaml"


class Vocabulary(BaseModel):
    """`meanings` by table and meaning, `columns` by field, both in plain letters; `countries` from name to code."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    version: str
    months: Mapping[str, int]
    countries: Mapping[str, str]
    meanings: Mapping[str, Mapping[str, tuple[str, ...]]]
    columns: Mapping[str, tuple[str, ...]]

    @property
    def country_codes(self) -> frozenset[str]:
        """Every two-letter code."""
        return frozenset(self.countries.values())


@cache
def vocabulary() -> Vocabulary:
    """The shipped words.

    Raises:
        RuleInvalid: the file was changed into something else.
    """
    read = read_rule_file(FILE, Vocabulary, "vocabulary of reports")
    meanings = {
        table: {meaning: tuple(map(plain, words)) for meaning, words in rows.items()}
        for table, rows in read.meanings.items()
    }
    columns = {name: tuple(map(plain, (name.replace("_", " "), *words))) for name, words in read.columns.items()}
    return read.model_copy(update={"meanings": meanings, "columns": columns})
