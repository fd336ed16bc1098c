"""What a run of the loop costs, and what it gives back: arithmetic on the user's own numbers, a line for each step.

The time comes from tokens per second that were measured, or else from counted operations: a forward pass is 2·N
operations for each of N parameters and token, a full training step 6·N (Kaplan et al. 2020, arXiv:2001.08361, section
2.1). LoRA needs no gradient of the frozen weights, so 4·N remain; checkpointing the activations computes the forward
pass once more, +2·N (Korthikanti et al. 2022, arXiv:2205.05198). Attention over long texts comes on top and is left
out. A GPU never reaches its peak; which part of it does (the utilisation) must be said, and nothing here guesses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from statistics import median
from typing import TypeAlias

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from finetune.candidate import CURVES
from finetune.curves import read_curves
from finetune.errors import CostUnknown, FinetuneError


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the arithmetic: what, how it was worked out, the value and its unit."""

    name: str
    how: str
    value: float
    unit: str


@dataclass(frozen=True, slots=True)
class Job:
    """What is trained: parameters of the base, tokens that an epoch reads, epochs, GPUs that work at once."""

    parameters: float
    tokens: float
    epochs: float
    gpus: int = 1
    checkpointing: bool = True
    runs: int = 1
    """How often a quarter trains: candidates that are rejected are paid for too."""
    other_gpu_hours: float = 0
    """GPU hours of a quarter besides training: evaluation, parity, canary."""


@dataclass(frozen=True, slots=True)
class Measured:
    """Tokens per second of one GPU as measured, with how many parameters, and where the number comes from."""

    tokens_per_second: float
    parameters: float
    source: str


@dataclass(frozen=True, slots=True)
class Counted:
    """The peak of one GPU in TFLOP/s, the part of it that is reached (0 to 1), and where both come from."""

    peak_tflops: float
    utilisation: float
    source: str


Speed: TypeAlias = Measured | Counted


class Work(BaseModel):
    """Work that a quarter brings: how often, the minutes that it takes before and after, and the wage of an hour."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1)
    per_quarter: float = Field(ge=0)
    minutes_before: float = Field(ge=0)
    minutes_after: float = Field(ge=0)
    wage_per_hour: float = Field(ge=0)


class Returns(BaseModel):
    """The user's own wages and volumes, as their file says them, and what the loop costs besides GPUs."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    work: tuple[Work, ...] = Field(min_length=1)
    staff_hours_per_quarter: float = Field(ge=0)
    """Hours that running the loop takes: reviewing for it, approving, operating."""
    staff_wage_per_hour: float = Field(ge=0)


class Gpu(BaseModel):
    """A kind of GPU: the peak of dense bfloat16 matrix products (TFLOP/s), its memory (GB), and the source of both."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    peak_tflops: float = Field(gt=0)
    memory_gb: float = Field(gt=0)
    source: str


class _Hardware(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: int
    gpus: tuple[Gpu, ...]


@cache
def hardware() -> tuple[Gpu, ...]:
    """The GPUs that we know the data sheet of."""
    read = (files("finetune") / "recipes" / "hardware.yaml").read_text(encoding="utf-8")
    return _Hardware.model_validate(yaml.safe_load(read)).gpus


def gpu_named(name: str) -> Gpu:
    """The GPU of this name. Raises `CostUnknown`, which lists those that there are."""
    for gpu in hardware():
        if gpu.name == name:
            return gpu
    known = ", ".join(gpu.name for gpu in hardware())
    raise CostUnknown(f"“{name}” is not in the table of hardware ({known}); give its peak with --peak-tflops.")


def read_returns(path: Path) -> Returns:
    """The user's file of wages and volumes (YAML). Raises `CostUnknown`."""
    try:
        return Returns.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeError, yaml.YAMLError, ValidationError) as error:
        wrong = error.errors()[0] if isinstance(error, ValidationError) else None
        why = f"{'.'.join(map(str, wrong['loc'])) or 'file'}: {wrong['msg']}" if wrong else str(error).splitlines()[0]
        raise CostUnknown(f"{path} does not say wages and volumes as --template prints them ({why}).") from error


def measured_by(folder: Path, parameters: float, gpus: int = 1) -> Measured:
    """The speed of a candidate's training: the median of its epochs, for one of the GPUs that trained it.

    `parameters` are those of its base. Raises `CostUnknown` where the folder holds no curve.
    """
    try:
        points = read_curves(folder / CURVES)
    except FinetuneError as error:
        raise CostUnknown(str(error)) from error
    if not points:
        raise CostUnknown(f"{folder} holds no curve of a training; “pharmassist models list” names the candidates.")
    middle = median(point.tokens_per_second for point in points)
    source = f"median of {len(points)} epochs of candidate {folder.name}, on {gpus}"
    return Measured(middle / gpus, parameters, source)


def tokens_per_second(job: Job, speed: Speed) -> tuple[Line, ...]:
    """How fast all GPUs together read tokens; the last line is the answer. Raises `CostUnknown` for what cannot be."""
    _check(job, speed)
    if isinstance(speed, Measured):
        one = Line("measured on one GPU", speed.source, speed.tokens_per_second, "tokens/s")
        lines = [one]
        if speed.parameters != job.parameters:
            ratio = speed.parameters / job.parameters
            how = (
                f"{speed.tokens_per_second:,.6g} × {speed.parameters:,.6g} / {job.parameters:,.6g} parameters: assumes"
            )
            lines.append(Line("scaled to this base", f"{how} the same utilisation", one.value * ratio, "tokens/s"))
    else:
        factor = 6 if job.checkpointing else 4
        parts = "2 forward, 2 backward to the activations" + (", 2 to compute them again" if job.checkpointing else "")
        operations = Line(
            "operations for a token", f"{factor} × {job.parameters:,.6g} parameters ({parts})", factor * job.parameters,
            "FLOP",
        )  # fmt: skip
        how = f"{speed.peak_tflops:,.6g} TFLOP/s × {speed.utilisation:.0%} utilisation ({speed.source}) / operations"
        rate = speed.peak_tflops * 1e12 * speed.utilisation / operations.value
        lines = [operations, Line("one GPU, worked out", how, rate, "tokens/s")]
    if job.gpus > 1:
        how = f"× {job.gpus}: assumes that no time is lost between them"
        lines.append(Line("all GPUs", how, lines[-1].value * job.gpus, "tokens/s"))
    return tuple(lines)


def bill(job: Job, speed: Speed, price_per_hour: float, currency: str) -> tuple[Line, ...]:
    """What a quarter's training costs; the last line is the money. `price_per_hour` is that of one GPU."""
    if price_per_hour < 0:
        raise CostUnknown("The price of a GPU hour cannot be below 0.")
    rate = tokens_per_second(job, speed)
    read = Line("tokens to read", f"{job.tokens:,.6g} × {job.epochs:g} epochs", job.tokens * job.epochs, "tokens")
    hours = Line("time of a run", "tokens / tokens per second / 3600", read.value / rate[-1].value / 3600, "hours")
    training = Line(
        "training", f"{hours.value:,.4g} hours × {job.gpus} GPUs × {job.runs} runs", hours.value * job.gpus * job.runs,
        "GPU hours",
    )  # fmt: skip
    lines = [*rate, read, hours, training]
    if job.other_gpu_hours:
        how = f"training + {job.other_gpu_hours:g} for evaluation, parity and canary, as stated"
        lines.append(Line("all GPU hours", how, training.value + job.other_gpu_hours, "GPU hours"))
    how = f"GPU hours × {price_per_hour:,.2f} {currency}, as stated"
    return (*lines, Line("cost of the GPUs", how, lines[-1].value * price_per_hour, currency))


def returned(returns: Returns, gpu_money: float, currency: str) -> tuple[Line, ...]:
    """What a quarter gives back; the last line is what is left after all costs, below 0 where it is a loss."""
    lines: list[Line] = []
    hours = money = 0.0
    for work in returns.work:
        saved = work.per_quarter * (work.minutes_before - work.minutes_after) / 60
        how = f"{work.per_quarter:g} × ({work.minutes_before:g} − {work.minutes_after:g}) minutes / 60"
        worth = saved * work.wage_per_hour
        lines.append(Line(work.name, how, saved, "hours saved"))
        lines.append(Line(f"{work.name}, in money", f"× {work.wage_per_hour:,.2f} {currency} an hour", worth, currency))
        hours, money = hours + saved, money + worth
    staff = returns.staff_hours_per_quarter * returns.staff_wage_per_hour
    how = f"{returns.staff_hours_per_quarter:g} hours × {returns.staff_wage_per_hour:,.2f} {currency}"
    lines += [
        Line("all hours saved", "sum", hours, "hours saved"),
        Line("all savings", "sum", money, currency),
        Line("people who run the loop", how, staff, currency),
    ]
    left = money - staff - gpu_money
    return (*lines, Line("left in a quarter", "savings − people − GPUs", left, currency))


def _check(job: Job, speed: Speed) -> None:
    numbers = {"parameters": job.parameters, "tokens": job.tokens, "epochs": job.epochs, "gpus": job.gpus}
    numbers["runs"] = job.runs
    if isinstance(speed, Measured):
        numbers |= {"tokens per second": speed.tokens_per_second, "measured parameters": speed.parameters}
    else:
        numbers["peak"] = speed.peak_tflops
        if not 0 < speed.utilisation <= 1:
            raise CostUnknown("The utilisation is a part of the peak, above 0 and at most 1.")
    wrong = [name for name, value in numbers.items() if not 0 < value < float("inf")]
    if wrong:
        raise CostUnknown(f"These must be numbers above 0: {', '.join(wrong)}.")
    if not 0 <= job.other_gpu_hours < float("inf"):
        raise CostUnknown("Other GPU hours cannot be below 0.")


def total(lines: Sequence[Line], name: str) -> float:
    """The value of the line with this name."""
    return next(line.value for line in lines if line.name == name)
