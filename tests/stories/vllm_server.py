"""Starts the real vLLM as `make serve-llm` does, with a tiny model, and stops it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from assistant.settings import AssistantSettings
from ui.serve_llm import server_command, server_environment

STARTS_WITHIN = 180
"""Seconds. It takes 35 to 60 on two cores that do nothing else."""


@dataclass(frozen=True)
class ModelServer:
    """A server that answers, and the process to kill."""

    settings: AssistantSettings
    process: subprocess.Popen[bytes]

    def say(self, model: str, **options: object) -> str:
        """What the model says to a greeting when nothing constrains it."""
        body = {"model": model, "messages": [{"role": "user", "content": "Dose?"}], "max_tokens": 60, **options}
        url = f"{self.settings.llm_url}/chat/completions"
        request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urlopen(request, timeout=60) as response:
            return str(json.load(response)["choices"][0]["message"]["content"])

    def kill(self) -> None:
        """End the server and its workers without giving them a chance to say goodbye."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@contextmanager
def serving(python: Path, settings: AssistantSettings, log: Path) -> Iterator[ModelServer]:
    """Start the server, wait until it answers, and kill it at the end.

    It gets one core: its processes wait for each other by spinning, and with every core of a small machine under their
    feet they keep everybody else, this test's clock included, waiting for seconds.
    """
    core = min(os.sched_getaffinity(0))
    environment = {**os.environ, "VLLM_CPU_OMP_THREADS_BIND": str(core)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            server_command(python, settings),
            env=server_environment(python, settings, environment),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        os.sched_setaffinity(process.pid, {core})  # before it has threads and children, which inherit it
        server = ModelServer(settings, process)
        try:
            _wait(server, log)
            yield server
        finally:
            server.kill()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wait(server: ModelServer, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        if server.process.poll() is not None:
            break
        try:
            with urlopen(server.settings.llm_url.removesuffix("/v1") + "/health", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.5)
    raise RuntimeError("vLLM did not start:\n" + "\n".join(log.read_text(errors="replace").splitlines()[-40:]))
