"""The one way to hash a file and a folder, for everything that a candidate, a snapshot or a release is bound to."""

from __future__ import annotations

from hashlib import file_digest, sha256
from pathlib import Path


def file_hash(path: Path) -> str:
    """SHA-256, as hex, of the file's bytes. Raises `OSError`."""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def folder_hash(folder: Path) -> str:
    """SHA-256, as hex, over the names and contents of all files below the folder, in the order of their names.

    A file that was added, removed, renamed or changed gives another hash; where the folder lies does not matter. An
    empty or missing folder has a hash too, which no folder with a file has. Raises `OSError`.
    """
    whole = sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        whole.update(f"{path.relative_to(folder).as_posix()}\0{file_hash(path)}\n".encode())
    return whole.hexdigest()
