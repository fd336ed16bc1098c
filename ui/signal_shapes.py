"""The JSON of `pharmassist triage signals --json`; documented in docs/json.md, a test holds both together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from pydantic import BaseModel

from assistant.triage.signals.candidates import Measured, SignalRow
from assistant.triage.signals.review import Decision


class PriorShape(BaseModel):
    """The prior of EBGM: two gamma distributions (shape, rate) and the weight of the first."""

    alpha1: float
    beta1: float
    alpha2: float
    beta2: float
    weight: float


class SignalShape(BaseModel):
    """One pair; a measure that is not defined is null, and `undefined` says why."""

    product: str
    event: str
    n: int
    product_reports: int
    event_reports: int
    expected: float
    prr: float | None
    prr_low: float | None
    prr_high: float | None
    chi2: float | None
    ror: float | None
    ror_low: float | None
    ror_high: float | None
    ic: float | None
    ic_low: float | None
    ic_high: float | None
    ebgm: float | None
    eb05: float | None
    eb95: float | None
    crossed: list[str]
    not_judged: list[str]
    undefined: str


class SignalsShape(BaseModel):
    """What was counted, with which prior and thresholds, and the strongest pairs."""

    source: str
    reports: int
    pairs: int
    stratified_by: list[str]
    thresholds_version: str
    prior: PriorShape | None
    prior_fitted: bool
    notices: list[str]
    found: int
    rows: list[SignalShape]


class DecisionShape(BaseModel):
    """One decision of a person about a pair, with the numbers that stood there; `by` is a printed name."""

    product: str
    event: str
    old: str
    new: str
    by: str
    at: datetime
    reason: str
    source: str
    reports: int
    crossed: str
    eb05: str
    ic_low: str


class DecisionsShape(BaseModel):
    """Decisions in the order in which they were made."""

    decisions: list[DecisionShape]


def decision_shape(each: Decision, by: str) -> DecisionShape:
    """A decision; `by` is the printed name of who made it."""
    return DecisionShape(**{**asdict(each), "by": by})


def signals_json(source: str, measured: Measured, chosen: Sequence[SignalRow], found: int) -> str:
    """One JSON object; `found` counts the rows before the list was cut."""
    shape = SignalsShape(
        source=source,
        reports=measured.reports,
        pairs=len(measured.table),
        stratified_by=list(measured.strata),
        thresholds_version=measured.rules.version,
        prior=PriorShape(**asdict(measured.prior)) if measured.prior else None,
        prior_fitted=measured.fit is not None,
        notices=list(measured.notices),
        found=found,
        rows=[SignalShape(**asdict(row)) for row in chosen],
    )
    return shape.model_dump_json(indent=2)
