"""Compares the releases that the ledger recorded with their folders, for `pharmassist audit verify`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from assistant.chain import Break, EntryKind
from assistant.ledger import Ledger
from finetune.release import MANIFEST, verify_release


def release_breaks(releases: Path, ledger: Ledger) -> Iterator[Break]:
    """Every recorded release that is gone or is not what was signed, and every folder that claims to be one.

    All files of each are hashed again.
    """
    recorded: set[str] = set()
    for entry in ledger.entries(kind=EntryKind.RELEASE):
        name = entry.deed.facts.get("release", "")
        if entry.deed.facts.get("decision") != "released" or not name:
            continue
        recorded.add(name)
        if not (releases / name / MANIFEST).is_file():
            yield Break(entry.number, f"The release {name} of entry {entry.number} is not there any more.")
            continue
        for found in verify_release(releases / name, ledger):
            yield Break(entry.number, f"The release {name} of entry {entry.number}: {found}")
    for folder in sorted(manifest.parent for manifest in releases.glob(f"*/{MANIFEST}")):
        if folder.name not in recorded and folder.suffix != ".half":
            yield Break(0, f"The folder {folder.name} claims to be a release that was never recorded.")
