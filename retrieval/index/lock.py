"""Who may touch the folder of an embedded index.

Qdrant Edge refuses a second process only after it has opened, and thereby damaged, files of the first (seen with 0.9.0:
the first then fails to flush). So nobody opens the engine's files without holding `open.lock`, and nobody copies them
while `write.lock` is held by a write. The locks belong to the process: the system releases them when it dies.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retrieval.errors import IndexBusy

_CHUNK = 1 << 24
_OPEN, _WRITE = "open.lock", "write.lock"


class FolderLock:
    """Exclusive ownership of an index folder, from construction to `release`."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._opened = os.open(folder / _OPEN, os.O_RDWR | os.O_CREAT, 0o644)
        self._writing = os.open(folder / _WRITE, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            self.release()
            raise IndexBusy(
                "Another pharmassist process has the index open. Close it (the chat, or an ingestion) and try again, or"
                " use a Qdrant server (PHARMASSIST_RETRIEVAL__QDRANT_URL) to share one index."
            ) from fault

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Hold back those who copy the folder while files change."""
        fcntl.flock(self._writing, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._writing, fcntl.LOCK_UN)

    def release(self) -> None:
        """Give the folder up; the lock files stay."""
        os.close(self._opened)
        os.close(self._writing)


@contextmanager
def unchanged(folder: Path) -> Iterator[None]:
    """Hold back whoever owns the folder from writing while it is copied."""
    writing = os.open(folder / _WRITE, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(writing, fcntl.LOCK_SH)
        yield
    finally:
        os.close(writing)


def copy_sparse(source: str, target: str) -> None:
    """Copy a file without its holes: the engine reserves hundreds of megabytes of which it has used a few."""
    with open(source, "rb") as read, open(target, "wb") as write:
        size = os.fstat(read.fileno()).st_size
        write.truncate(size)
        at = 0
        while (at := _next_data(read.fileno(), at)) < size:
            end = min(os.lseek(read.fileno(), at, os.SEEK_HOLE), at + _CHUNK)
            at += os.pwrite(write.fileno(), os.pread(read.fileno(), end - at, at), at)


def _next_data(file: int, at: int) -> int:
    """Where the next written byte is; the end of the file when there is none."""
    try:
        return os.lseek(file, at, os.SEEK_DATA)
    except OSError:
        return os.fstat(file).st_size
