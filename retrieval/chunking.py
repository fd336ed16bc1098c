"""Passages: a document's blocks cut into pieces of whole sentences, small enough for the encoder to read entirely.

- A passage never crosses a heading and never splits a sentence; a sentence longer than the aim is a passage alone.
- A table row and a monograph's fact are passages of their own. Items of one list may share a passage with each other.
- Every passage is a slice of the source's text: `source.text[passage.start:passage.end] == passage.text`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from retrieval.ingredient import base_name
from retrieval.passage import Passage, Source
from retrieval.readers.document import Block, BlockKind, ReadDocument
from retrieval.sentences import sentences

__all__ = ["passages", "sentences", "word_pieces"]

AIM, MOST, TAIL = 100, 170, 30
"""Word pieces of a passage: it is full at AIM; a rest of less than TAIL joins it while both stay within MOST (MiniLM
reads 256, of which title and headings take some)."""
_PIECE = re.compile(r"[^\W\d_]{1,6}|\d{1,3}|[^\w\s]")
_NOT_KEY = re.compile(r"[^a-z0-9]+")


def word_pieces(text: str) -> int:
    """About how many word pieces the encoder makes of a text; errs on the high side for medical words."""
    return len(_PIECE.findall(text))


@dataclass(frozen=True, slots=True)
class _Unit:
    """A sentence or a list line, and the block that it lies in."""

    start: int
    end: int
    size: int
    block: Block


def passages(document: ReadDocument) -> tuple[Passage, ...]:
    """All passages of a document in reading order, with unique keys."""
    taken: set[str] = set()
    found = []
    for units in _grouped(_runs(document.blocks), document.source.text):
        passage = _passage(document.source, units, taken)
        taken.add(passage.key)
        found.append(passage)
    return tuple(found)


def _runs(blocks: Iterable[Block]) -> Iterator[list[Block]]:
    """Neighbouring blocks that may share a passage."""
    run: list[Block] = []
    for block in blocks:
        if run and not _may_share(run[-1], block):
            yield run
            run = []
        run.append(block)
    if run:
        yield run


def _may_share(one: Block, other: Block) -> bool:
    if {one.kind, other.kind} & {BlockKind.ROW, BlockKind.FACT}:
        return False
    same_place = (one.section, one.heading, one.origin) == (other.section, other.heading, other.origin)
    return same_place and one.kind is other.kind and one.group == other.group


def _grouped(runs: Iterable[list[Block]], text: str) -> Iterator[list[_Unit]]:
    for run in runs:
        if run[0].kind in {BlockKind.ROW, BlockKind.FACT}:
            yield [_Unit(run[0].start, run[0].end, 0, run[0])]
        else:
            yield from _packed([unit for block in run for unit in _units(block, text)])


def _units(block: Block, text: str) -> Iterator[_Unit]:
    """A list line is one unit, so that its lead-in stays with all of it; a paragraph is a unit per sentence."""
    inside = text[block.start : block.end]
    spans = ((0, len(inside)),) if block.kind is BlockKind.ITEM else sentences(inside)
    for start, end in spans:
        yield _Unit(block.start + start, block.start + end, word_pieces(inside[start:end]), block)


def _packed(units: Sequence[_Unit]) -> list[list[_Unit]]:
    packs: list[list[_Unit]] = []
    for unit in units:
        if packs and _size(packs[-1]) + unit.size <= AIM:
            packs[-1].append(unit)
        else:
            packs.append([unit])
    if len(packs) > 1 and _size(packs[-1]) < TAIL and _size(packs[-2]) + _size(packs[-1]) <= MOST:
        packs[-2:] = [packs[-2] + packs[-1]]
    return packs


def _size(units: Sequence[_Unit]) -> int:
    return sum(unit.size for unit in units)


def _passage(source: Source, units: Sequence[_Unit], taken: set[str]) -> Passage:
    block, start, end = units[0].block, units[0].start, units[-1].end
    return Passage(
        key=_key(source, start, source.text[start:end], taken),
        source_id=source.id,
        text=source.text[start:end],
        section=block.section,
        heading=block.heading,
        start=start,
        end=end,
        ingredients=source.ingredients,
        title=source.title,
        effective=source.effective,
        is_table_row=block.kind is BlockKind.ROW,
        origin=block.origin,
        verified=source.verified,
    )


def _key(source: Source, start: int, text: str, taken: set[str]) -> str:
    """`metformin-3f9a2c1b`: the first ingredient, and a hash of document, version, position and text."""
    name = base_name(source.ingredients[0]) if source.ingredients else source.document
    slug = _NOT_KEY.sub("-", name.lower()).strip("-")[:24].rstrip("-") or "source"
    digest = hashlib.sha256(f"{source.id}\n{start}\n{text}".encode()).hexdigest()
    length = next(size for size in range(8, 65) if f"{slug}-{digest[:size]}" not in taken)
    return f"{slug}-{digest[:length]}"
