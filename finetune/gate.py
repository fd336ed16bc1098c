"""The gate: what was measured against limits that are data (`recipes/gate.yaml`). Whatever was not measured fails.

There is no override. A candidate that fails cannot be signed, and the upper bound on unsafe answers is no exception: a
signature under “we could not rule it out” would be the very answer that this gate exists to prevent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from assistant.chain import digest
from finetune.compare import Comparison
from finetune.errors import EvaluationInvalid, GateInvalid
from finetune.evaluate import Evaluation, measures
from finetune.example import Candidate
from finetune.measure import Metric, exact_interval
from finetune.subgroups import gaps, name_bias

SHIPPED = Path(__file__).resolve().parent / "recipes" / "gate.yaml"
_ONE_SIDED = 0.90
"""A two-sided interval of this confidence has the ends of one-sided 95 % bounds."""
_MOST_NEEDED = 100_000_000


class By(StrEnum):
    """What of a measure is compared with its limit."""

    VALUE = "value"
    UPPER = "upper"
    LOWER = "lower"


class Limit(BaseModel):
    """One limit: exactly one of `at_least`, `at_most` and `below`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measure: str = Field(min_length=1)
    at_least: float | None = Field(default=None, allow_inf_nan=False)
    at_most: float | None = Field(default=None, allow_inf_nan=False)
    below: float | None = Field(default=None, allow_inf_nan=False)
    by: By
    why: str = Field(min_length=1)

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if sum(each is not None for each in (self.at_least, self.at_most, self.below)) != 1:
            raise ValueError(f"the limit on “{self.measure}” needs exactly one of at_least, at_most and below")
        return self

    def holds(self, found: float) -> bool:
        """Whether a number keeps within the limit; what is no number does not."""
        if not math.isfinite(found):
            return False
        if self.at_least is not None:
            return found >= self.at_least
        return found <= self.at_most if self.at_most is not None else found < (self.below or 0.0)

    @property
    def words(self) -> str:
        """The limit as a person reads it: "unsafe below 0.001, judged by its upper 95 % bound"."""
        bounds = (("at least", self.at_least), ("at most", self.at_most), ("below", self.below))
        said = next(f"{name} {value:g}" for name, value in bounds if value is not None)
        return f"{self.measure} {said}" + ("" if self.by is By.VALUE else f", judged by its {self.by} 95 % bound")


class Kind(BaseModel):
    """The limits for one kind of candidate. With `compare`, a comparison with what serves now is required."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    compare: bool
    loss_alpha: float = Field(gt=0, lt=1)
    limits: tuple[Limit, ...] = Field(min_length=1)


class Gate(BaseModel):
    """A file of limits."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    kinds: dict[str, Kind]

    @property
    def label(self) -> str:
        """How a report names it: "gate@1"."""
        return f"{self.id}@{self.version}"

    @property
    def hash(self) -> str:
        """SHA-256 over all limits."""
        return digest(self.model_dump(mode="json"))


def load_gate(path: Path = SHIPPED) -> Gate:
    """The limits of a file. Raises `GateInvalid`."""
    try:
        return Gate.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise GateInvalid(f"The limits in {path} cannot be used: {error}") from error


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a candidate is judged by. `evaluation` is the SHA-256 of the evaluation's file.

    `candidate` is the id of the candidate that was evaluated; `measures` are everything measured, by name.
    """

    candidate: str
    evaluation: str
    measures: Mapping[str, Metric]
    comparison: Comparison | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """One limit, what was found, and why it does not hold; `why` is empty where it does."""

    limit: str
    found: str
    why: str = ""

    @property
    def holds(self) -> bool:
        """Whether the limit is kept."""
        return not self.why


@dataclass(frozen=True, slots=True)
class GateReport:
    """The judgement on one candidate: every limit with what was found. `against` names what it was compared with."""

    gate: str
    gate_hash: str
    candidate: str
    kind: str
    evaluation: str
    against: str
    lines: tuple[Judged, ...]

    @property
    def passed(self) -> bool:
        """Whether every limit is kept; without a line nothing was judged, and nothing passes."""
        return bool(self.lines) and all(line.holds for line in self.lines)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why it fails, one sentence each."""
        return tuple(f"{line.limit}: {line.why}" for line in self.lines if not line.holds)

    @property
    def hash(self) -> str:
        """SHA-256 of the whole report."""
        return digest(asdict(self))


def evidence_of(
    evaluation: Evaluation,
    evaluation_hash: str,
    comparison: Comparison | None,
    serving: Mapping[str, Metric] | None = None,
) -> Evidence:
    """All that an evaluation shows; `serving` adds what was measured on the server: parity, memory, throughput.

    Raises:
        EvaluationInvalid: the comparison is not of this evaluation.
    """
    if comparison is not None and (comparison.probes, comparison.new) != (evaluation.probes, evaluation.system):
        raise EvaluationInvalid("The comparison is of another evaluation; compare again.")
    found = dict(measures(evaluation))
    found |= {f"gap: {each.dimension}": Metric(each.value, each.n, each.low, each.high) for each in gaps(evaluation)}
    found |= _of_names(name_bias(evaluation))
    return Evidence(evaluation.candidate, evaluation_hash, found | dict(serving or {}), comparison)


def _of_names(bias: Mapping[str, Metric]) -> Iterator[tuple[str, Metric]]:
    if not bias:
        return
    yield "names: changed by any name", bias["any name"]
    for title, prefix in (("origins", "origin: "), ("sexes", "sex: ")):
        shares = [metric for name, metric in bias.items() if name.startswith(prefix)]
        values = [metric.value for metric in shares]
        if len(values) < 2:
            continue  # one group has no gap, and no gap is no proof that there is none
        yield f"names: gap of {title}", Metric(max(values) - min(values), sum(metric.n for metric in shares))


def judge(candidate: Candidate, evidence: Evidence, gate: Gate) -> GateReport:
    """Hold everything that was measured against the limits for this kind of candidate.

    Raises:
        GateInvalid: the file has no limits for this kind.
        EvaluationInvalid: it is not this candidate that was evaluated.
    """
    kind = gate.kinds.get(candidate.kind)
    if kind is None:
        raise GateInvalid(f"{gate.label} has no limits for “{candidate.kind}”; it has {', '.join(sorted(gate.kinds))}.")
    if evidence.candidate != candidate.id:
        raise EvaluationInvalid("The evaluation is of another candidate; evaluate this one.")
    lines = [_judged(limit, evidence.measures.get(limit.measure)) for limit in kind.limits]
    if kind.compare:
        lines += _losses(evidence.comparison, kind.loss_alpha)
    against = evidence.comparison.old if evidence.comparison else ""
    return GateReport(gate.label, gate.hash, candidate.id, candidate.kind, evidence.evaluation, against, tuple(lines))


def _judged(limit: Limit, metric: Metric | None) -> Judged:
    if metric is None:
        return Judged(limit.words, "not measured", "It was not measured.")
    found = _bound(limit.by, metric)
    if limit.holds(found):
        return Judged(limit.words, _words(metric, limit.by, found))
    why = "It is no number." if not math.isfinite(found) else f"It is {found:.4g}."
    return Judged(limit.words, _words(metric, limit.by, found), why + _how_many(limit, metric))


def _bound(by: By, metric: Metric) -> float:
    """The number that is compared; the bounds are those of a share, and of anything else no number."""
    if metric.n <= 0:
        return math.nan  # measured over nothing
    if by is By.VALUE or not math.isfinite(metric.value):
        return metric.value
    if not 0 <= metric.value <= 1:
        return math.nan
    low, high = exact_interval(round(metric.value * metric.n), metric.n, _ONE_SIDED)
    return high if by is By.UPPER else low


def _words(metric: Metric, by: By, found: float) -> str:
    interval = (
        "" if metric.low is None or metric.high is None else f" (95 % interval {metric.low:.4g} to {metric.high:.4g})"
    )
    bound = "" if by is By.VALUE else f", {by} bound {found:.4g}"
    return f"{metric.value:.4g} over {metric.n}{interval}{bound}"


def _how_many(limit: Limit, metric: Metric) -> str:
    """Where the share itself is small enough and only the questions are too few: how many it takes."""
    if limit.by is not By.UPPER or limit.below is None or not metric.value < limit.below:
        return ""
    errors = round(metric.value * metric.n)
    return f" {metric.n} questions are too few: with {errors} errors it takes {needed(errors, limit.below):,}."


def needed(errors: int, below: float) -> int:
    """The fewest cases with this many errors whose one-sided exact 95 % upper bound lies below a limit in 0..1."""
    low, high = errors, _MOST_NEEDED
    while low + 1 < high:
        middle = (low + high) // 2
        fits = exact_interval(errors, middle, _ONE_SIDED)[1] < below
        low, high = (low, middle) if fits else (middle, high)
    return high


def _losses(comparison: Comparison | None, alpha: float) -> list[Judged]:
    words = f"no significant loss anywhere against what serves now (exact McNemar, p < {alpha:g})"
    if comparison is None:
        return [Judged(words, "not compared", "It was not compared with what serves now.")]
    lost = comparison.losses(alpha)
    tested = f"{len(comparison.whole) + len(comparison.groups)} comparisons with {comparison.old}"
    why = "; ".join(
        f"{e.name}: {e.old} to {e.new} of {e.n} (lost {e.lost}, won {e.won}, p = {e.adjusted:.2g})" for e in lost
    )
    return [Judged(words, tested, why)]


_SHAPE: TypeAdapter[GateReport] = TypeAdapter(GateReport)


def report_json(report: GateReport) -> str:
    """The report as JSON, always the same for the same report."""
    return _SHAPE.dump_json(report, indent=1).decode() + "\n"


def report_of(words: str) -> GateReport:
    """The report of a JSON text. Raises `GateInvalid`."""
    try:
        return _SHAPE.validate_json(words)
    except ValidationError as error:
        raise GateInvalid("This is no report of the gate.") from error
