"""One run of `pharmassist retrain` in a process that can be killed; started by the loop's story from a fork server.

What a command would import in ten seconds the fork server has imported before; each run is a process of its own still.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import trl  # noqa: F401

import finetune.train  # noqa: F401 - so that the fork server has it
from finetune.journal import Happened, Note
from finetune.plan import read_plan
from finetune.quarters import quarter_of
from finetune.retrain import exit_code, retrain
from tests.stories.loop_world import World
from ui.evaluating import Machine
from ui.retraining import quarter_tools
from ui.wiring import opened


def go_on(world: World, python: Path, doomed: str, delay: float) -> None:
    """Go on with the quarter, and be killed so many seconds after the step `doomed` has begun. Exits as the command."""
    output = (world.folder / "runs.log").open("a", buffering=1)
    os.dup2(output.fileno(), 1)
    os.dup2(output.fileno(), 2)

    def noted(note: Note) -> None:
        print(f"{note.at:%H:%M:%S} {note.step} {note.happened.value} {note.words}", flush=True)
        if (note.step, note.happened) == (doomed, Happened.STARTED):
            threading.Timer(delay, os.kill, (os.getpid(), signal.SIGKILL)).start()

    core = min(os.sched_getaffinity(0))
    with opened(world.settings, share=True) as product:
        machine = Machine(python, world.folder / "logs", core)
        tools = quarter_tools(
            product, read_plan(world.plan), machine, lambda progress: print(progress.text, flush=True)
        )
        stand = retrain(quarter_of(datetime.now(UTC).date()), tools, on_note=noted)
    print(stand, flush=True)
    sys.stdout.flush()
    os._exit(exit_code(stand))
