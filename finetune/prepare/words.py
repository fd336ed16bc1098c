"""Texts as arrays of hashed words: what duplicates, contamination and contradictions are found by.

A word's hash is BLAKE2b (RFC 7693), so that it is the same on every machine and in every version. Case, punctuation
and white space do not count; signs that carry a meaning ("<", "%", "/") do, and "2,000" is 2000.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

_WORD = r"\d+(?:\.\d+)*|\p{L}+(?:'\p{L}+)?|[<>≤≥=%/±+]"
_KNOWN: dict[str, int] = {}
_MOST_KNOWN = 2_000_000
# Words that turn what a sentence says. Two texts that differ in one of them are never duplicates.
_TURNING = """
    no not never nor none neither cannot avoid contraindicated without unless except stop hold discontinue start
    increase decrease reduce double half above below under over exceed before after more less least most
    maximum minimum max min up down high low safe unsafe daily weekly monthly hourly once twice thrice day week month
    hour hours days weeks months minutes zero one two three four five six seven eight nine ten
    mg mcg g kg ml l unit units iu mmol meq percent tablet tablets
    oral intravenous intramuscular subcutaneous topical rectal adult adults child children infant infants neonate
    pregnant pregnancy breastfeeding renal hepatic liver kidney
"""
_TURNING_SIGNS = "< > ≤ ≥ = % / ± +"

Hashes = NDArray[np.uint64]
Offsets = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of n texts: `hashes[offsets[i]:offsets[i + 1]]` are those of text i."""

    hashes: Hashes
    offsets: Offsets
    turning: NDArray[np.bool_]
    """Which words are numbers, signs, units, or others that turn a meaning."""

    @property
    def count(self) -> int:
        """How many texts."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Offsets:
        """Words of each text."""
        return np.diff(self.offsets)


def words(texts: pl.Series) -> Words:
    """The words of each text."""
    plain = texts.str.to_lowercase().str.replace_all("’", "'", literal=True)
    lists = plain.str.replace_all(r"(\d),(\d{3})\b", "${1}${2}").str.extract_all(_WORD)
    offsets = np.concatenate([[0], np.cumsum(lists.list.len().to_numpy())]).astype(np.int64)
    flat = lists.explode(empty_as_null=False).to_arrow().cast(pa.large_string())
    coded = flat.dictionary_encode()
    if isinstance(coded, pa.ChunkedArray):
        coded = coded.combine_chunks()
    vocabulary = coded.dictionary.to_pylist()
    hashes = np.array([word_hash(word) for word in vocabulary], dtype=np.uint64)
    turns = np.array([_turns(word) for word in vocabulary], dtype=bool)
    codes = coded.indices.to_numpy(zero_copy_only=False)
    return Words(hashes[codes], offsets, turns[codes])


def word_hash(word: str) -> int:
    """The hash of one word, 64 bits."""
    known = _KNOWN.get(word)
    if known is None:
        known = int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "little")
        if len(_KNOWN) < _MOST_KNOWN:
            _KNOWN[word] = known
    return known


def keys(found: Words, salt: int = 0) -> Hashes:
    """One number for the words of each text, in their order; equal texts have equal numbers."""
    places = np.arange(len(found.hashes), dtype=np.int64) - np.repeat(found.offsets[:-1], found.lengths)
    mixed = mix(found.hashes ^ mix(places.astype(np.uint64) + np.uint64(salt)))
    return _summed(mixed, found.offsets)


def turning(found: Words) -> Words:
    """Only the words that turn a meaning, in their order."""
    chosen = np.flatnonzero(found.turning)
    before = np.concatenate([[0], np.cumsum(found.turning)]).astype(np.int64)
    return Words(found.hashes[chosen], before[found.offsets], found.turning[chosen])


def grams(found: Words, size: int) -> Words:
    """The runs of `size` words of each text; a shorter text has one run, all of it, and an empty one none."""
    count, lengths = len(found.hashes), found.lengths
    whole = np.zeros(count, dtype=np.uint64)
    for step in range(size):
        shifted = np.zeros(count, dtype=np.uint64)
        shifted[: count - step] = found.hashes[step:]
        # Past the end of a text nothing is added: the run of a short text is the whole of it.
        within = np.arange(count) + step < np.repeat(found.offsets[1:], lengths)
        whole = np.where(within, mix(whole ^ shifted) + np.uint64(step + 1), whole)
    kept = np.maximum(lengths - size + 1, np.minimum(lengths, 1))
    starts = np.repeat(found.offsets[:-1], kept) + _counting(kept)
    offsets = np.concatenate([[0], np.cumsum(kept)]).astype(np.int64)
    return Words(whole[starts], offsets, np.zeros(len(starts), dtype=bool))


def any_in(found: Words, known: Hashes) -> NDArray[np.int64]:
    """How many words (or runs) of each text are among the sorted `known`."""
    if not len(known):
        return np.zeros(found.count, dtype=np.int64)
    place = np.minimum(np.searchsorted(known, found.hashes), len(known) - 1)
    total = np.concatenate([[0], np.cumsum(known[place] == found.hashes)])
    counted: NDArray[np.int64] = total[found.offsets[1:]] - total[found.offsets[:-1]]
    return counted


def mix(values: Hashes) -> Hashes:
    """Each 64-bit number well mixed: the finaliser of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014)."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _summed(values: Hashes, offsets: Offsets) -> Hashes:
    """The sum of each text's numbers, modulo 2^64."""
    total = np.concatenate([np.zeros(1, dtype=np.uint64), np.cumsum(values, dtype=np.uint64)])
    summed: Hashes = total[offsets[1:]] - total[offsets[:-1]]
    return summed


def _counting(lengths: Offsets) -> Offsets:
    """0, 1 … for each length in turn."""
    ends = np.cumsum(lengths)
    return np.arange(int(lengths.sum()), dtype=np.int64) - np.repeat(ends - lengths, lengths)


_TURNING_WORDS = frozenset((*_TURNING.split(), *_TURNING_SIGNS.split()))


def _turns(word: str) -> bool:
    return word[0].isdigit() or word in _TURNING_WORDS or word.endswith("n't")
