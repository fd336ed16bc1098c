"""Learns the weights that ship: `python -m tests.benchmarks.duplicate_learning` writes `weights.json` of the package.

Seeds and rates of noise are those for learning; `bench duplicates` measures with others.
"""

from __future__ import annotations

import json
import math
import random
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.triage.duplicates.compare import compared
from assistant.triage.duplicates.index import DuplicateIndex
from assistant.triage.duplicates.learn import best_threshold, learned
from assistant.triage.duplicates.score import odds_of
from assistant.triage.duplicates.weights import FILE, weights_of
from retrieval.medicines import Medicines
from tests.benchmarks.duplicate_cases import fingerprint_of
from tests.benchmarks.duplicate_reports import LEARNING
from tests.benchmarks.duplicate_world import world

SEEDS, SIZE = (11, 12), 30_000
MOST_OTHERS = 150_000
"""Of the pairs of two patients of one world this many are learned from, drawn at random; the prior is put right."""


@dataclass(frozen=True)
class Pair:
    """A pair that shares a key: its levels, whether it is the same, whether one article tells of both."""

    levels: Mapping[str, str | None]
    same: bool
    article: bool


def pairs(seed: int) -> tuple[list[Pair], int]:
    """The compared pairs of one world, and how many true pairs there are in it."""
    medicines = Medicines.load()
    told = list(world(seed, LEARNING, SIZE))
    truth_of = {each.id: each.truth for each in told}
    with tempfile.TemporaryDirectory() as folder:
        index = DuplicateIndex(Path(folder) / "index.sqlite")
        index.put(fingerprint_of(each, medicines) for each in told)
        rarity = index.rarity()
        found = []
        for one, other in index.pairs():
            if one.source != other.source:
                levels = compared(one, other, rarity)
                found.append(Pair(levels, truth_of[one.id] == truth_of[other.id], levels["literature"] == "same"))
        index.close()
    return found, true_pairs([each.truth for each in told])


def drawn(found: list[Pair]) -> tuple[list[Pair], float]:
    """All pairs that are the same or of one article, and a share of the others; the share is given too."""
    kept = [each for each in found if each.same or each.article]
    others = [each for each in found if not (each.same or each.article)]
    if len(others) <= MOST_OTHERS:
        return found, 1.0
    return [*kept, *random.Random(1).sample(others, MOST_OTHERS)], MOST_OTHERS / len(others)


def true_pairs(truths: list[int]) -> int:
    """How many pairs of reports tell of one truth."""
    counts: dict[int, int] = {}
    for each in truths:
        counts[each] = counts.get(each, 0) + 1
    return sum(count * (count - 1) // 2 for count in counts.values())


def main() -> None:
    """Learn, and write the file."""
    whole: list[Pair] = []
    true = 0
    for seed in SEEDS:
        some, count = pairs(seed)
        whole += some
        true += count
    found, share = drawn(whole)
    contexts = {}
    for name, article in (("open", False), ("same_article", True)):
        part = [each for each in found if each.article is article]
        context = learned([each.levels for each in part], [each.same for each in part])
        prior = context.prior if article else context.prior + math.log2(share)
        contexts[name] = context.model_copy(update={"prior": round(prior, 3)})
    lines = {article: weights_of(contexts["same_article" if article else "open"]) for article in (True, False)}
    odds = [odds_of(each.levels, lines[each.article]) for each in whole]
    same = [each.same for each in whole]
    threshold = best_threshold(odds, same, true - sum(same))
    written = {
        "id": "duplicate-weights",
        "version": "1",
        "provenance": {
            "made by": "python -m tests.benchmarks.duplicate_learning",
            "data": f"synthetic reports only, worlds with seeds {SEEDS} of {SIZE} reports, noise LEARNING of "
            "tests/benchmarks/duplicate_reports.py; pharmassist bench duplicates measures with others",
            "pairs": f"{len(whole)} compared pairs, {sum(same)} of them the same; {true} true pairs in all",
            "method": "counted m and u; bits by penalised logistic regression; threshold of best F1",
        },
        "threshold": threshold,
        **{name: context.model_dump() for name, context in contexts.items()},
    }
    FILE.write_text(json.dumps(written, indent=1) + "\n", encoding="utf-8")
    print(written["provenance"], threshold)


if __name__ == "__main__":
    main()
