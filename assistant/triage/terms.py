"""Coded terms and the places in a source where a value was found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a named dictionary at a named version, for example MedDRA 29.1 with an eight-digit code.

    `coded_by` is a person's name, or "machine" for a proposal that nobody has confirmed; `confirmed` says which.
    """

    dictionary: str
    version: str
    code: str
    text: str
    coded_by: str = "machine"
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """Words of a source: characters [start, end) of the text of the source `source_id`, and the words themselves."""

    source_id: str
    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the value of a field comes from.

    `path` names the field as history does: "patient.age", "events[e1].verbatim". `found_by` is the rule, the net or
    the person that read it there.
    """

    id: str
    path: str
    span: Span
    found_by: str = "machine"
