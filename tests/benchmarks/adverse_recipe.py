"""The shipped net's recipe trained on the ADE corpus itself, to measure what the encoder can do there; never shipped.

    python -m tests.benchmarks.adverse_recipe --data ../shared/data

The sentences fall into five parts by their article (md5 of the PMID), so that no article is on both sides. For each
part a net learns from the other four to tell adverse sentences from others. What it says of the part that it never saw
is kept as a number in `adverse/ade_out_of_fold.json`, by a key that tells nothing of the sentence.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from tempfile import TemporaryDirectory

from pydantic import BaseModel

from finetune.nets.adverse_patterns import HAPPENED, NOTHING
from finetune.nets.rows import TextRow
from finetune.nets.trainer import Recipe, train

JUDGE = Recipe(
    "ade_judge", "text", (NOTHING, HAPPENED), rank=32, alpha=64, learning_rate=6e-4, epochs=4, max_tokens=112
)
OUT_OF_FOLD = Path(__file__).parent / "adverse" / "ade_out_of_fold.json"
FOLDS = 5


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

    @property
    def part(self) -> int:
        """Which of the five parts its article belongs to."""
        return int(md5(self.pmid.encode(), usedforsecurity=False).hexdigest(), 16) % FOLDS


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


def row_of(one: Sentence) -> TextRow:
    """The sentence and whether it is adverse."""
    return TextRow(one.text, HAPPENED if one.adverse else NOTHING)


def out_of_fold(sentences: Sequence[Sentence], part: int) -> dict[str, float]:
    """For each sentence of one part the probability of a net that never saw it that it is adverse."""
    held = [one for one in sentences if one.part == part]
    rest = [one for one in sentences if one.part != part]
    with TemporaryDirectory() as folder:
        report = train(JUDGE, [row_of(one) for one in rest], [row_of(one) for one in held], Path(folder))
    return {one.key: round(float(value), 3) for one, value in zip(held, report.probabilities[:, 1], strict=True)}


def main() -> None:
    """Train for every part and keep what is said."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="the public development data")
    parser.add_argument("--out", type=Path, default=OUT_OF_FOLD, help="the file for the numbers")
    given = parser.parse_args()
    sentences, said = corpus(given.data), dict[str, float]()
    for part in range(FOLDS):
        said |= out_of_fold(sentences, part)
        given.out.write_text(json.dumps(dict(sorted(said.items())), separators=(",", ":")) + "\n", encoding="utf-8")
        print(f"part {part + 1} of {FOLDS}", flush=True)


if __name__ == "__main__":
    main()
