"""Reads quarters of FAERS, the public reports of the FDA, as one set of reports.

The ASCII extract of a quarter is a zip (or a folder) of `$`-separated files: DEMO (a report), DRUG, REAC, OUTC, RPSR,
THER and INDI, and since 2019 a list of deleted cases. A case comes in versions over several quarters; the newest
counts. Layout: FDA's ASC_NTS, from the last quarter of 2012 on; the older AERS, keyed by ISR, is refused by name.
"""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from assistant.triage.signals import faers_tables
from assistant.triage.signals.errors import FaersInvalid
from assistant.triage.signals.faers_tables import Names
from assistant.triage.signals.report_set import ReportSet

LARGEST_UNPACKED = 8 * 1024**3
"""Bytes that one file of a quarter may unpack to; the largest so far is below one tenth of it."""

LARGEST_RATIO = 100
"""A text packs to about a tenth; what packs far better was made to fill a disk."""


class FaersTable(StrEnum):
    """The files of a quarter. DEMO, DRUG and REAC must be there; OUTC tells which reports are serious."""

    DEMO = "DEMO"
    DRUG = "DRUG"
    REAC = "REAC"
    OUTC = "OUTC"
    RPSR = "RPSR"
    THER = "THER"
    INDI = "INDI"


NEEDED = (FaersTable.DEMO, FaersTable.DRUG, FaersTable.REAC)

_FILE = re.compile(r"(DEMO|DRUG|REAC|OUTC|RPSR|THER|INDI)(\d\d)Q([1-4])\w*\.txt", re.IGNORECASE)
_DELETED = re.compile(r"delet\w*[/\\][^/\\]+\.txt$|delet[^/\\]*\.txt$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Found:
    """Text files by table and quarter (such as 25Q3), and the lists of deleted cases."""

    tables: dict[FaersTable, dict[str, Path]]
    deleted: tuple[Path, ...]


@contextmanager
def opened(path: Path, *, names: Names = Names.INGREDIENT) -> Iterator[ReportSet]:
    """The reports of a zip, or of every zip and text file in a folder, while the context is open.

    Files are unpacked and reduced in a temporary folder, which is removed on leaving.

    Raises:
        FaersInvalid: no quarter is there, a needed file or column is missing, or a file is damaged.
    """
    with tempfile.TemporaryDirectory(prefix="pharmassist-faers-") as folder:
        work = Path(folder)
        found = _found(_text_files(path, work))
        yield faers_tables.build(path.name, work, _by_table(found), found.deleted, names)


def _by_table(found: Found) -> faers_tables.Files:
    """The files of each table in the order of the quarters.

    Raises:
        FaersInvalid: a quarter lacks a file that is needed.
    """
    quarters = sorted({quarter for files in found.tables.values() for quarter in files})
    if not quarters:
        raise FaersInvalid(
            "No FAERS quarter was found; give the zip from the FDA or a folder with DEMO25Q3.txt and so on."
        )
    for quarter in quarters:
        missing = [table for table in NEEDED if quarter not in found.tables.get(table, {})]
        if missing:
            raise FaersInvalid(
                f"Quarter 20{quarter} lacks {' and '.join(missing)}; unpack the whole zip of that quarter."
            )
    ordered = {table: tuple(files[quarter] for quarter in sorted(files)) for table, files in found.tables.items()}
    return faers_tables.Files(*(ordered.get(table, ()) for table in (*NEEDED, FaersTable.OUTC)))


def _found(files: list[Path]) -> Found:
    tables: dict[FaersTable, dict[str, Path]] = {}
    deleted: list[Path] = []
    for file in files:
        named = _FILE.fullmatch(file.name)
        if named:
            quarter = f"{named[2]}Q{named[3]}"
            held = tables.setdefault(FaersTable(named[1].upper()), {})
            if quarter in held:
                raise FaersInvalid(
                    f"{named[1].upper()}{quarter} is there twice: {held[quarter]} and {file}; remove one."
                )
            held[quarter] = file
        elif _DELETED.search(file.as_posix()):
            deleted.append(file)
    return Found(tables, tuple(sorted(deleted)))


def _text_files(path: Path, work: Path) -> list[Path]:
    if path.is_file():
        return _unpacked(path, work / "0")
    if not path.is_dir():
        raise FaersInvalid(f"{path} is no file or folder.")
    inside = sorted(each for each in path.rglob("*") if each.is_file())
    texts = [each for each in inside if each.suffix.lower() == ".txt"]
    for place, each in enumerate(inside):
        if each.suffix.lower() == ".zip":
            texts += _unpacked(each, work / str(place))
    return texts


def _unpacked(archive: Path, into: Path) -> list[Path]:
    """The text files of a zip, written under names of our own choosing below `into`."""
    try:
        with zipfile.ZipFile(archive) as opened_zip:
            wanted = [
                each for each in opened_zip.infolist() if each.filename.lower().endswith(".txt") and not each.is_dir()
            ]
            return [_one(opened_zip, member, into, archive) for member in wanted]
    except (zipfile.BadZipFile, zipfile.LargeZipFile, RuntimeError, NotImplementedError, EOFError, OSError) as error:
        raise FaersInvalid(f"{archive.name} is no zip that can be read: {error}") from error


def _one(opened_zip: zipfile.ZipFile, member: zipfile.ZipInfo, into: Path, archive: Path) -> Path:
    if member.file_size > LARGEST_UNPACKED or member.file_size > LARGEST_RATIO * max(member.compress_size, 10_000):
        raise FaersInvalid(
            f"{archive.name} holds {Path(member.filename).name}, which unpacks far too large; it is not read."
        )
    # Only the last folder and the name are kept: a member's own path could lead anywhere.
    parts = [re.sub(r"[^\w.-]", "_", part) for part in Path(member.filename.replace("\\", "/")).parts[-2:]]
    target = into.joinpath(*(part for part in parts if part.strip(".")))
    target.parent.mkdir(parents=True, exist_ok=True)
    with opened_zip.open(member) as packed, target.open("wb") as out:
        shutil.copyfileobj(packed, out, 1024 * 1024)
    return target
