"""How fast a server writes: the tokens a second of several requests at once, and on what machine."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice
from pathlib import Path
from time import perf_counter

from assistant.prompt import Message
from finetune.vllm_api import Api

REPLY = 64
"""Tokens that each request writes."""


def tokens_per_second(api: Api, name: str, prompts: Sequence[Sequence[int]], reply: int = REPLY) -> float:
    """All prompts at once, until the last reply is there; every reply has `reply` tokens. Raises `ServerFailed`."""
    began = perf_counter()
    with ThreadPoolExecutor(len(prompts)) as pool:
        replies = list(pool.map(lambda prompt: api.written(name, prompt, reply), prompts))
    return sum(map(len, replies)) / (perf_counter() - began)


def served_speed(api: Api, name: str, prompts: Sequence[Sequence[Message]], at_once: int, rounds: int = 3) -> float:
    """Tokens a second over `at_once` of these prompts, repeated where they are fewer: the best round after a first one.

    The prompts are those that the product sends, so reading them counts. Raises `ServerFailed`.
    """
    tokens = [api.prompt_tokens(name, messages) for messages in islice(cycle(prompts), at_once)]
    tokens_per_second(api, name, tokens)
    return max(tokens_per_second(api, name, tokens) for _ in range(rounds))


def hardware() -> str:
    """The GPU by its name, or the processor and how many cores it has."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "a processor")
    return f"{named}, {os.cpu_count()} cores"
