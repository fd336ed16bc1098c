"""The encoder: the bundled model, a model in a folder, and models that cannot be used."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from retrieval.encoder import Encoder
from retrieval.errors import EncoderError
from retrieval.settings import RetrievalSettings


@pytest.fixture(scope="module")
def bundled() -> Encoder:
    return Encoder(RetrievalSettings())


def small_model(folder: Path, size: int = 16) -> Path:
    """A sentence-transformers model of two layers with random weights, made here."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer
    from transformers import AutoTokenizer, BertConfig, BertModel

    torch.manual_seed(5)
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "dose", "of", "metformin", "kidney", "the"]
    (folder / "vocab.txt").write_text("\n".join(words), encoding="utf-8")
    config = BertConfig(
        vocab_size=len(words), hidden_size=size, num_hidden_layers=2, num_attention_heads=2, intermediate_size=32
    )
    BertModel(config).save_pretrained(folder / "bert")
    shutil.copy(folder / "vocab.txt", folder / "bert")
    AutoTokenizer.from_pretrained(folder / "bert").save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"))
    SentenceTransformer(modules=[transformer, Pooling(size)]).save(str(folder / "model"))
    return folder / "model"


def test_the_bundled_model_gives_unit_vectors_in_order(bundled: Encoder) -> None:
    texts = ["metformin in kidney disease", "a", "renal impairment and metformin " * 30, "the weather in Paris"]
    vectors = bundled.encode(texts)
    assert vectors.shape == (4, bundled.dimension) == (4, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(4), abs=1e-5)
    assert vectors[0] @ vectors[2] > vectors[0] @ vectors[3] + 0.2
    assert vectors[3] == pytest.approx(bundled.encode(texts[3:])[0], abs=0.02)


def test_nothing_to_encode_is_an_empty_matrix(bundled: Encoder) -> None:
    assert bundled.encode([]).shape == (0, 384)
    assert np.isfinite(bundled.encode([""])).all()


def test_threads_may_share_it(bundled: Encoder) -> None:
    texts = [f"dose of medicine {number} " * (number + 1) for number in range(12)]
    alone = [bundled.encode([text])[0] for text in texts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda text: bundled.encode([text])[0], texts))
    assert np.stack(together) == pytest.approx(np.stack(alone), abs=0.02)


def test_any_sentence_transformers_model_by_its_folder(tmp_path: Path) -> None:
    encoder = Encoder(RetrievalSettings(model=str(small_model(tmp_path))))
    assert (encoder.name, encoder.dimension) == ("model", 16)
    assert encoder.encode(["dose of metformin", "kidney"]).shape == (2, 16)


def test_a_model_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"cannot be loaded.*bundled"):
        Encoder(RetrievalSettings(model=str(tmp_path / "absent"))).encode(["text"])
