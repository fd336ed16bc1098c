"""The door to LlamaIndex: our readers, our node parser and our embedding step as its components, and its retriever.

Positions are exact here, which is why the parser sets them itself: the framework would look a node's text up in the
document and find the first of two equal table rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from llama_index.core.ingestion import IngestionPipeline
from llama_index.core.node_parser import NodeParser
from llama_index.core.readers.base import BaseReader
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import (
    BaseNode,
    Document,
    MediaResource,
    NodeWithScore,
    QueryBundle,
    TextNode,
    TransformComponent,
)
from numpy.typing import NDArray

from retrieval.chunking import passages
from retrieval.encoder import Encoder
from retrieval.index import indexed_text
from retrieval.passage import Passage
from retrieval.readers.document import ReadDocument
from retrieval.readers.formats import read_document
from retrieval.search import SearchTools, search


class SourceDocument(Document):
    """A LlamaIndex document that still knows its source and blocks."""

    read: ReadDocument


class PassageNode(TextNode):
    """A LlamaIndex node that is one of our passages."""

    passage: Passage


class LabelReader(BaseReader):
    """Reads label XML, label PDFs and Markdown monographs as LlamaIndex documents."""

    def lazy_load_data(self, path: str | Path, **_: object) -> Iterable[Document]:
        """The one document of a file. Raises SourceRefused with the reason."""
        file = Path(path)
        yield as_document(read_document(file.read_bytes(), file.name))


class PassageParser(NodeParser):
    """Cuts a source document into passages; accepts nothing else."""

    def _parse_nodes(self, nodes: Sequence[BaseNode], show_progress: bool = False, **_: Any) -> list[BaseNode]:  # noqa: ARG002 (its base names it)
        documents = [node for node in nodes if isinstance(node, SourceDocument)]
        return [as_node(passage) for document in documents for passage in passages(document.read)]

    def _postprocess_parsed_nodes(self, nodes: list[BaseNode], parent_doc_map: object) -> list[BaseNode]:  # noqa: ARG002
        return nodes


class Embed(TransformComponent):
    """Gives every passage node its vector, all of them in one call."""

    encoder: Any

    def __call__(self, nodes: Sequence[BaseNode], **_: Any) -> Sequence[BaseNode]:
        """The same nodes, with `embedding` filled."""
        texts = [indexed_text(node.passage) for node in nodes if isinstance(node, PassageNode)]
        for node, vector in zip(nodes, self.encoder.encode(texts), strict=True):
            node.embedding = vector.tolist()
        return nodes


class PassageRetriever(BaseRetriever):
    """Our search as a LlamaIndex retriever: a node's id is its citation key, its metadata name source, section, url.

    A question that search declines (no medicine indexed, no evidence, not about medicines) gives no nodes.
    """

    def __init__(self, tools: SearchTools) -> None:
        super().__init__()
        self._tools = tools

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        urls = {source.id: source.url for source in self._tools.index.sources()}
        hits = search(query_bundle.query_str, (), self._tools).hits
        return [
            NodeWithScore(node=as_node(hit.passage, urls.get(hit.passage.source_id, "")), score=hit.score)
            for hit in hits
        ]


def embedded_passages(document: ReadDocument, encoder: Encoder) -> tuple[tuple[Passage, ...], NDArray[np.float32]]:
    """A document's passages and their vectors, shape (passages, dimension), through the ingestion pipeline."""
    # The index itself remembers what was read, so the framework's cache of intermediate results is left out.
    pipeline = IngestionPipeline(transformations=[PassageParser(), Embed(encoder=encoder)], disable_cache=True)
    nodes = [node for node in pipeline.run(documents=[as_document(document)]) if isinstance(node, PassageNode)]
    vectors = np.asarray([node.embedding for node in nodes], dtype=np.float32)
    return tuple(node.passage for node in nodes), vectors.reshape(len(nodes), encoder.dimension)


def as_document(document: ReadDocument) -> SourceDocument:
    """A read document as LlamaIndex sees it."""
    source = document.source
    about = {"source": source.id, "title": source.title, "url": source.url, "licence": source.licence}
    made = SourceDocument(id_=source.id, text_resource=MediaResource(text=source.text), read=document)
    made.metadata = about
    return made


def as_node(passage: Passage, url: str = "") -> PassageNode:
    """A passage as a LlamaIndex node: its id is the citation key, its positions are those in the source."""
    about = {
        "key": passage.key,
        "source": passage.source_id,
        "title": passage.title,
        "section": passage.section.value,
        "heading": " > ".join(passage.heading),
        "origin": passage.origin,
        "effective": passage.effective.isoformat() if passage.effective else "",
        "verified": passage.verified,
        "url": url,
    }
    node = PassageNode(
        id_=passage.key,
        text=passage.text,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        passage=passage,
    )
    node.metadata = about
    return node
