"""Watches a training: every step's loss, every epoch's curve, the best adapter, when to stop, what is whole on disk."""

# ruff: noqa: ARG002 - the signatures are those that the trainer calls
from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import PreTrainedTokenizerBase, TrainerCallback, TrainerControl, TrainerState, TrainingArguments
from trl.trainer.sft_trainer import SFTTrainer

from finetune.answers import answer_all
from finetune.candidate import CURVES
from finetune.checkpoints import CHECKPOINTS, drop_others, keep_best, mark_whole
from finetune.curves import EpochPoint, best, exhausted, write_curves
from finetune.errors import TrainingFailed
from finetune.measure import peak_mb
from finetune.progress import Clock, TrainProgress
from finetune.recipe import Recipe
from finetune.tokens import Encoded
from finetune.tracking import Tracking


class Watch(TrainerCallback):
    """What our training does beside TRL's. Every process has one; only the first writes."""

    trainer: SFTTrainer

    def __init__(
        self,
        recipe: Recipe,
        out: Path,
        points: Sequence[EpochPoint],
        asked: Sequence[Encoded],
        tokenizer: PreTrainedTokenizerBase,
        tracked: Tracking,
        clock: Clock,
        on_progress: Callable[[TrainProgress], None],
    ) -> None:
        """`points` are the epochs before this start, `asked` the examples whose questions are answered."""
        self._recipe, self._out, self._asked, self._tokenizer = recipe, out, asked, tokenizer
        self._points = list(points)
        self._tracked, self._clock, self._on_progress = tracked, clock, on_progress
        self._began = 0
        self._pace = 0.0

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Note where and when this start begins."""
        self._began = state.global_step
        self._clock.learn()

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Look at a step's loss and tell it. Raises `TrainingFailed` where it is no number."""
        if not logs or "loss" not in logs:
            return
        loss, norm = float(logs["loss"]), float(logs.get("grad_norm", 0.0))
        if not (math.isfinite(loss) and math.isfinite(norm)):
            raise TrainingFailed(
                f"At step {state.global_step} the loss is {loss:g} and the gradient {norm:g}: lower the learning rate, "
                "or look at the rows. Nothing was kept of this step."
            )
        self._pace = float(logs.get("num_tokens", 0.0)) / self._clock.learned
        if not state.is_world_process_zero:
            return
        seen = {"loss": loss, "gradient": norm, "learning_rate": float(logs.get("learning_rate", 0.0))}
        self._tracked.log(state.global_step, {**seen, "tokens_per_second": self._pace})
        self._on_progress(self._progress(state, loss))

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """Leave the checkpoint after an epoch's last step to `on_epoch_end`, when the epoch has been judged."""
        if state.global_step % (state.max_steps // self._recipe.epochs) == 0:
            control.should_save = False
        return control

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        """Judge the epoch (here only where nothing validates it), then keep a checkpoint."""
        control.should_save = True
        self._clock.look()
        if not control.should_evaluate:
            self._close_epoch(state, control, None)
        return control

    def on_evaluate(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        metrics: dict[str, float] | None = None,
        **_: Any,
    ) -> TrainerControl:
        """Judge the epoch by its validation loss and its answers. Raises `TrainingFailed` where that is no number."""
        loss = float((metrics or {}).get("eval_loss", math.nan))
        if not math.isfinite(loss):
            raise TrainingFailed(
                f"The validation loss after step {state.global_step} is {loss:g}; nothing can be judged."
            )
        self._close_epoch(state, control, loss)
        return control

    def on_save(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        """Say that a checkpoint is whole once every process has written its part, and learn again."""
        if torch.distributed.is_initialized():
            torch.distributed.barrier()
        if state.is_world_process_zero:
            mark_whole(self._out, state.global_step, self._clock.seconds)
            if found := best(self._points):
                drop_others(self._out, found.epoch)
        self._clock.learn()

    def _close_epoch(self, state: TrainerState, control: TrainerControl, validation_loss: float | None) -> None:
        answered = None
        if self._asked:
            model = self.trainer.model
            assert isinstance(model, torch.nn.Module)
            answered = answer_all(model, self._tokenizer, self._asked, self._recipe.answer_tokens)
        point = EpochPoint(
            epoch=round(state.epoch or 0),
            step=state.global_step,
            loss=_mean_loss(state, self._points[-1].step if self._points else 0),
            validation_loss=validation_loss,
            answer_accuracy=answered.right / answered.asked if answered else None,
            citation_accuracy=answered.rightly_cited / answered.asked if answered else None,
            tokens_per_second=self._pace,
            peak_mb=torch.cuda.max_memory_allocated() / 2**20 if torch.cuda.is_available() else peak_mb(),
            seconds=self._clock.seconds,
            cost=self._clock.cost,
        )
        self._points.append(point)
        if best(self._points) == point:
            self._keep(point)
        if exhausted(self._points, self._recipe.patience):
            control.should_training_stop = True
        if state.is_world_process_zero:
            write_curves(self._points, self._out / CURVES)
            self._tracked.log(state.global_step, _numbers(point))
            self._on_progress(self._progress(state, point.loss, _sentence(point)))

    def _keep(self, point: EpochPoint) -> None:
        half = self._out / CHECKPOINTS / "half"
        self.trainer.save_model(str(half))  # every process: a sharded model is gathered here
        if self.trainer.is_world_process_zero():
            keep_best(half, self._out, point.epoch, self._recipe.base)

    def _progress(self, state: TrainerState, loss: float, text: str = "") -> TrainProgress:
        step, steps = state.global_step, state.max_steps
        left = self._clock.learned / max(1, step - self._began) * (steps - step)
        return TrainProgress(
            text or f"step {step} of {steps}, loss {loss:.4f}",
            step,
            steps,
            float(state.epoch or 0.0),
            loss,
            self._pace,
            self._clock.seconds,
            left,
            self._clock.cost,
        )


def _mean_loss(state: TrainerState, after: int) -> float:
    """The mean loss of the steps after this one; those of an earlier start are in the state too."""
    found = [float(one["loss"]) for one in state.log_history if "loss" in one and int(one["step"]) > after]
    return math.fsum(found) / max(1, len(found))


def _numbers(point: EpochPoint) -> dict[str, float]:
    names = ("validation_loss", "answer_accuracy", "citation_accuracy", "peak_mb", "seconds", "cost")
    return {f"epoch_{name}": value for name in names if (value := getattr(point, name)) is not None} | {
        "epoch_loss": point.loss
    }


def _sentence(point: EpochPoint) -> str:
    told = [f"epoch {point.epoch}: loss {point.loss:.4f}"]
    if point.validation_loss is not None:
        told.append(f"validation loss {point.validation_loss:.4f}")
    if point.answer_accuracy is not None and point.citation_accuracy is not None:
        told.append(f"right answers {point.answer_accuracy:.1%}, right citations {point.citation_accuracy:.1%}")
    told.append(f"{point.tokens_per_second:,.0f} tokens/s, {point.peak_mb:,.0f} MB, {point.seconds:,.0f} s")
    return ", ".join(told)
