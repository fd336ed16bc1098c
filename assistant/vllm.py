"""Drafts from a vLLM server, over its OpenAI-compatible API. The only file that imports `openai`.

A server that cannot be reached or fails is tried again while nothing has come from it; one that is slow is not, since
waiting twice helps nobody. All retries and the whole reply share one deadline.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace

import httpx2
import openai
from openai.types.chat import ChatCompletionChunk

from assistant.conversation import Draft
from assistant.errors import DraftMalformed, DraftTruncated, GeneratorTimeout, GeneratorUnavailable
from assistant.generate import Drafting, DraftRequest
from assistant.grammar import reply_grammar
from assistant.prompt import Prompt, answer_prompt, render
from assistant.reply import ReplyReader
from assistant.settings import AssistantSettings
from guardrails.claim import Claim

log = logging.getLogger(__name__)

_NO_KEY = "none"
"""The client insists on a key; vLLM without `--api-key` ignores it."""


class _Failed(Exception):
    """The server failed in a way that may pass. Never leaves this file."""


@dataclass(frozen=True, slots=True)
class _Deadline:
    at: float
    seconds: float

    def check(self) -> None:
        if time.monotonic() >= self.at:
            raise GeneratorTimeout(f"the model server needed more than {self.seconds:g} seconds for its reply")

    def left(self) -> float:
        self.check()
        return self.at - time.monotonic()


class VllmGenerator:
    """Asks a served model, with or without an adapter, for claims that the grammar allows."""

    name = "vllm"
    revises = True

    def __init__(self, settings: AssistantSettings, prompt: Prompt | None = None) -> None:
        self._settings = settings
        self._prompt = prompt or answer_prompt()
        self._client = openai.OpenAI(
            base_url=settings.llm_url,
            api_key=settings.llm_api_key.get_secret_value() or _NO_KEY,
            max_retries=0,  # the SDK would retry timeouts, and past our deadline
            _strict_response_validation=True,  # else a piece without its parts fails later, as an AttributeError
        )

    @property
    def model(self) -> str:
        """The base model as the server names it."""
        return self._settings.llm_model

    @property
    def adapter(self) -> str:
        """The LoRA adapter, empty for the base model."""
        return self._settings.llm_adapter

    def close(self) -> None:
        """Close the connections to the server."""
        self._client.close()

    def draft(self, request: DraftRequest) -> Drafting:
        """Yield claims while the server writes them.

        Raises `GeneratorUnavailable`, `GeneratorTimeout`, `DraftMalformed` or `DraftTruncated`; claims that were
        yielded before remain whole claims, and their checks decide about them.
        """
        claims: list[Claim] = []
        # A model reads the best passages; all of them would fill its context and the grammar.
        best = replace(request, passages=request.passages[: self._settings.llm_passages])
        if best.passages:
            for claim in self._claims(best):
                claims.append(claim)
                yield claim
        return Draft(tuple(claims), self.name, self.model, self.adapter)

    def _claims(self, request: DraftRequest) -> Iterator[Claim]:
        """The reply's claims, trying again for as long as the server failed before the first of them."""
        deadline = _Deadline(time.monotonic() + self._settings.total_seconds, self._settings.total_seconds)
        grammar = reply_grammar(request.passages)
        for attempt in range(self._settings.retries + 1):
            started = False
            try:
                for claim in self._read(request, grammar, deadline):
                    started = True
                    yield claim
                return
            except _Failed as error:
                if started or attempt == self._settings.retries:
                    raise GeneratorUnavailable(f"the model server {error}") from error
                log.warning("The model server %s; trying again", error)
                time.sleep(min(self._settings.backoff_seconds * 2**attempt, deadline.left()))

    def _read(self, request: DraftRequest, grammar: str, deadline: _Deadline) -> Iterator[Claim]:
        reader, finish = ReplyReader(), ""
        with closing(self._chunks(request, grammar, deadline)) as chunks:
            for chunk in chunks:
                deadline.check()
                for choice in chunk.choices:
                    yield from reader.feed(choice.delta.content or "")
                    finish = choice.finish_reason or finish
        if finish == "length":
            raise DraftTruncated("the model's reply was cut off at its largest length")
        if not finish:
            raise _Failed("broke off in the middle of its reply")
        if not reader.complete:
            raise DraftMalformed("the model's reply ended before its list of claims did")

    def _chunks(
        self, request: DraftRequest, grammar: str, deadline: _Deadline
    ) -> Generator[ChatCompletionChunk, None, None]:
        """The pieces of one reply, with the client's errors turned into ours."""
        try:
            with self._open(request, grammar, deadline) as stream:
                yield from stream
        except openai.APITimeoutError as error:
            raise self._timed_out(error) from error
        except openai.APIConnectionError as error:
            raise _Failed(f"cannot be reached at {self._settings.llm_url}") from error
        except (openai.InternalServerError, openai.RateLimitError) as error:
            raise _Failed(f"answered with HTTP status {error.status_code}") from error
        except openai.APIStatusError as error:
            raise GeneratorUnavailable(self._refused(error)) from error
        except (openai.APIResponseValidationError, ValueError) as error:
            raise DraftMalformed("the model server sent something that is no piece of a reply") from error
        except openai.APIError as error:
            raise _Failed("reported an error in the middle of its reply") from error

    def _open(self, request: DraftRequest, grammar: str, deadline: _Deadline) -> openai.Stream[ChatCompletionChunk]:
        settings = self._settings
        asked = request.question.text
        system, user = render(self._prompt, asked, request.medicines, request.passages, request.objections)
        silence = min(settings.silence_seconds, deadline.left())
        return self._client.chat.completions.create(
            model=settings.llm_adapter or settings.llm_model,
            messages=[{"role": "system", "content": system.content}, {"role": "user", "content": user.content}],
            stream=True,
            max_tokens=settings.max_tokens,
            temperature=settings.temperature,
            extra_body={"structured_outputs": {"grammar": grammar}},
            timeout=httpx2.Timeout(silence, connect=min(settings.connect_seconds, silence)),
        )

    def _timed_out(self, error: openai.APITimeoutError) -> GeneratorTimeout | _Failed:
        """A connection that is not made may be made next time; a server that is silent is slow."""
        if isinstance(error.__cause__, httpx2.ConnectTimeout):
            return _Failed(f"cannot be reached at {self._settings.llm_url}")
        return GeneratorTimeout(f"the model server was silent for more than {self._settings.silence_seconds:g} seconds")

    def _refused(self, error: openai.APIStatusError) -> str:
        asked = self._settings.llm_adapter or self._settings.llm_model
        if error.status_code == 404:
            return f"the model server does not serve “{asked}”; start it with “make serve-llm” or change the settings"
        if error.status_code in (401, 403):
            return "the model server refuses our key; set assistant.llm_api_key"
        return f"the model server refused the request with HTTP status {error.status_code}"


def served_models(settings: AssistantSettings) -> tuple[str, ...]:
    """The names that the server answers to: its model and its adapters. Raises `GeneratorUnavailable`."""
    key = settings.llm_api_key.get_secret_value() or _NO_KEY
    client = openai.OpenAI(base_url=settings.llm_url, api_key=key, max_retries=0, timeout=settings.connect_seconds)
    try:
        return tuple(model.id for model in client.models.list())
    except openai.OpenAIError as error:
        raise GeneratorUnavailable(f"the model server at {settings.llm_url} does not answer") from error
    finally:
        client.close()
