"""Starts vLLM, from an environment of its own, with the model and adapters of the settings: `make serve-llm`.

vLLM is never imported here. This process becomes the server, so that Ctrl-C and a supervisor's signals reach it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from assistant.settings import AssistantSettings

DEFAULT_URL = "http://127.0.0.1:8000/v1"


def server_command(python: Path, settings: AssistantSettings) -> tuple[str, ...]:
    """The command line. Raises ValueError when the settings name no model, or an adapter whose folder is not there.

    The grammar backend is pinned: where it cannot follow a grammar it must refuse the request, not try another.
    """
    if not settings.llm_model:
        raise ValueError("no model to serve: set PHARMASSIST_ASSISTANT__LLM_MODEL to a model's folder or hub name")
    address = urlsplit(settings.llm_url or DEFAULT_URL)
    command = [
        *(str(python), "-m", "vllm.entrypoints.openai.api_server"),
        *("--model", settings.llm_model, "--max-model-len", str(settings.serve_context)),
        *("--host", address.hostname or "127.0.0.1", "--port", str(address.port or 8000)),
        *("--structured-outputs-config", '{"backend": "xgrammar"}'),
        *_adapter_options(settings),
    ]
    if is_cpu_build(python):
        command.append("--enforce-eager")  # compiling takes minutes on a CPU and gains little there
    return tuple(command)


def server_environment(python: Path, settings: AssistantSettings, base: Mapping[str, str]) -> dict[str, str]:
    """The environment: no usage reports, the key out of sight of `ps`, and every core of a CPU in use."""
    key = settings.llm_api_key.get_secret_value()
    environment = {**base, "VLLM_NO_USAGE_STATS": "1", **({"VLLM_API_KEY": key} if key else {})}
    if is_cpu_build(python):
        environment.setdefault("VLLM_CPU_KVCACHE_SPACE", "1")  # GiB; the default takes half of the memory
        environment.setdefault("VLLM_CPU_OMP_THREADS_BIND", f"0-{(os.cpu_count() or 1) - 1}")  # default: one core
    return environment


def is_cpu_build(python: Path) -> bool:
    """Whether the environment of this interpreter holds the CPU build (its distribution has a name of its own)."""
    return any(python.parent.parent.glob("lib/python*/site-packages/vllm_cpu-*.dist-info"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Become the server, or say in one line why not and return 2."""
    parser = argparse.ArgumentParser(prog="serve-llm", description=__doc__)
    parser.add_argument("--python", type=Path, default=Path(".venv-vllm/bin/python"), help="vLLM's interpreter")
    python: Path = parser.parse_args(arguments).python
    from ui.settings import Settings

    settings = Settings().assistant
    try:
        if not python.exists():
            raise ValueError(f"no vLLM environment at {python}: run “make vllm-env”")
        command = server_command(python, settings)
    except ValueError as error:
        print(f"serve-llm: {error}", file=sys.stderr)
        return 2
    if not settings.llm_url:
        print(f"Serving at {DEFAULT_URL}; the chat uses it once PHARMASSIST_ASSISTANT__LLM_URL={DEFAULT_URL} is set.")
    sys.stdout.flush()
    os.execve(command[0], command, server_environment(python, settings, os.environ))  # noqa: S606 - no shell is wanted


def _adapter_options(settings: AssistantSettings) -> tuple[str, ...]:
    adapters = settings.llm_adapters
    for name, folder in adapters.items():
        if not (folder / "adapter_config.json").is_file():
            raise ValueError(f"adapter “{name}”: {folder} holds no adapter_config.json")
    if settings.llm_adapter and settings.llm_adapter not in adapters:
        raise ValueError(f"adapter “{settings.llm_adapter}” is asked for, and assistant.llm_adapters does not name it")
    if not adapters:
        return ()
    modules = (f"{name}={folder}" for name, folder in adapters.items())
    return ("--enable-lora", "--max-lora-rank", str(settings.serve_lora_rank), "--lora-modules", *modules)


if __name__ == "__main__":
    sys.exit(main())
