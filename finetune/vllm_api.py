"""What is asked of a running vLLM server besides answers: its models, adapters, tokens and log-probabilities."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from pydantic import BaseModel, SecretStr, ValidationError

from assistant.prompt import Message
from finetune.errors import ServerFailed
from finetune.vllm_process import NO_KEY

LIKELIEST = 20
"""How many log-probabilities a server gives at each place; vLLM's own limit unless it is started with another."""

_LARGEST = 256 << 20
_WAITING = re.compile(r"^vllm:num_requests_(?:running|waiting)\{[^}]*\} ([0-9.e+]+)$", re.M)


Reply = TypeVar("Reply", bound=BaseModel)


class _LogProbs(BaseModel):
    top_logprobs: list[dict[str, float] | None]


class _Choice(BaseModel):
    token_ids: list[int]
    logprobs: _LogProbs | None = None


class _Completion(BaseModel):
    choices: list[_Choice]


class _Model(BaseModel):
    id: str
    root: str | None = None
    parent: str | None = None


class _Models(BaseModel):
    data: list[_Model]


class _Tokens(BaseModel):
    tokens: list[int]


class _Version(BaseModel):
    version: str


@dataclass(frozen=True, slots=True)
class Known:
    """A name that a server answers to, and the folder or hub name behind it on the server's disk."""

    name: str
    root: str
    is_adapter: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One token that was written, and the natural log-probabilities of the likeliest ones at its place."""

    token: int
    top: Mapping[int, float]


@dataclass(frozen=True, slots=True)
class Api:
    """One server: its root (`http://127.0.0.1:8000/v1`), its key, and how many seconds a request may take."""

    url: str
    key: SecretStr = NO_KEY
    seconds: float = 300.0

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise ServerFailed(f"“{self.url}” is no address of a model server; it begins with http:// or https://")

    def version(self) -> str:
        """The server's version of vLLM. Raises `ServerFailed`, as everything here."""
        return _read(_Version, self._send("version", None, root=True), self.url).version

    def models(self) -> tuple[Known, ...]:
        """What the server answers to: its model, perhaps under several names, and its adapters."""
        found = _read(_Models, self._send("models", None), self.url)
        return tuple(Known(model.id, model.root or "", bool(model.parent)) for model in found.data)

    def load_adapter(self, name: str, folder: Path) -> None:
        """Load an adapter while the server runs; it reads the folder from its own disk."""
        try:
            self._send("load_lora_adapter", {"lora_name": name, "lora_path": str(folder)})
        except _NotFound as error:
            raise ServerFailed(
                f"the server at {self.url} does not load adapters while it runs: start it with "
                "PHARMASSIST_ASSISTANT__SERVE_RUNTIME_ADAPTERS=true, or with the adapter among "
                "assistant.llm_adapters, and deploy again"
            ) from error

    def unload_adapter(self, name: str) -> None:
        """Forget an adapter; requests that have begun are finished with it."""
        self._send("unload_lora_adapter", {"lora_name": name})

    def requests(self) -> int:
        """How many requests the server is working on or keeps waiting."""
        counts = _WAITING.findall(self._send("metrics", None, root=True).decode("utf-8", "replace"))
        if not counts:
            raise ServerFailed(f"the server at {self.url} does not say how many requests it has")
        return round(sum(map(float, counts)))

    def prompt_tokens(self, model: str, messages: Sequence[Message]) -> tuple[int, ...]:
        """What the server makes of messages: its own chat template, its own tokeniser."""
        said = [{"role": message.role, "content": message.content} for message in messages]
        body = {"model": model, "messages": said, "add_generation_prompt": True}
        return tuple(_read(_Tokens, self._send("tokenize", body, root=True), self.url).tokens)

    def greedy(self, model: str, prompt: Sequence[int], tokens: int) -> tuple[Step, ...]:
        """The likeliest next tokens, one after the other, end of text or not.

        Only what is written is looked at: asked for the log-probabilities of a prompt, vLLM 0.32 with adapters ends in
        an error of its engine as soon as it has other requests.
        """
        choice = self._complete(model, prompt, tokens, {"logprobs": LIKELIEST, "return_tokens_as_token_ids": True})
        tops = choice.logprobs.top_logprobs if choice.logprobs else []
        found = [Step(token, _by_token(top)) for token, top in zip(choice.token_ids, tops, strict=False) if top]
        if len(found) != tokens:
            raise ServerFailed(f"the server at {self.url} gives no log-probabilities of what it writes")
        return tuple(found)

    def written(self, model: str, prompt: Sequence[int], tokens: int) -> tuple[int, ...]:
        """The same tokens without their log-probabilities, as fast as the server writes."""
        return tuple(self._complete(model, prompt, tokens, {}).token_ids)

    def _complete(self, model: str, prompt: Sequence[int], tokens: int, more: Mapping[str, object]) -> _Choice:
        plain = {"temperature": 0.0, "repetition_penalty": 1.0, "top_p": 1.0, "top_k": -1, "min_p": 0.0}
        # Not min_tokens as well: until so many are written, it keeps the server from the token that ends a text.
        limits = {"max_tokens": tokens, "ignore_eos": True, "return_token_ids": True}
        body = {"model": model, "prompt": list(prompt), **plain, **limits, **more}
        choices = _read(_Completion, self._send("completions", body), self.url).choices
        if len(choices) != 1 or len(choices[0].token_ids) != tokens:
            raise ServerFailed(f"the server at {self.url} did not complete a prompt as it was asked to")
        return choices[0]

    def _send(self, path: str, body: Mapping[str, object] | None, *, root: bool = False) -> bytes:
        base = self.url.removesuffix("/")
        address = f"{base.removesuffix('/v1') if root else base}/{path}"
        headers = {"Content-Type": "application/json"}
        if self.key.get_secret_value():
            headers["Authorization"] = f"Bearer {self.key.get_secret_value()}"
        data = None if body is None else json.dumps(body).encode()
        try:
            with urlopen(Request(address, data, headers), timeout=self.seconds) as reply:  # noqa: S310 - http
                return bytes(reply.read(_LARGEST))
        except HTTPError as error:
            with error:
                said = " ".join(error.read(2_000).decode("utf-8", "replace").split())
            kind = _NotFound if error.code == 404 else ServerFailed
            raise kind(f"the server at {self.url} refused “{path}” with HTTP status {error.code}: {said}") from error
        except (URLError, OSError, ValueError) as error:
            raise ServerFailed(f"the model server at {self.url} does not answer ({error})") from error


class _NotFound(ServerFailed):
    """The server does not know the path or the model."""


def _by_token(top: Mapping[str, float]) -> dict[int, float]:
    """vLLM writes a token's id as `token_id:17`."""
    named = {name.removeprefix("token_id:"): value for name, value in top.items()}
    return {int(name): value for name, value in named.items() if name.isdecimal()}


def _read(kind: type[Reply], data: bytes, url: str) -> Reply:
    try:
        return kind.model_validate_json(data)
    except ValidationError as error:
        raise ServerFailed(f"the server at {url} sent something that is no reply of vLLM") from error
