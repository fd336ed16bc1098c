"""The real vLLM on the CPU: parity of a tiny release, its way to people and back, and no request that is lost.

While threads ask without a pause, the release is deployed as a hot-swapped adapter, promoted to a server of its merged
model, and rolled back. Each of their requests ends as vLLM ends requests. The model's weights are random, so most of
its replies run into the limit of tokens: such a reply was complete, and what was lost would be another error.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from assistant.conversation import Draft
from assistant.errors import DraftMalformed, DraftTruncated, GeneratorError
from assistant.generate import Drafting, DraftRequest
from assistant.routing import RoutedGenerator
from assistant.serving import ServingFile, Target, confirmed_by
from assistant.settings import AssistantSettings
from assistant.vllm import VllmGenerator
from finetune.candidate import ADAPTER
from finetune.deploy import deploy_canary, promote, roll_back
from finetune.errors import ServerFailed
from finetune.parity import Form, Parity, compare, failures, probe_server
from finetune.proof import checked, served_release
from finetune.vllm_api import Api
from finetune.vllm_process import Served, VllmServer, free_url, running
from tests.assistant.evidence import PASSAGES, request_for
from tests.finetune.released import PROMPTS, World

PYTHON = Path(os.environ.get("PHARMASSIST_VLLM_PYTHON", Path(__file__).parents[2] / ".venv-vllm" / "bin" / "python"))
CORES = sorted(os.sched_getaffinity(0))
STARTS_WITHIN = 400
SETTINGS = AssistantSettings(max_tokens=64, silence_seconds=120, total_seconds=240, retries=0, serve_context=4096)

pytestmark = [
    pytest.mark.vllm,
    pytest.mark.timeout(1500),
    pytest.mark.skipif(not PYTHON.exists(), reason=f"no vLLM environment at {PYTHON} (make vllm-env)"),
    # transformers announces changes of its own training code, which saving a model happens to touch
    pytest.mark.filterwarnings("ignore::FutureWarning:transformers.*"),
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("served"))


@pytest.fixture(scope="module")
def proven(world: World) -> tuple[str, Parity]:
    """A release, proven against a server that transformers plays; the real one is compared below."""
    name = world.proven()
    return name, checked(world.loop, name)[1]


@pytest.fixture(scope="module")
def base_server(world: World) -> Iterator[VllmServer]:
    served = Served(str(world.base), free_url(), "base", rank=8, context=4096, dtype="float32", runtime_adapters=True)
    with running(PYTHON, served, world.folder / "base.log", core=CORES[0], within=STARTS_WITHIN) as server:
        yield server


@pytest.fixture(scope="module")
def merged_server(world: World, proven: tuple[str, Parity]) -> Iterator[VllmServer]:
    served = served_release(world.loop, proven[0], free_url(), Served("base", context=4096, dtype="float32"))
    with running(PYTHON, served, world.folder / "merged.log", core=CORES[-1], within=STARTS_WITHIN) as server:
        yield server


@dataclass
class Asked:
    """How the requests of all threads ended, by the name of the model that they went to."""

    answered: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    began: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Counted:
    """The client of one target, which notes how each of its requests ended."""

    name: str
    client: VllmGenerator
    asked: Asked
    model: str = ""
    adapter: str = ""
    revises: bool = False

    def draft(self, request: DraftRequest) -> Drafting:
        self.asked.began.append(self.name)
        try:
            yield from self.client.draft(request)
        except (DraftTruncated, DraftMalformed):
            pass
        except GeneratorError as error:
            self.asked.lost.append(f"{self.name}: {error}")
        self.asked.answered.append(self.name)
        return Draft((), self.name, "")


def routed(world: World, asked: Asked, unreleased: Target) -> RoutedGenerator:
    def client(target: Target) -> Counted:
        reached = {"llm_url": target.url, "llm_model": target.model, "llm_adapter": target.adapter}
        return Counted(target.name, VllmGenerator(SETTINGS.model_copy(update=reached)), asked)

    serving = ServingFile(world.loop.state_file, confirmed_by(world.ledger))
    return RoutedGenerator(serving, client, client(unreleased), Counted("nobody", VllmGenerator(SETTINGS), asked))


def test_vllm_says_what_peft_says(
    world: World, proven: tuple[str, Parity], base_server: VllmServer, merged_server: VllmServer
) -> None:
    """Every greedy token, of both; they are told to compute in float32: left to itself, vLLM takes bfloat16."""
    name, parity = proven
    adapter = Api(base_server.served.url)
    adapter.load_adapter("alone", world.loop.release(name) / ADAPTER)
    first = compare(adapter, "alone", Form.ADAPTER, "float32", PROMPTS, parity.probes)
    second = compare(Api(merged_server.served.url), name, Form.MERGED, "float32", PROMPTS, parity.probes)
    for found in (first, second):
        assert failures(found) == ()
        assert (found.same_tokens, found.same_prompts) == (found.tokens, len(PROMPTS))
        assert found.largest_difference < 1e-3
        assert found.to_base > 100 * found.mean_difference, "the adapter changes what is said, and vLLM says it too"
    adapter.unload_adapter("alone")
    assert adapter.version().startswith("0.")


def test_no_request_is_lost_while_a_release_comes_and_goes(
    world: World, proven: tuple[str, Parity], base_server: VllmServer, merged_server: VllmServer
) -> None:
    name, asked = proven[0], Asked()
    generator = routed(world, asked, Target("none", base_server.served.url, "base"))
    done = threading.Event()

    def ask(thread: int) -> None:
        at = 0
        while not done.is_set():
            at += 1
            plain = request_for(passages=PASSAGES[:1])
            question = replace(plain.question, id=f"{thread}-{at}", conversation_id=f"talk-{thread}-{at}")
            for _ in generator.draft(replace(plain, question=question)):
                pass

    threads = [threading.Thread(target=ask, args=(at,)) for at in range(3)]
    for thread in threads:
        thread.start()
    try:
        until(asked, "base")
        deploy_canary(world.loop, name, 0.5, Api(base_server.served.url), world.mara)
        until(asked, name)
        promote(world.loop, name, Api(merged_server.served.url), world.mara)
        promoted = len(asked.answered)
        until(asked, name)
        roll_back(world.loop, world.mara, "a test")
        until(asked, "base")
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert asked.lost == []
    assert len(asked.began) == len(asked.answered)
    assert set(asked.answered[: promoted // 2]) <= {"base", name}
    assert set(asked.answered) == {"base", name}


def until(asked: Asked, name: str, times: int = 4, within: float = 240.0) -> None:
    """Wait until so many more requests were answered by this model."""
    wanted, end = asked.answered.count(name) + times, time.monotonic() + within
    while asked.answered.count(name) < wanted:
        assert time.monotonic() < end, f"{name} did not answer: {asked}"
        time.sleep(0.05)


def test_a_server_that_serves_the_base_under_the_releases_name_is_found(
    world: World, proven: tuple[str, Parity], base_server: VllmServer
) -> None:
    _, parity = checked(world.loop, proven[0])
    api = Api(base_server.served.url)
    (wrong,) = [each for each in probe_server(parity, api, "base", Form.MERGED) if "like the base" in each]
    assert "“base” answers like the base without the release" in wrong


def test_an_adapter_is_loaded_while_it_runs_only_where_that_is_allowed(
    world: World, proven: tuple[str, Parity], merged_server: VllmServer
) -> None:
    with pytest.raises(ServerFailed, match="SERVE_RUNTIME_ADAPTERS=true"):
        Api(merged_server.served.url).load_adapter("late", world.loop.release(proven[0]) / ADAPTER)


def test_a_server_that_is_told_to_end_finishes_what_it_has(merged_server: VllmServer) -> None:
    """Last, since it ends the server."""
    served = merged_server.served
    settings = SETTINGS.model_copy(update={"llm_url": served.url, "llm_model": served.name, "max_tokens": 600})
    ended: list[str] = []

    def ask() -> None:
        with closing(VllmGenerator(settings)) as generator:
            try:
                for _ in generator.draft(request_for(passages=PASSAGES[:1])):
                    pass
            except (DraftTruncated, DraftMalformed):
                pass
            except GeneratorError as error:
                ended.append(str(error))
                return
        ended.append("complete")

    thread = threading.Thread(target=ask)
    thread.start()
    api, end = Api(served.url), time.monotonic() + 60
    while api.requests() == 0 and thread.is_alive():
        assert time.monotonic() < end
        time.sleep(0.05)
    merged_server.stop(within=120)
    thread.join()
    assert ended == ["complete"]
    assert not merged_server.healthy()
