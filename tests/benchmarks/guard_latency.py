"""`pharmassist bench guard-latency`: how long the whole output check takes on answers of 1, 5 and 20 sentences.

The sentences are faithful drafts in other words than their source, which is the slow case: a sentence that is its
quote word for word skips the comparison of wording and the learned verifier. No sentence is judged twice, so that no
cache is warm that would not be warm in use. Parts are timed apart: the deterministic checks, the learned verifier on
one answer as a batch, and the product's path sentence by sentence through NeMo Guardrails, with what NeMo itself adds.

    pharmassist bench guard-latency --data ../shared/data
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np

from finetune.measure import BenchReport, Metric, peak_mb
from guardrails.citations import CHECKS
from guardrails.dosing import DoseContext, check_claim
from guardrails.examined import Examined, examine
from guardrails.groundedness import Grounding
from guardrails.guard import Guard
from guardrails.patient import Patient
from guardrails.rails import Direction, Rails
from guardrails.rulebook import shipped
from guardrails.verdict import Verdict
from retrieval.encoder import Encoder
from retrieval.medicines import Medicines
from retrieval.nets import Nets
from retrieval.settings import RetrievalSettings
from tests.benchmarks.dose_drafts.draft import Draft, Way
from tests.benchmarks.dose_safety import all_drafts

SIZES = (1, 5, 20)
ANSWERS = 30
WARM_UP = 5
RAILS = ("check citations", "check wording", "check doses", "check support")


@dataclass(frozen=True, slots=True)
class Times:
    """Milliseconds for one answer."""

    deterministic: float
    support: float
    product: float
    nemo: float


def run(data: Path) -> BenchReport:
    """Time answers made of faithful drafts."""
    started = perf_counter()
    drafts = iter([draft for draft in all_drafts(data) if draft.faithful and draft.kind is not Way.VERBATIM])
    rails, encoder = Rails(), Encoder(RetrievalSettings())
    grounding = Grounding(Nets(encoder), encoder)
    guard = Guard(Medicines.load(), shipped(), rails, grounding.check)
    _times(_take(drafts, WARM_UP), guard, grounding)
    metrics: dict[str, Metric] = {}
    for size in SIZES:
        timed = [_times(_take(drafts, 2 * size), guard, grounding) for _ in range(ANSWERS)]
        metrics |= dict(_metrics(size, timed))
    metrics["NeMo alone, four rails that do nothing, ms p50"] = _empty_rails(rails, 0.5)
    metrics["NeMo alone, four rails that do nothing, ms p95"] = _empty_rails(rails, 0.95)
    rails.close()
    return BenchReport("guard-latency", metrics, seconds=perf_counter() - started, peak_mb=peak_mb())


def _take(drafts: Iterator[Draft], count: int) -> list[Draft]:
    return [next(drafts) for _ in range(count)]


def _times(drafts: Sequence[Draft], guard: Guard, grounding: Grounding) -> Times:
    """Two answers of the same size: one for the parts, one for the product's own path, so that no cache helps."""
    half = len(drafts) // 2
    parts, whole = drafts[:half], drafts[half:]
    examined: list[Examined] = []
    deterministic = _ms(lambda: examined.extend(_checked(draft, guard) for draft in parts))
    support = _ms(lambda: grounding.check_all(examined))
    verdicts: list[Verdict] = []
    product = _ms(lambda: verdicts.extend(guard.judge(one.claim(quoted=True), one.evidence) for one in whole))
    inside = [max(run.ms for run in verdict.checks if run.rule in RAILS) for verdict in verdicts]
    return Times(deterministic, support, product, product - sum(inside))


def _checked(draft: Draft, guard: Guard) -> Examined:
    """A claim after every deterministic check, as `Guard.judge` runs them."""
    examined = examine(draft.claim(quoted=True), draft.evidence, guard.medicines)
    for check in CHECKS:
        check.run(examined)
    check_claim(examined, DoseContext(guard.rulebook, guard.medicines, Patient()))
    return examined


def _ms(work: Callable[[], object]) -> float:
    started = perf_counter()
    work()
    return 1000 * (perf_counter() - started)


def _metrics(size: int, timed: Sequence[Times]) -> Iterator[tuple[str, Metric]]:
    named = f"{size} sentence{'s' if size > 1 else ''}"
    columns = {
        "deterministic": [one.deterministic for one in timed],
        "learned verifier, one batch": [one.support for one in timed],
        "deterministic and learned": [one.deterministic + one.support for one in timed],
        "product, through NeMo": [one.product for one in timed],
        "of which NeMo and threads": [one.nemo for one in timed],
    }
    for name, values in columns.items():
        for share in (0.5, 0.95):
            yield f"{named}: {name}, ms p{round(100 * share)}", Metric(float(np.quantile(values, share)), len(values))


def _empty_rails(rails: Rails, share: float) -> Metric:
    names = rails.names(Direction.OUTPUT)
    values = [rails.run(Direction.OUTPUT, dict.fromkeys(names, lambda _: ())).overhead_ms for _ in range(ANSWERS)]
    return Metric(float(np.quantile(values, share)), len(values))
