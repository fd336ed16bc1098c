"""Two medicines in three passages with vectors that a person can follow."""

from __future__ import annotations

from datetime import date
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from retrieval.passage import Passage, Section, Source, SourceKind

SIZE = 8
Vectors: TypeAlias = NDArray[np.float32]


def passage(key: str, text: str, *, source: str = "metformin@1", section: Section = Section.DOSAGE) -> Passage:
    medicine = source.partition("@")[0]
    return Passage(
        key, source, text, section, ("2 Dosage", "2.1 Adults"), 5, 5 + len(text), (medicine,), medicine, None
    )


def source(name: str = "metformin@1") -> Source:
    document = name.partition("@")[0]
    return Source(
        name, document, SourceKind.LABEL, document, (document,), ("Brand",), "A publisher", "1", date(2025, 2, 3),
        "https://example.org", "public", f"The whole text of {name}.", f"sum of {name}",
    )  # fmt: skip


def towards(*weights: float) -> Vectors:
    vector = np.zeros(SIZE, dtype=np.float32)
    vector[: len(weights)] = weights
    return vector / np.linalg.norm(vector)


def stack(*vectors: Vectors) -> Vectors:
    return np.stack(vectors)


MAXIMUM = passage("m1", "The maximum dose is 2,550 mg per day.")
KIDNEY = passage("m2", "Do not start this medicine below an eGFR of 45 mL/min.", section=Section.RENAL)
BLEEDING = passage("w1", "Warfarin can cause bleeding.", source="warfarin@1", section=Section.WARNINGS)
