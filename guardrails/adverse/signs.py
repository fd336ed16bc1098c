"""The tables of words in `guardrails/rules/adverse/`, each read and compiled once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from guardrails.adverse.report import Span
from guardrails.screening.tables import Sign, table

FOLDER = Path(__file__).resolve().parents[1] / "rules" / "adverse"
TABLES = ("events", "medicines", "people", "situations", "telling")


def signs(name: str, text: str, kind: str = "") -> tuple[Sign, ...]:
    """What the table finds in the text, of one kind or of all.

    Raises:
        RuleInvalid: the table cannot be read.
    """
    found = table(name, FOLDER).find(text)
    return tuple(sign for sign in found if sign.kind == kind) if kind else found


def has(name: str, text: str, kind: str) -> bool:
    """Whether the table finds this kind in the text."""
    return any(sign.kind == kind for sign in table(name, FOLDER).find(text))


def in_span(name: str, text: str, span: Span) -> Iterator[Sign]:
    """What the table finds in a stretch of the text, with places in the whole of it."""
    start, end = span
    for sign in table(name, FOLDER).find(text[start:end]):
        yield Sign(sign.kind, sign.say, (sign.span[0] + start, sign.span[1] + start))
