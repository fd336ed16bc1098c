"""Files that leave the desk: whole or not at all, never over another, and under their name only once they are recorded.

A file is first a hidden draft. The caller records it, and then it gets its name, so that nobody sends a file that the
desk knows nothing of. Where the program is killed in between, `finished` gives a draft that was recorded its name at
the next start and takes away one that nobody recorded.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from assistant.triage.e2b.errors import ExportRefused

_DRAFT = ".draft"
_ABANDONED = timedelta(hours=1)
"""A draft older than this is nobody's who writes just now."""


@contextmanager
def leaving(data: bytes, folder: Path, name: str) -> Iterator[Path]:
    """Hand over the path of a file that has its name once the block, which records it, has ended without an error.

    Raises:
        ExportRefused: a file of that name exists, or the folder cannot be written to; nothing was left there.
    """
    target = folder / name
    if os.path.lexists(target):
        raise ExportRefused(f"{target} exists already and was not overwritten")
    draft = _drafted(data, target)
    try:
        yield target
    except Exception:
        draft.unlink(missing_ok=True)
        raise
    _named(draft, target, data)


def finished(folder: Path, recorded: Callable[[], Mapping[str, str]], now: datetime) -> tuple[Path, ...]:
    """Bring to an end what was interrupted; the files that have their names now. `recorded` gives the SHA-256 of every
    file that the desk recorded by its name, and is asked only where a draft lies in the folder.
    """
    drafts = sorted(folder.glob(f".*{_DRAFT}")) if folder.is_dir() else []
    known = recorded() if drafts else {}
    return tuple(path for draft in drafts if (path := _finished(draft, known, now)) is not None)


def _finished(draft: Path, known: Mapping[str, str], now: datetime) -> Path | None:
    target = draft.with_name(draft.name[1:].removesuffix(_DRAFT))
    try:
        data, written = draft.read_bytes(), datetime.fromtimestamp(draft.stat().st_mtime, UTC)
        if known.get(target.name) == sha256(data).hexdigest():
            _named(draft, target, data)
            return target
        if now - written > _ABANDONED:
            draft.unlink(missing_ok=True)
    except OSError:
        # Somebody else has just ended it, or the folder is not to be written to: the next start looks again.
        return None
    return None


def _drafted(data: bytes, target: Path) -> Path:
    draft = target.with_name(f".{target.name}{_DRAFT}")
    made = False
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("xb") as file:
            made = True
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as fault:
        if made:
            draft.unlink(missing_ok=True)
        raise ExportRefused(f"{target} cannot be written ({fault.strerror or fault})") from fault
    return draft


def _named(draft: Path, target: Path, data: bytes) -> None:
    """Give the draft its name. A link, unlike a rename, never takes the place of a file."""
    try:
        try:
            os.link(draft, target)
        except (FileExistsError, FileNotFoundError):
            # Another process may have ended it; any other file stays what it is.
            if not target.is_file() or target.read_bytes() != data:
                raise
        except OSError:
            _copied(target, data)
    except OSError as fault:
        raise ExportRefused(
            f"{target} was recorded and could not be named ({fault.strerror or fault}); it lies beside as {draft.name}"
        ) from fault
    draft.unlink(missing_ok=True)


def _copied(target: Path, data: bytes) -> None:
    """The same where the file system has no links."""
    file = target.open("xb")
    try:
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        target.unlink(missing_ok=True)
        raise
