"""Writes a file in one piece, so that nobody ever reads half of one and a kill leaves the old one."""

from __future__ import annotations

from pathlib import Path


def write_whole(path: Path, content: bytes) -> None:
    """Write the file, whole or not at all. Raises `OSError`."""
    half = path.with_name(f"{path.name}.half")
    half.write_bytes(content)
    half.replace(path)
