"""The whole assistant as it would serve, to be evaluated: the product's own steps, another model, and nothing kept."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from assistant.ask import AskTools, ask
from assistant.conversation import Answer, Flag, Outcome, Question, Refusal, Turn
from assistant.extract import ExtractiveGenerator
from assistant.generate import DraftGenerator
from assistant.serving import Target
from assistant.settings import AssistantSettings
from finetune.candidate import ADAPTER, read_candidate
from finetune.evaluate import SystemUnderTest
from finetune.example import Split
from finetune.plan import Plan
from finetune.regression import regression_probes
from finetune.snapshot import read_rows
from finetune.suites.held_out import held_out_probes
from finetune.suites.names import name_probes
from finetune.suites.probe import Probe, Suite
from finetune.suites.synthetic import current_passages, synthetic_probes
from finetune.suites.written import GOLD, gold_probes, safety_probes
from finetune.vllm_api import Api
from finetune.vllm_process import Served, answers, free_url, running
from ui.wiring import Product, warm_up

TRIED = "candidate"
"""What a server calls the adapter while it is evaluated; nobody's conversation is sent to this name."""


class NothingKept:
    """Where the turns of an evaluation go: nowhere. Its questions are nobody's."""

    def save_turn(self, turn: Turn, flags: tuple[Flag, ...] = ()) -> None:
        """Keep nothing."""

    def save_flag(self, flag: Flag) -> None:
        """Keep nothing."""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where vLLM is: its interpreter, the folder for its logs, and the one CPU core that it gets, where it gets one."""

    python: Path
    logs: Path
    core: int | None = None


def system(product: Product, name: str, generator: DraftGenerator, candidate: str = "") -> SystemUnderTest:
    """The product with another generator: same search, same checks, same refusals, and a store that keeps nothing."""
    return asking(replace(product.tools, generator=generator), name, candidate)


def asking(tools: AskTools, name: str, candidate: str = "") -> SystemUnderTest:
    """An assistant of these tools that keeps nothing."""
    silent = replace(tools, store=NothingKept())

    def answer(question: Question) -> Outcome:
        *_, last = ask(question, silent)
        assert isinstance(last, Answer | Refusal)
        return last

    return SystemUnderTest(name, answer, candidate)


@contextmanager
def now_served(
    product: Product, stable: Target | None, base: Path, machine: Machine
) -> Iterator[Sequence[SystemUnderTest]]:
    """What serves now, and the base without an adapter where that is another system."""
    warm_up(product)
    settings = product.settings.assistant
    if stable is not None:
        settings = _of_target(settings, stable)
    if not settings.llm_url:
        yield from _with_base(
            product, system(product, "extractive", ExtractiveGenerator(product.medicines)), base, machine
        )
        return
    with _asked(settings) as generator:
        found = system(product, _named(settings, stable), generator)
        if stable is None and not settings.llm_adapter and _same_folder(settings.llm_model, base):
            yield (found,)
        else:
            yield from _with_base(product, found, base, machine)


def _with_base(
    product: Product, found: SystemUnderTest, base: Path, machine: Machine
) -> Iterator[Sequence[SystemUnderTest]]:
    with base_server(product.settings.assistant, base, {}, machine) as settings, _asked(settings) as generator:
        yield (found, system(product, f"base {base.name}", generator))


@contextmanager
def tuned(product: Product, folder: Path, base: Path, machine: Machine) -> Iterator[SystemUnderTest]:
    """The product with a candidate's adapter on its base."""
    warm_up(product)
    candidate = read_candidate(folder)
    adapter = {TRIED: folder / ADAPTER}
    with (
        base_server(product.settings.assistant, base, adapter, machine) as settings,
        _asked(settings.model_copy(update={"llm_adapter": TRIED})) as generator,
    ):
        yield system(product, f"candidate {candidate.id[:12]}", generator, candidate.id)


@contextmanager
def base_server(
    settings: AssistantSettings, base: Path, adapters: Mapping[str, Path], machine: Machine
) -> Iterator[AssistantSettings]:
    """Settings that reach the base with these adapters on a server.

    The server of the settings is used where it serves this base and may load adapters while it runs; otherwise one is
    started for the block, which needs the memory for it.
    """
    api = Api(settings.llm_url, settings.llm_api_key)
    if settings.serve_runtime_adapters and settings.llm_url and answers(settings.llm_url):
        name = next((each.name for each in api.models() if not each.is_adapter and _same_folder(each.root, base)), "")
        if name:
            with _loaded(api, adapters):
                yield settings.model_copy(update={"llm_model": name, "llm_adapter": ""})
            return
    rank = settings.serve_lora_rank
    served = Served(str(base), free_url(), "base", adapters, rank, settings.serve_context, key=settings.llm_api_key)
    machine.logs.mkdir(parents=True, exist_ok=True)
    with running(machine.python, served, machine.logs / "evaluation.log", core=machine.core):
        yield settings.model_copy(update={"llm_url": served.url, "llm_model": "base", "llm_adapter": ""})


@contextmanager
def _loaded(api: Api, adapters: Mapping[str, Path]) -> Iterator[None]:
    """Have adapters on a running server for the block; what a killed run left under their names is replaced."""
    there = {each.name for each in api.models()}
    for name, folder in adapters.items():
        if name in there:
            api.unload_adapter(name)
        api.load_adapter(name, folder.resolve())
    try:
        yield
    finally:
        for name in adapters:
            api.unload_adapter(name)


@contextmanager
def _asked(settings: AssistantSettings) -> Iterator[DraftGenerator]:
    """The model of the settings without anybody who takes over: what it does not answer is a failed run."""
    from assistant.vllm import VllmGenerator

    with closing(VllmGenerator(settings)) as generator:
        yield generator


def probes(product: Product, plan: Plan, snapshot: Path, regression: Path | None) -> tuple[Probe, ...]:
    """Every question of the plan's suites, for the labels that are indexed now."""
    held_out = held_out_probes(read_rows(snapshot, Split.HELD_OUT)) if Suite.HELD_OUT in plan.suites else ()
    asked = (*fixed_probes(product, plan), *held_out)
    kept = regression_probes(regression, asked) if regression and Suite.REGRESSION in plan.suites else ()
    return tuple({probe.id: probe for probe in (*asked, *kept)}.values())


def fixed_probes(product: Product, plan: Plan) -> tuple[Probe, ...]:
    """The questions that no dataset decides: what may be asked in every evaluation, and so never be learned."""
    gold = gold_probes(plan.gold or GOLD)
    written = gold if plan.gold else (*gold, *safety_probes())
    found: Mapping[Suite, Callable[[], Sequence[Probe]]] = {
        Suite.GOLD: lambda: [each for each in written if each.suite is Suite.GOLD],
        Suite.SAFETY: lambda: [each for each in written if each.suite is Suite.SAFETY],
        Suite.SYNTHETIC: lambda: synthetic_probes(
            current_passages(product.index), product.medicines, plan.most_synthetic
        ),
        Suite.NAMES: name_probes,
    }
    return tuple(probe for suite in plan.suites if suite in found for probe in found[suite]())


def _of_target(settings: AssistantSettings, target: Target) -> AssistantSettings:
    reached = {"llm_url": target.url, "llm_model": target.model, "llm_adapter": target.adapter}
    return settings.model_copy(update=reached)


def _named(settings: AssistantSettings, stable: Target | None) -> str:
    if stable is not None:
        return f"release {stable.release}"
    return " + ".join(filter(None, ("settings", Path(settings.llm_model).name, settings.llm_adapter)))


def _same_folder(name: str, base: Path) -> bool:
    return bool(name) and Path(name).expanduser().resolve() == base.resolve()
