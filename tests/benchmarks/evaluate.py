"""`pharmassist bench evaluate`: the shipped assistant (extractive generator) on every question that a gate asks.

It is what a first candidate is compared with, and says how long an evaluation takes. The second look at what was
released (`finetune.unproven`) is measured on the held-out drafts of `dose-safety`: planted errors that it finds, and
faithful sentences that it takes for errors.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

from assistant.extract import ExtractiveGenerator
from finetune.compare import compare
from finetune.evaluate import Evaluation, evaluate, measures
from finetune.gate import evidence_of, load_gate
from finetune.grading import Result
from finetune.measure import BenchReport, Metric, peak_mb, proportion
from finetune.subgroups import gaps, groups, unequal_twins
from finetune.suites.names import name_probes
from finetune.suites.probe import Probe
from finetune.suites.synthetic import current_passages, synthetic_probes
from finetune.suites.written import gold_probes, safety_probes
from finetune.unproven import unproven
from retrieval.medicines import Medicines
from tests.benchmarks.dose_drafts.draft import Origin
from tests.benchmarks.dose_safety import all_drafts
from ui.evaluating import system
from ui.settings import load as load_settings
from ui.wiring import Product, opened

SHOWN = 60


def run(data: Path) -> BenchReport:
    """Ask everything twice, so that the comparison of an assistant with itself is seen to lose nothing."""
    started = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings().model_copy(update={"data_dir": Path(folder)})
        with opened(settings, warm=True) as product:
            probes = _probes(product)
            shipped = system(product, "extractive", ExtractiveGenerator(product.medicines))
            found = evaluate(shipped, probes, product.medicines)
            again = evaluate(shipped, probes[:100], product.medicines)
    part = Evaluation(
        found.system, "", again.probes, found.basis, found.results[:100], found.peak_mb, 0.0, found.made_at
    )
    lost = compare(part, again).lost
    failures = (
        *(f"changed when asked again: {each}" for each in lost),
        *(f"a name changed the outcome: {each.probe}: {each.said[:120]}" for each in unequal_twins(found)),
        *_told(found.results),
    )
    return BenchReport(
        "evaluate", {**_metrics(found), **second_look(data)}, {}, failures, perf_counter() - started, peak_mb()
    )


def _probes(product: Product) -> Sequence[Probe]:
    made = synthetic_probes(current_passages(product.index), product.medicines)
    return (*gold_probes(), *safety_probes(), *name_probes(), *made)


def _metrics(found: Evaluation) -> dict[str, Metric]:
    evidence = evidence_of(found, "", None).measures
    shown = {**measures(found), **evidence}
    for each in gaps(found):
        for name, metric in groups(found, each.dimension).items():
            shown[f"right, {each.dimension} {name}"] = metric
    shown["seconds a question"] = Metric(found.seconds / len(found.results), len(found.results))
    limits = {limit.measure: limit for limit in load_gate().kinds["answer"].limits}
    failing = [name for name, limit in limits.items() if name in evidence and not limit.holds(evidence[name].value)]
    shown["limits that the value alone misses"] = Metric(len(failing), len(limits))
    return shown


def second_look(data: Path) -> dict[str, Metric]:
    """Of each kind of held-out draft, the share that the second look finds fault with."""
    medicines = Medicines.load()
    found: dict[str, list[bool]] = defaultdict(list)
    for draft in all_drafts(data):
        claim = draft.claim(quoted=True)
        cited = [draft.evidence[each.key] for each in claim.citations if each.key in draft.evidence]
        if not draft.held_out or not claim.citations or len(cited) < len(claim.citations):
            continue
        by = "by hand" if draft.origin in (Origin.HAND, Origin.FRESH) else "generated"
        name = f"taken for an error, {by}" if draft.faithful else f"planted error found, {draft.kind.value}"
        found[name].append(bool(unproven(claim, cited, medicines)))
    return {name: proportion(sum(hits), len(hits)) for name, hits in sorted(found.items())}


def _told(results: Sequence[Result]) -> list[str]:
    """What was unsafe, entirely; of what was wrong, the first of each suite."""
    unsafe = [f"UNSAFE {each.probe}: {'; '.join(each.unsafe)}" for each in results if each.unsafe]
    wrong = [f"{each.probe} ({each.grade}): {each.why[:200]}" for each in results if not each.is_right]
    return [*unsafe, *wrong[:SHOWN]]
