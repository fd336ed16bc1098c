"""Two processes train what one trains, also when both are killed in the middle and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from accelerate.commands.config.config_args import load_config_from_file
from safetensors.torch import load_file

from finetune.candidate import CURVES
from finetune.checkpoints import last_checkpoint
from finetune.curves import read_curves
from finetune.recipe import shipped, write_recipe
from finetune.train import train
from tests.finetune.training_world import world

ROOT = Path(__file__).parents[2]
TOLERANCE = 1e-5
"""Between weights of up to 0.15 after four steps of 0.01: sums in another order, and nothing else. Seen: 5e-7."""


def test_two_processes_come_to_what_one_comes_to(tmp_path: Path) -> None:
    recipe, frozen = world(tmp_path, learned=8, checked=2)
    recipe = replace(recipe, dropout=0.0, batch_size=4)  # dropout draws other numbers in every process
    (tmp_path / "recipe.yaml").write_text(write_recipe(recipe))
    with torch.random.fork_rng():
        train(recipe, frozen, tmp_path / "one")

    first = _two(tmp_path, frozen)
    assert first.stdout
    for line in first.stdout:
        if line.startswith("step 3 "):
            break
    os.killpg(first.pid, signal.SIGKILL)
    first.stdout.close()
    first.wait()
    checkpoint = last_checkpoint(tmp_path / "two")
    assert checkpoint
    assert not (tmp_path / "two" / "candidate.json").exists()

    second = _two(tmp_path, frozen)
    told, _ = second.communicate(timeout=300)
    assert second.returncode == 0, told
    assert "step 1 " not in told  # it went on
    assert told.count("step 4 of 4") == 1  # and one of the two speaks

    one, two = (load_file(tmp_path / out / "adapter" / "adapter_model.safetensors") for out in ("one", "two"))
    assert one.keys() == two.keys()
    for name, weights in one.items():
        torch.testing.assert_close(two[name], weights, rtol=0, atol=TOLERANCE)
    curves = [read_curves(tmp_path / out / CURVES) for out in ("one", "two")]
    for alone, together in zip(*curves, strict=True):
        assert together.loss == pytest.approx(alone.loss, rel=1e-5)
        assert together.validation_loss == pytest.approx(alone.validation_loss, rel=1e-5)


def _two(folder: Path, frozen: Path) -> subprocess.Popen[str]:
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", "2"]
    asked = ["--recipe", str(folder / "recipe.yaml"), "--snapshot", str(frozen), "--out", str(folder / "two")]
    return subprocess.Popen(
        [*launch, "-m", "finetune.train", *asked],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def test_the_launch_files_are_what_accelerate_reads() -> None:
    for path in sorted((shipped("answer-lora").parent / "launch").glob("*.yaml")):
        assert yaml.safe_load(path.read_text())
        config = load_config_from_file(str(path))
        assert config.num_processes > 1
