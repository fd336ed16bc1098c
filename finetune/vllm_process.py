"""A vLLM server as a process of its own, from an environment of its own: its command, its start, its health, its end.

vLLM is never imported. On a signal to end, the server takes no new request and finishes those it has. It never outlives
whoever started it: `finetune.vllm_guard` ends it when that process is gone, however it went.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import urlopen

from pydantic import SecretStr

from assistant.settings import AssistantSettings
from finetune.errors import ServerFailed
from finetune.vllm_guard import Guard, guarded

DEFAULT_URL = "http://127.0.0.1:8000/v1"
NO_KEY = SecretStr("")
"""For a server that asks for none."""
STARTS_WITHIN = 600.0
"""Seconds. A tiny model takes 35 to 60 on two cores that do nothing else, 8 billion parameters minutes."""
RANKS = (1, 8, 16, 32, 64, 128, 256, 320, 512)
"""The ranks that vLLM can be told to make room for; an adapter of another rank takes the next larger."""
DRAINS_WITHIN = 120
"""Seconds that a server has to finish its requests once it was told to end."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a server serves, and where. `name` is what requests call the model; empty: its folder or hub name.

    `dtype` is vLLM's: auto takes that of the weights. With `runtime_adapters` adapters can be loaded while it runs.
    """

    model: str
    url: str = DEFAULT_URL
    name: str = ""
    adapters: Mapping[str, Path] = field(default_factory=dict)
    rank: int = 16
    context: int = 8192
    dtype: str = "auto"
    runtime_adapters: bool = False
    key: SecretStr = NO_KEY

    def __post_init__(self) -> None:
        for name, folder in self.adapters.items():
            if not (folder / "adapter_config.json").is_file():
                raise ValueError(f"adapter “{name}”: {folder} holds no adapter_config.json")

    @property
    def asked_as(self) -> str:
        """The name that requests for the model itself use."""
        return self.name or self.model


def served_by_settings(settings: AssistantSettings) -> Served:
    """What the settings say is served. Raises ValueError when they name no model, or an adapter that is not there."""
    if not settings.llm_model:
        raise ValueError("no model to serve: set PHARMASSIST_ASSISTANT__LLM_MODEL to a model's folder or hub name")
    adapters = settings.llm_adapters
    served = Served(
        settings.llm_model,
        settings.llm_url or DEFAULT_URL,
        adapters=adapters,
        rank=settings.serve_lora_rank,
        context=settings.serve_context,
        runtime_adapters=settings.serve_runtime_adapters,
        key=settings.llm_api_key,
    )
    if settings.llm_adapter and settings.llm_adapter not in adapters:
        raise ValueError(f"adapter “{settings.llm_adapter}” is asked for, and assistant.llm_adapters does not name it")
    return served


def server_command(python: Path, served: Served) -> tuple[str, ...]:
    """The command line of the server.

    The grammar backend is pinned: where it cannot follow a grammar it must refuse the request, not try another.
    """
    address = urlsplit(served.url)
    command = [
        *(str(python), "-m", "vllm.entrypoints.openai.api_server"),
        *("--model", served.model, "--max-model-len", str(served.context), "--dtype", served.dtype),
        *("--host", address.hostname or "127.0.0.1", "--port", str(address.port or 8000)),
        *("--structured-outputs-config", '{"backend": "xgrammar"}'),
        *("--shutdown-timeout", str(DRAINS_WITHIN)),
        *(("--served-model-name", served.name) if served.name else ()),
        *_adapter_options(served),
    ]
    if is_cpu_build(python):
        command.append("--enforce-eager")  # compiling takes minutes on a CPU and gains little there
    return tuple(command)


def server_environment(python: Path, served: Served, base: Mapping[str, str]) -> dict[str, str]:
    """The environment: no usage reports, the key out of sight of `ps`, and every core of a CPU in use."""
    key = served.key.get_secret_value()
    environment = {**base, "VLLM_NO_USAGE_STATS": "1", **({"VLLM_API_KEY": key} if key else {})}
    environment["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] = str(served.runtime_adapters)
    if is_cpu_build(python):
        environment.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")  # GiB; the default takes half of the memory
        environment.setdefault("VLLM_CPU_OMP_THREADS_BIND", f"0-{(os.cpu_count() or 1) - 1}")  # default: one core
    return environment


def is_cpu_build(python: Path) -> bool:
    """Whether the environment of this interpreter holds the CPU build (its distribution has a name of its own)."""
    return any(python.parent.parent.glob("lib/python*/site-packages/vllm_cpu-*.dist-info"))


@dataclass(frozen=True, slots=True)
class VllmServer:
    """A server that was started here, its process, the file with everything that it said, and what ends it with us."""

    served: Served
    process: subprocess.Popen[bytes]
    log: Path
    guard: Guard

    def healthy(self) -> bool:
        """Whether the process lives and the server says that it can answer."""
        return self.process.poll() is None and answers(self.served.url)

    def stop(self, within: float = DRAINS_WITHIN) -> None:
        """End the server: it finishes its requests. After `within` seconds it is killed with its workers."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(within)
            except subprocess.TimeoutExpired:
                self.kill()
        self.guard.dismiss()

    def kill(self) -> None:
        """End the server and its workers without giving them a chance to say goodbye."""
        with suppress(ProcessLookupError):  # nobody is left; workers may outlive a server that crashed
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.guard.dismiss()


@contextmanager
def running(
    python: Path, served: Served, log: Path, *, core: int | None = None, within: float = STARTS_WITHIN
) -> Iterator[VllmServer]:
    """Start a server, wait until it answers, and end it with the block. Its output goes to `log`.

    With `core` it gets that one CPU core: its processes wait for each other by spinning, and with every core of a small
    machine under their feet they keep everybody else waiting for seconds.

    Raises:
        ServerFailed: there is no vLLM, the address is taken, or the server ended or did not answer within the seconds.
    """
    server = start(python, served, log, core=core)
    try:
        wait_until_healthy(server, within)
        yield server
    finally:
        server.kill()


def start(python: Path, served: Served, log: Path, *, core: int | None = None) -> VllmServer:
    """Start a server in a session of its own and return at once. Raises `ServerFailed`."""
    if not python.exists():
        raise ServerFailed(f"there is no vLLM at {python}: run “make vllm-env”, or set PHARMASSIST_VLLM_PYTHON")
    if answers(served.url):
        raise ServerFailed(f"another server answers at {served.url} already; choose another address")
    environment = dict(os.environ) if core is None else {**os.environ, "VLLM_CPU_OMP_THREADS_BIND": str(core)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            server_command(python, served),
            env=server_environment(python, served, environment),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    if core is not None:
        os.sched_setaffinity(process.pid, {core})  # before it has threads and children, which inherit it
    return VllmServer(served, process, log, guarded(process.pid))


def wait_until_healthy(server: VllmServer, within: float = STARTS_WITHIN) -> None:
    """Return when the server answers. Raises `ServerFailed` with the last lines of what it said."""
    until = time.monotonic() + within
    while time.monotonic() < until and server.process.poll() is None:
        if answers(server.served.url):
            return
        time.sleep(0.5)
    why = "it ended" if server.process.poll() is not None else f"it did not answer within {within:g} seconds"
    said = "\n".join(server.log.read_text(errors="replace").splitlines()[-40:])
    raise ServerFailed(f"vLLM did not start: {why}. The end of {server.log}:\n{said}")


def answers(url: str) -> bool:
    """Whether a server at this root (`http://127.0.0.1:8000/v1`) says that it is healthy."""
    try:
        with urlopen(url.removesuffix("/").removesuffix("/v1") + "/health", timeout=2) as reply:  # noqa: S310 - http
            return bool(reply.status == 200)
    except (URLError, OSError, ValueError):
        return False


def free_url() -> str:
    """An address on this machine that nobody listened at just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/v1"


def _adapter_options(served: Served) -> tuple[str, ...]:
    if not served.adapters and not served.runtime_adapters:
        return ()
    modules = tuple(f"{name}={folder}" for name, folder in served.adapters.items())
    named = ("--lora-modules", *modules) if modules else ()
    room = next((rank for rank in RANKS if rank >= served.rank), served.rank)
    many = ("--max-loras", str(len(modules))) if len(modules) > 1 else ()
    return ("--enable-lora", "--max-lora-rank", str(room), *many, *named)
