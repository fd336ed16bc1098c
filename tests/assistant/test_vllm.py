"""The client of the model server against a real HTTP server that is slow, broken, truncated or wrong on purpose."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest
from pydantic import SecretStr

from assistant.conversation import Draft
from assistant.errors import DraftMalformed, DraftTruncated, GeneratorError, GeneratorTimeout, GeneratorUnavailable
from assistant.grammar import reply_grammar
from assistant.reply import write_reply
from assistant.settings import AssistantSettings
from assistant.vllm import VllmGenerator
from guardrails.claim import Claim
from retrieval.passage import Citation
from tests.assistant.evidence import ADULTS, PASSAGES, RENAL, request_for
from tests.assistant.model_server import Act, model_server

FIRST = Claim("The maximum is 2,550 mg per day.", (Citation(ADULTS.key, "The maximum is 2,550 mg per day."),))
SECOND = Claim("Avoid it.", (Citation(RENAL.key, "It is contraindicated below 30 mL/min/1.73 m2."),))
REPLY = write_reply([FIRST, SECOND])
GOOD = Act([REPLY])
CUT = REPLY.index("},{") + 5
"""Where the first claim is whole and the second is not."""


@contextmanager
def generator_for(url: str, **changed: object) -> Iterator[VllmGenerator]:
    values = {
        "llm_url": url,
        "llm_model": "base",
        "connect_seconds": 2.0,
        "silence_seconds": 2.0,
        "total_seconds": 10.0,
        "retries": 2,
        "backoff_seconds": 0.01,
    }
    with closing(VllmGenerator(AssistantSettings.model_validate(values | changed))) as generator:
        yield generator


def drafted(generator: VllmGenerator) -> tuple[list[Claim], Draft | GeneratorError]:
    """What was yielded, and how it ended."""
    claims: list[Claim] = []
    drafting = generator.draft(request_for())
    while True:
        try:
            claims.append(next(drafting))
        except StopIteration as end:
            draft: Draft = end.value
            return claims, draft
        except GeneratorError as error:
            return claims, error


def test_a_reply_becomes_a_draft() -> None:
    with model_server(GOOD) as script, generator_for(script.url) as generator:
        claims, draft = drafted(generator)
    assert claims == [FIRST, SECOND]
    assert draft == Draft((FIRST, SECOND), "vllm", "base", "", "")


def test_the_server_is_asked_with_the_grammar_of_the_passages_and_the_masked_question() -> None:
    with model_server(GOOD) as script, generator_for(script.url, llm_api_key=SecretStr("k3y")) as generator:
        drafted(generator)
    (body,) = script.asked
    assert body["structured_outputs"] == {"grammar": reply_grammar(PASSAGES)}
    assert (body["model"], body["stream"], body["temperature"]) == ("base", True, 0.0)
    assert "What is the dose of metformin?" in str(body["messages"])
    assert script.keys == ["Bearer k3y"]


def test_the_adapter_is_asked_for_by_its_name() -> None:
    with model_server(GOOD) as script, generator_for(script.url, llm_adapter="tuned") as generator:
        _, draft = drafted(generator)
    assert script.asked[0]["model"] == "tuned"
    assert isinstance(draft, Draft)
    assert (draft.model, draft.adapter) == ("base", "tuned")


def test_a_claim_is_yielded_while_the_rest_is_still_being_written() -> None:
    act = Act([REPLY[:CUT], REPLY[CUT:]], pauses=[0, 0.6])
    with model_server(act) as script, generator_for(script.url) as generator:
        drafting = generator.draft(request_for())
        assert next(drafting) == FIRST
        assert script.sent == 1
        assert next(drafting) == SECOND


@pytest.mark.parametrize("size", [1, 2, 3, 17])
def test_pieces_of_any_size_make_the_same_draft(size: int) -> None:
    pieces = [REPLY[at : at + size] for at in range(0, len(REPLY), size)]
    with model_server(Act(pieces)) as script, generator_for(script.url) as generator:
        claims, draft = drafted(generator)
    assert claims == [FIRST, SECOND]
    assert isinstance(draft, Draft)


def test_an_empty_list_is_an_empty_draft() -> None:
    with model_server(Act(["[]"])) as script, generator_for(script.url) as generator:
        assert drafted(generator) == ([], Draft((), "vllm", "base"))


def test_without_passages_the_server_is_not_asked() -> None:
    with model_server(GOOD) as script, generator_for(script.url) as generator:
        assert list(generator.draft(request_for(passages=()))) == []
        assert script.asked == []


# How a reply fails, the error that it must end in, and how many requests it may take.
FAILURES = [
    (Act(status=500), GeneratorUnavailable, "HTTP status 500", 3),
    (Act(status=503), GeneratorUnavailable, "HTTP status 503", 3),
    (Act(status=429), GeneratorUnavailable, "HTTP status 429", 3),
    (Act(status=400), GeneratorUnavailable, "HTTP status 400", 1),
    (Act(status=401), GeneratorUnavailable, "llm_api_key", 1),
    (Act(status=404), GeneratorUnavailable, "does not serve “base”", 1),
    (Act([REPLY[:20]], finish=""), GeneratorUnavailable, "broke off", 3),
    (Act([], finish=""), GeneratorUnavailable, "broke off", 3),
    (Act([REPLY[:20]], raw='data: {"error": {"message": "engine died"}}\n\n'), GeneratorUnavailable, "error", 3),
    (Act([REPLY[:20]], finish="length"), DraftTruncated, "cut off", 1),
    (Act([]), DraftMalformed, "ended before", 1),
    (Act([REPLY[:20]]), DraftMalformed, "ended before", 1),
    (Act(["I think that 500 mg is fine."]), DraftMalformed, "did not write the list", 1),
    (Act([], raw="data: {not json\n\n"), DraftMalformed, "no piece of a reply", 1),
    (Act([], raw='data: {"id": 5}\n\n'), DraftMalformed, "no piece of a reply", 1),
    (Act([], raw="data: [1, 2]\n\n"), DraftMalformed, "no piece of a reply", 1),
]


@pytest.mark.parametrize(("act", "error", "words", "requests"), FAILURES)
def test_a_failure_before_the_first_claim(act: Act, error: type[GeneratorError], words: str, requests: int) -> None:
    with model_server(act) as script, generator_for(script.url) as generator:
        claims, ended = drafted(generator)
    assert claims == []
    assert type(ended) is error
    assert words in str(ended)
    assert len(script.asked) == requests


# The same after the first claim, which is kept; nothing is asked twice, since a second reply could contradict it.
LATE_FAILURES = [
    (Act([REPLY[:CUT]], finish=""), GeneratorUnavailable),
    (Act([REPLY[:CUT]], raw='data: {"error": {"message": "engine died"}}\n\n'), GeneratorUnavailable),
    (Act([REPLY[:CUT]], finish="length"), DraftTruncated),
    (Act([REPLY[:CUT] + "}"]), DraftMalformed),
]


@pytest.mark.parametrize(("act", "error"), LATE_FAILURES)
def test_a_failure_after_the_first_claim(act: Act, error: type[GeneratorError]) -> None:
    with model_server(act) as script, generator_for(script.url) as generator:
        claims, ended = drafted(generator)
    assert claims == [FIRST]
    assert type(ended) is error
    assert len(script.asked) == 1


def test_a_server_that_recovers_is_asked_again() -> None:
    with model_server(Act(status=503), Act([], finish=""), GOOD) as script, generator_for(script.url) as generator:
        claims, draft = drafted(generator)
    assert claims == [FIRST, SECOND]
    assert isinstance(draft, Draft)
    assert len(script.asked) == 3


def test_silence_before_the_first_token_is_a_timeout_and_not_tried_again() -> None:
    act = Act([REPLY], pauses=[1.5])
    with model_server(act) as script, generator_for(script.url, silence_seconds=0.3) as generator:
        claims, ended = drafted(generator)
    assert (claims, type(ended), len(script.asked)) == ([], GeneratorTimeout, 1)
    assert "silent for more than 0.3 seconds" in str(ended)


def test_silence_in_the_middle_is_a_timeout_and_keeps_the_claim() -> None:
    act = Act([REPLY[:CUT], REPLY[CUT:]], pauses=[0, 1.5])
    with model_server(act) as script, generator_for(script.url, silence_seconds=0.3) as generator:
        claims, ended = drafted(generator)
    assert (claims, type(ended)) == ([FIRST], GeneratorTimeout)


def test_a_server_that_trickles_is_stopped_at_the_deadline() -> None:
    act = Act(list(REPLY), pauses=[0.05] * len(REPLY))
    with model_server(act) as script, generator_for(script.url, total_seconds=0.5) as generator:
        _, ended = drafted(generator)
    assert type(ended) is GeneratorTimeout
    assert "more than 0.5 seconds" in str(ended)
    assert script.sent < len(REPLY)


def test_retries_share_the_deadline() -> None:
    settings = {"total_seconds": 0.4, "retries": 10, "backoff_seconds": 0.15}
    with model_server(Act(status=503)) as script, generator_for(script.url, **settings) as generator:
        _, ended = drafted(generator)
    assert type(ended) is GeneratorTimeout
    assert len(script.asked) <= 4


def test_nobody_listening() -> None:
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused, and no one else gets the port
        with generator_for(f"http://127.0.0.1:{taken.getsockname()[1]}/v1") as generator:
            claims, ended = drafted(generator)
    assert (claims, type(ended)) == ([], GeneratorUnavailable)
    assert "cannot be reached at http://127.0.0.1" in str(ended)


def test_a_reader_that_leaves_closes_the_connection() -> None:
    act = Act(list(REPLY), pauses=[0.02] * len(REPLY))
    with model_server(act) as script, generator_for(script.url) as generator:
        drafting = generator.draft(request_for())
        assert next(drafting) == FIRST
        drafting.close()
        time.sleep(0.2)
        sent = script.sent
        time.sleep(0.2)
        assert script.sent == sent < len(REPLY)
