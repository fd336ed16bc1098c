"""Trains the net that says whether a passage supports a claim.

    python -m finetune.nets.groundedness --data ../shared/data --out guardrails/nets/groundedness

It learns from made contrasts only (`finetune/nets/contrasts/`). Medicines are split in three: those trained on, those
that calibrate (the temperature, the blend, the operating point), and those that only `bench groundedness` sees. No
claim of ExpertQA, MedHallu or BioASQ is read here.
"""

from __future__ import annotations

import argparse
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter

from finetune.nets.contrasts.contrast import Contrast
from finetune.nets.contrasts.faithful import reworded
from finetune.nets.contrasts.pairs import make
from finetune.nets.contrasts.rewritten import rewritten
from finetune.nets.contrasts.texts import Part, all_parts, monographs
from finetune.nets.trainer import PairRow, Recipe, TrainReport, operate_at, train
from guardrails.groundedness import BLEND, Blend, Grounding
from retrieval.encoder import Encoder
from retrieval.nets import Nets
from retrieval.settings import RetrievalSettings

LABELS = ("supported", "unsupported")
RECIPE = Recipe(
    "groundedness",
    "pair",
    LABELS,
    rank=32,
    alpha=64,
    dropout=0.0,
    learning_rate=1e-3,
    epochs=1,
    batch_size=96,
    max_tokens=192,
    threads=1,
)
"""One pass over many contrasts needs no dropout in the adapter, and drawing it is half the time on a processor."""
SEEDS = (7, 8, 9, 10)
"""The contrasts are made once for each: other windows, other rewordings and other changes of the same sentences."""
CHECKED, BLENDED = 9_500, 1_500
"""Contrasts to fit the temperature on, and to fit the blend on."""
WITHOUT_NET = (0.0, 1.0, 1.0)
"""The shares of a check that has no net."""
SHARES = (2.0, 1.0, 1.0)
"""What the net, the cosine and the overlap weigh, each divided by its spread over the calibration contrasts: the net
as much as both others together."""
WITHHELD = 0.005
"""The share of faithful claims of our own monographs that the operating point may withhold."""


@dataclass(frozen=True, slots=True)
class Faithful:
    """A fact of a monograph in other words, and the passage that it is from."""

    family: str
    claim: str
    passage: str


def main() -> None:
    """Make the contrasts, train, fit the blend, choose the operating point."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--contrasts", type=int, default=0, help="learn from so many only (0: all, for a GPU)")
    chosen = parser.parse_args()
    ship(chosen.data, chosen.out, RECIPE, chosen.contrasts)


def ship(data: Path, out: Path, recipe: Recipe = RECIPE, contrasts: int = 0) -> TrainReport:
    """Train on so many contrasts (0: all), fit the blend, and write the net with its operating point."""
    parts, facts = all_parts(data), list(rewritten(data))
    learned: list[Contrast] = []
    for seed in SEEDS:
        if not contrasts or len(learned) < contrasts:
            learned += make("train", parts, facts, seed)
    learned = learned[: contrasts or None]
    checked = make("validation", parts, facts)
    print(f"{len(learned)} contrasts to learn from, {len(checked)} to calibrate on", flush=True)
    report = train(recipe, rows(learned), rows(checked[:CHECKED]), out)
    print(f"losses {report.losses}, temperature {report.temperature:.2f}, {report.seconds:.0f} s", flush=True)
    blend = calibrate(checked[-BLENDED:], out)
    operate_at(out, blend.threshold)
    return report


def rows(contrasts: Sequence[Contrast]) -> list[PairRow]:
    """Contrasts as rows of the trainer."""
    return [PairRow(one.claim, one.passage, LABELS[0] if one.supported else LABELS[1]) for one in contrasts]


def calibrate(
    contrasts: Sequence[Contrast],
    out: Path,
    shares: tuple[float, float, float] = SHARES,
    encoder: Encoder | None = None,
) -> Blend:
    """Fit the blend, choose the operating point, and write both beside the net."""
    encoder = encoder or Encoder(RetrievalSettings())
    grounding = Grounding(Nets(encoder), encoder, folder=out)
    write_blend(Blend(*shares, 0.0, 0.5), out)
    signals = grounding.signals([one.claim for one in contrasts], [[one.passage] for one in contrasts])
    blend = fitted(signals, np.array([one.supported for one in contrasts]), shares)
    own = faithful_claims(monographs())
    scores = blend.of(grounding.signals([one.claim for one in own], [[one.passage] for one in own]))
    blend = replace(blend, threshold=math.floor(1000 * np.quantile(scores, WITHHELD)) / 1000)
    write_blend(blend, out)
    made = blend.of(signals)
    caught = np.mean([made[n] < blend.threshold for n, one in enumerate(contrasts) if not one.supported])
    print(f"{blend} from {len(own)} faithful claims; withholds {caught:.3f} of unsupported contrasts")
    return blend


def write_blend(blend: Blend, out: Path) -> None:
    """Write the blend into the net's folder."""
    out.mkdir(parents=True, exist_ok=True)
    (out / BLEND).write_bytes(TypeAdapter(Blend).dump_json(blend, indent=2) + b"\n")


def fitted(
    signals: NDArray[np.float64], supported: NDArray[np.bool_], shares: tuple[float, float, float] = SHARES
) -> Blend:
    """The blend whose three parts have fixed shares; only slope and bias are fitted, by logistic regression."""
    weights = np.array(shares) / np.maximum(signals.std(axis=0), 1e-9)
    slope, bias = logistic(signals @ weights, supported)
    net, cosine, overlap = (float(slope * weight) for weight in weights)
    return Blend(net, cosine, overlap, float(bias), 0.5)


def logistic(values: NDArray[np.float64], targets: NDArray[np.bool_]) -> tuple[float, float]:
    """Slope and bias of greatest likelihood for one variable, by Newton's method."""
    middle, spread = values.mean(), values.std()
    scaled = np.stack([(values - middle) / spread, np.ones_like(values)], axis=1)
    found = np.zeros(2)
    for _ in range(25):
        probable = 1 / (1 + np.exp(-scaled @ found))
        weight = probable * (1 - probable) + 1e-9
        found += np.linalg.solve(scaled.T @ (scaled * weight[:, None]), scaled.T @ (targets - probable))
    return float(found[0] / spread), float(found[1] - found[0] * middle / spread)


def faithful_claims(parts: Sequence[Part], seed: int = 7) -> list[Faithful]:
    """Every fact of our monographs, reworded by one to three rules, with its passage as an answer would cite it."""
    chance = random.Random(seed)
    made = []
    for part in parts:
        head = ". ".join(dict.fromkeys(one for one in (part.title, *part.heading[-1:]) if one))
        for fact in part.sentences:
            claim = reworded(fact, (), chance, chance.randint(1, 3))
            if claim != fact:
                made.append(Faithful(part.family, claim, f"{head}: {fact}"))
    return made


if __name__ == "__main__":
    main()
