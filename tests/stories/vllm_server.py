"""Starts the real vLLM as `make serve-llm` does, with a tiny model, and stops it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import Request, urlopen

from assistant.settings import AssistantSettings
from finetune.vllm_process import VllmServer, running, served_by_settings

STARTS_WITHIN = 240
"""Seconds. It takes 35 to 60 on two cores that do nothing else."""


@dataclass(frozen=True)
class ModelServer:
    """A server that answers, and the process to kill."""

    settings: AssistantSettings
    server: VllmServer

    def say(self, model: str, **options: object) -> str:
        """What the model says to a greeting when nothing constrains it."""
        body = {"model": model, "messages": [{"role": "user", "content": "Dose?"}], "max_tokens": 60, **options}
        url = f"{self.settings.llm_url}/chat/completions"
        request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urlopen(request, timeout=60) as response:
            return str(json.load(response)["choices"][0]["message"]["content"])

    def kill(self) -> None:
        """End the server and its workers without giving them a chance to say goodbye."""
        self.server.kill()


@contextmanager
def serving(python: Path, settings: AssistantSettings, log: Path) -> Iterator[ModelServer]:
    """Start the server on one core, wait until it answers, and kill it at the end."""
    core = min(os.sched_getaffinity(0))
    with running(python, served_by_settings(settings), log, core=core, within=STARTS_WITHIN) as server:
        yield ModelServer(settings, server)
