"""Wires the quarter: from the settings and the open product to the tools of `finetune.quarter`."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from importlib.metadata import version
from pathlib import Path

from assistant.chain import digest
from assistant.errors import NotAllowed
from assistant.serving import state_digest
from finetune.base_model import find_base
from finetune.deploy import deploy_canary
from finetune.dialogue import messages
from finetune.errors import FinetuneError, TrainingFailed
from finetune.example import Candidate, Example, Snapshot
from finetune.gate import SHIPPED as GATE
from finetune.gate import load_gate
from finetune.hashes import file_hash, folder_hash
from finetune.parity import Parity
from finetune.plan import Plan
from finetune.prepare.masks import masked_by
from finetune.prepare.settings import Settings as PrepareSettings
from finetune.progress import TrainProgress
from finetune.proof import ANSWERS, prove
from finetune.quarter_tools import QuarterTools, Served
from finetune.recipe import Recipe, read_recipe, shipped, write_recipe
from finetune.registry import register, tell
from finetune.select import Selection, select
from finetune.serving_state import Loop, served_now
from finetune.steps import Made, Result, Waiting
from finetune.suites.written import GOLD, HERE
from finetune.vllm_api import Api
from finetune.vllm_process import running
from ui.cli_prepare import pseudonym_key
from ui.evaluating import Machine, fixed_probes, now_served, probes, tuned
from ui.review.wiring import reviewed
from ui.wiring import Product

OnProgress = Callable[[TrainProgress], None]


def quarter_tools(product: Product, plan: Plan, machine: Machine, on_progress: OnProgress) -> QuarterTools:
    """The tools of a quarter over an open product.

    Raises `FinetuneError` where the recipe, the gate or the base of the plan cannot be used.
    """
    recipe = read_recipe(Path(plan.recipe) if Path(plan.recipe).is_file() else shipped(plan.recipe))
    base = find_base(recipe.base)
    loop = Loop(product.settings.loop, product.records.ledger)
    return QuarterTools(
        loop=loop.folder,
        plan=plan,
        recipe=recipe,
        gate=load_gate(plan.gate or GATE),
        base_hash=base.hash,
        ledger=loop.ledger,
        by=product.local.user_name,
        medicines=product.medicines,
        select=cache(partial(_select, product)),
        prepare=partial(_prepare, product, plan),
        probes=partial(probes, product, plan),
        grounds=_grounds(product, plan),
        serving=lambda: state_digest(served_now(loop)),
        now_served=lambda: now_served(product, served_now(loop).stable, base.folder, machine),
        train=partial(_train, loop.folder / "tracking", plan.launcher, on_progress),
        tuned=lambda folder: tuned(product, folder, base.folder, machine),
        parity=partial(_parity, product, loop, machine),
        register=lambda folder: register(folder, loop.folder / "tracking"),
        canary=partial(_canary, product, loop),
        served=partial(_served, loop),
        asked=lambda: digest({"asked": [probe.ask for probe in fixed_probes(product, plan)]}),
    )


def _select(product: Product, until: datetime) -> Selection:
    found = reviewed(product.records, product.masker, product.index)
    return select(replace(found, until=until, shown=product.settings.assistant.llm_passages))


def _prepare(product: Product, plan: Plan, examples: Iterable[Example], out: Path, before: Sequence[Path]) -> Snapshot:
    from finetune.prepare.pipeline import prepare
    from finetune.prepare.sheet import read_sheet

    settings = PrepareSettings(
        validation=plan.validation,
        held_out=plan.held_out,
        pseudonym_key=pseudonym_key(product.settings.loop),
    )
    held_out = sorted({name for folder in before for name in read_sheet(folder).held_out})
    evaluation = (plan.gold,) if plan.gold else ()
    asked = [probe.ask for probe in fixed_probes(product, plan)]
    masker = product.masker
    return prepare(
        examples,
        out,
        settings,
        evaluation=evaluation,
        questions=asked,
        held_out_before=held_out,
        make_mask=lambda: masked_by(masker),
    )


def _grounds(product: Product, plan: Plan) -> str:
    """The hash of what both evaluations rest on besides the snapshot and the models."""
    return digest(
        {
            "index": product.index.version(),
            "rules": product.guard.version,
            "code": version("pharmassist"),
            "gold": folder_hash(plan.gold or GOLD),
            "suites": [suite.value for suite in plan.suites],
            "asked": [file_hash(path) for path in sorted(HERE.glob("*.py")) + sorted(HERE.glob("*.yaml"))],
            "most": plan.most_synthetic,
            "passages": product.settings.assistant.llm_passages,
        }
    )


def _train(
    tracking: Path, launcher: Sequence[str], on_progress: OnProgress, recipe: Recipe, snapshot: Path, out: Path
) -> Candidate:
    """Train here, or with the plan's launcher in processes of their own: several GPUs, several machines."""
    from finetune.candidate import read_candidate
    from finetune.train import train

    if not launcher:
        return train(recipe, snapshot, out, on_progress, tracking=tracking)
    out.parent.mkdir(parents=True, exist_ok=True)
    written = out.with_name(f"{out.name}.recipe.yaml")
    written.write_text(write_recipe(recipe), encoding="utf-8")
    given = ("--recipe", written, "--snapshot", snapshot, "--out", out, "--tracking", tracking)
    done = subprocess.run([*launcher, "-m", "finetune.train", *map(str, given)], check=False)
    if done.returncode:
        raise TrainingFailed(f"“{' '.join(launcher)}” ended with {done.returncode}; what it said stands above.")
    return read_candidate(out)


def _parity(product: Product, loop: Loop, machine: Machine, folder: Path, examples: Sequence[Example]) -> Parity:
    machine.logs.mkdir(parents=True, exist_ok=True)
    run = partial(running, machine.python, log=machine.logs / "parity.log", core=machine.core)
    return prove(loop, folder, [messages(example)[:-1] for example in examples], run, product.local)


def _canary(product: Product, loop: Loop, folder: Path, share: float) -> Result:
    """Deploy the release as a canary on the server of the settings; what stands in the way is a person's to clear."""
    settings = product.settings.assistant
    command = f"pharmassist models deploy {folder.name} --share {share:g}"
    if not settings.llm_url:
        return Waiting("whoever operates the model server", "start one and name it in assistant.llm_url", command)
    try:
        done = deploy_canary(loop, folder.name, share, Api(settings.llm_url, settings.llm_api_key), product.local)
    except (FinetuneError, NotAllowed) as error:
        return Waiting("somebody who may sign releases", str(error), command)
    tell(done.state, ANSWERS, loop.folder / "tracking")
    return Made({"release": folder.name, "share": f"{share:g}"})


def _served(loop: Loop) -> Served:
    state = served_now(loop)
    return Served(state.stable.release if state.stable else "", state.canary.target.release if state.canary else "")
