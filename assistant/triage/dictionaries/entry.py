"""An entry of a dictionary of events, and the dictionary."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Entry:
    """One term: in MedDRA a lowest level term, in the open vocabulary a name or a synonym.

    `concept` is the code of what it means (MedDRA: the preferred term), by which two entries are the same; `preferred`
    is the concept's name, `group` the primary system organ class where the dictionary has one. A term that is not
    `current` is found, and never proposed.
    """

    code: str
    text: str
    concept: str
    preferred: str
    group: str = ""
    current: bool = True


@dataclass(frozen=True, slots=True)
class Dictionary:
    """A dictionary at one version. `licence` says in one sentence whose it is."""

    name: str
    version: str
    licence: str
    entries: tuple[Entry, ...] = field(repr=False)
