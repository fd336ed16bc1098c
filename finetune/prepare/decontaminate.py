"""Step decontaminate: no row that a model is later evaluated on, nor one nearly like it.

A row is contaminated where its question is one of an evaluation set (case and punctuation aside), where question,
answer or history share a run of eight words with one, or where its question is nearly like one. Evaluation sets are
small, so likeness is worked out exactly (Jaccard over runs of two words), not estimated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import yaml

from finetune.errors import PrepareRefused
from finetune.prepare.words import Hashes, Words, any_in, grams, keys, words

STEP = "decontaminate"
_ASKED = frozenset({"ask", "question", "prompt", "query", "history"})
_FEWEST_WORDS = 4
"""Words of a question that can be nearly like another: "warfarin dose?" is like too much."""


@dataclass(frozen=True)
class Evaluated:
    """The questions of every evaluation set, as what rows are compared with. All arrays are sorted."""

    questions: Hashes
    runs: Hashes
    pairs: Hashes
    each: tuple[frozenset[int], ...]
    """The runs of two words of each question."""
    digest: str = ""


def evaluation_folders() -> tuple[Path, ...]:
    """Where this installation's evaluation sets lie."""
    home = Path(__file__).resolve().parents[1]
    return tuple(folder for name in ("gold", "gold-held-out", "suites") if (folder := home / name).is_dir())


def evaluation_questions(folders: Iterable[Path]) -> tuple[str, ...]:
    """Every question of the YAML files below the folders, earlier ones of its conversation included, each once.

    Raises:
        PrepareRefused: a file cannot be read; an evaluation set that was not looked at protects nothing.
    """
    found: dict[str, None] = {}
    for path in sorted(path for folder in folders for path in folder.rglob("*.y*ml")):
        try:
            held = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise PrepareRefused(
                f"the evaluation set {path.name} cannot be read; repair it, then prepare again"
            ) from error
        found.update(dict.fromkeys(_asked(held, "")))
    return tuple(found)


def evaluated(questions: Iterable[str], grams_of: int) -> Evaluated:
    """What rows are compared with."""
    held = pl.Series("question", [one for one in questions if one.strip()], dtype=pl.String)
    asked = words(held)
    long = _longer(asked, grams_of)
    pairs = grams(asked, 2)
    each = tuple(
        frozenset(pairs.hashes[start:end].tolist())
        for start, end, length in zip(pairs.offsets[:-1], pairs.offsets[1:], asked.lengths, strict=True)
        if length >= _FEWEST_WORDS
    )
    known = np.unique(np.array([one for two in each for one in two], dtype=np.uint64))
    return Evaluated(np.unique(keys(asked)), np.unique(grams(long, grams_of).hashes), known, each)


def contamination(rows: pl.DataFrame, against: Evaluated, near: float, grams_of: int) -> pl.Series:
    """Why each row is contaminated, "" where it is not."""
    asked = words(rows["question"])
    whole = words(rows["question"] + "\n" + rows["answer"] + "\n" + rows["history"].list.join("\n"))
    same = np.isin(keys(asked), against.questions)
    shared = any_in(grams(_longer(whole, grams_of), grams_of), against.runs) > 0
    alike = _alike(asked, against, near)
    reasons = np.where(
        same, "an evaluation question", np.where(shared, f"{grams_of} words of an evaluation question", "")
    )
    reasons = np.where((reasons == "") & alike, "nearly an evaluation question", reasons)
    return pl.Series("contaminated", reasons.tolist(), dtype=pl.String)


def _alike(asked: Words, against: Evaluated, near: float) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    pairs = grams(asked, 2)
    hits = any_in(pairs, against.pairs)
    # Of two sets that are `near` alike, each shares at least that part of itself with the other.
    candidates = np.flatnonzero((hits >= near * pairs.lengths) & (asked.lengths >= _FEWEST_WORDS))
    found = np.zeros(asked.count, dtype=bool)
    for row in candidates:
        own = frozenset(pairs.hashes[pairs.offsets[row] : pairs.offsets[row + 1]].tolist())
        found[row] = any(jaccard(own, other) >= near for other in against.each)
    return found


def jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    """The share of what two sets have in common, 1 for two empty ones."""
    both = len(one & other)
    return both / (len(one) + len(other) - both) if one or other else 1.0


def _longer(found: Words, least: int) -> Words:
    """The words with texts shorter than `least` emptied: their only run would be no run of that length."""
    kept = np.repeat(found.lengths >= least, found.lengths)
    before = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
    return Words(found.hashes[kept], before[found.offsets], found.turning[kept])


def _asked(held: object, name: str) -> Iterator[str]:
    """Every text that stands under a name for a question."""
    if isinstance(held, dict):
        for key, value in held.items():
            yield from _asked(value, str(key))
    elif isinstance(held, list):
        for value in held:
            yield from _asked(value, name)
    elif isinstance(held, str) and name in _ASKED:
        yield held
