"""`pharmassist models measure | evaluate`: what a base, an adapter or several of them make of our questions here."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from finetune.compare import Comparison

AtOnce = Annotated[int, typer.Option(help="How many requests at the same time.", min=1, max=256)]
PlanFile = Annotated[Path | None, typer.Option("--plan", help="A plan whose questions are asked; empty takes ours.")]
VllmPython = Annotated[Path, typer.Option(help="vLLM's interpreter.", envvar="PHARMASSIST_VLLM_PYTHON")]

VLLM_PYTHON = Path(".venv-vllm/bin/python")


def measure(
    model: Annotated[str, typer.Argument(help="A base as the list of “models compare” names it.")],
    at_once: AtOnce = 8,
    speed_only: Annotated[bool, typer.Option("--speed-only", help="Seconds instead of minutes to hours.")] = False,
    plan: PlanFile = None,
    vllm_python: VllmPython = VLLM_PYTHON,
) -> None:
    """Measure a base without any adapter, and keep it for “models compare”. Safe to interrupt and to repeat."""
    from finetune.evaluate import measures
    from finetune.plan import SHIPPED, read_plan
    from ui import show
    from ui.evaluating import Machine
    from ui.measuring import measure_base
    from ui.settings import load
    from ui.wiring import opened

    settings, chosen = load(), None if speed_only else read_plan(plan or SHIPPED)
    machine = Machine(vllm_python, settings.loop / "logs")
    with opened(settings, on_progress=show.start_progress, share=True) as product:
        speed, found = measure_base(product, model, machine, at_once, chosen, show.asked_progress)
    print(f"{speed.tokens_per_second:,.0f} tokens/s, {speed.at_once} at once, on {speed.hardware}")
    if found is not None:
        print(show.metrics(measures(found)))


def evaluate(
    members: Annotated[
        list[str], typer.Argument(help="A release or candidate, “base” or “extractive”; several answer together.")
    ],
    out: Annotated[Path, typer.Option(help="Where the evaluation is written; a killed one goes on there.")],
    against: Annotated[Path | None, typer.Option(help="An evaluation of the same questions to compare with.")] = None,
    at_once: AtOnce = 8,
    plan: PlanFile = None,
    vllm_python: VllmPython = VLLM_PYTHON,
) -> None:
    """Put our questions to the whole assistant with other models in it, outside of any quarter; nothing is released.

    Several members are an ensemble: doses and facts must agree, and what does not is withheld for a person.
    """
    from finetune import evaluate as evaluating
    from finetune.compare import compare
    from finetune.plan import SHIPPED, read_plan
    from ui import show
    from ui.evaluating import Machine
    from ui.measuring import evaluate_members
    from ui.settings import load
    from ui.wiring import opened

    settings, chosen = load(), read_plan(plan or SHIPPED)
    earlier = evaluating.read(against) if against else None
    machine = Machine(vllm_python, settings.loop / "logs")
    with opened(settings, on_progress=show.start_progress, share=True) as product:
        found = evaluate_members(product, members, machine, chosen, at_once, out, show.asked_progress)
    print(show.metrics(evaluating.measures(found)))
    if earlier is not None:
        print(_compared(compare(earlier, found)))
    print(f"Written: {out}")


def _compared(found: Comparison) -> str:
    lines = [f"\n{found.new} against {found.old}"]
    for each in found.whole:
        said = f"{each.old} → {each.new} of {each.n}, won {each.won}, lost {each.lost}, p of the loss {each.p_loss:.2g}"
        lines.append(f"  {each.name:44} {said}")
    return "\n".join(lines)
