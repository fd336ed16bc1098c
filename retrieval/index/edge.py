"""The embedded index: Qdrant Edge, the Rust engine of Qdrant, in this process. The only door to its storage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import qdrant_edge as qdrant

from retrieval.errors import IndexBusy, IndexCorrupt, IndexFault, IndexNotFound
from retrieval.index import IndexQuery
from retrieval.index.payload import CURRENT, DENSE, KEYWORD_FIELDS, WORDS, Payload, SparseWords
from retrieval.index.points import DEPTH, PASSAGES, RANK_CONSTANT, SOURCES, FoundPoint, PointIndex, StoredPoint

_SCROLL = 256


def open_edge(path: Path, *, dimension: int, model: str, create: bool = True) -> PointIndex:
    """The index in the folder `path`, made if it is absent and `create` is true.

    `model` names the encoder whose vectors (of size `dimension`) the index holds.

    Raises:
        IndexNotFound: there is none and `create` is false.
        IndexBusy: another process has it open.
        IndexCorrupt: the folder cannot be read as an index.
        IndexMismatch: it was made with another encoder.
    """
    return PointIndex(EdgeStore(path, dimension, create=create), dimension, model)


class EdgeStore:
    """Two shards in one folder: passages with vectors, sources without."""

    def __init__(self, path: Path, dimension: int, *, create: bool) -> None:
        vectors = {DENSE: qdrant.EdgeVectorParams(dimension, qdrant.Distance.Cosine)}
        words = {WORDS: qdrant.EdgeSparseVectorParams(modifier=qdrant.Modifier.Idf)}
        passages = qdrant.EdgeConfig(vectors=vectors, sparse_vectors=words)
        # A shard needs at least one vector name; no source ever fills it.
        sources = qdrant.EdgeConfig(sparse_vectors={"none": qdrant.EdgeSparseVectorParams()})
        self._shards = {SOURCES: _open(path / SOURCES, sources, create)}
        self._shards[PASSAGES] = _open(path / PASSAGES, passages, create)

    def upsert(self, collection: str, points: Sequence[StoredPoint]) -> None:
        """Insert or replace points by id."""
        made = [qdrant.Point(point.id, _vectors(point), point.payload) for point in points]
        self._update(collection, qdrant.UpdateOperation.upsert_points(made))

    def set_field(self, source_id: str, field: str, value: str) -> None:
        """Set one payload field of every passage of a source."""
        self._update(PASSAGES, qdrant.UpdateOperation.set_payload_by_filter(_of_source(source_id), {field: value}))

    def delete(self, source_id: str) -> None:
        """Delete every passage of a source."""
        self._update(PASSAGES, qdrant.UpdateOperation.delete_points_by_filter(_of_source(source_id)))

    def retrieve(self, collection: str, point: str) -> Payload | None:
        """One point's payload."""
        with _clear_errors():
            found = self._shards[collection].retrieve([point], with_payload=True, with_vector=False)
        return _payload(found[0]) if found else None

    def scroll(self, collection: str, source_id: str = "", leave_out: str = "") -> Iterator[Payload]:
        """All payloads, or those of one source."""
        chosen = _of_source(source_id) if source_id else None
        payload = qdrant.PayloadSelector.Exclude([leave_out]) if leave_out else True
        offset = None
        while True:
            request = qdrant.ScrollRequest(offset=offset, limit=_SCROLL, filter=chosen, with_payload=payload)
            with _clear_errors():
                records, offset = self._shards[collection].scroll(request)
            yield from (_payload(record) for record in records)
            if offset is None:
                return

    def query(self, query: IndexQuery, words: SparseWords) -> Sequence[FoundPoint]:
        """Fusion of both halves, then the section's factor, with verified passages above all others."""
        request = qdrant.QueryRequest(
            query.limit,
            query=qdrant.Formula(_ranking(query)),
            prefetches=[_fused(query, words)],
            with_payload=True,
            with_vector=[DENSE],
        )
        with _clear_errors():
            found = self._shards[PASSAGES].query(request)
        return [_found(point) for point in found]

    def count(self) -> int:
        """How many passages are stored."""
        with _clear_errors():
            return int(self._shards[PASSAGES].count(qdrant.CountRequest(exact=True)))

    def flush(self) -> None:
        """Make everything written so far durable; passages first, because a source's record vouches for them."""
        with _clear_errors():
            self._shards[PASSAGES].flush()
            self._shards[SOURCES].flush()

    def optimize(self) -> None:
        """Build the vector graph."""
        with _clear_errors():
            for shard in self._shards.values():
                shard.optimize()

    def close(self) -> None:
        """Flush and release both shards."""
        self.flush()
        for shard in self._shards.values():
            shard.close()

    def _update(self, collection: str, operation: qdrant.UpdateOperation) -> None:
        with _clear_errors():
            self._shards[collection].update(operation)


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Qdrant Edge raises bare `Exception`; only its words tell the cases apart."""
    try:
        yield
    except Exception as fault:
        if type(fault) is not Exception:
            raise
        if "WouldBlock" in str(fault):
            raise IndexBusy(
                "Another pharmassist process has the index open. Close it (the chat, or an ingestion) and try again, or"
                " use a Qdrant server (PHARMASSIST_RETRIEVAL__QDRANT_URL) to share one index."
            ) from fault
        raise IndexFault(f"The embedded index failed: {fault}") from fault


def _open(path: Path, config: qdrant.EdgeConfig, create: bool) -> qdrant.EdgeShard:
    if (path / "edge_config.json").is_file():
        return _load(path)
    if not create:
        raise IndexNotFound(f"There is no index at {path.parent}. Run `pharmassist ingest PATH...` first.")
    if path.is_dir() and any(path.iterdir()):
        raise IndexCorrupt(f"{path} holds files that are no index. Move the folder away and ingest the sources again.")
    path.mkdir(parents=True, exist_ok=True)
    with _clear_errors():
        shard = qdrant.EdgeShard.create(str(path), config)
        for field in KEYWORD_FIELDS:
            shard.update(qdrant.UpdateOperation.create_field_index(field, qdrant.PayloadSchemaType.Keyword))
    return shard


def _load(path: Path) -> qdrant.EdgeShard:
    try:
        with _clear_errors():
            return qdrant.EdgeShard.load(str(path))
    except IndexBusy:
        raise
    except IndexFault as fault:
        raise IndexCorrupt(
            f"The index at {path} cannot be read ({fault.__cause__}). Move it away and ingest the sources again."
        ) from fault


def _of_source(source_id: str) -> qdrant.Filter:
    return qdrant.Filter(must=[qdrant.FieldCondition("source_id", match=qdrant.MatchValue(source_id))])


def _payload(record: qdrant.Record | qdrant.ScoredPoint) -> Payload:
    return dict(record.payload or {})


def _vectors(point: StoredPoint) -> dict[str, qdrant.NamedVector]:
    made: dict[str, qdrant.NamedVector] = {}
    if point.dense is not None:
        made[DENSE] = point.dense.tolist()
    if point.words is not None:
        made[WORDS] = qdrant.SparseVector(point.words.indices, point.words.values)
    return made


def _wanted(query: IndexQuery) -> qdrant.Filter:
    must: list[qdrant.ConditionType] = [qdrant.FieldCondition("state", match=qdrant.MatchValue(CURRENT))]
    if query.ingredients:
        must.append(qdrant.FieldCondition("medicines", match=qdrant.MatchAny(list(query.ingredients))))
    return qdrant.Filter(must=must)


def _fused(query: IndexQuery, words: SparseWords) -> qdrant.Prefetch:
    wanted, halves, weights = _wanted(query), [], []
    if query.dense_weight > 0:
        nearest = qdrant.Query.Nearest(query.dense.tolist(), using=DENSE)
        halves.append(qdrant.Prefetch(DEPTH, query=nearest, filter=wanted))
        weights.append(query.dense_weight)
    if query.words_weight > 0 and words.indices:
        nearest = qdrant.Query.Nearest(qdrant.SparseVector(words.indices, words.values), using=WORDS)
        halves.append(qdrant.Prefetch(DEPTH, query=nearest, filter=wanted))
        weights.append(query.words_weight)
    # The stubs do not say that `Fusion.Rrf` is a `Fusion`.
    fusion: qdrant.Fusion = qdrant.Fusion.Rrf(RANK_CONSTANT, weights)  # type: ignore[assignment]
    return qdrant.Prefetch(2 * DEPTH, query=fusion, prefetches=halves)


def _ranking(query: IndexQuery) -> qdrant.Expression:
    make = qdrant.Expression
    score = make.Variable("$score")
    if query.sections:
        preferred = qdrant.FieldCondition("section", match=qdrant.MatchAny([str(one) for one in query.sections]))
        factor = make.Sum(
            [make.Constant(1.0), make.Mult([make.Constant(query.section_boost), make.Condition(preferred)])]
        )
        score = make.Mult([score, factor])
    verified = qdrant.FieldCondition("trust", match=qdrant.MatchValue("verified"))
    # A fused score stays far below 1, so this constant puts every verified passage above every unverified one.
    return make.Sum([score, make.Condition(verified)])


def _found(point: qdrant.ScoredPoint) -> FoundPoint:
    payload = _payload(point)
    if not isinstance(point.vector, dict):
        raise IndexCorrupt("A stored passage has no vector. Ingest the sources again.")
    trusted = 1.0 if payload.get("trust") == "verified" else 0.0
    return FoundPoint(payload, point.score - trusted, np.asarray(point.vector[DENSE], dtype=np.float32))
