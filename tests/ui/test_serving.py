"""The generator that the product is wired with: what is deployed decides who drafts, and a bad state leaves quoting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.conversation import Draft
from assistant.generate import Drafting
from assistant.reply import write_reply
from assistant.serving import Target
from finetune.serving_state import Loop, change
from guardrails.claim import Claim
from retrieval.medicines import Medicines
from retrieval.passage import Citation
from tests.assistant.evidence import ADULTS, request_for
from tests.assistant.model_server import Act, Script, model_server
from ui.doctor import State, _release
from ui.opening import open_records
from ui.settings import Settings
from ui.wiring import generator

SAID = Claim("The maximum is 2,550 mg per day.", (Citation(ADULTS.key, "The maximum is 2,550 mg per day."),))
QUESTION = request_for("What is the maximum dose of metformin?")


@pytest.fixture(scope="module")
def medicines() -> Medicines:
    return Medicines.load()


@pytest.fixture
def server() -> Iterator[Script]:
    with model_server(Act([write_reply([SAID])])) as script:
        yield script


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    assistant = {"retries": 0, "connect_seconds": 1.0}
    return Settings.model_validate({"data_dir": tmp_path, "assistant": assistant})


def drafted(drafting: Drafting) -> Draft:
    while True:
        try:
            next(drafting)
        except StopIteration as end:
            draft: Draft = end.value
            return draft


def deployed(settings: Settings, target: Target | None) -> None:
    loop = Loop(settings.serving.parent, open_records(settings).ledger)
    change(loop, "mara", "A test.", {}, lambda now: replace(now, number=now.number + 1, stable=target))


def test_a_deployment_counts_from_the_next_question_on(
    settings: Settings, medicines: Medicines, server: Script
) -> None:
    routed = generator(settings, medicines, open_records(settings).ledger)
    assert (routed.name, drafted(routed.draft(QUESTION)).generator) == ("extractive", "extractive")
    deployed(settings, Target("r1", server.url, "r1"))
    draft = drafted(routed.draft(QUESTION))
    assert (draft.generator, draft.model, draft.adapter, draft.fallback) == ("vllm", "r1", "", "")
    assert server.asked[0]["model"] == "r1"
    assert (routed.name, routed.model, routed.revises) == ("vllm", "r1", True)
    deployed(settings, Target("r2", server.url, "base", "r2"))
    draft = drafted(routed.draft(QUESTION))
    assert (draft.model, draft.adapter, server.asked[1]["model"]) == ("base", "r2", "r2")
    deployed(settings, None)
    assert drafted(routed.draft(QUESTION)).generator == "extractive"


def test_where_the_deployed_model_is_not_reached_the_sources_are_quoted_and_it_says_so(
    settings: Settings, medicines: Medicines
) -> None:
    deployed(settings, Target("r1", "http://127.0.0.1:9/v1", "r1"))
    draft = drafted(generator(settings, medicines, open_records(settings).ledger).draft(QUESTION))
    assert draft.generator == "extractive"
    assert "without the model, because the model server cannot be reached" in draft.fallback


def test_a_state_that_nobody_can_trust_leaves_quoting_even_where_a_server_is_named(
    settings: Settings, medicines: Medicines, server: Script
) -> None:
    assistant = settings.assistant.model_copy(update={"llm_url": server.url, "llm_model": "base"})
    named = settings.model_copy(update={"assistant": assistant})
    ledger = open_records(named).ledger
    assert drafted(generator(named, medicines, ledger).draft(QUESTION)).model == "base"
    asked = len(server.asked)
    named.serving.parent.mkdir(parents=True, exist_ok=True)
    named.serving.write_text("{")
    assert drafted(generator(named, medicines, ledger).draft(QUESTION)).generator == "extractive"
    assert len(server.asked) == asked
    assert _release(named).state is State.NOTE


def test_doctor_says_what_serves(settings: Settings) -> None:
    assert "none is deployed" in _release(settings).detail
    deployed(settings, Target("r1", "http://127.0.0.1:9/v1", "r1"))
    assert (_release(settings).detail, _release(settings).state) == ("r1", State.OK)
