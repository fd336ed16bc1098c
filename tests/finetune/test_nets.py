"""Training of the small nets: what it refuses, what it measures, and that its seed repeats it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from finetune.errors import TrainingFailed
from finetune.nets.rows import IGNORED, examples, mixed_batches, rows_hash
from finetune.nets.trainer import Recipe, TagRow, TextRow, train
from retrieval.encoder import Encoder
from retrieval.net_input import Tokenizer
from retrieval.settings import RetrievalSettings

RECIPE = Recipe("tiny", "text", ("no", "yes"), epochs=2, batch_size=4, max_tokens=32)
ROWS = [TextRow(f"{word} {number}", label) for number in range(8) for word, label in (("good", "yes"), ("bad", "no"))]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    with Encoder(RetrievalSettings()).borrowed(1) as base:
        made: Tokenizer = base.tokenizer
    return made


def test_a_training_is_repeated_by_its_seed(tmp_path: Path) -> None:
    first = train(RECIPE, ROWS, ROWS, tmp_path / "a")
    again = train(RECIPE, ROWS, ROWS, tmp_path / "b")
    other = train(replace(RECIPE, seed=8), ROWS, ROWS, tmp_path / "c")
    assert (first.losses, first.temperature) == (again.losses, again.temperature)
    assert (tmp_path / "a" / "adapter_model.safetensors").read_bytes() == (
        tmp_path / "b" / "adapter_model.safetensors"
    ).read_bytes()
    assert other.losses != first.losses
    assert first.losses[1] < first.losses[0]


def test_a_training_goes_on_from_another_net(tmp_path: Path) -> None:
    first = train(RECIPE, ROWS, ROWS, tmp_path / "a")
    still = replace(RECIPE, start=str(tmp_path / "a"), learning_rate=0.0, epochs=1)
    same = train(still, ROWS, ROWS, tmp_path / "b")
    assert (tmp_path / "a" / "adapter_model.safetensors").read_bytes() == (
        tmp_path / "b" / "adapter_model.safetensors"
    ).read_bytes()
    assert same.probabilities == pytest.approx(first.probabilities, abs=1e-3)
    on = train(replace(still, learning_rate=RECIPE.learning_rate), ROWS, ROWS, tmp_path / "c")
    assert on.losses[0] < first.losses[0]


def test_the_report_holds_the_validation_in_order(tmp_path: Path) -> None:
    report = train(RECIPE, ROWS, ROWS[:3], tmp_path)
    assert report.targets.tolist() == [1, 0, 1]
    assert report.probabilities.shape == (3, 2)
    assert report.probabilities.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-5)


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([], "no rows"),
        ([TextRow("a", "maybe")], "not one of the net's labels"),
        ([TagRow("a")], "no row of a net for text"),
    ],
)
def test_rows_that_cannot_be_learned_from_are_refused(rows: list[TextRow], why: str, tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match=why):
        train(RECIPE, rows, ROWS, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_loss_that_is_no_number_ends_the_training(tmp_path: Path) -> None:
    with pytest.raises(TrainingFailed, match="not a number"):
        train(replace(RECIPE, learning_rate=float("nan")), ROWS, ROWS, tmp_path)
    assert not list(tmp_path.iterdir())


def test_tokens_take_the_label_of_the_stretch_that_they_touch(tokenizer: Tokenizer) -> None:
    (one,) = examples([TagRow("see Anna today", ((4, 8, "NAME"),))], "tag", ("O", "NAME"), tokenizer, 32)
    assert one.targets == (IGNORED, 0, 1, 0, IGNORED)


def test_every_token_of_a_long_text_is_learned(tokenizer: Tokenizer) -> None:
    made = examples([TagRow("word " * 70, ((345, 349, "NAME"),))], "tag", ("O", "NAME"), tokenizer, 32)
    seen = {place for one in made for place in range(one.window.first, one.window.first + len(one.window.ids) - 2)}
    assert seen == set(range(70))
    assert made[-1].targets[-2] == 1


def test_batches_hold_every_example_once(tokenizer: Tokenizer) -> None:
    made = examples(ROWS, "text", ("no", "yes"), tokenizer, 32)
    batched = list(mixed_batches(made, 5, seed=3))
    assert sorted(id(one) for batch in batched for one in batch) == sorted(map(id, made))
    assert [len(batch) for batch in batched].count(5) == 3
    assert list(mixed_batches(made, 5, seed=3)) == batched != list(mixed_batches(made, 5, seed=4))


def test_the_hash_is_of_the_rows_and_their_order() -> None:
    assert rows_hash(ROWS) == rows_hash(list(ROWS)) != rows_hash(ROWS[::-1])
