"""The open vocabulary of events that ships: names of events in public FDA labels, and our own synonyms.

Its concepts have ids of their own ("EV" and eight characters). It is no MedDRA and maps to none: a report that needs
MedDRA codes needs the user's copy. `finetune/open_vocabulary.py` makes the file.
"""

from __future__ import annotations

import csv
import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from assistant.triage.dictionaries.entry import Dictionary, Entry

FILE = Path(__file__).with_name("open_terms.csv")
NAME = "pharmassist open event terms"


class Synonyms(BaseModel):
    """The file `synonyms.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    same: tuple[tuple[str, ...], ...]


def synonyms() -> tuple[tuple[str, ...], ...]:
    """Our own rows of names of one event, the usual one first."""
    file = files("assistant.triage.dictionaries") / "synonyms.yaml"
    return Synonyms.model_validate(yaml.safe_load(file.read_text(encoding="utf-8"))).same


@cache
def open_vocabulary() -> Dictionary:
    """The vocabulary; its version is the first twelve characters of the file's SHA-256."""
    raw = FILE.read_bytes()
    entries = []
    for row in csv.DictReader(raw.decode("utf-8").splitlines()):
        names = row["names"].split("|")
        entries += [
            Entry(row["id"] if not place else f"{row['id']}.{place}", name, row["id"], names[0])
            for place, name in enumerate(names)
        ]
    licence = "Apache-2.0, from names of events in public FDA labels and our own synonyms."
    return Dictionary(NAME, hashlib.sha256(raw).hexdigest()[:12], licence, tuple(entries))
