"""How passages and sources become Qdrant points and come back. Both adapters use exactly this."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias
from uuid import NAMESPACE_URL, uuid5

import qdrant_edge
from pydantic import TypeAdapter, ValidationError

from retrieval.errors import IndexCorrupt
from retrieval.index import indexed_text
from retrieval.index.rarity import telling_words
from retrieval.ingredient import base_name
from retrieval.passage import Passage, Source

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
Payload: TypeAlias = "dict[str, Json]"

DENSE, WORDS = "dense", "words"
"""The named vectors of a passage."""
PENDING, CURRENT, SUPERSEDED = "pending", "current", "superseded"
"""Values of a passage's `state`: only current passages are found."""
KEYWORD_FIELDS = ("source_id", "section", "medicines", "state", "trust")

_PASSAGE: TypeAdapter[Passage] = TypeAdapter(Passage)
_SOURCE: TypeAdapter[Source] = TypeAdapter(Source)
# Label passages hold about 100 words after stop words; BM25's length normalisation is centred there.
_BM25 = qdrant_edge.Bm25(qdrant_edge.Bm25Config(avg_len=100.0, language="english"))


@dataclass(frozen=True, slots=True)
class SparseWords:
    """A BM25 sparse vector: hashed word stems and their weights (the inverse document frequency is the engine's)."""

    indices: list[int]
    values: list[float]


def document_words(text: str) -> SparseWords:
    """The BM25 vector of an indexed text."""
    vector = _BM25.embed_document(text)
    return SparseWords(list(vector.indices), list(vector.values))


def query_words(text: str, weigh: bool = True) -> SparseWords:
    """The BM25 vector of a question: every stem once, stop words gone; `weigh` makes rare words count more."""
    if not weigh:
        vector = _BM25.embed_query(text)
        return SparseWords(list(vector.indices), list(vector.values))
    weights: dict[int, float] = {}
    for word, weight in telling_words(text):
        for stem in _BM25.embed_query(word).indices:
            weights[stem] = max(weight, weights.get(stem, 0.0))
    return SparseWords(list(weights), list(weights.values()))


def point_id(kind: str, name: str) -> str:
    """A point's id, the same on every machine and in every run."""
    return str(uuid5(NAMESPACE_URL, f"pharmassist:{kind}:{name}"))


def passage_words(passage: Passage) -> SparseWords:
    """The BM25 vector of a passage."""
    return document_words(indexed_text(passage))


def passage_payload(passage: Passage, state: str) -> Payload:
    """All of the passage, and the fields that searches filter on."""
    payload: Payload = _PASSAGE.dump_python(passage, mode="json")
    payload["medicines"] = list(dict.fromkeys(base_name(name) for name in passage.ingredients))
    payload["state"] = state
    payload["trust"] = "verified" if passage.verified else "unverified"
    return payload


def source_payload(source: Source) -> Payload:
    """All of the source, its text included."""
    payload: Payload = _SOURCE.dump_python(source, mode="json")
    payload["kind_of_record"] = "source"
    return payload


def read_passage(payload: Mapping[str, object]) -> Passage:
    """The passage that `passage_payload` wrote; raises IndexCorrupt when it is not one."""
    try:
        return _PASSAGE.validate_python(dict(payload))
    except ValidationError as fault:
        raise IndexCorrupt(f"A stored passage cannot be read: {_first(fault)}. Ingest the sources again.") from fault


def read_source(payload: Mapping[str, object]) -> Source:
    """The source that `source_payload` wrote; raises IndexCorrupt when it is not one."""
    try:
        return _SOURCE.validate_python(dict(payload))
    except ValidationError as fault:
        raise IndexCorrupt(f"A stored source cannot be read: {_first(fault)}. Ingest the sources again.") from fault


def without_text(source: Source) -> Source:
    """The source as a listing shows it."""
    return replace(source, text="")


def _first(fault: ValidationError) -> str:
    return json.dumps(fault.errors(include_url=False, include_input=False)[0]["loc"])
