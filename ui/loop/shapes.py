"""The JSON shapes of `pharmassist retrain` and `pharmassist cost`, as docs/json.md describes them."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from finetune.cost import Line


class LineShape(BaseModel):
    """One step of the arithmetic."""

    name: str
    how: str
    value: float
    unit: str


class CostShape(BaseModel):
    """The cost of a quarter's training, and what it gives back where wages and volumes were given."""

    costs: list[LineShape]
    returns: list[LineShape]


def cost_json(costs: Sequence[Line], back: Sequence[Line]) -> str:
    """Both lists of lines, the total last in each."""
    return CostShape(costs=[_line(line) for line in costs], returns=[_line(line) for line in back]).model_dump_json(
        indent=2
    )


def _line(line: Line) -> LineShape:
    return LineShape(name=line.name, how=line.how, value=line.value, unit=line.unit)
