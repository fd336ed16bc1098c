"""Starts vLLM, from an environment of its own, with the model and adapters of the settings: `make serve-llm`.

vLLM is never imported here. This process becomes the server, so that Ctrl-C and a supervisor's signals reach it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from finetune.vllm_process import DEFAULT_URL, Served, served_by_settings, server_command, server_environment


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
        served = served_by_settings(settings)
    except ValueError as error:
        print(f"serve-llm: {error}", file=sys.stderr)
        return 2
    if not settings.llm_url:
        print(f"Serving at {DEFAULT_URL}; the chat uses it once PHARMASSIST_ASSISTANT__LLM_URL={DEFAULT_URL} is set.")
    become(python, served)


def become(python: Path, served: Served) -> NoReturn:
    """Replace this process by the server."""
    command = server_command(python, served)
    sys.stdout.flush()
    os.execve(command[0], command, server_environment(python, served, os.environ))  # noqa: S606 - no shell is wanted


if __name__ == "__main__":
    sys.exit(main())
