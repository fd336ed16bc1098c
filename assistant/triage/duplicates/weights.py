"""What each level of agreement is worth, as data: its bits, and how often it is seen in true and in other pairs.

Learned by `learn` on synthetic pairs and shipped as `weights.json`, which says by which script, seeds and noise.
Were the fields independent, the bits of a level would be log2(m/u) (Fellegi and Sunter, J Am Stat Assoc 1969;64:1183);
they are not, so the bits of all levels are fitted together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from guardrails.rule_file import read_rule_file

FILE = Path(__file__).parent / "weights.json"


class Level(BaseModel):
    """What a level adds to the log2 odds, and the share of true pairs (`m`) and of other pairs (`u`) that are at it, of
    the pairs where the field is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    bits: float
    m: float
    u: float


class Context(BaseModel):
    """The levels of every field in one situation; `prior` is the log2 odds of a pair of which nothing is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    prior: float
    fields: Mapping[str, Mapping[str, Level]]


class WeightsFile(BaseModel):
    """The shipped file. `same_article` holds for two cases that cite the same article: what all its patients share is
    worth little there."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    id: str
    version: str
    provenance: Mapping[str, str]
    threshold: float
    open: Context
    same_article: Context


@dataclass(frozen=True, slots=True)
class Weights:
    """Bits by field and level in one situation, and the log2 odds to start from."""

    bits: Mapping[str, Mapping[str, float]]
    prior: float

    def of(self, field: str, level: str | None) -> float:
        """The bits of one field; nothing where it is not reported or the level was never seen in learning."""
        return 0.0 if level is None else self.bits.get(field, {}).get(level, 0.0)


@cache
def shipped() -> WeightsFile:
    """The weights that ship.

    Raises:
        RuleInvalid: the file was changed into something else.
    """
    return read_rule_file(FILE, WeightsFile, "table of duplicate weights")


@cache
def open_weights() -> Weights:
    """The weights for any two cases."""
    return weights_of(shipped().open)


@cache
def article_weights() -> Weights:
    """The weights for two cases that cite the same article."""
    return weights_of(shipped().same_article)


def weights_of(context: Context) -> Weights:
    """The bits of a table, ready to be summed."""
    bits = {field: {name: level.bits for name, level in levels.items()} for field, levels in context.fields.items()}
    return Weights(bits, context.prior)
