"""Makes a net's probabilities honest: one temperature for all its logits, fitted on rows that it did not learn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float32]:
    """The probabilities (n, labels) of logits (n, labels)."""
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True), dtype=np.float32)


def temperature(logits: NDArray[np.float64], targets: NDArray[np.int64]) -> float:
    """The temperature of least negative log-likelihood on the validation rows, of 121 between 0.25 and 4."""
    tried = np.geomspace(0.25, 4.0, 121)

    def surprise(degree: float) -> float:
        scaled = logits / degree
        top = scaled.max(axis=-1)
        total = np.log(np.exp(scaled - top[:, None]).sum(axis=-1)) + top
        return float((total - scaled[np.arange(len(targets)), targets]).mean())

    return float(min(tried, key=surprise))
