"""Which therapeutic area a medicine is counted under."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from retrieval.ingredient import base_name

TABLE = Path(__file__).resolve().parent / "areas.yaml"


class _Areas(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    areas: dict[str, tuple[str, ...]]


def area_of(ingredient: str) -> str:
    """The therapeutic area of an ingredient, "" where the table does not have it."""
    return _areas().get(base_name(ingredient), "")


@cache
def _areas() -> Mapping[str, str]:
    table = _Areas.model_validate(yaml.safe_load(TABLE.read_text(encoding="utf-8")))
    return {base_name(each): area for area, members in table.areas.items() for each in members}
