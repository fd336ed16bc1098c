"""The shipped net's recipe trained on the ADE corpus itself, to measure what the encoder can do there; never shipped.

    python -m tests.benchmarks.adverse_recipe --data ../shared/data --out opinions.json [--folds 5] [--epochs 4]

The sentences fall into parts by their article (md5 of the PMID), so that no article is on both sides. For each part two
nets learn from the other parts: one judges whole sentences, one marks the medicine and the effect. What they say of the
part that they never saw is kept as numbers, by a key that tells nothing of the sentence.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import md5
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from finetune.nets.adverse_patterns import HAPPENED, MEDICINE, NOTHING
from finetune.nets.rows import TagRow, TextRow
from finetune.nets.trainer import Recipe, train
from retrieval.encoder import Encoder
from retrieval.nets import Nets
from retrieval.settings import RetrievalSettings

JUDGE = Recipe(
    "ade_judge", "text", (NOTHING, HAPPENED), rank=32, alpha=64, learning_rate=6e-4, epochs=4, max_tokens=112
)
MARKER = Recipe(
    "ade_marker", "tag", (NOTHING, MEDICINE, HAPPENED), rank=32, alpha=64, learning_rate=8e-4, epochs=4, max_tokens=112
)


class _Relation(BaseModel):
    drug: str
    effect: str


class _Line(BaseModel):
    pmid: str
    text: str
    adverse: bool
    relations: list[_Relation]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence of the corpus: whether it is marked as adverse, and its pairs of drug and effect."""

    pmid: str
    text: str
    adverse: bool
    pairs: tuple[tuple[str, str], ...]

    @property
    def key(self) -> str:
        """A short name for the text that tells nothing of it."""
        return md5(self.text.encode(), usedforsecurity=False).hexdigest()[:12]

    def part(self, parts: int) -> int:
        """Which of so many parts its article belongs to."""
        return int(md5(self.pmid.encode(), usedforsecurity=False).hexdigest()[:8], 16) % parts


def corpus(data: Path) -> list[Sentence]:
    """The sentences of `adverse_events/*.jsonl`, each once; adverse where any copy of it is marked so."""
    made: dict[str, Sentence] = {}
    for file in sorted((data / "adverse_events").glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = _Line.model_validate_json(line)
            pairs = tuple((one.drug, one.effect) for one in row.relations)
            known = made.get(row.text)
            if known is None or (row.adverse and not known.adverse):
                made[row.text] = Sentence(row.pmid, row.text, row.adverse, pairs)
    return list(made.values())


def judged_row(one: Sentence) -> TextRow:
    """The sentence and whether it is adverse."""
    return TextRow(one.text, HAPPENED if one.adverse else NOTHING)


def marked_row(one: Sentence) -> TagRow:
    """The sentence with every place of its drugs and effects."""
    spans = {
        (found.start(), found.end(), label)
        for pair in one.pairs
        for words, label in zip(pair, (MEDICINE, HAPPENED), strict=True)
        for found in re.finditer(rf"(?<!\w){re.escape(words)}(?!\w)", one.text, re.IGNORECASE)
    }
    return TagRow(one.text, tuple(sorted(spans)))


def out_of_fold(sentences: Sequence[Sentence], part: int, parts: int, epochs: int) -> dict[str, tuple[float, float]]:
    """For each sentence of one part what the two nets that never saw it say: judged adverse, marked as such."""
    held = [one for one in sentences if one.part(parts) == part]
    rest = [one for one in sentences if one.part(parts) != part]
    texts = [one.text for one in held]
    with TemporaryDirectory() as folder:
        judge, marker = Path(folder) / "judge", Path(folder) / "marker"
        train(
            replace(JUDGE, epochs=epochs), [judged_row(one) for one in rest], [judged_row(one) for one in held], judge
        )
        train(
            replace(MARKER, epochs=epochs), [marked_row(one) for one in rest], [marked_row(one) for one in held], marker
        )
        nets = Nets(Encoder(RetrievalSettings()))
        whole = nets.score(texts, judge)[:, 1]
        marks = [marked_score(tagged.probabilities) for tagged in nets.tag(texts, marker)]
    return {one.key: (round(float(a), 4), round(float(b), 4)) for one, a, b in zip(held, whole, marks, strict=True)}


def marked_score(probabilities: NDArray[np.float32]) -> float:
    """How sure it is that a sentence has a medicine and an effect: the less sure of the two surest words."""
    return float(probabilities[:, 1:].max(axis=0).min()) if len(probabilities) else 0.0


def main() -> None:
    """Train for every part and keep what is said."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the public development data")
    parser.add_argument("--out", type=Path, required=True, help="the file for the opinions")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=4)
    given = parser.parse_args()
    sentences = corpus(given.data)
    said: dict[str, tuple[float, float]] = {}
    for part in range(given.folds):
        said |= out_of_fold(sentences, part, given.folds, given.epochs)
        given.out.write_text(json.dumps(dict(sorted(said.items())), indent=0) + "\n", encoding="utf-8")
        print(f"part {part + 1} of {given.folds}: {summary(sentences, said)}", flush=True)


def summary(sentences: Sequence[Sentence], said: dict[str, tuple[float, float]]) -> str:
    """The best F1 of the two nets, and of both together, on the sentences judged so far."""
    known = [one for one in sentences if one.key in said]
    right = np.array([one.adverse for one in known])
    both = np.array([said[one.key] for one in known])
    return ", ".join(
        f"{name} F1 {best_f1(values, right):.3f}"
        for name, values in (("judge", both[:, 0]), ("marker", both[:, 1]), ("together", both.mean(axis=1)))
    )


def best_f1(values: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """The largest F1 over all thresholds."""
    order = np.argsort(-values)
    hits = np.cumsum(right[order])
    return float((2 * hits / (np.arange(1, len(order) + 1) + right.sum())).max())


if __name__ == "__main__":
    main()
