"""`pharmassist cost`: what training costs on your hardware at your price, and what it gives back with your wages.

Every number comes from you or from a measurement, and every step of the arithmetic is printed.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from finetune.cost import Line, Speed


TEMPLATE = """\
# Your own numbers, for one quarter. Times are minutes for one piece of work, wages are per hour and include overheads.
work:
  - {name: review of flagged answers, per_quarter: , minutes_before: , minutes_after: , wage_per_hour: }
  - {name: triage of reported reactions, per_quarter: , minutes_before: , minutes_after: , wage_per_hour: }
  - {name: documentation of answers, per_quarter: , minutes_before: , minutes_after: , wage_per_hour: }
# Running the loop: reviewing for it, approving data and releases, operating it.
staff_hours_per_quarter:
staff_wage_per_hour:
"""


def cost(
    parameters: Annotated[float, typer.Option(help="Parameters of the base model: 8e9.")] = 0,
    tokens: Annotated[float, typer.Option(help="Tokens that an epoch reads (the data sheet of a snapshot).")] = 0,
    price: Annotated[float | None, typer.Option(help="Price of one GPU hour.")] = None,
    currency: Annotated[str, typer.Option(help="Of the price and of all wages.")] = "",
    epochs: Annotated[float, typer.Option(help="How often the data is read.")] = 0,
    gpus: Annotated[int, typer.Option(help="GPUs that work at once.", min=1)] = 1,
    runs: Annotated[int, typer.Option(help="Trainings in a quarter, rejected candidates too.", min=1)] = 1,
    candidate: Annotated[str, typer.Option(help="Take the speed from the curves of this candidate.")] = "",
    candidate_gpus: Annotated[int, typer.Option(help="GPUs that trained that candidate.", min=1)] = 1,
    speed: Annotated[float, typer.Option(help="Tokens per second that were measured on one such GPU.")] = 0,
    speed_source: Annotated[str, typer.Option(help="Where that number comes from; it is printed.")] = "",
    speed_parameters: Annotated[float, typer.Option(help="Parameters of the model that was measured.")] = 0,
    gpu: Annotated[str, typer.Option(help="Without a measurement: the GPU, for its peak (a wrong name lists).")] = "",
    peak_tflops: Annotated[float, typer.Option(help="Without a measurement: the peak in TFLOP/s.")] = 0,
    utilisation: Annotated[float, typer.Option(help="Part of the peak that is reached, 0 to 1; yours to say.")] = 0,
    no_checkpointing: Annotated[bool, typer.Option("--no-checkpointing", help="Activations are kept.")] = False,
    other_hours: Annotated[float, typer.Option(help="GPU hours of evaluation, parity and canary.", min=0)] = 0,
    returns: Annotated[Path | None, typer.Option(help="Your wages and volumes, a file as --template prints.")] = None,
    template: Annotated[bool, typer.Option("--template", help="Print a file of wages and volumes to fill in.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object (docs/json.md).")] = False,
) -> None:
    """Say what a quarter's training costs, and what is left of what it saves."""
    if template:
        print(TEMPLATE, end="")
        return
    missing = [f"--{name}" for name, given in
               {"parameters": parameters, "tokens": tokens, "epochs": epochs, "price": price is not None,
                "currency": currency}.items() if not given]  # fmt: skip
    if missing:
        raise typer.BadParameter(f"these are yours to say: {', '.join(missing)}")
    from finetune.cost import Job, bill, read_returns, returned

    how_fast = (
        _curves(candidate, speed_parameters or parameters, candidate_gpus) if candidate
        else _speed(parameters, speed, speed_source, speed_parameters, gpu, peak_tflops, utilisation)
    )  # fmt: skip
    job = Job(parameters, tokens, epochs, gpus, not no_checkpointing, runs, other_hours)
    costs = bill(job, how_fast, price or 0, currency)
    back = returned(read_returns(returns), costs[-1].value, currency) if returns else ()
    print(_json(costs, back) if as_json else _words(costs, back))


def _speed(
    parameters: float, speed: float, source: str, measured: float, gpu: str, peak: float, utilisation: float
) -> Speed:
    """The measurement where there is one; else the peak and the utilisation, both of which must be said."""
    from finetune.cost import Counted, Measured, gpu_named

    if speed:
        if not source:
            raise typer.BadParameter("say with --speed-source where the measured tokens per second come from")
        return Measured(speed, measured or parameters, source)
    if not (gpu or peak) or not utilisation:
        raise typer.BadParameter(
            "say how fast it is: --candidate, or --speed with --speed-source, or --gpu (or --peak-tflops) with "
            "--utilisation"
        )
    if peak:
        return Counted(peak, utilisation, "both as stated")
    found = gpu_named(gpu)
    return Counted(found.peak_tflops, utilisation, f"{found.source}; the utilisation as stated")


def _curves(candidate: str, parameters: float, gpus: int) -> Speed:
    """The median of the epochs of a trained candidate. Raises `CostUnknown`."""
    from finetune.cost import measured_by
    from ui.settings import load

    if Path(candidate).name != candidate:
        raise typer.BadParameter("a candidate is named by its id, as “pharmassist models list” prints it")
    return measured_by(load().loop / "candidates" / candidate, parameters, gpus)


def _words(costs: Sequence[Line], back: Sequence[Line]) -> str:
    parts = ["What a quarter's training costs", *map(_line, costs)]
    if not back:
        return "\n".join([*parts, "", "What it gives back: give your wages and volumes with --returns (--template)."])
    return "\n".join([*parts, "", "What it gives back in a quarter", *map(_line, back)])


def _line(line: Line) -> str:
    shown = f"{line.value:,.2f}" if abs(line.value) >= 1 or not line.value else f"{line.value:.4g}"
    return f"  {line.name:32} {shown:>20} {line.unit:12} {line.how}"


def _json(costs: Sequence[Line], back: Sequence[Line]) -> str:
    from ui.loop.shapes import cost_json

    return cost_json(costs, back)
