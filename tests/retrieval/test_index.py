"""One suite for every index: Qdrant Edge, the client's local mode, and a server where one is named."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from pydantic import SecretStr
from qdrant_client import QdrantClient

from retrieval.errors import IndexMismatch, IndexUnreachable
from retrieval.index import Index, IndexQuery
from retrieval.index.edge import open_edge
from retrieval.index.server import open_client, open_server
from retrieval.passage import Section
from retrieval.settings import RetrievalSettings
from tests.retrieval.small_index import BLEEDING, KIDNEY, MAXIMUM, SIZE, passage, source, stack, towards


def on_edge(folder: Path) -> Iterator[Index]:
    index = open_edge(folder / "index", dimension=SIZE, model="test")
    yield index
    index.close()


def on_local_client() -> Iterator[Index]:
    client = QdrantClient(":memory:")
    yield in_memory(client)
    client.close()


def in_memory(client: QdrantClient) -> Index:
    # The client's local mode says, once per process, that payload indexes have no effect in it.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Payload indexes have no effect", UserWarning)
        return open_client(client, "test", dimension=SIZE, model="test", name="memory")


def on_server() -> Iterator[Index]:
    url = os.environ.get("PHARMASSIST_TEST_QDRANT_URL")
    if not url:
        pytest.skip("no Qdrant server: set PHARMASSIST_TEST_QDRANT_URL")
    key = SecretStr(os.environ.get("PHARMASSIST_TEST_QDRANT_API_KEY", ""))
    settings = RetrievalSettings(qdrant_url=url, qdrant_api_key=key, collection=f"test_{uuid4().hex}")
    yield open_server(settings, dimension=SIZE, model="test")
    client = QdrantClient(url=url, api_key=key.get_secret_value() or None)
    for part in ("passages", "sources"):
        client.delete_collection(f"{settings.collection}_{part}")
    client.close()


@pytest.fixture(params=["edge", "local client", pytest.param("server", marks=pytest.mark.server)])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Index]:
    if request.param == "edge":
        yield from on_edge(tmp_path)
    elif request.param == "server":
        yield from on_server()
    else:
        yield from on_local_client()


def found(index: Index, query: IndexQuery) -> list[str]:
    return [hit.passage.key for hit in index.search(query)]


@pytest.fixture
def filled(index: Index) -> Index:
    index.add_passages([MAXIMUM, KIDNEY], stack(towards(1), towards(1, 1)))
    index.put_source(source())
    index.add_passages([BLEEDING], stack(towards(0, 0, 1)))
    index.put_source(source("warfarin@1"))
    return index


def test_what_is_put_in_comes_back_whole(filled: Index) -> None:
    assert filled.passage("m1") == MAXIMUM
    assert filled.passage("nothing") is None
    assert filled.source("metformin@1") == source()
    assert filled.source("nothing") is None
    assert filled.passages_of("metformin@1") == (MAXIMUM, KIDNEY)
    assert filled.sources() == (replace(source(), text=""), replace(source("warfarin@1"), text=""))
    assert filled.passage_count() == 3


def test_adding_again_changes_nothing(filled: Index) -> None:
    before = filled.version()
    filled.add_passages([MAXIMUM, KIDNEY], stack(towards(1), towards(1, 1)))
    filled.put_source(source())
    assert (filled.passage_count(), filled.version()) == (3, before)
    assert found(filled, IndexQuery(towards(1), "maximum dose"))[0] == "m1"


def test_passages_are_found_only_after_their_source_is_put(index: Index) -> None:
    index.add_passages([MAXIMUM], stack(towards(1)))
    assert found(index, IndexQuery(towards(1), "maximum dose")) == []
    index.put_source(source())
    assert found(index, IndexQuery(towards(1), "maximum dose")) == ["m1"]


def test_both_halves_find_and_either_can_be_left_out(filled: Index) -> None:
    hybrid = IndexQuery(towards(1), "bleeding")
    assert set(found(filled, hybrid)) == {"m1", "m2", "w1"}
    assert found(filled, replace(hybrid, dense_weight=0.0)) == ["w1"]
    assert found(filled, replace(hybrid, words_weight=0.0))[:2] == ["m1", "m2"]
    best = filled.search(replace(hybrid, words_weight=0.0))[0]
    assert best.similarity == pytest.approx(1.0, abs=1e-4)
    assert found(filled, replace(hybrid, dense_weight=0.0, words="the of and")) == []


def test_a_filter_on_medicines_is_strict_and_ignores_salts(index: Index) -> None:
    salted = replace(MAXIMUM, ingredients=("Metformin Hydrochloride",))
    index.add_passages([salted, BLEEDING], stack(towards(1), towards(1)))
    index.put_source(source())
    index.put_source(source("warfarin@1"))
    assert found(index, IndexQuery(towards(1), "dose bleeding", ingredients=("metformin",))) == ["m1"]
    assert set(found(index, IndexQuery(towards(1), "dose", ingredients=("metformin", "warfarin")))) == {"m1", "w1"}
    assert found(index, IndexQuery(towards(1), "dose", ingredients=("ibuprofen",))) == []


def test_a_preferred_section_moves_up_and_excludes_nothing(filled: Index) -> None:
    plain = IndexQuery(towards(1), "maximum dose", ingredients=("metformin",))
    assert found(filled, plain) == ["m1", "m2"]
    assert found(filled, replace(plain, sections=(Section.RENAL,), section_boost=3.0)) == ["m2", "m1"]


def test_an_unverified_passage_never_outranks_a_verified_one(index: Index) -> None:
    doubtful = replace(passage("m3", "The maximum dose is 2,000 mg per day."), verified=False)
    index.add_passages([doubtful, KIDNEY], stack(towards(1), towards(0, 1)))
    index.put_source(source())
    query = IndexQuery(towards(1), "maximum dose", sections=(Section.DOSAGE,), section_boost=9.0)
    assert found(index, query) == ["m2", "m3"]


def test_a_superseded_source_stays_readable_and_is_not_found(filled: Index) -> None:
    before = filled.version()
    filled.supersede("metformin@1", "metformin@2")
    filled.supersede("metformin@1", "metformin@2")
    filled.supersede("never seen", "metformin@2")
    assert found(filled, IndexQuery(towards(1), "maximum dose")) == ["w1"]
    assert filled.passage("m1") == MAXIMUM
    assert filled.source("metformin@1") == replace(source(), superseded_by="metformin@2")
    filled.add_passages([MAXIMUM], stack(towards(1)))
    assert found(filled, IndexQuery(towards(1), "maximum dose")) == ["w1"]
    assert filled.version() != before


def test_removing_passages_leaves_others_alone(filled: Index) -> None:
    filled.remove_passages("metformin@1")
    assert (filled.passage_count(), filled.passage("m1"), filled.passage("w1")) == (1, None, BLEEDING)


def test_more_than_one_batch_survives_and_optimising_changes_no_result(index: Index) -> None:
    many = [replace(passage(f"p{i:04}", f"Sentence number {i}."), start=i) for i in range(600)]
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(600, SIZE)).astype(np.float32)
    index.add_passages(many, vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    index.put_source(source())
    # One word that one passage holds: passages with equal BM25 scores would be ranked by chance.
    query = IndexQuery(towards(1, 1), "17", limit=5)
    before = found(index, query)
    index.optimize()
    assert found(index, query) == before
    assert index.passages_of("metformin@1") == tuple(many)


def test_the_version_depends_on_contents_and_not_on_order(tmp_path: Path) -> None:
    names = ["a@1", "b@1"]
    versions = []
    for place, order in enumerate((names, names[::-1])):
        index = open_edge(tmp_path / str(place), dimension=SIZE, model="test")
        for name in order:
            index.put_source(source(name))
        versions.append(index.version())
        index.close()
    assert versions[0] == versions[1]


def test_edge_and_the_client_rank_alike(tmp_path: Path) -> None:
    rng = np.random.default_rng(11)
    # Texts of many lengths from many words: equal BM25 scores would be ranked by chance.
    words = [f"word{letter}{other}" for letter in "abcdefgh" for other in "klmnop"]
    texts = [" ".join(rng.choice(words, size=size)) for size in range(5, 65)]
    sections = list(Section)
    many = [passage(f"p{i:02}", text, section=sections[i % 5]) for i, text in enumerate(texts)]
    vectors = rng.normal(size=(60, SIZE)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    edge = open_edge(tmp_path / "edge", dimension=SIZE, model="test")
    client = QdrantClient(":memory:")
    local = in_memory(client)
    for index in (edge, local):
        index.add_passages(many, vectors)
        index.put_source(source())
    for place in range(20):
        query = IndexQuery(vectors[place] + 0.01, texts[place], limit=10, sections=(sections[place % 5],))
        ours, theirs = edge.search(query), local.search(query)
        assert [hit.score for hit in ours] == pytest.approx([hit.score for hit in theirs], abs=1e-5)
        assert ours[0].passage == theirs[0].passage
    edge.close()
    client.close()


def test_vectors_of_another_size_or_model_are_refused(tmp_path: Path) -> None:
    index = open_edge(tmp_path, dimension=SIZE, model="test")
    with pytest.raises(IndexMismatch, match="vectors of shape"):
        index.add_passages([MAXIMUM], np.zeros((1, SIZE + 1), dtype=np.float32))
    index.close()
    with pytest.raises(IndexMismatch, match="made with the encoder test"):
        open_edge(tmp_path, dimension=SIZE, model="other")
    open_edge(tmp_path, dimension=SIZE, model="test").close()


def test_a_server_that_does_not_answer_is_one_clear_error() -> None:
    settings = RetrievalSettings(qdrant_url="http://127.0.0.1:9")
    with pytest.raises(IndexUnreachable, match=r"127\.0\.0\.1:9 does not answer"):
        open_server(settings, dimension=SIZE, model="test")
