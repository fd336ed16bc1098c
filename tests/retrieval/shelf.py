"""An encoder without a model, and an ingestion in a process of its own that a test may kill."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retrieval.encoder import Encoder
from retrieval.index.edge import open_edge
from retrieval.index.points import PointIndex
from retrieval.ingest import IngestProgress, IngestReport, ingest
from retrieval.settings import RetrievalSettings

SETTINGS = RetrievalSettings()


class HashEncoder(Encoder):
    """Unit vectors made of each text's hash, without a model; `pause` slows each call, in seconds."""

    def __init__(self, pause: float = 0.0) -> None:
        super().__init__(SETTINGS)
        self._pause = pause
        self.calls = 0

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.calls += 1
        time.sleep(self._pause)
        seeds = [int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) for text in texts]
        made = np.stack([np.random.default_rng(seed).standard_normal(self.dimension) for seed in seeds])
        return np.asarray(made / np.linalg.norm(made, axis=1, keepdims=True), dtype=np.float32)


def opened(folder: Path) -> PointIndex:
    """A real embedded index in a folder."""
    encoder = HashEncoder()
    return open_edge(folder / "index", dimension=encoder.dimension, model=encoder.name)


def taken_in(index: PointIndex, *paths: Path) -> IngestReport:
    """Ingest the paths without a model."""
    return ingest(list(paths), index, HashEncoder(), SETTINGS)


def report_line(progress: IngestProgress) -> None:
    """Print a line at once, for the test that waits for it."""
    print(progress.line(), flush=True)


if __name__ == "__main__":
    shelf = opened(Path(sys.argv[1]))
    ingest([Path(sys.argv[2])], shelf, HashEncoder(pause=float(sys.argv[3])), SETTINGS, report_line)
    shelf.close()
