"""Drafts written by hand, in `tests/benchmarks/dose_safety_cases/` and its folder `fresh`: one file per monograph.

Each entry names a sentence of the monograph by its section and its exact words, so that the evidence is rebuilt from
the corpus; under it stand drafts that a pharmacist would pass and drafts that a pharmacist would not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from retrieval.passage import Citation
from tests.benchmarks.dose_drafts.draft import Draft, Kind, Origin, Said, Way
from tests.benchmarks.dose_drafts.said import Document, said_in

FOLDER = Path(__file__).resolve().parents[1] / "dose_safety_cases"


class Entry(BaseModel):
    """What a monograph says, and the drafts about it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    section: str
    says: str
    faithful: tuple[tuple[Way, str], ...] = ()
    corrupted: tuple[tuple[Kind, str], ...] = ()


def written(shelf: Sequence[Document]) -> tuple[Draft, ...]:
    """Every draft of the folder.

    Raises:
        LookupError: a monograph does not say what an entry quotes of it (it was edited: look at the entry again).
    """
    drafts: list[Draft] = []
    for path in sorted(FOLDER.rglob("*.yaml")):
        origin = Origin.HAND if path.parent == FOLDER else Origin.FRESH
        document = next(one for one in shelf if one.source.document == path.stem)
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
        for entry in map(Entry.model_validate, rows):
            drafts += _drafts(entry, _found(entry, document, shelf), origin)
    return tuple(drafts)


def _found(entry: Entry, document: Document, shelf: Sequence[Document]) -> Said:
    others = [one for one in shelf if one.source.id != document.source.id]
    for passage in document.passages:
        if entry.says == passage.text and passage.heading[-1:] == (entry.section,):
            return said_in(document, passage, entry.says, others)
    raise LookupError(f"{document.source.document} does not say under “{entry.section}”: {entry.says}")


def _drafts(entry: Entry, said: Said, origin: Origin) -> Iterator[Draft]:
    quote = (Citation(said.passage.key, said.text),)
    rows: tuple[tuple[Kind | Way, str], ...] = (*entry.faithful, *entry.corrupted)
    for kind, text in rows:
        yield Draft(origin, kind, text, quote, said.evidence, said.text)
