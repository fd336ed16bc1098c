"""Trains a net: a LoRA adapter on the bundled encoder and a linear head, from rows to the folder that serving loads.

The same windows and the same features as in use (`retrieval.nets`), AdamW with a linear warm-up and decay, bfloat16
where the processor is quick at it, one temperature fitted on the validation rows; on a GPU where torch finds one. Its
seed repeats it on one machine.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict, dataclass, replace
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from finetune.errors import TrainingFailed
from finetune.nets.calibration import softmax, temperature
from finetune.nets.rows import IGNORED, Example, PairRow, Rows, TagRow, TextRow, examples, mixed_batches, rows_hash
from retrieval.encoder import Encoder, quick_bfloat16
from retrieval.net_card import ADAPTER, HEAD, NetCard, Task, file_hash, read_card, write_card
from retrieval.net_input import batches
from retrieval.nets import feature_size, features, hidden_states, no_notice, transformer
from retrieval.settings import RetrievalSettings

if TYPE_CHECKING:
    import torch
    from peft import PeftModel
    from transformers import PreTrainedModel

__all__ = ["PairRow", "Recipe", "TagRow", "TextRow", "TrainReport", "operate_at", "train"]

_TARGETS = r".*encoder\.layer\.\d+\..*\.(query|key|value|dense)|.*encoder\.layer\.\d+\.(intermediate|output)\.dense"
_EVALUATED = 64


@dataclass(frozen=True, slots=True)
class Recipe:
    """Every choice of a training. `labels[0]` is the ordinary label; `max_tokens` counts [CLS] and [SEP].

    `warmup` is the share of all steps in which the learning rate rises; `head_rate` multiplies it for the head.
    `max_steps` ends early (0: never). `class_weights`, one for each label, weigh the loss (empty: all equal).
    `start` is the folder of a net of the same shape to go on from ("": a new one).
    """

    name: str
    task: Task
    labels: tuple[str, ...]
    rank: int = 16
    alpha: int = 32
    dropout: float = 0.05
    learning_rate: float = 5e-4
    head_rate: float = 4.0
    weight_decay: float = 0.01
    epochs: int = 2
    batch_size: int = 32
    max_tokens: int = 128
    warmup: float = 0.06
    seed: int = 7
    threads: int = 2
    max_steps: int = 0
    class_weights: tuple[float, ...] = ()
    start: str = ""


@dataclass(frozen=True)
class TrainReport:
    """How a training went.

    `losses` has the mean of each epoch. `probabilities` (n, labels) and `targets` (n,) are the calibrated predictions
    on the validation rows and the right label numbers: of each row in order, or of each token of a tagging net.
    """

    losses: tuple[float, ...]
    probabilities: NDArray[np.float32]
    targets: NDArray[np.int64]
    temperature: float
    seconds: float


def train(recipe: Recipe, train_rows: Rows, validation_rows: Rows, out: Path) -> TrainReport:
    """Train on `train_rows`, calibrate on `validation_rows`, and write the net into `out` (all but its CARD.md).

    The threshold is written as 0.5; `operate_at` changes it.

    Raises:
        TrainingFailed: no rows, a label that is not declared, or a loss that is not a number.
    """
    import torch

    started = perf_counter()
    torch.manual_seed(recipe.seed)
    torch.set_num_threads(recipe.threads)
    encoder = Encoder(RetrievalSettings())
    with encoder.borrowed(_EVALUATED) as base:
        tokenizer, plain = base.tokenizer, transformer(base)
    learned = examples(train_rows, recipe.task, recipe.labels, tokenizer, recipe.max_tokens)
    checked = examples(validation_rows, recipe.task, recipe.labels, tokenizer, recipe.max_tokens)
    net = _Net(recipe, _with_lora(plain, recipe), plain.config.hidden_size)
    losses = _learn(net, learned, started)
    logits, targets = _predict(net, checked)
    degree = temperature(logits, targets)
    _save(net, encoder, rows_hash(train_rows), degree, out)
    return TrainReport(losses, softmax(logits / degree), targets, degree, perf_counter() - started)


def operate_at(folder: Path, threshold: float) -> NetCard:
    """Write the operating point into the net's card.

    Raises:
        EncoderError: the folder has no readable card.
    """
    card = replace(read_card(folder), threshold=threshold)
    write_card(card, folder)
    return card


class _Net:
    """The model in training: the adapted transformer and its head."""

    def __init__(self, recipe: Recipe, model: PeftModel, hidden_size: int) -> None:
        import torch

        self.recipe, self.model = recipe, model
        self.device = next(model.parameters()).device
        self.head = torch.nn.Linear(feature_size(hidden_size, recipe.task), len(recipe.labels)).to(self.device)
        if recipe.start:
            _go_on(self, Path(recipe.start))

    def logits(self, batch: Sequence[Example]) -> torch.Tensor:
        """(windows, tokens, labels) of a tagging net, (windows, labels) of the others, in float32."""
        with _quick(self.device.type):
            hidden, mask = hidden_states(self.model, [one.window for one in batch])
        made: torch.Tensor = self.head(features(hidden, mask, self.recipe.task))
        return made


def _quick(device: str) -> AbstractContextManager[object]:
    import torch

    return torch.autocast(device, dtype=torch.bfloat16) if quick_bfloat16() else nullcontext()


def _with_lora(plain: PreTrainedModel, recipe: Recipe) -> PeftModel:
    import peft

    config = peft.LoraConfig(
        r=recipe.rank, lora_alpha=recipe.alpha, lora_dropout=recipe.dropout, target_modules=_TARGETS, bias="none"
    )
    with no_notice():
        # The frozen base stays in the type in which it serves; peft keeps the adapter in float32.
        return peft.PeftModel(plain, config)


def _go_on(net: _Net, start: Path) -> None:
    import peft
    from safetensors.torch import load_file

    peft.set_peft_model_state_dict(net.model, load_file(start / ADAPTER))
    net.head.load_state_dict(load_file(start / HEAD))


def _learn(net: _Net, learned: Sequence[Example], started: float) -> tuple[float, ...]:
    import torch

    recipe = net.recipe
    steps = recipe.epochs * -(-len(learned) // recipe.batch_size)
    steps = min(steps, recipe.max_steps or steps)
    adapter = [value for value in net.model.parameters() if value.requires_grad]
    groups = [
        {"params": adapter, "lr": recipe.learning_rate},
        {"params": list(net.head.parameters()), "lr": recipe.learning_rate * recipe.head_rate},
    ]
    optimiser = torch.optim.AdamW(groups, weight_decay=recipe.weight_decay)
    warm = max(1, round(steps * recipe.warmup))
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min((step + 1) / warm, max(0.0, (steps - step) / max(1, steps - warm)))
    )
    net.model.train()
    means, done = [], 0
    for epoch in range(recipe.epochs):
        lost: list[float] = []
        for batch in mixed_batches(learned, recipe.batch_size, recipe.seed + epoch):
            if done == steps:
                break
            lost.append(_step(net, batch, optimiser, adapter))
            schedule.step()
            done += 1
            if done % 50 == 0 or done == steps:
                recent = float(np.mean(lost[-50:]))
                print(f"step {done}/{steps}  loss {recent:.4f}  {perf_counter() - started:.0f} s", flush=True)
        means.append(float(np.mean(lost)) if lost else float("nan"))
    return tuple(means)


def _step(
    net: _Net, batch: Sequence[Example], optimiser: torch.optim.Optimizer, adapter: list[torch.nn.Parameter]
) -> float:
    import torch

    loss = _loss(net, batch)
    if not torch.isfinite(loss):
        raise TrainingFailed("The loss is not a number: lower the learning rate, or look at the rows.")
    optimiser.zero_grad()
    loss.backward()  # type: ignore[no-untyped-call]
    torch.nn.utils.clip_grad_norm_([*adapter, *net.head.parameters()], 1.0)
    optimiser.step()
    return float(loss.detach())


def _loss(net: _Net, batch: Sequence[Example]) -> torch.Tensor:
    """The cross entropy, weighed by row and by class, divided by the sum of the weights."""
    import torch

    logits = net.logits(batch)
    targets = _padded(batch, logits.shape[1] if net.recipe.task == "tag" else 1).to(net.device)
    weights = torch.tensor([one.weight for one in batch], device=net.device).unsqueeze(1).expand(targets.shape)
    by_class = torch.tensor(net.recipe.class_weights, device=net.device) if net.recipe.class_weights else None
    flat = targets.reshape(-1)
    each = torch.nn.functional.cross_entropy(
        logits.reshape(len(flat), -1), flat, weight=by_class, ignore_index=IGNORED, reduction="none"
    )
    used = weights.reshape(-1) * (flat != IGNORED)
    return (each * used).sum() / used.sum().clamp(min=1e-6)


def _padded(batch: Sequence[Example], width: int) -> torch.Tensor:
    import torch

    targets = torch.full((len(batch), width), IGNORED)
    for row, one in enumerate(batch):
        targets[row, : len(one.targets)] = torch.tensor(one.targets)
    return targets


def _predict(net: _Net, checked: Sequence[Example]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Logits (n, labels) and targets (n,) in the order of the examples."""
    import torch

    net.model.eval()
    found: list[NDArray[np.float64]] = [np.zeros(0)] * len(checked)
    with torch.inference_mode():
        for places in batches([one.window for one in checked], _EVALUATED):
            made = net.logits([checked[place] for place in places]).double().cpu().numpy()
            for place, row in zip(places, made, strict=True):
                found[place] = row.reshape(-1, row.shape[-1])[: len(checked[place].targets)]
    targets = np.concatenate([np.array(one.targets, dtype=np.int64) for one in checked])
    logits = np.concatenate(found)
    return logits[targets != IGNORED], targets[targets != IGNORED]


def _save(net: _Net, encoder: Encoder, rows: str, degree: float, out: Path) -> None:
    from safetensors.torch import save_file

    recipe = net.recipe
    out.mkdir(parents=True, exist_ok=True)
    net.model.save_pretrained(str(out))
    # peft writes a README with blanks to fill in; our card is CARD.md.
    (out / "README.md").unlink(missing_ok=True)
    _without_path(out / "adapter_config.json")
    save_file({"weight": net.head.weight.detach().cpu(), "bias": net.head.bias.detach().cpu()}, out / HEAD)
    settings = {key: str(value) for key, value in asdict(recipe).items()}
    hashes = (file_hash(encoder.weights_file()), file_hash(out / ADAPTER), file_hash(out / HEAD))
    card = NetCard(
        recipe.name,
        recipe.task,
        recipe.labels,
        recipe.max_tokens,
        degree,
        0.5,
        *hashes,
        rows,
        date.today(),
        settings,
    )
    write_card(card, out)


def _without_path(config: Path) -> None:
    """The adapter's config names the folder that the base lay in; on another machine that says nothing."""
    held = json.loads(config.read_text(encoding="utf-8"))
    held["base_model_name_or_path"] = "all-MiniLM-L6-v2"
    config.write_text(json.dumps(held, indent=2, sort_keys=True) + "\n", encoding="utf-8")
