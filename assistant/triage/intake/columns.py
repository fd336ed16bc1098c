"""Which column means what: declared by the user in a YAML file, and guessed, openly, where nothing is declared.

columns: {Fallnummer: report_id, Praeparat: medicine, Bemerkung: narrative}
date_order: day-first          # or month-first
list_separators: ";|"
ignore: [Internal code]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from assistant.triage.duplicates.event_words import plain
from assistant.triage.intake.errors import MappingInvalid
from assistant.triage.intake.values import DateOrder
from assistant.triage.intake.vocabulary import vocabulary


class Mapping(BaseModel):
    """A declared mapping; headers are compared in small letters without accents or punctuation."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    columns: dict[str, str] = {}
    ignore: tuple[str, ...] = ()
    date_order: DateOrder = DateOrder.UNKNOWN
    list_separators: str = ";|\n"


@dataclass(frozen=True, slots=True)
class Column:
    """A column and the field that it is read as ("" for none: its text is kept, no field is filled from it).

    `how` is "declared", "known" (the header is one of the known words), "guessed" (it contains one) or "not read".
    """

    header: str
    field: str
    how: str


def read_mapping(path: Path) -> Mapping:
    """The declared mapping.

    Raises:
        MappingInvalid: it cannot be read, or names a field that no case has.
    """
    try:
        mapping = Mapping.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise MappingInvalid(
            f"{path.name} cannot be read ({error}); write it as columns: {{Header: field}}."
        ) from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise MappingInvalid(f"{path.name} is no mapping of columns: {wrong}.") from error
    unknown = sorted(set(mapping.columns.values()) - set(vocabulary().columns))
    if unknown or not mapping.list_separators:
        fields = ", ".join(sorted(vocabulary().columns))
        raise MappingInvalid(
            f"{path.name} maps to {', '.join(unknown) or 'no list separator'}; a field is one of {fields}."
        )
    return mapping


def columns(headers: Sequence[str], mapping: Mapping) -> tuple[Column, ...]:
    """What each column is read as. A field that a better header already has is not guessed a second time.

    Raises:
        MappingInvalid: a declared header is not in the file.
    """
    declared = {plain(header): field for header, field in mapping.columns.items()}
    missing = [header for header in mapping.columns if plain(header) not in map(plain, headers)]
    if missing:
        raise MappingInvalid(
            f"The mapping names the column {missing[0]}, which the file does not have; its columns are "
            f"{', '.join(headers)}."
        )
    ignored = {plain(each) for each in mapping.ignore}
    made: list[Column | None] = [None] * len(headers)
    taken = set(declared.values())
    for at, header in enumerate(headers):
        if plain(header) in declared:
            made[at] = Column(header, declared[plain(header)], "declared")
        elif plain(header) in ignored or not plain(header):
            made[at] = Column(header, "", "not read")
    for how, guess in (("known", _known), ("guessed", _guessed)):
        for at, header in enumerate(headers):
            field = "" if made[at] else guess(plain(header))
            if field and field not in taken:
                made[at] = Column(header, field, how)
                taken.add(field)
    return tuple(each or Column(header, "", "not read") for each, header in zip(made, headers, strict=True))


def _known(header: str) -> str:
    return next((field for field, words in vocabulary().columns.items() if header in words), "")


def _guessed(header: str) -> str:
    """The field whose longest known words stand in the header."""
    best = [
        (len(word), field)
        for field, words in vocabulary().columns.items()
        for word in words
        if len(word) > 3 and f" {word} " in f" {header} "
    ]
    return max(best)[1] if best else ""
