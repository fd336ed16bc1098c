"""The index in terms of points: what is written in which order, whatever engine stores it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import IndexMismatch
from retrieval.index import Hit, IndexQuery
from retrieval.index.payload import (
    CURRENT,
    PENDING,
    SUPERSEDED,
    Payload,
    SparseWords,
    passage_payload,
    passage_words,
    point_id,
    query_words,
    read_passage,
    read_source,
    source_payload,
    without_text,
)
from retrieval.passage import Passage, Source

PASSAGES, SOURCES = "passages", "sources"
DEPTH = 100
"""Candidates that each half of a hybrid query brings to the fusion."""
RANK_CONSTANT = 10
"""k of reciprocal rank fusion. Cormack, Clarke and Buettcher (SIGIR 2009) use 60 for many rankers; with two, the first
places should count: 10 beats 60 on every set of `tests/benchmarks/retrieval.py`, and 20 is like 10."""
DOUBT = 0.001
"""What the score of an unverified passage is multiplied with. The last of 100 candidates keeps a twentieth of the first
one's score, so with this every verified candidate stays above every unverified one, whatever section is preferred."""
_BATCH = 256
_META = point_id("meta", "index")


@dataclass(frozen=True, slots=True, eq=False)
class StoredPoint:
    """A point to be written; sources have no vectors."""

    id: str
    payload: Payload
    dense: NDArray[np.float32] | None = None
    words: SparseWords | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FoundPoint:
    """A point that a query found, with its fused score and its dense vector."""

    payload: Payload
    score: float
    dense: NDArray[np.float32]


class Store(Protocol):
    """What differs between engines: one method per kind of operation, all of them synchronous and visible at once."""

    def upsert(self, collection: str, points: Sequence[StoredPoint]) -> None:
        """Insert or replace points by id."""

    def set_field(self, source_id: str, field: str, value: str) -> None:
        """Set one payload field of every passage of a source."""

    def delete(self, source_id: str) -> None:
        """Delete every passage of a source."""

    def retrieve(self, collection: str, point: str) -> Payload | None:
        """One point's payload."""

    def scroll(self, collection: str, source_id: str = "", leave_out: str = "") -> Iterator[Payload]:
        """All payloads, or those of one source, without one field if it is named."""

    def query(self, query: IndexQuery, words: SparseWords) -> Sequence[FoundPoint]:
        """The hybrid query, in one request."""

    def count(self) -> int:
        """How many passages are stored."""

    def flush(self) -> None:
        """Sync the passages written so far to disk."""

    def optimize(self) -> None:
        """Build the vector graph."""

    def close(self) -> None:
        """Release the engine."""


class PointIndex:
    """An `Index` over any `Store`."""

    def __init__(self, store: Store, dimension: int, model: str) -> None:
        self._store = store
        self._dimension = dimension
        self._sources: dict[str, Source] | None = None
        self._check_model(model)

    def add_passages(self, passages: Sequence[Passage], dense: NDArray[np.float32]) -> None:
        """Upsert by key, in batches; see `Index`."""
        if dense.shape != (len(passages), self._dimension):
            raise IndexMismatch(
                f"{len(passages)} passages need vectors of shape ({len(passages)}, {self._dimension}),"
                f" not {dense.shape}."
            )
        for start in range(0, len(passages), _BATCH):
            batch = passages[start : start + _BATCH]
            self._store.upsert(PASSAGES, [self._point(one, dense[start + i]) for i, one in enumerate(batch)])

    def put_source(self, source: Source) -> None:
        """Show its passages, sync them to disk, and only then write its record, which vouches for them.

        A kill right after this loses nothing; a power cut may lose the record, never the passages behind a record.
        """
        state = SUPERSEDED if source.superseded_by else CURRENT
        self._store.set_field(source.id, "state", state)
        self._store.flush()
        self._store.upsert(SOURCES, [StoredPoint(point_id("source", source.id), source_payload(source))])
        self._known()[source.id] = without_text(source)

    def supersede(self, old_source_id: str, new_source_id: str) -> None:
        """Hide the passages, then mark the record; an unknown id is left alone."""
        old = self.source(old_source_id)
        if old is not None:
            self.put_source(replace(old, superseded_by=new_source_id))

    def remove_passages(self, source_id: str) -> None:
        """Delete the passages of a source."""
        self._store.delete(source_id)

    def source(self, source_id: str) -> Source | None:
        """One document with its text."""
        payload = self._store.retrieve(SOURCES, point_id("source", source_id))
        return None if payload is None else read_source(payload)

    def sources(self) -> tuple[Source, ...]:
        """Every document, ordered by id, with the text left empty."""
        return tuple(source for _, source in sorted(self._known().items()))

    def passage(self, key: str) -> Passage | None:
        """One passage, superseded or not."""
        payload = self._store.retrieve(PASSAGES, point_id("passage", key))
        return None if payload is None else read_passage(payload)

    def passages_of(self, source_id: str) -> tuple[Passage, ...]:
        """The passages of one source in reading order."""
        found = [read_passage(payload) for payload in self._store.scroll(PASSAGES, source_id)]
        return tuple(sorted(found, key=lambda passage: (passage.start, passage.end, passage.key)))

    def search(self, query: IndexQuery) -> tuple[Hit, ...]:
        """The best passages of current sources; see `Index`."""
        words = query_words(query.words, query.weigh_words)
        if query.dense_weight <= 0 and not words.indices:
            return ()
        norm = float(np.linalg.norm(query.dense)) or 1.0
        hits = [
            Hit(read_passage(found.payload), found.score, float(found.dense @ query.dense) / norm)
            for found in self._store.query(query, words)
        ]
        # The engine's order is by score; ties are broken by key so that every engine gives the same list.
        return tuple(sorted(hits, key=lambda hit: (not hit.passage.verified, -hit.score, hit.passage.key)))

    def passage_count(self) -> int:
        """How many passages are stored."""
        return self._store.count()

    def optimize(self) -> None:
        """Build the vector graph."""
        self._store.optimize()

    def version(self) -> str:
        """Sixteen hexadecimal digits over every source's id, checksum and successor."""
        lines = [f"{source.id} {source.checksum} {source.superseded_by}" for source in self.sources()]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

    def close(self) -> None:
        """Flush and release."""
        self._store.close()

    def _point(self, passage: Passage, vector: NDArray[np.float32]) -> StoredPoint:
        known = self._known().get(passage.source_id)
        state = PENDING if known is None else SUPERSEDED if known.superseded_by else CURRENT
        payload = passage_payload(passage, state)
        return StoredPoint(point_id("passage", passage.key), payload, vector, passage_words(passage))

    def _known(self) -> dict[str, Source]:
        if self._sources is None:
            payloads = (one for one in self._store.scroll(SOURCES, leave_out="text") if "model" not in one)
            self._sources = {source.id: source for source in (read_source({**one, "text": ""}) for one in payloads)}
        return self._sources

    def _check_model(self, model: str) -> None:
        meta = self._store.retrieve(SOURCES, _META)
        if meta is None:
            self._store.upsert(SOURCES, [StoredPoint(_META, {"model": model, "dimension": self._dimension})])
        elif (meta.get("model"), meta.get("dimension")) != (model, self._dimension):
            self._store.close()
            raise IndexMismatch(
                f"The index was made with the encoder {meta.get('model')} ({meta.get('dimension')} dimensions), and the"
                f" settings name {model} ({self._dimension}). Set the first again, or ingest into a new data folder."
            )
