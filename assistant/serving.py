"""Which model answers: the serving state, kept in one small file and read again at each question.

The file names a stable target, perhaps a canary with its share of the conversations, and what was stable before. It is
replaced in one piece, so that a reader sees the state before or after a change and never half of one; a question that
has begun ends with the model that it began with. A state counts only while the ledger confirms it: one that cannot be
read, or that nobody deployed, changes nothing, and where no good state is known the extractive generator answers.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TypeAlias

from pydantic import TypeAdapter, ValidationError

from assistant.chain import EntryKind, digest
from assistant.conversation import Basis
from assistant.errors import ReadFailed, ServingInvalid
from assistant.ledger import Ledger

log = logging.getLogger(__name__)

SUBJECT = "serving"
"""How the ledger names what is served."""
STATE_FACT = "state"
"""The fact of such an entry that holds the digest of the state that it brought about."""

ALWAYS = datetime.min.replace(tzinfo=UTC)
"""Since when the model of the settings is served: before anything was deployed."""

_LARGEST = 65_536
_URL = re.compile(r"https?://[^\s/]+(/\S*)?")
_NAME = re.compile(r"\S{1,500}")
_ADAPTER = re.compile(r"[A-Za-z0-9._-]{0,64}")


@dataclass(frozen=True, slots=True)
class Target:
    """One way to reach a model: its server, the model as the server names it, and an adapter on it, perhaps.

    `release` is the id of the release that it serves. A release that was merged into its base has no adapter.
    """

    release: str
    url: str
    model: str
    adapter: str = ""

    def __post_init__(self) -> None:
        fits = _URL.fullmatch(self.url) and _NAME.fullmatch(self.model) and _ADAPTER.fullmatch(self.adapter)
        if not fits or not self.release:
            raise ValueError("a target needs its release, the root of its server and the names that the server knows")

    @property
    def name(self) -> str:
        """What requests ask the server for."""
        return self.adapter or self.model


@dataclass(frozen=True, slots=True)
class Canary:
    """A release that answers a share (0 to 1, both ends excluded) of the conversations since a moment."""

    target: Target
    share: float
    since: datetime

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise ValueError("a canary's share of the conversations lies between 0 and 1")


@dataclass(frozen=True, slots=True)
class ServingState:
    """What is served. A target of None is the model of the settings, without any release.

    `number` counts changes; `previous` holds what was stable before, newest first: what a rollback goes back to.
    """

    number: int
    changed_at: datetime
    changed_by: str
    stable: Target | None = None
    stable_since: datetime = ALWAYS
    canary: Canary | None = None
    previous: tuple[Target | None, ...] = ()

    @property
    def targets(self) -> tuple[Target, ...]:
        """The releases in use: the stable one and the canary, where there are such."""
        canary = self.canary.target if self.canary else None
        return tuple(target for target in (self.stable, canary) if target is not None)


NOTHING_DEPLOYED = ServingState(0, ALWAYS, "")
"""The state before the first deployment."""

Confirmed: TypeAlias = Callable[[ServingState], bool]

_PARSER = TypeAdapter(ServingState)


def in_canary(canary: Canary, conversation_id: str) -> bool:
    """Whether a conversation belongs to the canary.

    The hash of both names decides, so that a conversation stays where it is, also when the share grows, and each
    canary gets other conversations.
    """
    hashed = sha256(f"{canary.target.release}\n{conversation_id}".encode()).digest()
    return int.from_bytes(hashed[:8], "big") < canary.share * 2**64


def target_for(state: ServingState, conversation_id: str) -> Target | None:
    """The target of a conversation; None is the model of the settings."""
    if state.canary and in_canary(state.canary, conversation_id):
        return state.canary.target
    return state.stable


def answered_by(basis: Basis) -> str:
    """The name of the target that made an answer, as `Target.name` says it; empty where no model did."""
    return basis.adapter or basis.model


def state_digest(state: ServingState) -> str:
    """SHA-256 of a state, by which the ledger names it."""
    return digest(_as_json(state))


def read_state(path: Path) -> ServingState:
    """The state in a file; `NOTHING_DEPLOYED` where there is no file. Raises `ServingInvalid`."""
    try:
        with path.open("rb") as file:
            text = file.read(_LARGEST + 1)
    except FileNotFoundError:
        return NOTHING_DEPLOYED
    except OSError as error:
        raise ServingInvalid(f"The serving state {path} cannot be read ({error.strerror}).") from error
    return parse_state(text, str(path))


def parse_state(text: str | bytes, where: str) -> ServingState:
    """The state in a text; `where` names it in the message. Raises `ServingInvalid`."""
    try:
        if len(text) > _LARGEST:
            raise ValueError("it is too long")
        state = _PARSER.validate_json(text)
        if _as_json(state) != json.loads(text):
            raise ValueError("it holds other values than a state has")
    except (ValueError, ValidationError, RecursionError) as error:
        raise ServingInvalid(
            f"{where} holds no serving state; write it again from the ledger with “pharmassist models restore”."
        ) from error
    return state


def state_text(state: ServingState) -> str:
    """The state as the file holds it."""
    return json.dumps(_as_json(state), indent=2) + "\n"


def write_state(path: Path, state: ServingState) -> None:
    """Replace the file in one piece, and have it on the disk when this returns. Raises `ServingInvalid`."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        with fresh.open("w", encoding="utf-8") as file:
            file.write(state_text(state))
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise ServingInvalid(f"The serving state {path} cannot be written ({error.strerror}).") from error


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """One change of the state at a time, over processes; the next one waits. Raises `ServingInvalid`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = path.with_name(f"{path.name}.lock").open("ab")
    except OSError as error:
        raise ServingInvalid(f"The folder {path.parent} cannot be written to ({error.strerror}).") from error
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def confirmed_by(ledger: Ledger) -> Confirmed:
    """Whether the newest entry on what is served brought this state about; before the first, that nothing is deployed.

    So a file that was edited, put back from a copy or removed serves nothing. Raises `ReadFailed`.
    """

    def confirmed(state: ServingState) -> bool:
        last = ""
        for entry in ledger.entries(kind=EntryKind.RELEASE, subject=SUBJECT):
            last = entry.deed.facts.get(STATE_FACT, "unknown")
        return last == (state_digest(state) if state.number else "")

    return confirmed


class ServingFile:
    """The state of a file, for one process. Safe to share between threads.

    The file is read when it has changed; a state that the ledger does not confirm is looked at again each time.
    """

    def __init__(self, path: Path, confirmed: Confirmed) -> None:
        self._path = path
        self._confirmed = confirmed
        self._lock = Lock()
        self._stamp: tuple[int, ...] | None = None
        self._good: ServingState | None = None

    def now(self) -> ServingState | None:
        """The state now; the last good one while the file is broken; None where none was ever good."""
        with self._lock:
            stamp = _stamp(self._path)
            if self._good is None or stamp != self._stamp:
                self._take(stamp)
            return self._good

    def _take(self, stamp: tuple[int, ...]) -> None:
        kept = "the last good one stays" if self._good else "the extractive generator answers"
        try:
            state = read_state(self._path)
            if not self._confirmed(state):
                log.error("The ledger does not confirm the serving state of %s: %s", self._path, kept)
                return
            if self._good and state.number < self._good.number:
                # Every change counts up: file and ledger were both put back, and agree with each other again.
                log.error("The serving state of %s is older than the one in use: %s", self._path, kept)
                return
        except (ServingInvalid, ReadFailed) as error:
            log.error("%s: %s", error, kept)
            return
        self._good, self._stamp = state, stamp


def _stamp(path: Path) -> tuple[int, ...]:
    """What changes with a file's content; empty where there is none. A replaced file has another inode."""
    try:
        found = path.stat()
    except OSError:
        return ()
    return found.st_mtime_ns, found.st_size, found.st_ino


def _as_json(state: ServingState) -> Mapping[str, object]:
    dumped: Mapping[str, object] = _PARSER.dump_python(state, mode="json")
    return dumped
