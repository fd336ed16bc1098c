"""Our own questions for intake, in YAML files beside this one.

Of each kind one part was looked at while the tables of signs and the net were tuned; `final` was written before and
only measured. Of emergencies and instructions there are two more parts: `second`, written in other words once the
tables were done, after which the net was given patterns for them, and `blind`, written after that and only measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

_FOLDER = Path(__file__).parent
OUT_OF_FOLD = _FOLDER / "out_of_fold.json"
"""What nets that never saw a public request say of it: its key, then harmful and out of scope."""

Texts = tuple[str, ...]
Groups = Mapping[str, Texts]


class _Grouped(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    groups: Groups


class _Parted(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    tuned: Groups
    final: Groups
    second: Groups
    blind: Groups
    passages: Groups = {}


def groups(name: str) -> Groups:
    """The questions of `alarming_tuned`, `alarming_final` or `harmful_final`, by group."""
    return _Grouped.model_validate(_yaml(name)).groups


def emergencies(part: str) -> Groups:
    """The questions of one part, by the kind of notice that they must raise; `none` raises none."""
    return _part("emergencies", part)


def injections(part: str) -> Groups:
    """The questions of one part, or the `passages`, by what must become of them."""
    return _part("injections", part)


def _part(name: str, part: str) -> Groups:
    held = _Parted.model_validate(_yaml(name))
    parts = {"tuned": held.tuned, "final": held.final, "second": held.second, "blind": held.blind}
    return {**parts, "passages": held.passages}[part]


def _yaml(name: str) -> object:
    return yaml.safe_load((_FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))
