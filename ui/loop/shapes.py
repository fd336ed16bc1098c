"""The JSON shapes of `pharmassist retrain` and `pharmassist cost`, as docs/json.md describes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from pydantic import BaseModel

from finetune.cost import Line
from finetune.standing import StepStands


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


class StepShape(BaseModel):
    """One step of a quarter: where it is, since when, in which words, and what it made."""

    name: str
    title: str
    stage: str
    at: datetime | None
    words: str
    facts: dict[str, str]


class QuarterShape(BaseModel):
    """How a quarter stands, in one sentence and step by step."""

    quarter: str
    outcome: str
    steps: list[StepShape]


def quarter_json(quarter: str, outcome: str, stands: Iterable[StepStands]) -> str:
    """A quarter and its steps in order."""
    steps = [
        StepShape(
            name=each.name,
            title=each.title,
            stage=each.stage.value,
            at=each.at,
            words=each.words,
            facts=dict(each.facts),
        )
        for each in stands
    ]
    return QuarterShape(quarter=quarter, outcome=outcome, steps=steps).model_dump_json(indent=2)


def cost_json(costs: Sequence[Line], back: Sequence[Line]) -> str:
    """Both lists of lines, the total last in each."""
    return CostShape(costs=[_line(line) for line in costs], returns=[_line(line) for line in back]).model_dump_json(
        indent=2
    )


def _line(line: Line) -> LineShape:
    return LineShape(name=line.name, how=line.how, value=line.value, unit=line.unit)
