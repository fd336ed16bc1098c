"""Training a tiny model for real: what it leaves, that a kill changes nothing, and that what cannot go on says so."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from transformers import PreTrainedModel

from finetune import base_model
from finetune.answers import answer_all, replies
from finetune.candidate import CURVES, read_candidate, verified
from finetune.checkpoints import CHECKPOINTS, last_checkpoint
from finetune.curves import read_curves
from finetune.errors import BaseInvalid, CandidateInvalid, HardwareMissing, SnapshotInvalid, TrainingFailed
from finetune.example import Split
from finetune.hashes import folder_hash
from finetune.progress import TrainProgress
from finetune.recipe import Recipe, read_recipe, write_recipe
from finetune.snapshot import read_rows
from finetune.tokens import encode
from finetune.train import main, train
from tests.finetune.tiny_causal import make_base
from tests.finetune.training_world import PLAIN, base, example, examples, snapshot, world

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Recipe, Path, Path, list[TrainProgress]]:
    """A whole training, uninterrupted: recipe, snapshot, candidate's folder, and what it told."""
    folder = tmp_path_factory.mktemp("trained")
    recipe, frozen = world(folder)
    told: list[TrainProgress] = []
    with torch.random.fork_rng():
        train(recipe, frozen, folder / "out", told.append)
    return recipe, frozen, folder / "out", told


def test_a_candidate_names_everything_that_it_rests_on(
    trained: tuple[Recipe, Path, Path, list[TrainProgress]],
) -> None:
    recipe, frozen, out, told = trained
    candidate = verified(out)
    assert candidate.base_hash == folder_hash(Path(recipe.base))
    assert candidate.adapter_hash == folder_hash(out / "adapter")
    assert candidate.snapshot == json.loads((frozen / "snapshot.json").read_text())["id"]
    assert read_recipe(out / "recipe.yaml") == recipe
    assert not (out / CHECKPOINTS).exists()
    assert [point.epoch for point in read_curves(out / CURVES)] == [1, 2]
    assert candidate.measures["trained_on"] == 6
    steps = [one for one in told if one.step and one.text.startswith("step")]
    assert [one.step for one in steps] == [1, 2, 3, 4, 5, 6]
    assert steps[-1].left == 0
    assert steps[-1].loss < steps[0].loss


def test_a_finished_training_is_not_done_again(trained: tuple[Recipe, Path, Path, list[TrainProgress]]) -> None:
    recipe, frozen, out, _ = trained
    told: list[TrainProgress] = []
    assert train(recipe, frozen, out, told.append) == read_candidate(out)
    assert told == []
    with pytest.raises(TrainingFailed, match="another recipe"):
        train(replace(recipe, seed=8), frozen, out)


def test_a_changed_adapter_or_manifest_is_noticed(
    trained: tuple[Recipe, Path, Path, list[TrainProgress]], tmp_path: Path
) -> None:
    _, _, out, _ = trained
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-r", str(out), str(copy)], check=True)
    weights = copy / "adapter" / "adapter_model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    with pytest.raises(CandidateInvalid, match="not the one that was trained"):
        verified(copy)
    manifest = copy / "candidate.json"
    manifest.write_text(manifest.read_text().replace("tiny@1", "tiny@2"))
    with pytest.raises(CandidateInvalid, match="was changed"):
        read_candidate(copy)


def test_killed_in_the_middle_of_an_epoch_it_goes_on_to_the_same_adapter(
    trained: tuple[Recipe, Path, Path, list[TrainProgress]], tmp_path: Path
) -> None:
    recipe, frozen, out, _ = trained
    again = tmp_path / "again"
    (tmp_path / "recipe.yaml").write_text(write_recipe(recipe))
    command = [sys.executable, "-m", "finetune.train", "--recipe", str(tmp_path / "recipe.yaml")]
    command += ["--snapshot", str(frozen), "--out", str(again)]
    killed = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert killed.stdout
    for line in killed.stdout:
        if line.startswith("step 5 "):
            break
    killed.send_signal(signal.SIGKILL)
    killed.stdout.close()
    assert killed.wait() == -signal.SIGKILL
    checkpoint = last_checkpoint(again)
    assert checkpoint
    assert checkpoint.name in ("checkpoint-4", "checkpoint-5")
    assert not (again / "candidate.json").exists()

    told: list[TrainProgress] = []
    with torch.random.fork_rng():
        candidate = train(recipe, frozen, again, told.append)
    assert min(one.step for one in told if one.step) > 3  # it went on, and did not start again
    assert candidate.adapter_hash == read_candidate(out).adapter_hash
    whole, resumed = read_curves(out / CURVES), read_curves(again / CURVES)
    assert [(one.loss, one.validation_loss) for one in resumed] == [(one.loss, one.validation_loss) for one in whole]


def test_killed_between_the_last_checkpoint_and_the_candidate_it_only_finishes(
    trained: tuple[Recipe, Path, Path, list[TrainProgress]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe, frozen, out, _ = trained
    again = tmp_path / "again"
    with monkeypatch.context() as patched, torch.random.fork_rng():
        patched.setattr("finetune.train.finish", _killed)
        with pytest.raises(KeyboardInterrupt):
            train(recipe, frozen, again)
    (again / CHECKPOINTS / "checkpoint-9").mkdir()  # and a half one, as a kill leaves it
    told: list[TrainProgress] = []
    assert train(recipe, frozen, again, told.append).adapter_hash == read_candidate(out).adapter_hash
    assert not [one for one in told if one.step]


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_unfinished_training_is_not_gone_on_with_by_another_recipe(tmp_path: Path) -> None:
    recipe, frozen = world(tmp_path)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "run.txt").write_text("another")
    with pytest.raises(TrainingFailed, match="unfinished training of another"):
        train(recipe, frozen, tmp_path / "out")


def test_the_best_epoch_is_kept_and_training_stops_when_it_gets_no_better(tmp_path: Path) -> None:
    """Validation asks what training never shows: its loss falls while the form is learned, then rises."""
    learned, checked = [example(place) for place in range(4)], [example(9, kidney=True)]
    frozen = tmp_path / "snapshot"
    snapshot(frozen, {Split.TRAIN: learned, Split.VALIDATION: checked})
    recipe = replace(PLAIN, base=str(base(tmp_path / "base", learned + checked)), dropout=0.0, epochs=40, patience=2)
    candidate = train(replace(recipe, learning_rate=2e-2, answers=0), frozen, tmp_path / "out")
    points = read_curves(tmp_path / "out" / CURVES)
    losses = [point.validation_loss or 0.0 for point in points]
    best = losses.index(min(losses))
    assert best > 0
    assert len(points) == best + 1 + 2 < 40
    assert candidate.measures["epoch"] == best + 1
    assert candidate.measures["validation_loss"] == min(losses)
    model = base_model.load_model(base_model.find_base(recipe.base), recipe)
    kept = _loss_of(model, tmp_path / "out" / "adapter", recipe, frozen)
    assert kept == pytest.approx(min(losses), rel=1e-4)


def _loss_of(model: PreTrainedModel, adapter: Path, recipe: Recipe, frozen: Path) -> float:
    """The validation loss computed here, without TRL: the mean over examples of the mean over their answer's tokens."""
    tokenizer = base_model.load_tokenizer(base_model.find_base(recipe.base))
    adapted = base_model.with_adapter(model, adapter)
    found = []
    for row in read_rows(frozen, Split.VALIDATION):
        encoded = encode(row, tokenizer)
        with torch.no_grad():
            logits = adapted(torch.tensor([encoded.ids])).logits[0, encoded.prompt - 1 : -1]
        found.append(float(torch.nn.functional.cross_entropy(logits, torch.tensor(encoded.ids[encoded.prompt :]))))
    return sum(found) / len(found)


def test_it_learns_to_write_a_reviewed_reply_exactly_and_unvalidated_keeps_the_last_epoch(
    tmp_path: Path,
) -> None:
    one = examples(1)
    snapshot(tmp_path / "snapshot", {Split.TRAIN: one})
    recipe = replace(
        PLAIN, base=str(base(tmp_path / "base", one)), rank=16, alpha=64, dropout=0.0, batch_size=1, epochs=40
    )
    told: list[TrainProgress] = []
    candidate = train(recipe, tmp_path / "snapshot", tmp_path / "out", told.append)
    assert any("No validation example" in progress.text for progress in told)
    assert candidate.measures["epoch"] == 40
    found = base_model.find_base(recipe.base)
    tokenizer, model = base_model.load_tokenizer(found), base_model.load_model(found, recipe)
    row = encode(one[0], tokenizer)
    assert answer_all(model, tokenizer, [row], 120).right == 0
    adapted = base_model.with_adapter(model, tmp_path / "out" / "adapter")
    assert replies(adapted, tokenizer, [row], 120) == (one[0].answer,)


def test_bfloat16_checkpointed_and_packed_it_learns_and_tensorboard_has_every_step(tmp_path: Path) -> None:
    """As the shipped recipes train; the processor of a test may be slow at bfloat16, not unable."""
    recipe, frozen = world(tmp_path, learned=4, checked=1)
    shipped_way = replace(
        recipe, precision="bfloat16", checkpoint_gradients=True, packing=True, tracking=("tensorboard",), epochs=3,
        price_per_hour=3600.0,
    )  # fmt: skip
    train(shipped_way, frozen, tmp_path / "out", tracking=tmp_path / "tracking")
    points = read_curves(tmp_path / "out" / CURVES)
    losses = [point.validation_loss for point in points]
    assert losses == sorted(losses, reverse=True)  # type: ignore[type-var]
    assert points[-1].cost == pytest.approx(points[-1].seconds, rel=0.01)
    (folder,) = (tmp_path / "tracking" / "tensorboard").iterdir()
    events = EventAccumulator(str(folder))
    events.Reload()
    assert [one.step for one in events.Scalars("loss")] == list(range(1, points[-1].step + 1))
    assert [one.value for one in events.Scalars("epoch_validation_loss")] == pytest.approx(losses)


@pytest.mark.parametrize("kind", ["rslora", "dora"])
def test_rslora_and_dora_are_settings(tmp_path: Path, kind: str) -> None:
    recipe, frozen = world(tmp_path, learned=2, checked=1)
    chosen = replace(recipe, rslora=kind == "rslora", dora=kind == "dora", targets=("q_proj", "v_proj"), epochs=1)
    train(chosen, frozen, tmp_path / "out")
    config = json.loads((tmp_path / "out" / "adapter" / "adapter_config.json").read_text())
    assert (config["use_rslora"], config["use_dora"]) == (kind == "rslora", kind == "dora")
    assert config["target_modules"] == ["q_proj", "v_proj"]
    assert config["base_model_name_or_path"] == recipe.base


def test_a_loss_that_is_no_number_ends_the_training_and_leaves_no_candidate(tmp_path: Path) -> None:
    recipe, frozen = world(tmp_path)
    weights = Path(recipe.base) / "model.safetensors"
    held = load_file(weights)
    held["model.norm.weight"][0] = float("nan")
    save_file(held, weights, metadata={"format": "pt"})
    with pytest.raises(TrainingFailed, match="At step 1 the loss is nan"):
        train(recipe, frozen, tmp_path / "out")
    assert not (tmp_path / "out" / "candidate.json").exists()
    assert last_checkpoint(tmp_path / "out") is None


def test_what_does_not_fit_into_a_row_is_left_out_and_counted(tmp_path: Path) -> None:
    recipe, frozen = world(tmp_path, learned=2, checked=1)
    with pytest.raises(TrainingFailed, match="No training example fits"):
        train(replace(recipe, max_tokens=100), frozen, tmp_path / "out")


def test_a_changed_snapshot_is_refused(tmp_path: Path) -> None:
    recipe, frozen = world(tmp_path, learned=2, checked=1)
    rows = frozen / "train.parquet"
    rows.write_bytes(rows.read_bytes() + b"x")
    with pytest.raises(SnapshotInvalid, match=r"train\.parquet was changed"):
        train(recipe, frozen, tmp_path / "out")


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU can do what is refused here")
@pytest.mark.parametrize(
    ("changed", "says"),
    [({"quantise": "4bit"}, "QLoRA needs an NVIDIA GPU"), ({"attention": "flash_attention_2"}, "FlashAttention needs")],
)
def test_what_the_machine_cannot_do_is_said_before_anything_is_loaded(
    trained: tuple[Recipe, Path, Path, list[TrainProgress]], tmp_path: Path, changed: dict[str, str], says: str
) -> None:
    recipe, frozen, _, _ = trained
    with pytest.raises(HardwareMissing, match=says):
        train(replace(recipe, **changed), frozen, tmp_path / "out")  # type: ignore[arg-type]
    assert not (tmp_path / "out").exists()


def test_a_base_that_is_not_here_is_named_and_nothing_is_fetched(
    trained: tuple[Recipe, Path, Path, list[TrainProgress]], tmp_path: Path
) -> None:
    recipe, frozen, _, _ = trained
    with pytest.raises(BaseInvalid, match="nobody/no-model is not on this machine"):
        train(replace(recipe, base="nobody/no-model"), frozen, tmp_path / "out")
    for name in ("x" * 900, "~nobody/model", "a/b/c", "\0"):
        with pytest.raises(BaseInvalid, match="not on this machine"):
            train(replace(recipe, base=name), frozen, tmp_path / "out")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BaseInvalid, match=r"no config\.json"):
        train(replace(recipe, base=str(tmp_path / "empty")), frozen, tmp_path / "out")


def test_a_folder_that_holds_no_adapter_of_this_base_is_named(
    trained: tuple[Recipe, Path, Path, list[TrainProgress]], tmp_path: Path
) -> None:
    recipe, _, out, _ = trained
    model = base_model.load_model(base_model.find_base(recipe.base), recipe)
    with pytest.raises(CandidateInvalid, match="cannot be loaded"):
        base_model.with_adapter(model, tmp_path)
    other = base_model.load_model(base_model.find_base(str(make_base(tmp_path / "other", ["x"], hidden=128))), recipe)
    with pytest.raises(CandidateInvalid, match="cannot be loaded"):
        base_model.with_adapter(other, out / "adapter")


def test_a_batch_that_cannot_be_shared_out_is_refused(
    trained: tuple[Recipe, Path, Path, list[TrainProgress]], tmp_path: Path
) -> None:
    recipe, frozen, _, _ = trained
    with pytest.raises(TrainingFailed, match="batch of 3 rows cannot be shared out 2 rows"):
        train(replace(recipe, batch_size=3, micro_batch=2), frozen, tmp_path / "out")


def test_the_command_says_in_one_line_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = ["--recipe", "no-such-recipe", "--snapshot", str(tmp_path), "--out", str(tmp_path / "out")]
    assert main(wrong) == 1
    assert "There is no recipe" in capsys.readouterr().err
    assert main(["--recipe", "answer-lora", *wrong[2:]]) == 1
    assert "holds no snapshot" in capsys.readouterr().err
