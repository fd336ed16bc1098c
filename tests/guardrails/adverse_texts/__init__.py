"""Our own messages that report reactions, and those that only look like it, with what must be found in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

FOLDER = Path(__file__).parent
PARTS = ("tuned", "blind", "final", "unseen")
SITUATIONS = ("situations", "situations_blind", "situations_final")
NOTHING = "nothing"


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    text: str
    pairs: tuple[tuple[str, str], ...]
    patients: int = 1


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    reports: tuple[_Report, ...]
    nothing: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Told:
    """A message that reports reactions: its pairs of medicine and event in its own words, and how many patients."""

    text: str
    pairs: tuple[tuple[str, str], ...]
    patients: int


@dataclass(frozen=True, slots=True)
class Trap:
    """A message that reports nothing, and which kind of trap it is."""

    kind: str
    text: str


def told(part: str) -> tuple[Told, ...]:
    """The reports of a part."""
    return tuple(Told(one.text, one.pairs, one.patients) for one in _file(part).reports)


def traps(part: str) -> tuple[Trap, ...]:
    """The traps of a part."""
    return tuple(Trap(kind, text) for kind, texts in _file(part).nothing.items() for text in texts)


def special(part: str) -> Mapping[str, tuple[str, ...]]:
    """Messages by the special situation that they report; those under `NOTHING` report none."""
    held = yaml.safe_load((FOLDER / f"{part}.yaml").read_text(encoding="utf-8"))
    return {kind: tuple(texts) for kind, texts in held.items() if kind not in ("id", "version")}


def _file(part: str) -> _File:
    return _File.model_validate(yaml.safe_load((FOLDER / f"{part}.yaml").read_text(encoding="utf-8")))
