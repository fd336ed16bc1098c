"""LlamaIndex: our reader and node parser as its components, and our search as its retriever."""

from __future__ import annotations

from pathlib import Path

import pytest
from llama_index.core.schema import MetadataMode

from retrieval.encoder import Encoder
from retrieval.index.edge import open_edge
from retrieval.ingest import ingest
from retrieval.llama import LabelReader, PassageNode, PassageParser, PassageRetriever
from retrieval.medicines import Medicines
from retrieval.search import SearchTools
from tests.retrieval.labels import MONOGRAPH, spl
from tests.retrieval.shelf import SETTINGS

ROW = "<tr><td>Daily</td><td>5 mg</td></tr>"


def test_nodes_keep_the_exact_position_of_each_of_two_equal_rows(tmp_path: Path) -> None:
    path = tmp_path / "label.xml"
    path.write_bytes(spl().replace(b"<tr><td>60 or more", f"{ROW}{ROW}<tr><td>60 or more".encode()))
    (document,) = LabelReader().load_data(path)
    nodes = [node for node in PassageParser().get_nodes_from_documents([document]) if isinstance(node, PassageNode)]
    assert len({node.start_char_idx for node in nodes}) == len(nodes) > 3
    for node in nodes:
        assert document.text[node.start_char_idx : node.end_char_idx] == node.get_content(MetadataMode.NONE)
        assert node.node_id == node.passage.key


@pytest.mark.parametrize("question", ["How is lunarine started in adults?", "moonex adult dose"])
def test_the_retriever_gives_cited_nodes(tmp_path: Path, question: str) -> None:
    path = tmp_path / "lunarine.md"
    path.write_text(MONOGRAPH)
    encoder = Encoder(SETTINGS)
    index = open_edge(tmp_path / "index", dimension=encoder.dimension, model=encoder.name)
    ingest([path], index, encoder, SETTINGS)
    tools = SearchTools(index, encoder, Medicines.load(index.sources()), SETTINGS)
    found = PassageRetriever(tools).retrieve(question)
    assert found
    about = found[0].node.metadata
    assert (about["source"], about["section"], about["url"]) == ("lunarine@1", "dosage", "https://example.org/lunarine")
    assert index.passage(about["key"]) is not None
    assert PassageRetriever(tools).retrieve("Who won the football match yesterday?") == []
    index.close()
