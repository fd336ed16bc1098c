"""Step sign: what is compared of a row, as numbers: its words, its question, its turning words, and its MinHash.

MinHash (Broder 1997) over runs of two words with 64 permutations, by rensa, in 16 bands of 4: rows that are 0.8 alike
share a band with probability 0.9998. A band's key holds the turning words and medicines too, so that rows that differ
in a number, a "not" or a medicine never meet.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from finetune.errors import ExtraMissing
from finetune.prepare.words import Hashes, Words, grams, keys, mix, turning, words

STEP = "sign"
PERMUTATIONS, BANDS = 64, 16
BAND_NAMES = tuple(f"band_{number}" for number in range(BANDS))
KEYS = ("exact", "question_key", *BAND_NAMES)
_SEED = 42


def sign(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with their columns `KEYS`, all 64-bit numbers."""
    whole = words(rows["question"] + "\n" + rows["answer"])
    history = keys(words(rows["history"].list.join("\n")), salt=1)
    exact, asked = keys(whole) + history, keys(words(rows["question"])) + history
    about = _about(whole, rows["medicines"])
    bands = band_keys(grams(whole, 2), about)
    made = {"exact": exact, "question_key": asked, **dict(zip(BAND_NAMES, bands, strict=True))}
    return rows.with_columns(pl.Series(name, values, dtype=pl.UInt64) for name, values in made.items())


def band_keys(runs: Words, about: Hashes) -> list[Hashes]:
    """The key of each band, one array a band. Raises `ExtraMissing`."""
    signatures = signature(runs)
    width = PERMUTATIONS // BANDS
    made = []
    for number in range(BANDS):
        key = about + np.uint64(number + 1)
        for column in range(number * width, (number + 1) * width):
            key = mix(key ^ signatures[:, column])
        made.append(key)
    return made


def signature(runs: Words) -> Hashes:
    """The MinHash of each text, shape (texts, `PERMUTATIONS`). Raises `ExtraMissing`."""
    try:
        from rensa import RMinHash
    except ImportError as error:
        raise ExtraMissing("rensa") from error
    offsets = runs.offsets.astype(np.uint64)
    matrix = RMinHash.digest_matrix_from_flat_token_hashes(runs.hashes, offsets, PERMUTATIONS, _SEED)
    return np.array(matrix.to_rows(), dtype=np.uint64).reshape(runs.count, PERMUTATIONS)


def _about(whole: Words, medicines: pl.Series) -> Hashes:
    """What a near duplicate must share exactly: turning words in their order, and medicines."""
    return keys(turning(whole)) + keys(words(medicines.list.join(" / ")), salt=2)
