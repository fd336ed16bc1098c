"""What happened to a run, one line of JSON each, only ever added to; the page and people read it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias


class Happened(StrEnum):
    """What can happen to a step."""

    STARTED = "started"
    DONE = "done"
    WAITING = "waiting"
    ENDED = "ended"
    FAILED = "failed"
    VOID = "void"
    """It was done, and what it read has changed since."""


@dataclass(frozen=True, slots=True)
class Note:
    """One line: when, which step, what happened, and a sentence about it."""

    at: datetime
    step: str
    happened: Happened
    words: str = ""


Noted: TypeAlias = Callable[[Note], None]


def note(path: Path, at: datetime, step: str, happened: Happened, words: str = "") -> Note:
    """Add a line and return it. A line that a crash cut short stays alone: the new one begins below it."""
    line = json.dumps(
        {"at": at.astimezone(UTC).isoformat(), "step": step, "happened": happened.value, "words": words},
        ensure_ascii=False,
    )
    with path.open("ab+") as file:
        whole = file.seek(0, os.SEEK_END) == 0 or _last_byte(path) == b"\n"
        file.write((b"" if whole else b"\n") + line.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return Note(at, step, happened, words)


def read_notes(path: Path) -> tuple[Note, ...]:
    """Every whole line, oldest first; nothing where there is no journal."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    return tuple(found for line in lines if (found := _note(line)) is not None)


def _note(line: str) -> Note | None:
    try:
        held = json.loads(line)
        return Note(datetime.fromisoformat(held["at"]), held["step"], Happened(held["happened"]), held["words"])
    except (ValueError, KeyError, TypeError):
        return None


def _last_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1)
