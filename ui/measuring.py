"""Measures models outside of a quarter: a base without any adapter, and whatever is named, alone or as an ensemble."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from assistant.extract import ExtractiveGenerator
from assistant.generate import DraftGenerator
from assistant.settings import AssistantSettings
from assistant.vllm import VllmGenerator
from finetune import evaluate as evaluating
from finetune.base_model import find_base
from finetune.base_speed import hardware, served_speed
from finetune.bases import ServedSpeed, keep_baseline, keep_speed
from finetune.candidate import ADAPTER, verified
from finetune.ensemble import with_ensemble
from finetune.errors import EvaluationInvalid
from finetune.evaluate import Evaluation, OnAsked, SystemUnderTest, evaluate
from finetune.example import Candidate
from finetune.parity import shipped_prompts
from finetune.plan import Plan
from finetune.proof import base_of
from finetune.serving_state import folder_of
from finetune.vllm_api import Api
from ui.evaluating import Machine, asking, base_server, fixed_probes, system
from ui.wiring import Product, warm_up

SOURCE = "pharmassist models measure"
BASE, EXTRACTIVE = "base", "extractive"
"""Members that are no adapter: the base of the others, and the generator that needs no model."""


def measure_base(
    product: Product, model: str, machine: Machine, at_once: int, plan: Plan | None, on_asked: OnAsked
) -> tuple[ServedSpeed, Evaluation | None]:
    """The speed over `at_once` requests, and the evaluation by the plan's questions that no dataset decides.

    Both are kept for `finetune.bases.compare`. Without a plan only the speed is measured. A killed evaluation goes on
    where it was. Raises `BaseInvalid`, `ServerFailed`.
    """
    base, kept = find_base(model), product.settings.loop / "bases"
    with base_server(product.settings.assistant, base.folder, {}, machine) as settings:
        api, prompts = Api(settings.llm_url, settings.llm_api_key), shipped_prompts(product.settings.starter_corpus)
        tokens = served_speed(api, settings.llm_model, prompts, at_once)
        speed = ServedSpeed(model, tokens, at_once, hardware(), SOURCE)
        keep_speed(speed, kept)
        if plan is None:
            return speed, None
        warm_up(product)
        with closing(VllmGenerator(settings)) as generator:
            tried, half = system(product, f"base {base.hash[:12]}", generator), kept / f"{base.hash[:12]}.jsonl"
            found = evaluate(tried, fixed_probes(product, plan), product.medicines, on_asked, at_once, kept=half)
    keep_baseline(model, found, kept)
    half.unlink()
    return speed, found


def evaluate_members(
    product: Product,
    members: Sequence[str],
    machine: Machine,
    plan: Plan,
    at_once: int,
    out: Path,
    on_asked: OnAsked,
) -> Evaluation:
    """The evaluation of one member, or of several together, written to `out`; a killed one goes on beside it.

    Raises:
        EvaluationInvalid: a member is named twice, the adapters have different bases, or no adapter names the base.
        FinetuneError: a candidate, its base or the server cannot be used.
    """
    half = out.with_name(f"{out.name}.half")
    half.parent.mkdir(parents=True, exist_ok=True)
    with _together(product, members, machine) as tried:
        found = evaluate(tried, fixed_probes(product, plan), product.medicines, on_asked, at_once, kept=half)
    evaluating.write(found, out)
    half.unlink()
    return found


@contextmanager
def _together(product: Product, members: Sequence[str], machine: Machine) -> Iterator[SystemUnderTest]:
    """The whole assistant with these members in it."""
    if not members or len(set(members)) < len(members):
        raise EvaluationInvalid("Name at least one member, and each once.")
    folders = {name: folder_of(product.settings.loop, name) for name in members if name not in (BASE, EXTRACTIVE)}
    candidates = {name: verified(folder) for name, folder in folders.items()}
    warm_up(product)
    with ExitStack() as stack:
        reached: AssistantSettings | None = None
        if candidates or BASE in members:
            adapters = {name: folder / ADAPTER for name, folder in folders.items()}
            server = base_server(product.settings.assistant, _one_base(candidates), adapters, machine)
            reached = stack.enter_context(server)
        generators = [_member(product, name, reached, stack) for name in members]
        name = " + ".join(members)
        if len(generators) == 1:
            yield system(product, name, generators[0], *(each.id for each in candidates.values()))
        else:
            yield asking(with_ensemble(product.tools, generators, product.medicines), name)


def _member(product: Product, name: str, reached: AssistantSettings | None, stack: ExitStack) -> DraftGenerator:
    if name == EXTRACTIVE:
        return ExtractiveGenerator(product.medicines)
    assert reached is not None, "a base or an adapter has a server"
    adapter = "" if name == BASE else name
    return stack.enter_context(closing(VllmGenerator(reached.model_copy(update={"llm_adapter": adapter}))))


def _one_base(candidates: Mapping[str, Candidate]) -> Path:
    """The folder of the base of all of them, which must be the one that each was trained on."""
    bases = {each.base_hash: each for each in candidates.values()}
    if len(bases) != 1:
        what = "no adapter says which base is meant" if not bases else "the adapters were trained on different bases"
        raise EvaluationInvalid(f"One server has one base: {what}. “models measure” evaluates a base alone.")
    return base_of(*bases.values())
