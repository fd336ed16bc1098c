"""The index on a Qdrant server by URL, for when one process or machine is outgrown. The only door to `qdrant_client`.

The same vectors, payload and query as `edge.py`; two collections, `NAME_passages` and `NAME_sources`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

from retrieval.errors import IndexCorrupt, IndexUnreachable
from retrieval.index import IndexQuery
from retrieval.index.payload import CURRENT, DENSE, KEYWORD_FIELDS, WORDS, Payload, SparseWords
from retrieval.index.points import DEPTH, DOUBT, PASSAGES, RANK_CONSTANT, SOURCES, FoundPoint, PointIndex, StoredPoint
from retrieval.settings import RetrievalSettings

_SCROLL = 256
_TIMEOUT_S = 30


def open_server(settings: RetrievalSettings, *, dimension: int, model: str) -> PointIndex:
    """The index in the collections that `settings` names, made if they are absent.

    Raises:
        IndexUnreachable: the server does not answer, or refuses (a wrong key, say).
        IndexMismatch: the collections were made with another encoder.
    """
    key = settings.qdrant_api_key.get_secret_value() or None
    with _clear_errors(settings.qdrant_url):
        client = QdrantClient(url=settings.qdrant_url, api_key=key, timeout=_TIMEOUT_S, check_compatibility=False)
    return open_client(client, settings.collection, dimension=dimension, model=model, name=settings.qdrant_url)


def open_client(client: QdrantClient, collection: str, *, dimension: int, model: str, name: str) -> PointIndex:
    """The index behind an open client (`name` is what errors call it); how tests reach the client's local mode."""
    return PointIndex(ServerStore(client, collection, dimension, name), dimension, model)


class ServerStore:
    """Two collections of one server: passages with vectors, sources without."""

    def __init__(self, client: QdrantClient, collection: str, dimension: int, name: str) -> None:
        self._client = client
        self._name = name
        self._collections = {PASSAGES: f"{collection}_{PASSAGES}", SOURCES: f"{collection}_{SOURCES}"}
        with _clear_errors(name):
            self._create(dimension)

    def upsert(self, collection: str, points: Sequence[StoredPoint]) -> None:
        """Insert or replace points by id."""
        made = [models.PointStruct(id=point.id, vector=_vectors(point), payload=point.payload) for point in points]
        with _clear_errors(self._name):
            self._client.upsert(self._collections[collection], made, wait=True)

    def set_field(self, source_id: str, field: str, value: str) -> None:
        """Set one payload field of every passage of a source."""
        with _clear_errors(self._name):
            self._client.set_payload(
                self._collections[PASSAGES], {field: value}, points=_of_source(source_id), wait=True
            )

    def delete(self, source_id: str) -> None:
        """Delete every passage of a source."""
        selector = models.FilterSelector(filter=_of_source(source_id))
        with _clear_errors(self._name):
            self._client.delete(self._collections[PASSAGES], points_selector=selector, wait=True)

    def retrieve(self, collection: str, point: str) -> Payload | None:
        """One point's payload."""
        with _clear_errors(self._name):
            found = self._client.retrieve(self._collections[collection], [point], with_payload=True)
        return dict(found[0].payload or {}) if found else None

    def scroll(self, collection: str, source_id: str = "", leave_out: str = "") -> Iterator[Payload]:
        """All payloads, or those of one source."""
        chosen = _of_source(source_id) if source_id else None
        payload = models.PayloadSelectorExclude(exclude=[leave_out]) if leave_out else True
        offset: models.ExtendedPointId | None = None
        while True:
            with _clear_errors(self._name):
                records, offset = self._client.scroll(
                    self._collections[collection], chosen, limit=_SCROLL, offset=offset, with_payload=payload
                )
            yield from (dict(record.payload or {}) for record in records)
            if offset is None:
                return

    def query(self, query: IndexQuery, words: SparseWords) -> Sequence[FoundPoint]:
        """Fusion of both halves, then the section's factor, with verified passages above all others."""
        with _clear_errors(self._name):
            answer = self._client.query_points(
                self._collections[PASSAGES],
                query=models.FormulaQuery(formula=_ranking(query)),
                prefetch=_fused(query, words),
                limit=query.limit,
                with_payload=True,
                with_vectors=[DENSE],
            )
        return [_found(point) for point in answer.points]

    def count(self) -> int:
        """How many passages are stored."""
        with _clear_errors(self._name):
            return self._client.count(self._collections[PASSAGES], exact=True).count

    def flush(self) -> None:
        """Nothing to do: a write that the server acknowledged with `wait` is in its log."""

    def optimize(self) -> None:
        """Nothing to do: the server optimises by itself."""

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def _create(self, dimension: int) -> None:
        passages, sources = self._collections[PASSAGES], self._collections[SOURCES]
        if not self._client.collection_exists(passages):
            self._client.create_collection(
                passages,
                vectors_config={DENSE: models.VectorParams(size=dimension, distance=models.Distance.COSINE)},
                sparse_vectors_config={WORDS: models.SparseVectorParams(modifier=models.Modifier.IDF)},
            )
            for field in KEYWORD_FIELDS:
                self._client.create_payload_index(passages, field, models.PayloadSchemaType.KEYWORD)
        if not self._client.collection_exists(sources):
            self._client.create_collection(sources, vectors_config={})


@contextmanager
def _clear_errors(name: str) -> Iterator[None]:
    try:
        yield
    except UnexpectedResponse as fault:
        reason = "the key is wrong or missing" if fault.status_code in (401, 403) else f"status {fault.status_code}"
        raise IndexUnreachable(
            f"The Qdrant server at {name} refused ({reason}). Check PHARMASSIST_RETRIEVAL__QDRANT_URL and its API key."
        ) from fault
    except (ApiException, ResponseHandlingException, ConnectionError) as fault:
        raise IndexUnreachable(
            f"The Qdrant server at {name} does not answer. Start it, correct PHARMASSIST_RETRIEVAL__QDRANT_URL, or"
            " leave that empty for the embedded index."
        ) from fault


def _of_source(source_id: str) -> models.Filter:
    return models.Filter(must=[models.FieldCondition(key="source_id", match=models.MatchValue(value=source_id))])


def _vectors(point: StoredPoint) -> dict[str, models.Vector]:
    made: dict[str, models.Vector] = {}
    if point.dense is not None:
        made[DENSE] = point.dense.tolist()
    if point.words is not None:
        made[WORDS] = models.SparseVector(indices=point.words.indices, values=point.words.values)
    return made


def _wanted(query: IndexQuery) -> models.Filter:
    must: list[models.Condition] = [models.FieldCondition(key="state", match=models.MatchValue(value=CURRENT))]
    if query.ingredients:
        must.append(models.FieldCondition(key="medicines", match=models.MatchAny(any=list(query.ingredients))))
    return models.Filter(must=must)


def _fused(query: IndexQuery, words: SparseWords) -> models.Prefetch:
    wanted, halves, weights = _wanted(query), [], []
    if query.dense_weight > 0:
        halves.append(models.Prefetch(query=query.dense.tolist(), using=DENSE, filter=wanted, limit=DEPTH))
        weights.append(query.dense_weight)
    if query.words_weight > 0 and words.indices:
        sparse = models.SparseVector(indices=words.indices, values=words.values)
        halves.append(models.Prefetch(query=sparse, using=WORDS, filter=wanted, limit=DEPTH))
        weights.append(query.words_weight)
    fusion = models.RrfQuery(rrf=models.Rrf(k=RANK_CONSTANT, weights=weights))
    return models.Prefetch(prefetch=halves, query=fusion, limit=2 * DEPTH)


def _ranking(query: IndexQuery) -> models.Expression:
    score: models.Expression = "$score"
    if query.sections:
        wanted = models.MatchAny(any=[str(section) for section in query.sections])
        preferred = models.FieldCondition(key="section", match=wanted)
        boost = models.MultExpression(mult=[query.section_boost, preferred])
        score = models.MultExpression(mult=[score, models.SumExpression(sum=[1.0, boost])])
    verified = models.FieldCondition(key="trust", match=models.MatchValue(value="verified"))
    trust = models.SumExpression(sum=[DOUBT, models.MultExpression(mult=[1.0 - DOUBT, verified])])
    return models.MultExpression(mult=[score, trust])


def _found(point: models.ScoredPoint) -> FoundPoint:
    payload: Payload = dict(point.payload or {})
    if not isinstance(point.vector, dict):
        raise IndexCorrupt("A stored passage has no vector. Ingest the sources again.")
    return FoundPoint(payload, point.score, np.asarray(point.vector[DENSE], dtype=np.float32))
