"""What a person may choose about data preparation. Values only; their digest is a parent of the snapshot."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from finetune.errors import PrepareRefused

WORKING = frozenset({"batch_rows", "workers"})
"""Settings that say how the work is done and never change what comes out of it."""


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings. The defaults are those that docs/data-preparation.md explains.

    `validation` and `held_out` are shares of the rows. `languages` are kept. `near` is the least Jaccard similarity of
    near duplicates. `grams` is the length, in words, of a run that contaminates. `hold` keeps what contradicts itself,
    a rule or its evidence out of the snapshot until a person has decided. `pseudonym_key` keys the pseudonyms that
    stand for patients while the work is done.
    """

    validation: float = 0.12
    held_out: float = 0.08
    languages: tuple[str, ...] = ("en",)
    least_letters: int = 2
    longest: int = 100_000
    near: float = 0.8
    grams: int = 8
    hold: bool = True
    check_doses: bool = True
    standardise: bool = True
    sample: int = 50
    """Rows of the sample that a privacy officer reads."""
    pseudonym_key: str = ""
    batch_rows: int = 8192
    workers: int = 1

    def __post_init__(self) -> None:
        if not (0 <= self.validation < 0.5 and 0 <= self.held_out < 0.5):
            raise PrepareRefused("the shares for validation and held-out medicines must lie between 0 and 0.5")
        if not 0.5 <= self.near <= 1 or self.grams < 4 or self.longest < 1 or self.sample < 0:
            raise PrepareRefused("near must lie between 0.5 and 1, grams be at least 4, longest at least 1")
        if self.batch_rows < 1 or self.workers < 1:
            raise PrepareRefused("batch_rows and workers must be at least 1")

    @property
    def digest(self) -> str:
        """The hash of every setting that changes what comes out. The key itself stands in no file."""
        said = {name: value for name, value in asdict(self).items() if name not in WORKING}
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Vocabularies:
    """The user's own copies of licensed vocabularies: MeSH's descriptor file, and an RF2 folder of SNOMED CT."""

    mesh: Path | None = None
    snomed: Path | None = None
