"""Cells of a table row in a text ("Onset: slow; Peak: rapid"): a value stays with its label, a bare cell in its place.

Cells end at semicolons, bars and line ends. A bare cell has no label of its own: "Initial dose; 500 mg; Later; 850 mg".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

from guardrails.conversion import Size
from guardrails.equivalence import measures
from guardrails.wording import content_words, stems

Key: TypeAlias = tuple[frozenset[str], tuple[Size, ...]]
"""The words and the amounts of a cell; equal keys are the same cell."""

_END = re.compile(r"[;|\n]")
_LABEL = re.compile(r"([^:]{1,80}):\s(.+)", re.DOTALL)
_MOST_WORDS = 4
"""Words of meaning in a bare cell; more are a statement, which may change its place."""


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its words as they stand, the keys of its label and its value, and whether it is bare."""

    text: str
    label: Key | None
    value: Key
    is_bare: bool


@lru_cache(maxsize=2048)
def cells_of(text: str) -> tuple[Cell, ...]:
    """The cells of a text, in order; one for a text without any sign that ends a cell."""
    return tuple(_cell(part.strip(" .")) for part in _END.split(text) if part.strip(" ."))


def _cell(text: str) -> Cell:
    found = _LABEL.fullmatch(text)
    label, value = (_key(found.group(1)), found.group(2)) if found else (None, text)
    return Cell(text, label, _key(value), label is None and len(content_words(text)) <= _MOST_WORDS)


def _key(text: str) -> Key:
    return stems(text), tuple(one.size for one in measures(text))


def misplaced(claim: str, quote: str) -> str:
    """The first cell of a claim that the quote has with another label or in another place, or ""."""
    if not _END.search(claim.strip()) or not _END.search(quote.strip()):
        return ""  # most texts: their amounts need not be read cell by cell
    claimed, quoted = cells_of(claim), cells_of(quote)
    if len(claimed) < 2 or len(quoted) < 2:
        return ""
    values = {cell.value for cell in quoted}
    pairs = {(cell.label, cell.value) for cell in quoted}
    labels = {cell.label for cell in quoted}
    for cell in claimed:
        if cell.label and cell.label in labels and cell.value in values and (cell.label, cell.value) not in pairs:
            return cell.text
    whole = [(cell.label, cell.value) for cell in quoted]
    placed = [(cell, whole.index(key)) for cell in claimed if (key := (cell.label, cell.value)) in whole]
    for (one, at), (other, after) in pairwise(placed):
        if after < at and (one.is_bare or other.is_bare):
            return other.text
    return ""
