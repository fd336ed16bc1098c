"""What a worklist shows of a case, and by what it is filtered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from assistant.triage.states import State


@dataclass(frozen=True, slots=True)
class CaseLine:
    """One line of the worklist. `due_at` is the earliest deadline as of the last change, None where none runs."""

    id: str
    label: str
    version: int
    state: State
    owner: str
    serious: bool
    received_at: datetime
    due_at: datetime | None
    products: tuple[str, ...]
    events: tuple[str, ...]
    markets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which cases; every filter that is set must hold. `states` empty means all; `owner` "" all, "-" nobody's.

    `product` and `event` match whole names or their parts, `text` a label, a medicine or an event.
    """

    states: tuple[State, ...] = ()
    owner: str = ""
    product: str = ""
    event: str = ""
    market: str = ""
    serious: bool | None = None
    due_before: datetime | None = None
    text: str = ""
    limit: int = 200
    offset: int = 0


@dataclass(frozen=True, slots=True)
class SourceText:
    """A text that told of a case, identifiers masked; `sha256` is of the original before masking."""

    id: str
    name: str
    sha256: str
    text: str
    kept_at: datetime
