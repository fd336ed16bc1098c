"""Asks the servers of what is in service whether they still answer as the releases that two people signed.

A server may have been started again with another model or adapter under the same name since the release was deployed.
The question is that of deploying (`finetune.deploy.require_itself`); files are not hashed again, so a timer may ask.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import SecretStr

from finetune.deploy import Changed, require_itself, stop_canary
from finetune.errors import FinetuneError, ServerFailed
from finetune.proof import proof_of
from finetune.release import read_release
from finetune.serving_state import Loop, served_now
from finetune.vllm_api import Api
from finetune.vllm_process import NO_KEY


@dataclass(frozen=True, slots=True)
class Stranger:
    """A server that did not answer as the release, and why; `is_silent` where it did not answer at all."""

    release: str
    is_canary: bool
    is_silent: bool
    why: str


def strangers(loop: Loop, key: SecretStr = NO_KEY) -> tuple[Stranger, ...]:
    """Of the stable release and the canary, those whose server is not what was deployed; it never raises for a server.

    Raises `ServingInvalid` where the ledger does not say what is served.
    """
    return tuple(_asked(loop, key))


def _asked(loop: Loop, key: SecretStr) -> Iterator[Stranger]:
    state = served_now(loop)
    canary = state.canary.target if state.canary else None
    for target in (state.stable, canary):
        if target is None:
            continue
        folder = loop.release(target.release)
        try:
            parity = proof_of(loop, folder, read_release(folder).candidate)
            require_itself(parity, Api(target.url, key), target)
        except FinetuneError as error:  # also where the proof itself is gone or changed
            is_silent = isinstance(error, ServerFailed)
            yield Stranger(target.release, target is canary, is_silent, f"{target.release}: {error}")


def stop_stranger(loop: Loop, found: tuple[Stranger, ...]) -> Changed | None:
    """End the canary where another model answers in its place; a silent one only falls back. None where it stays."""
    for each in found:
        if each.is_canary and not each.is_silent:
            return stop_canary(loop, each.release, f"Its server does not answer as the release. {each.why}")
    return None
