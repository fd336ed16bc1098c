"""The same passages and vectors in qdrant-client's local mode (pure Python, in memory), to measure beside Edge."""

from __future__ import annotations

from qdrant_client import QdrantClient

from retrieval.encoder import Encoder
from retrieval.index import Index, indexed_text
from retrieval.index.server import open_client


def local_mode_copy(index: Index, encoder: Encoder) -> Index:
    """A copy of an index's current sources in local mode."""
    client = QdrantClient(":memory:")
    copy = open_client(client, "copy", dimension=encoder.dimension, model=encoder.name, name="local mode")
    for source in index.sources():
        passages = index.passages_of(source.id)
        copy.add_passages(passages, encoder.encode([indexed_text(passage) for passage in passages]))
        copy.put_source(source)
    return copy
