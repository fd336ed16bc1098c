"""Runs steps one after the other, so that finished work is never repeated and a kill at any moment costs nothing.

A step is done when its marker says so: `steps/<name>.json`, written in one piece after the step, with the hash of
everything that the step read. That hash holds the results of the steps before it, so that one changed input makes every
later marker void, and nothing else. A step that needs a person returns `Waiting`; running again asks again.

What a step made is checked by its hash each time: a result that was changed behind our back stops everything.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path
from shutil import rmtree
from types import MappingProxyType
from typing import TypeAlias

from assistant.chain import digest
from finetune.errors import QuarterBusy, ResultChanged
from finetune.journal import Happened, Noted, note, read_notes
from finetune.whole import write_whole

PATIENCE = 2.0
"""Seconds to wait for the lock: whoever only looks whether somebody runs holds it for a moment."""


@dataclass(frozen=True, slots=True)
class Made:
    """What a step made: small facts for people and later steps, and its files, each with its SHA-256.

    Names of files are relative to the run's folder, so that the whole may be moved.
    """

    facts: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def hash(self) -> str:
        """The hash of all of it; where the files lie does not matter, what is in them does."""
        return digest({"facts": dict(self.facts), "files": sorted(self.files.values())})


@dataclass(frozen=True, slots=True)
class Waiting:
    """A person has to do something first: who, what, and the command that does it."""

    who: str
    what: str
    command: str


@dataclass(frozen=True, slots=True)
class Ended:
    """There is no going on, and why: every sentence is one reason."""

    reasons: tuple[str, ...]
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finished:
    """All steps are done; what each of them made."""

    made: Mapping[str, Made]


Earlier: TypeAlias = Mapping[str, Made]
Result: TypeAlias = Made | Waiting | Ended
Stand: TypeAlias = Finished | Waiting | Ended


@dataclass(frozen=True, slots=True)
class Given:
    """What a step works with: the results that it reads, and a folder of its own.

    The folder keeps what a killed run over the same input left there.
    """

    earlier: Earlier
    work: Path


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `after` names the steps whose results it reads; `reads` hashes whatever else it reads."""

    name: str
    title: str
    after: tuple[str, ...]
    reads: Callable[[], str]
    run: Callable[[Given], Result]
    asks: bool = False
    """Whether it does nothing but ask for a person's decision."""


@dataclass(frozen=True, slots=True)
class Marker:
    """A finished step as its file holds it; `ended` are the reasons why there was no going on after it."""

    step: str
    key: str
    made: Made
    ended: tuple[str, ...]
    at: datetime


def advance(
    folder: Path,
    steps: Sequence[Step],
    now: Callable[[], datetime] | None = None,
    on_note: Noted = lambda _: None,
    settled_by: str = "",
) -> Stand:
    """Do every step that is not done, in order, until all are, a person is needed, or there is no going on.

    Once the step `settled_by` is done, neither it nor a step before it asks what it read: their results stand.

    Raises `QuarterBusy` where another process runs the same folder, `ResultChanged`, and whatever a step raises; the
    step is then tried again by the next run.
    """
    now = now or _now
    folder.mkdir(parents=True, exist_ok=True)
    with locked(folder):
        journal = folder / "journal.jsonl"
        told = {each.step: each.happened for each in read_notes(journal)}
        made: dict[str, Made] = {}
        settled = _settled(folder, steps, settled_by)
        for step in steps:

            def say(happened: Happened, words: str = "", step: Step = step) -> None:
                on_note(note(journal, now(), step.name, happened, words))

            marker = settled.get(step.name)
            if marker is None:
                result = _done_or_run(folder, step, made, told.get(step.name), now, say)
            else:
                _check(folder, marker)
                result = marker.made
            if not isinstance(result, Made):
                return result
            made[step.name] = result
        return Finished(MappingProxyType(made))


def _settled(folder: Path, steps: Sequence[Step], by: str) -> Mapping[str, Marker]:
    """The markers up to the step that settles them; none while that is not done."""
    names = [step.name for step in steps]
    if by not in names:
        return {}
    markers = {name: read_marker(folder, name) for name in names[: names.index(by) + 1]}
    found = {name: marker for name, marker in markers.items() if marker is not None and not marker.ended}
    return found if len(found) == len(markers) else {}


def _done_or_run(
    folder: Path,
    step: Step,
    made: Earlier,
    told: Happened | None,
    now: Callable[[], datetime],
    say: Callable[[Happened, str], None],
) -> Result:
    earlier = {name: made[name] for name in step.after}
    key = digest({"step": step.name, "reads": step.reads(), "after": {n: m.hash for n, m in earlier.items()}})
    marker = read_marker(folder, step.name)
    if marker is not None and marker.key == key:
        _check(folder, marker)
        if told not in (Happened.DONE, Happened.ENDED):  # it was killed between its marker and its line
            say(Happened.ENDED if marker.ended else Happened.DONE, " ".join(marker.ended))
        return Ended(marker.ended, marker.made.facts) if marker.ended else marker.made
    if marker is not None:
        say(Happened.VOID, "What it read has changed since it was done; it is done again.")
        _marker_of(folder, step.name).unlink(missing_ok=True)
    if not step.asks:
        say(Happened.STARTED, step.title)
    work = folder / "work" / step.name / key[:12]
    work.mkdir(parents=True, exist_ok=True)
    try:
        result = step.run(Given(earlier, work))
    except BaseException as error:
        say(Happened.FAILED, str(error) or type(error).__name__)
        raise
    _keep(folder, step, key, result, now(), say)
    return result


def _keep(
    folder: Path, step: Step, key: str, result: Result, at: datetime, say: Callable[[Happened, str], None]
) -> None:
    if isinstance(result, Waiting):
        say(Happened.WAITING, f"{result.who}: {result.what} ({result.command})")
        return
    ended = result.reasons if isinstance(result, Ended) else ()
    made = result if isinstance(result, Made) else Made(result.facts)
    write_marker(folder, Marker(step.name, key, made, ended, at))
    say(Happened.ENDED if ended else Happened.DONE, " ".join(ended))


def _check(folder: Path, marker: Marker) -> None:
    changed = [name for name, known in marker.made.files.items() if hash_of(folder / name) != known]
    if changed:
        raise ResultChanged(marker.step, changed)


def read_marker(folder: Path, step: str) -> Marker | None:
    """The marker of a step, None where it was never done; one that cannot be read counts as never written."""
    try:
        held = json.loads(_marker_of(folder, step).read_text(encoding="utf-8"))
        made = Made(held["facts"], held["files"])
        return Marker(held["step"], held["key"], made, tuple(held["ended"]), datetime.fromisoformat(held["at"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def write_marker(folder: Path, marker: Marker) -> None:
    """Write a marker in one piece: after a crash there is the old one or the new one."""
    held = {
        "step": marker.step, "key": marker.key, "facts": dict(marker.made.facts), "files": dict(marker.made.files),
        "ended": list(marker.ended), "at": marker.at.astimezone(UTC).isoformat(),
    }  # fmt: skip
    write_whole(_marker_of(folder, marker.step), json.dumps(held, indent=1, ensure_ascii=False))


def forget(folder: Path, step: str) -> None:
    """Take a step's marker and its folder away, so that it is done again from the beginning."""
    _marker_of(folder, step).unlink(missing_ok=True)
    rmtree(folder / "work" / step, ignore_errors=True)


def _marker_of(folder: Path, step: str) -> Path:
    return folder / "steps" / f"{step}.json"


def hash_of(path: Path) -> str:
    """SHA-256 of a file, "" where there is none."""
    try:
        with path.open("rb") as file:
            return file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def files_under(place: Path, folder: Path) -> Mapping[str, str]:
    """Every file in or below a place, named as seen from the run's folder, with its SHA-256."""
    found = [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
    return {os.path.relpath(path, folder): hash_of(path) for path in found}


@contextmanager
def locked(folder: Path, patience: float = PATIENCE) -> Iterator[None]:
    """Hold the folder alone; the lock ends with the process, however that ends. Raises `QuarterBusy`."""
    folder.mkdir(parents=True, exist_ok=True)
    until = time.monotonic() + patience
    with (folder / "lock").open("a", encoding="utf-8") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise QuarterBusy(folder.name) from None
                time.sleep(0.05)
        yield


def is_running(folder: Path) -> bool:
    """Whether a process holds the folder now."""
    try:
        with (folder / "lock").open("r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return False
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True


def _now() -> datetime:
    return datetime.now(UTC)
