"""`pharmassist bench train`: tokens per second of our training beside a plain TRL script, and the hardware's limit.

The same small base with random weights, the same made-up rows of unequal length, the same adapter and batch, one after
the other, each in a process of its own. The roofline is a matrix product measured between them. On a GPU the same with
an 8B-shaped model (`--shape 8b`).

    pharmassist bench train
    python -m tests.benchmarks.train --shape 8b --examples 256
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Literal

import torch
from transformers import AutoModelForCausalLM, LlamaConfig

from finetune.base_model import in_bfloat16
from finetune.candidate import CURVES
from finetune.curves import read_curves
from finetune.dialogue import messages
from finetune.example import Example, Split
from finetune.measure import BenchReport, Metric, peak_mb
from finetune.recipe import Recipe, write_recipe
from finetune.tokens import encode
from retrieval.passage import Passage, Section
from tests.finetune.tiny_causal import make_tokeniser
from tests.finetune.training_world import example, snapshot

ROOT = Path(__file__).parents[2]
Shape = Literal["small", "8b"]
_SENTENCE = "The dose is {0} mg every {1} hours, and no more than {2} mg in a day; check kidney function before it. "


@dataclass(frozen=True, slots=True)
class _World:
    """What both train on. `tokens` and `answers` count one epoch; `blocks` and `head` count parameters."""

    recipe: Recipe
    folder: Path
    tokens: int
    answers: int
    blocks: int
    head: int

    def operations(self, tokens_per_second: float) -> float:
        """FLOP/s that a speed comes to.

        A LoRA step needs 4 operations for each frozen parameter and token (forward, and the gradient of what goes in;
        none of the weights), 2 more where checkpointing computes the forward pass again. The head is computed only for
        the tokens of answers. Attention's own products are left out, so this is a little less than what was computed.
        """
        again = 2 if self.recipe.checkpoint_gradients else 0
        return tokens_per_second * ((4 + again) * self.blocks + 4 * self.head * self.answers / self.tokens)


def run(_data: Path) -> BenchReport:
    """The small model, on whatever this machine has."""
    return measure("small", 96)


def measure(shape: Shape, count: int) -> BenchReport:
    """Train `count` examples once with both scripts: ours as the recipes ship, and not packed; TRL's as it is."""
    started = perf_counter()
    with tempfile.TemporaryDirectory() as made:
        world = _world(Path(made), shape, count)
        peak = roofline(in_bfloat16(world.recipe), 1024 if shape == "small" else 8192)
        metrics = {"roofline, GFLOP/s": Metric(peak / 1e9, 1)}
        variants = {
            "ours": world.recipe,
            "ours, not packed": replace(world.recipe, packing=False, micro_batch=8),
        }
        for name, recipe in variants.items():
            metrics |= _ours(name, replace(world, recipe=recipe), peak)
        plain = _plain(world, peak)
    metrics["ours over plain TRL"] = Metric(metrics["ours, tokens/s"].value / plain["tokens/s"], 1)
    return BenchReport("train", metrics, {"plain TRL": plain}, (), perf_counter() - started, peak_mb())


def roofline(bfloat16: bool, size: int) -> float:
    """FLOP/s of a square matrix product of this size in the type that the training computes in: the best of ten."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    dtype = torch.bfloat16 if bfloat16 else torch.float32
    left, right = (torch.randn(size, size, dtype=dtype, device=device) for _ in range(2))
    fastest = float("inf")
    for _ in range(10):
        if device == "cuda":
            torch.cuda.synchronize()
        began = perf_counter()
        left @ right
        if device == "cuda":
            torch.cuda.synchronize()
        fastest = min(fastest, perf_counter() - began)
    return 2 * size**3 / fastest


def _world(folder: Path, shape: Shape, count: int) -> _World:
    rows = [_longer(place) for place in range(count)]
    snapshot(folder / "snapshot", {Split.TRAIN: rows})
    base = folder / "base"
    tokeniser = make_tokeniser(base, [message.content for row in rows for message in messages(row)])
    blocks, head = _model(base, shape, len(tokeniser))
    recipe = Recipe(
        "bench", 1, str(base), batch_size=16, micro_batch=1, epochs=1,
        max_tokens=2048 if shape == "small" else 4096, answers=0, tracking=(), learning_rate=1e-4,
    )  # fmt: skip
    encoded = [encode(row, tokeniser) for row in rows]
    tokens = sum(len(row.ids) for row in encoded)
    with (folder / "rows.jsonl").open("w", encoding="utf-8") as file:
        for row in rows:
            said = [{"role": message.role, "content": message.content} for message in messages(row)]
            file.write(json.dumps({"prompt": said[:-1], "completion": said[-1:]}) + "\n")
    return _World(recipe, folder, tokens, tokens - sum(row.prompt for row in encoded), blocks, head)


def _longer(place: int) -> Example:
    """An example with one to seven passages of one to six sentences: as unequal as real ones."""
    given = example(place, kidney=place % 2 == 1)
    more = tuple(
        Passage(
            f"x{place}y{part}", "made@1",
            "".join(_SENTENCE.format(place + part, part + 4, 10 * place + line) for line in range(1 + place % 6)),
            Section.DOSAGE, ("Dosage",), 0, 1, ("made",), "Made", None,
        )
        for part in range(place % 6)
    )  # fmt: skip
    return replace(given, evidence=given.evidence + more)


def _model(folder: Path, shape: Shape, vocabulary: int) -> tuple[int, int]:
    """Write a base with random weights; the number of parameters in its blocks and in its head."""
    torch.manual_seed(7)
    small = shape == "small"
    config = LlamaConfig(
        hidden_size=256 if small else 4096,
        intermediate_size=896 if small else 14336,
        num_hidden_layers=4 if small else 32,
        num_attention_heads=8 if small else 32,
        num_key_value_heads=8,
        vocab_size=vocabulary if small else 128_256,
        max_position_embeddings=16_384,
        tie_word_embeddings=False,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
        dtype=torch.float32 if small else torch.bfloat16,
    )
    with torch.device("cuda" if torch.cuda.is_available() and not small else "cpu"):
        model = AutoModelForCausalLM.from_config(config)  # type: ignore[no-untyped-call]
    model.save_pretrained(folder)
    return sum(value.numel() for value in model.model.layers.parameters()), model.lm_head.weight.numel()


def _ours(name: str, world: _World, peak: float) -> dict[str, Metric]:
    out = world.folder / name.replace(",", "").replace(" ", "-")
    recipe = world.folder / "recipe.yaml"
    recipe.write_text(write_recipe(world.recipe), encoding="utf-8")
    asked = ["--recipe", str(recipe), "--snapshot", str(world.folder / "snapshot"), "--out", str(out)]
    _run("finetune.train", asked)
    (point,) = read_curves(out / CURVES)
    speed = point.tokens_per_second
    found = {"tokens/s": speed, "MFU": world.operations(speed) / peak, "peak MB": point.peak_mb}
    return {f"{name}, {what}": Metric(value, world.tokens) for what, value in found.items()}


def _plain(world: _World, peak: float) -> dict[str, float]:
    (world.folder / "recipe.yaml").write_text(write_recipe(world.recipe), encoding="utf-8")
    told = json.loads(_run("tests.benchmarks.plain_trl", [str(world.folder)]).splitlines()[-1])
    speed = float(told["tokens_per_second"])
    return {"tokens/s": speed, "MFU": world.operations(speed) / peak, "peak MB": float(told["peak_mb"])}


def _run(module: str, arguments: Sequence[str]) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", module, *arguments],
        cwd=ROOT, env={**os.environ, "HF_HUB_OFFLINE": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{module} failed: {done.stderr[-2000:]}")
    return done.stdout


def main() -> None:
    """Print the report of one shape as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.train")
    parser.add_argument("--shape", choices=("small", "8b"), default="small")
    parser.add_argument("--examples", type=int, default=96)
    given = parser.parse_args()
    report = measure(given.shape, given.examples)
    print(
        json.dumps({name: metric.value for name, metric in report.metrics.items()} | {"peers": report.peers}, indent=1)
    )


if __name__ == "__main__":
    main()
