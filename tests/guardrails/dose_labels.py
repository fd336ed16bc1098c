"""Loads the hand-labelled sentences of the dose reader, and compares a reading with its label."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

import yaml

from guardrails.dose import DoseStatement, Frequency, Limit, Quantity, Range
from guardrails.reading.ucum import CODES

SENTENCES = Path(__file__).parent / "dose_sentences"
Field: TypeAlias = str | int | bool | list[str]


_FIELD_NAMES = "drug dose per strength also route freq prn once for over when limit change people step unread"
_FIELDS = frozenset(_FIELD_NAMES.split())


class Reading(StrEnum):
    """`RIGHT`: every field of every statement. `UNREAD`: not right, and said so. `SILENT`: not right, unsaid."""

    RIGHT = "right"
    UNREAD = "unread"
    SILENT = "silent"


@dataclass(frozen=True)
class Sentence:
    """A text and the statements that a pharmacist reads in it; `unread` where nobody could be sure."""

    text: str
    doses: tuple[DoseStatement, ...]
    unread: bool = False


def load(name: str) -> list[Sentence]:
    """The sentences of one file, in order."""
    rows = yaml.safe_load((SENTENCES / f"{name}.yaml").read_text(encoding="utf-8"))
    return [_sentence(text, labels) for text, *labels in rows]


def _sentence(text: str, labels: Sequence[Mapping[str, Field] | str]) -> Sentence:
    doses = tuple(_dose(label) for label in labels if not isinstance(label, str))
    return Sentence(text, doses, bool(labels) and (len(doses) < len(labels) or any(dose.unread for dose in doses)))


def _dose(label: Mapping[str, Field]) -> DoseStatement:
    assert set(label) <= _FIELDS, set(label) - _FIELDS
    return DoseStatement(
        0,
        0,
        drug=str(label.get("drug", "")),
        amount=_range(label.get("dose")),
        per=tuple(_unit(unit) for unit in _texts(label.get("per"))),
        strength=tuple(_quantity(text) for text in _texts(label.get("strength"))),
        also=tuple(filter(None, (_range(text) for text in _texts(label.get("also"))))),
        route=str(label.get("route", "")),
        frequency=_frequency(label.get("freq")),
        as_needed=bool(label.get("prn")),
        once=bool(label.get("once")),
        duration=_range(label.get("for")),
        over=_range(label.get("over")),
        when=tuple(_texts(label.get("when"))),
        limit=Limit(str(label.get("limit", "dose"))),
        change=str(label.get("change", "")),
        population=str(label.get("people", "")),
        step=int(str(label.get("step", 0))),
        unread="expected" if label.get("unread") else "",
    )


def _texts(field: Field | None) -> list[str]:
    return field if isinstance(field, list) else []


def _unit(unit: str) -> str:
    return CODES.get(unit, unit)


def _quantity(text: str) -> Quantity:
    value, _, unit = text.partition(" ")
    return Quantity(Decimal(value), _unit(unit))


def _range(text: Field | None) -> Range | None:
    if text is None:
        return None
    low, _, high = str(text).partition("~")
    if not high:
        return Range(_quantity(low))
    other = _quantity(high)
    return Range(_quantity(low) if " " in low else Quantity(Decimal(low), other.unit), other)


def _frequency(field: Field | None) -> Frequency | None:
    if field is None:
        return None
    text = str(field)
    at_most, divided = text.startswith("at most "), text.endswith("divided")
    times, _, period = text.removeprefix("at most ").removesuffix("divided").strip().partition(" per ")
    low, _, high = times.partition("~")
    return Frequency(
        Decimal(low) if low else None,
        _range(period if " " in period else f"1 {period}") if period else None,
        Decimal(high) if high else None,
        divided,
        at_most,
    )


def bare(statement: DoseStatement) -> DoseStatement:
    """The statement without its place and without what its drug name means."""
    return replace(statement, start=0, end=0, ingredients=())


def graded(sentence: Sentence, read: Sequence[DoseStatement]) -> Reading:
    """How the statements that were read compare with the label."""
    got = [bare(one) for one in read]
    if sentence.unread:
        sure = [one for one in sentence.doses if not one.unread]
        right = any(one.unread for one in got) and all(one.unread or one in sure for one in got)
        return Reading.RIGHT if right else Reading.SILENT
    if tuple(got) == sentence.doses:
        return Reading.RIGHT
    honest = any(one.unread for one in got) and all(one.unread or one in sentence.doses for one in got)
    return Reading.UNREAD if honest else Reading.SILENT
