"""The embedded index: Qdrant Edge, the Rust engine of Qdrant, in this process. The only door to its storage."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import qdrant_edge as qdrant

from retrieval.errors import IndexBusy, IndexCorrupt, IndexFault, IndexNotFound
from retrieval.index import IndexQuery
from retrieval.index.lock import FolderLock, copy_sparse, unchanged
from retrieval.index.payload import CURRENT, DENSE, KEYWORD_FIELDS, WORDS, Payload, SparseWords
from retrieval.index.points import DEPTH, DOUBT, PASSAGES, RANK_CONSTANT, SOURCES, FoundPoint, PointIndex, StoredPoint

_SCROLL = 256
_CONFIG = "edge_config.json"


def open_edge(path: Path, *, dimension: int, model: str, create: bool = True, share: bool = False) -> PointIndex:
    """The index in the folder `path`, made if it is absent and `create` is true.

    `model` names the encoder whose vectors (of size `dimension`) the index holds. With `share`, an index that another
    process has open is copied as it is now to a temporary folder and read there; writing to the copy raises IndexBusy.

    Raises:
        IndexNotFound: there is none and `create` is false.
        IndexBusy: another process has it open and `share` is false.
        IndexCorrupt: the folder cannot be read as an index.
        IndexMismatch: it was made with another encoder.
    """
    if not create and not (path / SOURCES / _CONFIG).is_file():
        raise IndexNotFound(f"There is no index at {path}. Run `pharmassist ingest PATH...` first.")
    try:
        return PointIndex(EdgeStore(path, dimension), dimension, model)
    except IndexBusy:
        if not share:
            raise
    return PointIndex(_private_copy(path, dimension), dimension, model)


class EdgeStore:
    """Two shards in one folder: passages with vectors, sources without. A `copy` is only read, and removed at last."""

    def __init__(self, path: Path, dimension: int, *, copy: TemporaryDirectory[str] | None = None) -> None:
        vectors = {DENSE: qdrant.EdgeVectorParams(dimension, qdrant.Distance.Cosine)}
        words = {WORDS: qdrant.EdgeSparseVectorParams(modifier=qdrant.Modifier.Idf)}
        passages = qdrant.EdgeConfig(vectors=vectors, sparse_vectors=words)
        # A shard needs at least one vector name; no source ever fills it.
        sources = qdrant.EdgeConfig(sparse_vectors={"none": qdrant.EdgeSparseVectorParams()})
        self._copy = copy
        self._lock = FolderLock(path)
        self._shards: dict[str, qdrant.EdgeShard] = {}
        try:
            with self._lock.writing():
                for name, config in ((SOURCES, sources), (PASSAGES, passages)):
                    self._shards[name] = _open(path / name, config)
        except IndexFault:
            self._lock.release()
            raise

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
        """Sync the passages written so far to disk."""
        with _clear_errors(), self._lock.writing():
            self._shards[PASSAGES].flush()

    def optimize(self) -> None:
        """Build the vector graph."""
        with _clear_errors(), self._lock.writing():
            for shard in self._shards.values():
                shard.optimize()

    def close(self) -> None:
        """Flush and release both shards; closing twice does no harm."""
        if not self._shards:
            return
        with _clear_errors(), self._lock.writing():
            for name in (PASSAGES, SOURCES):
                self._shards[name].close()
        self._shards = {}
        self._lock.release()
        if self._copy is not None:
            self._copy.cleanup()

    def _update(self, collection: str, operation: qdrant.UpdateOperation) -> None:
        if self._copy is not None:
            raise IndexBusy(
                "Another pharmassist process has the index open, so nothing can be added now. Close it first."
            )
        with _clear_errors(), self._lock.writing():
            self._shards[collection].update(operation)


def _private_copy(path: Path, dimension: int) -> EdgeStore:
    copy = TemporaryDirectory(prefix="pharmassist-index-")
    try:
        with unchanged(path):
            for name in (SOURCES, PASSAGES):
                shutil.copytree(path / name, Path(copy.name) / name, copy_function=copy_sparse)
    except OSError as fault:
        raise IndexBusy(f"Another process has the index open and it could not be copied ({fault}).") from fault
    return EdgeStore(Path(copy.name), dimension, copy=copy)


@contextmanager
def _clear_errors() -> Iterator[None]:
    """Qdrant Edge raises bare `Exception` for whatever goes wrong in it."""
    try:
        yield
    except Exception as fault:
        if type(fault) is not Exception:
            raise
        raise IndexFault(f"The embedded index failed: {fault}") from fault


def _open(path: Path, config: qdrant.EdgeConfig) -> qdrant.EdgeShard:
    if (path / _CONFIG).is_file():
        return _load(path)
    if path.is_dir() and any(path.iterdir()):
        raise IndexCorrupt(f"{path} holds files that are no index. Move the folder away and ingest the sources again.")
    _create(path, config)
    return _load(path)


def _create(path: Path, config: qdrant.EdgeConfig) -> None:
    """Make the shard beside its place and move it there whole, so that a kill half-way leaves nothing in the way."""
    with TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as folder, _clear_errors():
        made = Path(folder) / path.name
        made.mkdir()
        shard = qdrant.EdgeShard.create(str(made), config)
        for field in KEYWORD_FIELDS if path.name == PASSAGES else ():
            shard.update(qdrant.UpdateOperation.create_field_index(field, qdrant.PayloadSchemaType.Keyword))
        shard.close()
        made.replace(path)


def _load(path: Path) -> qdrant.EdgeShard:
    try:
        with _clear_errors():
            return qdrant.EdgeShard.load(str(path))
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
    trust = make.Sum([make.Constant(DOUBT), make.Mult([make.Constant(1.0 - DOUBT), make.Condition(verified)])])
    return make.Mult([score, trust])


def _found(point: qdrant.ScoredPoint) -> FoundPoint:
    payload = _payload(point)
    if not isinstance(point.vector, dict):
        raise IndexCorrupt("A stored passage has no vector. Ingest the sources again.")
    return FoundPoint(payload, point.score, np.asarray(point.vector[DENSE], dtype=np.float32))
