"""What a model learns from: the mask, the prompt that serving sends, packing, and templates that would let it drift."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from datasets import Dataset
from trl.trainer.sft_trainer import SFTTrainer

from assistant.prompt import answer_prompt, render
from finetune import base_model
from finetune.errors import BaseInvalid, TrainingFailed
from finetune.prepare.tokenise import IGNORED
from finetune.progress import Clock
from finetune.token_file import write_tokens
from finetune.tokens import Encoded, encode, encode_all
from finetune.tracking import Tracking
from finetune.train import _trainer as _made
from finetune.training_folder import Rows, Training
from finetune.watching import Watch
from retrieval.nets import no_notice
from tests.finetune.training_world import PLAIN, base, examples, make_tokeniser_of
from tests.stories.tiny_model import CHAT_TEMPLATE

ROWS = examples(3)


def _trainer(folder: Path, *, packing: bool) -> tuple[SFTTrainer, torch.nn.Module, tuple[Encoded, ...]]:
    """The trainer that `train` would run on the rows, all in one batch, its model, and the rows as tokens."""
    recipe = replace(
        PLAIN, base=str(base(folder / "base", ROWS)), packing=packing, dropout=0.0, batch_size=3, micro_batch=3
    )
    found = base_model.find_base(recipe.base)
    tokenizer = base_model.load_tokenizer(found)
    learned = write_tokens(encode_all(ROWS, tokenizer), folder / "rows.arrow", recipe.max_tokens, first=len(ROWS))
    rows = Rows(learned, write_tokens((), folder / "none.arrow", recipe.max_tokens))
    tracked, clock = Tracking(folder, "run", (), ()), Clock(0.0, 1, 0.0)
    watch = Watch(recipe, folder, (), (), tokenizer, tracked, clock, lambda _: None)
    with no_notice():
        trainer = _made(Training(recipe, found, ""), tokenizer, rows, folder, watch)
    assert isinstance(trainer.model, torch.nn.Module)
    return trainer, trainer.model.eval(), rows.learned.first


def _surprises(model: torch.nn.Module, row: Encoded) -> torch.Tensor:
    """The cross entropy of each token of the answer, computed without the trainer, one example by itself."""
    with torch.no_grad():
        logits = model(torch.tensor([row.ids])).logits[0, row.prompt - 1 : -1]
    return torch.nn.functional.cross_entropy(logits, torch.tensor(row.ids[row.prompt :]), reduction="none")


def _loss(trainer: SFTTrainer, model: torch.nn.Module, batch: dict[str, torch.Tensor]) -> float:
    with torch.no_grad():
        return float(trainer.compute_loss(model, batch))  # type: ignore[no-untyped-call]


def test_the_prompt_is_what_serving_sends_and_only_the_answer_is_learned(tmp_path: Path) -> None:
    tokenizer = make_tokeniser_of(tmp_path, ROWS)
    row = encode(ROWS[0], tokenizer)
    asked = [
        {"role": message.role, "content": message.content}
        for message in render(answer_prompt(), ROWS[0].question, ROWS[0].medicines, ROWS[0].evidence)
    ]
    sent = tokenizer.apply_chat_template(asked, add_generation_prompt=True, tokenize=False)
    assert tokenizer.decode(list(row.ids[: row.prompt])) == sent
    assert set(row.labels[: row.prompt]) == {IGNORED}
    learned = [label for label in row.labels if label != IGNORED]
    assert tokenizer.decode(learned) == ROWS[0].answer + "<|end|>"


def test_no_token_of_a_prompt_moves_the_loss_that_the_trainer_computes(tmp_path: Path) -> None:
    trainer, model, rows = _trainer(tmp_path, packing=False)
    (batch,) = trainer.get_train_dataloader()
    wanted = torch.cat([_surprises(model, row) for row in rows]).mean()
    assert _loss(trainer, model, dict(batch)) == pytest.approx(float(wanted), rel=1e-5)
    assert int((batch["labels"] != IGNORED).sum()) == sum(len(row.ids) - row.prompt for row in rows)


def test_packed_examples_do_not_see_each_other(tmp_path: Path) -> None:
    """The loss of packed rows is that of the same examples one by one."""
    trainer, model, rows = _trainer(tmp_path, packing=True)
    assert isinstance(trainer.train_dataset, Dataset)
    assert sorted(map(len, trainer.train_dataset["seq_lengths"])) == [1, 2]  # in rows of 1,024 tokens
    (batch,) = trainer.get_train_dataloader()
    wanted = torch.cat([_surprises(model, row) for row in rows]).mean()
    assert _loss(trainer, model, dict(batch)) == pytest.approx(float(wanted), rel=1e-5)


def test_what_is_longer_than_a_row_is_left_out_whole(tmp_path: Path) -> None:
    tokenizer = make_tokeniser_of(tmp_path, ROWS)
    encoded = [encode(one, tokenizer) for one in ROWS]
    most = sorted(len(row.ids) for row in encoded)[1]
    fitting = [row for row in encoded if len(row.ids) <= most]
    file = write_tokens(encoded, tmp_path / "rows.arrow", most, first=1)
    assert (file.kept, file.too_long, file.first) == (len(fitting), len(encoded) - len(fitting), (fitting[0],))
    kept = file.dataset()
    assert [tuple(ids) for ids in kept["input_ids"]] == [row.ids for row in fitting]
    assert [tuple(labels) for labels in kept["labels"]] == [row.labels for row in fitting]


def test_many_are_encoded_as_each_by_itself(tmp_path: Path) -> None:
    many = examples(300)
    tokenizer = make_tokeniser_of(tmp_path, many[:20])
    together = list(encode_all(many, tokenizer))
    assert [row.example for row in together] == list(many)
    assert together[299] == encode(many[299], tokenizer)
    assert write_tokens(together, tmp_path / "rows.arrow", 10_000).dataset().num_rows == 300


@pytest.mark.parametrize(
    ("template", "error", "says"),
    [
        pytest.param(None, BaseInvalid, "no chat template", id="none"),
        pytest.param("{{ raise_exception('System role not supported') }}", BaseInvalid, "System role", id="no system"),
        pytest.param("{{ messages[99].content }}", BaseInvalid, "does not take", id="broken"),
        pytest.param(
            "{% for m in messages %}{% if loop.last %}{{ m['content'] }}<|end|>{% endif %}{% endfor %}",
            BaseInvalid, "would differ", id="hides the prompt once there is an answer",
        ),
        pytest.param(CHAT_TEMPLATE.replace("<|assistant|>", "<|assistant|><|user|>"), BaseInvalid, "would differ",
                     id="opens the reply otherwise"),
    ],
)  # fmt: skip
def test_a_template_that_would_let_training_and_serving_drift_is_refused(
    tmp_path: Path, template: str | None, error: type[Exception], says: str
) -> None:
    tokenizer = make_tokeniser_of(tmp_path, ROWS)
    tokenizer.chat_template = template
    with pytest.raises(error, match=says):
        encode(ROWS[0], tokenizer)


def test_an_example_without_an_answer_is_refused(tmp_path: Path) -> None:
    tokenizer = make_tokeniser_of(tmp_path, ROWS)
    with pytest.raises(TrainingFailed, match="no answer to learn"):
        encode(replace(ROWS[0], answer=" "), tokenizer)
