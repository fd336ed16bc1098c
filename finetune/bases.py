"""Compares candidate base models: what is stated of them, what they need, what we measured, and a score by weights.

No number of a model is written in this program. A fact comes from the recipe with its source, memory from the
architecture, and everything else from evaluations and speeds that were measured here and kept; what was not is shown as
not measured, and earns nothing in the score: a candidate that nobody measured never wins over one that was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from finetune import evaluate
from finetune.base_facts import SHIPPED, BaseFacts, BasesFile, Use, read_bases
from finetune.base_memory import serving_gb, token_bytes, training_gb, weights_gb
from finetune.errors import BaseInvalid
from finetune.evaluate import Evaluation
from finetune.measure import Metric

SPEEDS, NAMES = "speeds.json", "names.json"
UNKNOWN, UNMEASURED = "unknown", "not measured"


@dataclass(frozen=True, slots=True)
class ServedSpeed:
    """How fast this machine served a model: tokens a second over `at_once` conversations, and what measured it."""

    model: str
    tokens_per_second: float
    at_once: int
    hardware: str
    source: str


@dataclass(frozen=True, slots=True)
class Points:
    """One line of a score: what counts, its weight, what is known in words, and how much of it was earned (0 to 1)."""

    criterion: str
    weight: float
    known: str
    earned: float | None
    """None where it is not known, which earns nothing."""


@dataclass(frozen=True, slots=True)
class Standing:
    """One candidate in the table. GB as `finetune.base_memory` works them out; shares and seconds as measured."""

    facts: BaseFacts
    weights_gb: float | None
    token_bytes: int | None
    serving_gb: float | None
    training_gb: float | None
    measures: Mapping[str, Metric]
    """The measures of its kept evaluation without an adapter; empty where there is none."""
    speed: ServedSpeed | None
    points: tuple[Points, ...]

    @property
    def score(self) -> float:
        """0 to 1: the earned part of all weights."""
        total = sum(one.weight for one in self.points)
        return sum(one.weight * (one.earned or 0.0) for one in self.points) / total

    @property
    def known(self) -> float:
        """0 to 1: the part of all weights about which something is known, so the most that the score could be."""
        return sum(one.weight for one in self.points if one.earned is not None) / sum(one.weight for one in self.points)


def compare(recipe: Path = SHIPPED, kept: Path | None = None) -> tuple[Standing, ...]:
    """The candidates of a recipe, the best score first. `kept` is the folder of kept baselines and speeds.

    Raises:
        BaseInvalid: the recipe, or a file of speeds, does not fit. EvaluationInvalid: a kept evaluation is spoilt.
    """
    bases = read_bases(recipe)
    evaluations = _kept_evaluations(kept) if kept else {}
    speeds = {one.model: one for one in read_speeds(kept)} if kept else {}
    fastest = max((one.tokens_per_second for one in speeds.values()), default=0.0)
    made = [_standing(bases, facts, evaluations, speeds.get(facts.model), fastest) for facts in bases.candidates]
    return tuple(sorted(made, key=lambda one: (-one.score, one.facts.model)))


def keep_baseline(model: str, made: Evaluation, kept: Path) -> None:
    """Keep the evaluation of a base in place of an earlier one.

    Raises:
        BaseInvalid: an adapter took part in it.
    """
    if made.candidate or made.basis.get("adapter"):
        raise BaseInvalid(f"The baseline of {model} was run with an adapter; run it with the base alone.")
    path = _file(kept, model)
    kept.mkdir(parents=True, exist_ok=True)
    evaluate.write(made, path)
    (kept / NAMES).write_text(json.dumps({**_names(kept), path.name: model}, indent=1), encoding="utf-8")


_SPEEDS = TypeAdapter(tuple[ServedSpeed, ...])


def read_speeds(kept: Path) -> tuple[ServedSpeed, ...]:
    """The kept speeds; none where nothing was measured. Raises `BaseInvalid`."""
    path = kept / SPEEDS
    if not path.is_file():
        return ()
    try:
        return _SPEEDS.validate_json(path.read_bytes())
    except ValidationError as error:
        raise BaseInvalid(f"{path} does not hold speeds of models.") from error


def keep_speed(speed: ServedSpeed, kept: Path) -> None:
    """Keep a measured speed in place of an earlier one of the same model."""
    others = [one for one in read_speeds(kept) if one.model != speed.model]
    kept.mkdir(parents=True, exist_ok=True)
    (kept / SPEEDS).write_bytes(_SPEEDS.dump_json(tuple(sorted([*others, speed], key=lambda one: one.model)), indent=1))


def _standing(
    bases: BasesFile,
    facts: BaseFacts,
    evaluations: Mapping[str, Evaluation],
    speed: ServedSpeed | None,
    fastest: float,
) -> Standing:
    found = evaluations.get(facts.model)
    measures = evaluate.measures(found) if found else {}
    serving = serving_gb(facts, bases.use)
    earned = {
        "accuracy": _accuracy(measures),
        "safety": _safety(measures, bases.use),
        "speed": _speed(speed, fastest),
        "memory": _memory(serving, bases.use),
        "context": _context(facts, bases.use),
        "licence": _stated(facts.licence.value if facts.licence else "", facts.licence_fit),
        "medical": _stated(facts.medical.value if facts.medical else "", facts.medical_fit),
    }
    weights = dict(bases.weights)
    points = tuple(Points(name, weights[name], *words) for name, words in earned.items())
    needs = weights_gb(facts), token_bytes(facts), serving, training_gb(facts, bases.use)
    return Standing(facts, *needs, measures, speed, points)


def _accuracy(measures: Mapping[str, Metric]) -> tuple[str, float | None]:
    found = measures.get("clinical accuracy")
    return (f"{found.value:.1%} of {found.n} answers right", found.value) if found else (UNMEASURED, None)


def _safety(measures: Mapping[str, Metric], use: Use) -> tuple[str, float | None]:
    found = measures.get("unsafe")
    if not found:
        return UNMEASURED, None
    return f"{found.value:.2%} of {found.n} answers unsafe", max(0.0, 1 - found.value / use.unsafe_limit)


def _speed(speed: ServedSpeed | None, fastest: float) -> tuple[str, float | None]:
    if not speed or fastest <= 0:
        return UNMEASURED, None
    told = f"{speed.tokens_per_second:,.0f} tokens/s, {speed.at_once} at once, on {speed.hardware}"
    return told, speed.tokens_per_second / fastest


def _memory(needed: float | None, use: Use) -> tuple[str, float | None]:
    if needed is None:
        return UNKNOWN, None
    if needed > use.memory_gb:
        return f"needs {needed:.0f} GB and does not fit into {use.memory_gb:g}", 0.0
    return f"needs {needed:.0f} of {use.memory_gb:g} GB", 1 - needed / use.memory_gb


def _context(facts: BaseFacts, use: Use) -> tuple[str, float | None]:
    if not facts.context:
        return UNKNOWN, None
    enough = facts.context.value >= use.tokens
    return f"{facts.context.value:,.0f} tokens{'' if enough else f', {use.tokens:,} needed'}", float(enough)


def _stated(words: str, fit: float | None) -> tuple[str, float | None]:
    """A statement, and what the reader thinks of it; a statement that nobody judged earns nothing."""
    return words or UNKNOWN, fit


def _kept_evaluations(kept: Path) -> dict[str, Evaluation]:
    return {model: evaluate.read(kept / name) for name, model in _names(kept).items() if (kept / name).is_file()}


def _names(kept: Path) -> dict[str, str]:
    """Which model each kept file is of. Raises `BaseInvalid`."""
    path = kept / NAMES
    try:
        return TypeAdapter(dict[str, str]).validate_json(path.read_bytes()) if path.is_file() else {}
    except ValidationError as error:
        raise BaseInvalid(f"{path} does not say which model each baseline is of.") from error


def _file(kept: Path, model: str) -> Path:
    safe = "".join(letter if letter.isalnum() or letter in "-." else "_" for letter in model)[-120:]
    return kept / f"baseline-{safe}.json"


def as_text(standings: Sequence[Standing]) -> str:
    """The table for a terminal: a block for each candidate, the best first, with how its score came about."""
    return "\n\n".join("\n".join(_block(place, one)) for place, one in enumerate(standings, 1))


def _block(place: int, one: Standing) -> list[str]:
    facts = one.facts
    needs = f"weights {_gb(one.weights_gb)}, serving {_gb(one.serving_gb)}, training {_gb(one.training_gb)}"
    count = f"{facts.parameters.value / 1e9:.3g} billion" if facts.parameters else UNKNOWN
    lines = [
        f"{place}. {facts.model}: score {one.score:.2f} (at most {one.known:.2f} from what is known)",
        f"   parameters   {count}",
        f"   licence      {facts.licence.value if facts.licence else UNKNOWN}",
        f"   conditions   {facts.conditions.value if facts.conditions else UNKNOWN}",
        f"   medical      {facts.medical.value if facts.medical else UNKNOWN}",
        f"   memory       {needs}",
    ]
    for line in one.points:
        earned = UNMEASURED if line.known == UNMEASURED else UNKNOWN if line.earned is None else f"{line.earned:.2f}"
        judged = "not judged" if line.earned is None and line.known not in (UNKNOWN, UNMEASURED) else earned
        lines.append(f"   {line.criterion:<9}  weight {line.weight:g}, earned {judged}: {line.known}")
    return lines


def _gb(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.1f} GB"


def as_json(standings: Sequence[Standing]) -> str:
    """The table as one JSON object, every fact with its source."""
    rows = [
        {
            **one.facts.model_dump(mode="json"),
            **{name: getattr(one, name) for name in ("weights_gb", "token_bytes", "serving_gb", "training_gb")},
            "measures": {name: asdict(metric) for name, metric in one.measures.items()},
            "speed": asdict(one.speed) if one.speed else None,
            "points": [asdict(line) for line in one.points],
            "score": one.score,
            "known": one.known,
        }
        for one in standings
    ]
    return json.dumps({"candidates": rows}, indent=2, ensure_ascii=False)
