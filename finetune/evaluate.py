"""Puts every probe to one whole assistant, retrieval, generator and guardrails, and says how it did.

Nothing is averaged away here: an `Evaluation` keeps one result per probe, and every measure is computed from those. A
probe that got no answer of its own, because the assistant broke or a fallback answered, is a failed run and is counted.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import TypeAlias
from uuid import uuid4

from pydantic import TypeAdapter, ValidationError

from assistant.conversation import Basis, Outcome, Question
from finetune.errors import EvaluationInvalid
from finetune.grading import Grade, Result, failed, graded
from finetune.kept_results import Asked, KeptResult, KeptResults
from finetune.measure import Metric, peak_mb, proportion
from finetune.suites.probe import Probe, Suite, set_hash
from retrieval.medicines import Medicines

OnAsked: TypeAlias = Callable[[int, int], None]
"""Called with the probes answered so far and all of them."""


@dataclass(frozen=True, slots=True)
class SystemUnderTest:
    """One assistant as it would serve. `candidate` is the id of the adapter in it, "" where there is none.

    `answer` must run the same steps as the chat and keep nothing; it may raise, and that is a failed run.
    """

    name: str
    answer: Callable[[Question], Outcome]
    candidate: str = ""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What one assistant did with one set of probes. `probes` is the hash of the set, `basis` what answered.

    `basis` maps generator, model, adapter, rules, index and prompt to the versions met, joined where there were
    several: more than one means that the assistant changed while it was measured.
    """

    system: str
    candidate: str
    probes: str
    basis: Mapping[str, str]
    results: tuple[Result, ...]
    peak_mb: float
    seconds: float
    made_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def evaluate(
    system: SystemUnderTest,
    probes: Sequence[Probe],
    medicines: Medicines,
    on_asked: OnAsked = lambda _done, _all: None,
    at_once: int = 1,
    kept: Path | None = None,
) -> Evaluation:
    """Ask every probe once, up to `at_once` of them at the same time; results are in the order of the probes.

    A model server answers several at once much faster, and latency is then that under such a load. What an earlier,
    killed evaluation of the same left in the file `kept` is not asked again; seconds and memory are those of all runs.

    Raises:
        EvaluationInvalid: there is no probe, or two share an id.
    """
    ids = {probe.id for probe in probes}
    if not probes or len(ids) < len(probes):
        raise EvaluationInvalid("An evaluation needs at least one question, and no two with the same id.")
    asked = Asked(system.name, system.candidate, set_hash(probes))
    with KeptResults(kept, asked) as store, ThreadPoolExecutor(max(1, at_once)) as pool:
        before, most, began = store.seconds, store.peak_mb, perf_counter()
        todo = [probe for probe in probes if probe.id not in store.found]
        for result, basis in pool.map(lambda probe: _put(system, probe, medicines), todo):
            store.keep(KeptResult(result, basis, before + perf_counter() - began, max(most, peak_mb())))
            on_asked(len(store.found), len(probes))
    every = [store.found[probe.id] for probe in probes]
    versions = _versions(each.basis for each in every if each.basis is not None)
    results = tuple(each.result for each in every)
    return Evaluation(asked.system, asked.candidate, asked.probes, versions, results, store.peak_mb, store.seconds)


def _put(system: SystemUnderTest, probe: Probe, medicines: Medicines) -> tuple[Result, Basis | None]:
    question = Question(uuid4().hex, uuid4().hex, probe.ask, datetime.now(UTC), probe.history, probe.patient)
    began = perf_counter()
    try:
        outcome = system.answer(question)
    except Exception as error:  # noqa: BLE001 - whatever broke, this run has no result, and the gate must see that
        return failed(probe, f"{type(error).__name__} while answering", perf_counter() - began), None
    return graded(probe, outcome, medicines, perf_counter() - began), outcome.basis


def _versions(met: Iterable[Basis]) -> Mapping[str, str]:
    """What answered; a refusal before the generator was asked has no basis and says nothing."""
    real = [basis for basis in met if basis != Basis()]
    fields = {
        "generator": [basis.generator for basis in real],
        "model": [basis.model for basis in real],
        "adapter": [basis.adapter for basis in real],
        "rules": [basis.rules_version for basis in real],
        "index": [basis.index_version for basis in real],
        "prompt": [basis.prompt_version for basis in real],
        "code": [basis.code_version for basis in real],
    }
    return {name: ", ".join(sorted(set(values) - {""})) for name, values in fields.items()}


def measures(evaluation: Evaluation) -> Mapping[str, Metric]:
    """Every measure of an evaluation by name: shares with their exact 95 % interval, times in seconds, memory in MB.

    Shares over nothing are left out, so that a limit on them fails instead of passing on no evidence.
    """
    results = evaluation.results
    answered = [each for each in results if each.answered]
    to_cite = [each for each in results if each.wanted]
    shares = {
        "clinical accuracy": (sum(each.is_right for each in results), len(results)),
        "accuracy of what was answered": (sum(each.is_right for each in answered), len(answered)),
        "unsafe": (sum(bool(each.unsafe) for each in results), len(results)),
        "wrongly refused": (sum(each.grade is Grade.WRONGLY_REFUSED for each in results), len(results)),
        "wrongly answered": (sum(each.grade is Grade.WRONGLY_ANSWERED for each in results), len(results)),
        "refused": (sum(not each.answered for each in results), len(results)),
        "failed runs": (sum(each.grade is Grade.FAILED for each in results), len(results)),
        "withheld sentences": (
            sum(each.withheld for each in results), sum(each.withheld + each.released for each in results)
        ),
        "citation precision": (sum(e.cited_wanted for e in answered), sum(e.cited for e in answered)),
        "citation recall": (sum(e.wanted_cited for e in to_cite), sum(e.wanted for e in to_cite)),
    }  # fmt: skip
    for suite in Suite:
        part = [each for each in results if each.suite is suite]
        shares[f"clinical accuracy, {suite.value}"] = (sum(each.is_right for each in part), len(part))
    found = {name: proportion(hits, n) for name, (hits, n) in shares.items() if n}
    return found | _times(results) | {"memory MB": Metric(evaluation.peak_mb, 1)}


def _times(results: Sequence[Result]) -> dict[str, Metric]:
    seconds = sorted(each.seconds for each in results)
    if not seconds or not all(map(math.isfinite, seconds)):
        return {}
    rank = {"p50": 0.50, "p95": 0.95}
    return {
        f"latency {name} s": Metric(seconds[max(0, math.ceil(share * len(seconds)) - 1)], len(seconds))
        for name, share in rank.items()
    }


_SHAPE: TypeAdapter[Evaluation] = TypeAdapter(Evaluation)


def to_json(evaluation: Evaluation) -> str:
    """The evaluation as JSON, always the same for the same evaluation."""
    return _SHAPE.dump_json(evaluation, indent=1).decode() + "\n"


def from_json(words: str) -> Evaluation:
    """The evaluation of a JSON text. Raises `EvaluationInvalid`: a field is missing, of another kind, or a NaN."""
    try:
        read = _SHAPE.validate_json(words)
    except ValidationError as error:
        raise EvaluationInvalid(
            f"This is no evaluation of this version: {error.error_count()} fields do not fit."
        ) from error
    numbers = [read.peak_mb, read.seconds, *(each.seconds for each in read.results)]
    if not all(map(math.isfinite, numbers)) or not read.results:
        raise EvaluationInvalid("The evaluation holds a number that is none, or no result at all.")
    return read


def write(evaluation: Evaluation, path: Path) -> str:
    """Write the evaluation and return the SHA-256 of the file: what a release is bound to."""
    words = to_json(evaluation)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(words, encoding="utf-8")
    return sha256(words.encode()).hexdigest()


def read(path: Path) -> Evaluation:
    """The evaluation of a file. Raises `EvaluationInvalid`."""
    try:
        return from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise EvaluationInvalid(
            f"There is no evaluation at {path}: run “pharmassist retrain” up to that step."
        ) from error
