"""What a person has decided about rows that were held back: one line of JSON each.

{"id": "3f2a91c0-17", "keep": true, "by": "A. Pharmacist", "why": "the label says so since May"}
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from finetune.errors import PrepareRefused


class Judged(BaseModel):
    """One decision: whether the row may be learned from, who says so, and why."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(min_length=1)
    keep: bool
    by: str = Field(min_length=2)
    why: str = Field(min_length=2)


def read_judged(path: Path | None) -> Mapping[str, Judged]:
    """The decisions of a file by the id of their row; the last one about a row counts. Raises `PrepareRefused`."""
    if path is None:
        return {}
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PrepareRefused(f"the file of decisions {path} cannot be read") from error
    found = (_judged(line, f"line {number} of {path.name}") for number, line in enumerate(lines, 1) if line.strip())
    return {one.id: one for one in found}


def _judged(line: str, where: str) -> Judged:
    try:
        return Judged.model_validate_json(line)
    except ValidationError as error:
        raise PrepareRefused(f"{where} is no decision: it needs id, keep, by and why") from error
