"""Trains the model that answers: a frozen snapshot and a recipe become a candidate's folder.

    python -m finetune.train --recipe answer-lora --snapshot var/loop/snapshots/… --out var/loop/candidates/…

One process, or several under `accelerate launch` or `torchrun`, with the same recipe. Killed at any moment and started
again with the same words, it goes on from its last whole checkpoint to the same adapter. TRL's `SFTTrainer` does the
learning; what is decided here is what it learns from (`finetune.tokens`), which epoch is kept and when to stop
(`finetune.curves`), and that a loss that is no number ends it. What happens between is `finetune.watching`.
"""

from __future__ import annotations

import argparse
import importlib.util
import os.path
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from finetune import base_model
from finetune.candidate import read_candidate
from finetune.checkpoints import CHECKPOINTS, last_checkpoint, seconds_at
from finetune.curves import exhausted
from finetune.errors import FinetuneError, TrainerMissing, TrainingFailed
from finetune.example import Candidate, Split
from finetune.processes import is_first, place, processes, wait_for_all
from finetune.progress import Clock, TrainProgress
from finetune.recipe import Recipe, cautions, read_recipe, shipped, told
from finetune.snapshot import read_rows, read_snapshot, require_unchanged
from finetune.token_file import write_tokens
from finetune.tokens import encode_all
from finetune.tracking import Tracking, quiet
from finetune.training_folder import Rows, Training, claim, finish, finished, reached
from retrieval.nets import no_notice

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase
    from trl.trainer.sft_config import SFTConfig
    from trl.trainer.sft_trainer import SFTTrainer

    from finetune.watching import Watch

__all__ = ["TrainProgress", "train"]


def train(
    recipe: Recipe,
    snapshot_folder: Path,
    out: Path,
    on_progress: Callable[[TrainProgress], None] = lambda _: None,
    *,
    tracking: Path | None = None,
) -> Candidate:
    """Train an adapter and return the candidate whose folder `out` is then; a finished one is returned as it is.

    `tracking` is the folder of MLflow's store and TensorBoard's files (default: within `out`).

    Raises:
        SnapshotInvalid, RowsInvalid: the snapshot is not as it was frozen.
        BaseInvalid, HardwareMissing, TrainerMissing: the base, the machine or the libraries do not allow it.
        TrainingFailed: nothing to learn from, a loss that is no number, or `out` holds another training.
    """
    _require_trainer()
    snapshot, base = read_snapshot(snapshot_folder), base_model.find_base(recipe.base)
    training = Training(recipe, base, snapshot.id)
    if candidate := finished(training, out):
        return candidate
    base_model.check_hardware(recipe)
    claim(training, out)
    require_unchanged(snapshot_folder)
    tokenizer = base_model.load_tokenizer(base)
    rows = _rows(recipe, snapshot_folder, tokenizer, out)
    for caution in (*cautions(recipe), *_cautions(rows)):
        on_progress(TrainProgress(caution))
    _learn(training, tokenizer, rows, out, tracking or out / "tracking", on_progress)
    if is_first():
        finish(training, rows, out)
    wait_for_all()
    return read_candidate(out)


def _rows(recipe: Recipe, snapshot_folder: Path, tokenizer: PreTrainedTokenizerBase, out: Path) -> Rows:
    """Both splits as tokens, in files of this process's own: no process waits for another's."""
    folder = out / CHECKPOINTS / f"rows-{place()}"
    shutil.rmtree(folder, ignore_errors=True)
    learned, checked = (
        write_tokens(
            encode_all(read_rows(snapshot_folder, split), tokenizer),
            folder / f"{split.value}.arrow",
            recipe.max_tokens,
            first=recipe.answers,
        )
        for split in (Split.TRAIN, Split.VALIDATION)
    )
    return Rows(learned, checked)


def _learn(
    training: Training,
    tokenizer: PreTrainedTokenizerBase,
    rows: Rows,
    out: Path,
    tracking: Path,
    on_progress: Callable[[TrainProgress], None],
) -> None:
    """Train from the last whole checkpoint to the end, and leave the best adapter and the curve in `out`."""
    from finetune.watching import Watch

    recipe, checkpoint = training.recipe, last_checkpoint(out)
    points = reached(out, checkpoint)
    if checkpoint and (exhausted(points, recipe.patience) or (points and points[-1].epoch == recipe.epochs)):
        return
    clock = Clock(recipe.price_per_hour, processes(), seconds_at(checkpoint) if checkpoint else 0.0)
    tracked = Tracking(tracking, out.name, recipe.tracking if is_first() else (), told(recipe))
    watch = Watch(recipe, out, points, rows.checked.first, tokenizer, tracked, clock, on_progress)
    completed = False
    try:
        with no_notice():
            watch.trainer = _trainer(training, tokenizer, rows, out, watch)
            watch.trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
        completed = True
    finally:
        tracked.close(failed=not completed)


def _trainer(training: Training, tokenizer: PreTrainedTokenizerBase, rows: Rows, out: Path, watch: Watch) -> SFTTrainer:
    import datasets
    import transformers
    from trl.trainer.sft_trainer import SFTTrainer

    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    transformers.utils.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers.set_seed(training.recipe.seed)  # the adapter's first weights are drawn at random
    args = _arguments(training.recipe, out, bool(rows.checked.kept))  # first: it gives each process its own device
    trainer = SFTTrainer(
        model=base_model.load_model(training.base, training.recipe),
        args=args,
        train_dataset=rows.learned.dataset(),
        eval_dataset=rows.checked.dataset() if rows.checked.kept else None,
        processing_class=tokenizer,
        peft_config=base_model.lora(training.recipe),
        callbacks=[watch],
    )
    trainer.remove_callback(transformers.PrinterCallback)  # ours tells the progress
    return trainer


def _arguments(recipe: Recipe, out: Path, validated: bool) -> SFTConfig:
    import torch
    from trl.trainer.sft_config import SFTConfig

    by_steps = recipe.save_every > 0
    return SFTConfig(
        output_dir=str(out / CHECKPOINTS),
        per_device_train_batch_size=recipe.micro_batch,
        per_device_eval_batch_size=recipe.micro_batch,
        gradient_accumulation_steps=_accumulated(recipe),
        num_train_epochs=recipe.epochs,
        learning_rate=recipe.learning_rate,
        lr_scheduler_type=recipe.schedule,
        warmup_steps=recipe.warmup,
        weight_decay=recipe.weight_decay,
        max_grad_norm=recipe.clip,
        bf16=base_model.in_bfloat16(recipe),
        activation_checkpointing=recipe.checkpoint_gradients,
        packing=recipe.packing,
        eval_packing=False,
        max_length=recipe.max_tokens,
        eval_strategy="epoch" if validated else "no",
        save_strategy="steps" if by_steps else "epoch",
        save_steps=recipe.save_every or 500,
        save_total_limit=2,
        logging_steps=1,
        logging_nan_inf_filter=False,
        seed=recipe.seed,
        use_cpu=not torch.cuda.is_available(),
        ddp_backend="gloo" if processes() > 1 and not torch.cuda.is_available() else None,
        ddp_find_unused_parameters=False,
        dataloader_pin_memory=torch.cuda.is_available(),
        report_to="none",
        disable_tqdm=True,
    )


def _accumulated(recipe: Recipe) -> int:
    """Micro-batches for each step on each process: a step learns from `batch_size` rows on any number of them."""
    together = recipe.micro_batch * processes()
    if recipe.batch_size % together:
        raise TrainingFailed(f"A batch of {recipe.batch_size} rows cannot be shared out {together} rows at a time.")
    return recipe.batch_size // together


def _cautions(rows: Rows) -> tuple[str, ...]:
    """What is left out, or missing, of the rows. Raises `TrainingFailed` where nothing is left to learn from."""
    if not rows.learned.kept:
        raise TrainingFailed("No training example fits into a row; raise “max_tokens”, or look at the snapshot.")
    found = []
    if long := rows.learned.too_long + rows.checked.too_long:
        found.append(f"{long} examples are longer than a row and were left out; raise “max_tokens” to keep them.")
    if not rows.checked.kept:
        found.append("No validation example: no epoch is judged, training does not stop early, and the last is kept.")
    return tuple(found)


def _require_trainer() -> None:
    """Raises `TrainerMissing`, and turns off what would report home before it is loaded."""
    quiet()
    for library in ("trl", "peft", "datasets", "accelerate"):
        if importlib.util.find_spec(library) is None:
            raise TrainerMissing(library)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line of one training. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m finetune.train", description="Train the model that answers.")
    parser.add_argument("--recipe", required=True, help="a recipe's file, or the name of a shipped one")
    parser.add_argument("--snapshot", required=True, type=Path, help="the folder of a frozen snapshot")
    parser.add_argument("--out", required=True, type=Path, help="the candidate's folder, new or of a stopped training")
    parser.add_argument("--base", help="another base than the recipe's")
    parser.add_argument("--tracking", type=Path, help="the folder of MLflow's store and TensorBoard's files")
    given = parser.parse_args(arguments)
    try:
        recipe = read_recipe(Path(given.recipe) if os.path.isfile(given.recipe) else shipped(given.recipe))
        recipe = replace(recipe, base=given.base) if given.base else recipe
        candidate = train(recipe, given.snapshot, given.out, _print, tracking=given.tracking)
    except FinetuneError as error:
        print(error, file=sys.stderr)
        return 1
    if is_first():
        print(f"{candidate.id}\n{given.out}")
    return 0


def _print(progress: TrainProgress) -> None:
    if not is_first():
        return
    pace = f"  {progress.tokens_per_second:,.0f} tokens/s, {progress.left:,.0f} s left" if progress.step else ""
    print(f"{progress.text}{pace}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
