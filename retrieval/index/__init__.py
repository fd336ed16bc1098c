"""The index: passages with their vectors, and the documents that they come from.

`open_edge` in `edge.py` (in-process) and `open_server` in `server.py` (a Qdrant server by URL) return the same `Index`
over the same vectors, payload and query.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.passage import Passage, Section, Source


@dataclass(frozen=True, slots=True, eq=False)
class IndexQuery:
    """One hybrid query. A weight of 0 leaves that half out, so BM25 alone and dense alone are the same code.

    `dense` is the question's vector, shape (dimension,). `words` are what BM25 looks for. `ingredients` (base names)
    keep only passages of any of these medicines; empty keeps all. `sections` are preferred by the factor
    `1 + section_boost`, not demanded. `weigh_words` counts rare words more and condenses a long question.
    """

    dense: NDArray[np.float32]
    words: str
    limit: int = 8
    ingredients: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    section_boost: float = 0.5
    dense_weight: float = 1.0
    words_weight: float = 1.0
    weigh_words: bool = True


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage with its fused score (higher is better) and its cosine similarity to the question, -1..1."""

    passage: Passage
    score: float
    similarity: float = 0.0


def indexed_text(passage: Passage) -> str:
    """What is embedded and indexed for a passage: its title and headings say what its sentences leave out."""
    return "\n".join(part for part in (passage.title, " > ".join(passage.heading), passage.text) if part)


class Index(Protocol):
    """Everything that the rest of the product asks of an index. All methods raise leaves of `IndexFault`."""

    def add_passages(self, passages: Sequence[Passage], dense: NDArray[np.float32]) -> None:
        """Upsert by key; `dense` has shape (len(passages), dimension). Not searchable until its source is put."""

    def put_source(self, source: Source) -> None:
        """Upsert the document's record with its full text, after its passages, and make them searchable. Durable."""

    def supersede(self, old_source_id: str, new_source_id: str) -> None:
        """Mark a source as replaced: its passages stay readable and are no longer found. Idempotent."""

    def remove_passages(self, source_id: str) -> None:
        """Delete the passages of a source (what an interrupted ingestion left behind)."""

    def source(self, source_id: str) -> Source | None:
        """One document with its text."""

    def sources(self) -> tuple[Source, ...]:
        """Every document, ordered by id, with the text left empty."""

    def passage(self, key: str) -> Passage | None:
        """One passage, superseded or not."""

    def passages_of(self, source_id: str) -> tuple[Passage, ...]:
        """The passages of one source in reading order, superseded or not."""

    def search(self, query: IndexQuery) -> tuple[Hit, ...]:
        """The best passages of current sources in one query, verified ones first, best first."""

    def passage_count(self) -> int:
        """How many passages are stored, superseded ones included."""

    def optimize(self) -> None:
        """Build the vector graph after a large ingestion; blocks until done."""

    def version(self) -> str:
        """A fingerprint of the contents: equal for equal documents, whatever the order they came in."""

    def close(self) -> None:
        """Write everything to disk and release the index."""
