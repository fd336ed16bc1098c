"""Runs the rails that `guardrails/rails/` names, through NeMo Guardrails. The only file that imports `nemoguardrails`.

A rail here is one plain function of ours. NeMo reads the config folder, calls each rail in its order, and sees nothing
but a ticket: no word of a question or of a source passes through it, so none can end in its logs. What a rail returns
comes back typed. A rail that crashes, takes too long or is not in the config has no result, and whoever asked for it
must withhold: `RailReport.faults` says so in findings that block.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import traceback
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Generic, TypeVar
from uuid import uuid4

import yaml

from guardrails.errors import RailsInvalid
from guardrails.verdict import CheckRun, Finding, Severity

if TYPE_CHECKING:
    from nemoguardrails import LLMRails

log = logging.getLogger(__name__)

FOLDER = Path(__file__).resolve().parent / "rails"
LONGEST_SECONDS = 30.0
"""For a rail that the config gives no time, and for NeMo itself around all of them."""
_AT_ONCE = 8

T = TypeVar("T")
Results = Mapping[str, T]
"""What the rails before this one returned, by name."""
Step = Callable[[Results[T]], T]


class Direction(StrEnum):
    """The rails of a question (`INPUT`) and those of a sentence of an answer (`OUTPUT`)."""

    INPUT = "input"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class RailReport(Generic[T]):
    """The results by rail, how long each took, the faults of those without a result, and NeMo's own milliseconds."""

    results: Mapping[str, T]
    runs: tuple[CheckRun, ...]
    faults: tuple[Finding, ...]
    overhead_ms: float


@dataclass
class _Case(Generic[T]):
    """One run of the rails while NeMo is at it. The event loop is the only writer."""

    steps: Mapping[str, Step[T]]
    results: dict[str, T] = field(default_factory=dict)
    runs: list[CheckRun] = field(default_factory=list)
    busy: list[tuple[float, float]] = field(default_factory=list)
    """From when to when each rail ran, in seconds; output rails overlap."""
    faults: dict[str, str] = field(default_factory=dict)


class Rails:
    """The rails of one config folder. Safe to share between threads; opening one takes about a second."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Read the folder.

        Raises:
            RailsInvalid: it cannot be read, or names a flow or gives a time that is none; the message says which.
        """
        self._cases: dict[str, _Case[object]] = {}
        self._nemo = _load(folder)
        self.seconds = _seconds(self._nemo.config.custom_data)
        for name in (*self.names(Direction.INPUT), *self.names(Direction.OUTPUT)):
            self._nemo.register_action(self._action(name), name=name.replace(" ", "_"))
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="rail")
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="rails", daemon=True)
        self._thread.start()

    def names(self, direction: Direction) -> tuple[str, ...]:
        """The rails that the config runs in this direction, in its order."""
        rails = self._nemo.config.rails
        return tuple(rails.input.flows if direction is Direction.INPUT else rails.output.flows)

    def run(self, direction: Direction, steps: Mapping[str, Step[T]]) -> RailReport[T]:
        """Run the configured rails of a direction, each with its step.

        Every name in `steps` is required: one that the config does not run, that raised, or that took longer than its
        time is a fault. Output rails may run at the same time and see no results of each other.
        """
        ticket, case = uuid4().hex, _Case(steps)
        started = perf_counter()
        # NeMo cannot know the type of what a step returns; `case` keeps it.
        self._cases[ticket] = case  # type: ignore[assignment]
        waiting = asyncio.run_coroutine_threadsafe(self._check(direction, ticket), self._loop)
        try:
            waiting.result(LONGEST_SECONDS)
        except TimeoutError:
            waiting.cancel()
            log.error("NeMo Guardrails did not come back within %s seconds", LONGEST_SECONDS)
        finally:
            del self._cases[ticket]
        elapsed = 1000 * (perf_counter() - started)
        return _report(case, elapsed)

    def close(self) -> None:
        """Stop the event loop and the threads; a rail that hangs is left to end by itself."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=5)
        if not self._thread.is_alive():
            self._loop.close()
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def _check(self, direction: Direction, ticket: str) -> None:
        from nemoguardrails.rails.llm.options import RailType

        if not self.names(direction):
            return
        role = "user" if direction is Direction.INPUT else "assistant"
        await self._nemo.check_async([{"role": role, "content": ticket}], [RailType(direction.value)])
        # NeMo keeps the events of every conversation that it saw; ours have one message each.
        self._nemo.events_history_cache.clear()

    def _action(self, name: str) -> Callable[..., object]:
        seconds = self.seconds.get(name, LONGEST_SECONDS)

        async def action(context: Mapping[str, object]) -> None:
            ticket = context.get("bot_message") or context.get("user_message")
            case = self._cases.get(str(ticket))
            if case is not None and name in case.steps:
                await self._step(case, name, seconds)

        return action

    async def _step(self, case: _Case[object], name: str, seconds: float) -> None:
        """One rail in a thread of its own, so that one that hangs can be given up."""
        started = perf_counter()
        running = self._loop.run_in_executor(self._pool, case.steps[name], dict(case.results))
        done, _ = await asyncio.wait({running}, timeout=seconds)
        case.busy.append((started, perf_counter()))
        if not done:
            case.faults[name] = f"took longer than {seconds:g} seconds"
            log.error("The rail “%s” took longer than %s seconds", name, seconds)
            return
        fault = running.exception()
        if fault is not None:
            case.faults[name] = f"broke ({type(fault).__name__})"
            # The places only: the message of an error may hold words of a patient.
            places = "".join(traceback.format_tb(fault.__traceback__))
            log.error("The rail “%s” broke with %s at\n%s", name, type(fault).__name__, places)
            return
        case.results[name] = running.result()
        case.runs.append(CheckRun(name, 1000 * (case.busy[-1][1] - started)))


def _report(case: _Case[T], elapsed: float) -> RailReport[T]:
    missing = {name: case.faults.get(name, "did not run") for name in case.steps if name not in case.results}
    faults = tuple(
        Finding(name, "", Severity.BLOCK, f"The rail “{name}” {why}, so nothing that it judges is shown.")
        for name, why in missing.items()
    )
    return RailReport(dict(case.results), tuple(case.runs), faults, elapsed - 1000 * _covered(case.busy))


def _covered(spans: Sequence[tuple[float, float]]) -> float:
    """How much time lies in at least one of the spans."""
    total, reached = 0.0, 0.0
    for start, end in sorted(spans):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _load(folder: Path) -> LLMRails:
    # NeMo reports each start to its maker unless it is told not to; a hospital's assistant reports to nobody.
    os.environ["NEMO_GUARDRAILS_NO_USAGE_STATS"] = "1"
    from nemoguardrails import LLMRails, RailsConfig

    if not (folder / "config.yml").is_file():
        raise RailsInvalid(f"{folder} has no config.yml that names the rails")
    try:
        with warnings.catch_warnings():
            # NeMo warns of its own deprecated fields whenever it reads any config; nobody here can change those.
            warnings.simplefilter("ignore", DeprecationWarning)
            config = RailsConfig.from_path(str(folder))
        _refuse_unknown(config.flows, (*config.rails.input.flows, *config.rails.output.flows))
        return LLMRails(config)
    except (ValueError, TypeError, KeyError, AttributeError, OSError, yaml.YAMLError) as error:
        raise RailsInvalid(f"the rails in {folder} cannot be read: {' '.join(str(error).split())[:300]}") from error


def _refuse_unknown(flows: Iterable[Mapping[str, object]], named: Iterable[str]) -> None:
    defined = {str(flow.get("id")) for flow in flows}
    unknown = [name for name in named if name not in defined]
    if unknown:
        raise ValueError(f"config.yml names “{'”, “'.join(unknown)}”, which no .co file defines")


def _seconds(custom: Mapping[str, object]) -> Mapping[str, float]:
    given = custom.get("seconds") or {}
    if not isinstance(given, Mapping):
        raise RailsInvalid("custom_data.seconds must give each rail its seconds")
    wrong = [str(name) for name, value in given.items() if not isinstance(value, int | float) or not 0 < value <= 3600]
    if wrong:
        raise RailsInvalid(f"custom_data.seconds is no time above 0 for: {', '.join(wrong)}")
    return {str(name): float(value) for name, value in given.items()}
