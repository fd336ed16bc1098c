"""Files inside folders and zip archives (a DailyMed release is a zip of zips), one at a time and never on disk.

An archive is judged by its table of contents before anything is unpacked: how many members, how much text in all, how
strongly compressed. Names are only shown, never used as paths, and a name that climbs out of the archive is refused.
"""

from __future__ import annotations

import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from retrieval.errors import SourceRefused

READABLE = frozenset({".xml", ".pdf", ".md", ".markdown"})
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """What an archive may hold; the values fit the largest part of a DailyMed release several times over."""

    depth: int = 3
    members: int = 200_000
    member_bytes: int = 256 * _MEGABYTE
    total_bytes: int = 16 * 1024 * _MEGABYTE
    ratio: int = 200
    """Unpacked size over packed size; labels reach 30, a bomb thousands."""
    ratio_floor: int = 4 * _MEGABYTE
    """Below this unpacked size a ratio says nothing."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file to read: its name as shown to people, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that was offered and cannot be opened, with the reason."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Ignored:
    """A file of no readable kind in a folder or an archive (a picture, say)."""

    name: str


Offered = Found | Unreadable | Ignored


@dataclass
class _Budget:
    left: int


def files_in(paths: Sequence[Path], limits: Limits | None = None) -> Iterator[Offered]:
    """Every file under the paths in a fixed order, archives opened, unreadable files with their reason."""
    limits = limits or Limits()
    for path in paths:
        if path.is_dir():
            for inner in _walk(path):
                yield from _opened(inner, limits, named=False)
        else:
            yield from _opened(path, limits, named=True)


def _walk(folder: Path) -> Iterator[Path]:
    """Files below a folder, by name; hidden ones and links to other folders are left out."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (Path(place, name) for name in sorted(names) if not name.startswith("."))


def _opened(path: Path, limits: Limits, *, named: bool) -> Iterator[Offered]:
    """One file of the file system. A file that was named itself is never ignored: it is read or refused."""
    suffix = path.suffix.lower()
    if not named and suffix not in READABLE and suffix != ".zip":
        yield Ignored(str(path))
        return
    if not path.is_file():
        yield Unreadable(str(path), "it does not exist" if not path.exists() else "it is not a regular file")
        return
    try:
        if zipfile.is_zipfile(path):
            yield from _unpacked(path, str(path), limits, 1, _Budget(limits.total_bytes))
        elif path.stat().st_size > limits.member_bytes:
            yield Unreadable(str(path), f"it is larger than {limits.member_bytes // _MEGABYTE} MB")
        else:
            yield Found(str(path), path.read_bytes())
    except OSError as fault:
        yield Unreadable(str(path), f"it cannot be opened ({fault.strerror or fault})")


def _unpacked(archive: Path | io.BytesIO, name: str, limits: Limits, depth: int, budget: _Budget) -> Iterator[Offered]:
    try:
        with zipfile.ZipFile(archive) as opened:
            members = _judged(opened, limits, depth, budget)
            for member in members:
                yield from _member(opened, member, f"{name}!/{member.filename}", limits, depth, budget)
    except SourceRefused as fault:
        yield Unreadable(name, fault.reason)
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, struct.error) as fault:
        yield Unreadable(name, f"it is a damaged zip archive ({fault})")


def _judged(opened: zipfile.ZipFile, limits: Limits, depth: int, budget: _Budget) -> list[zipfile.ZipInfo]:
    """The archive's members in order of name, or SourceRefused when its table of contents looks like a bomb."""
    members = [member for member in opened.infolist() if not member.is_dir()]
    if depth > limits.depth:
        raise SourceRefused(f"it looks like a zip bomb: archives inside archives, more than {limits.depth} deep")
    if len(members) > limits.members:
        raise SourceRefused(f"it looks like a zip bomb: {len(members)} files")
    wanted = [member for member in members if _kind(member) != "other"]
    for member in wanted:
        packed = max(member.compress_size, 1)
        if member.file_size > limits.ratio_floor and member.file_size // packed > limits.ratio:
            raise SourceRefused(
                f"it looks like a zip bomb: {member.filename[:80]!r} unpacks {member.file_size // packed}-fold"
            )
    budget.left -= sum(member.file_size for member in wanted)
    if budget.left < 0:
        raise SourceRefused(
            f"it looks like a zip bomb: more than {limits.total_bytes // _MEGABYTE} MB of text unpacked"
        )
    return sorted(members, key=lambda member: member.filename)


def _kind(member: zipfile.ZipInfo) -> str:
    suffix = PurePosixPath(member.filename).suffix.lower()
    return "zip" if suffix == ".zip" else "file" if suffix in READABLE else "other"


def _member(
    opened: zipfile.ZipFile, member: zipfile.ZipInfo, name: str, limits: Limits, depth: int, budget: _Budget
) -> Iterator[Offered]:
    kind = _kind(member)
    if kind == "other":
        yield Ignored(name)
        return
    reason = _objection(member, limits)
    if reason:
        yield Unreadable(name, reason)
        return
    try:
        # `read` stops at the size that the table of contents states, so a lying entry cannot grow beyond the limit.
        data = opened.read(member)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as fault:
        yield Unreadable(name, f"it cannot be unpacked ({fault})")
        return
    if kind == "zip":
        yield from _unpacked(io.BytesIO(data), name, limits, depth + 1, budget)
    else:
        yield Found(name, data)


def _objection(member: zipfile.ZipInfo, limits: Limits) -> str:
    parts = PurePosixPath(member.filename.replace("\\", "/")).parts
    if ".." in parts or member.filename.startswith(("/", "\\")) or ":" in parts[0]:
        return "its name points outside the archive"
    if member.flag_bits & 0x1:
        return "it is encrypted with a password"
    if member.file_size > limits.member_bytes:
        return f"it is larger than {limits.member_bytes // _MEGABYTE} MB unpacked"
    return ""
