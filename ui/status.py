"""What the page says about the assistant behind it, in one line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Status:
    """The generator in use and what it answers from. `newest` is the effective date of the newest current source."""

    generator: str
    sources: int
    newest: date | None = None
    model: str = ""
    adapter: str = ""
