"""The table of wordings that mean the same, `guardrails/rules/wording.yaml`, parsed and checked once."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict


class WordingTable(BaseModel):
    """Equal words, equal phrases, what a word implies, and the words that state no fact of their own."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    same: Mapping[str, tuple[str, ...]]
    phrases: Mapping[str, tuple[str, ...]]
    implies: Mapping[str, tuple[str, ...]]
    free: str
    instructing: str
    reporting: str
    opposites: str
    apart: str


def load() -> WordingTable:
    """The shipped table. Raises `pydantic.ValidationError` where it is not one."""
    text = (files("guardrails") / "rules" / "wording.yaml").read_text(encoding="utf-8")
    return WordingTable.model_validate(yaml.safe_load(text))
