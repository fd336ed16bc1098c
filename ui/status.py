"""What the page says about the assistant behind it, in one line."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Status:
    """The generator in use and the index it answers from. `indexed_on` is the day of the newest change, if known."""

    generator: str
    sources: int
    indexed_on: date | None = None
    model: str = ""
    adapter: str = ""
