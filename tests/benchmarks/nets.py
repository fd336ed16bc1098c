"""`pharmassist bench nets`: what the guardrails get right with each learned net that ships, and without it.

The exams of `finetune/nets/exam.py`: the whole check on held-out cases that no net learned from, before and after.
The probability is that of the exact two-sided McNemar test. It takes a quarter of an hour on two cores.

    pharmassist bench nets --data ../shared/data
"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

from finetune.measure import BenchReport, Metric, mcnemar, peak_mb
from finetune.nets.exam import EXAMS
from finetune.nets.examined import NO_NET, compared, measures
from retrieval.encoder import Encoder
from retrieval.settings import RetrievalSettings


def run(data: Path) -> BenchReport:
    """Let every net that ships sit its exam beside none; `failures` names a net that makes nothing better."""
    started = perf_counter()
    metrics: dict[str, Metric] = {}
    peers: dict[str, dict[str, float]] = {}
    failures: list[str] = []
    for name, exam in EXAMS.items():
        new = tuple(exam.sit(data, Encoder(RetrievalSettings()), exam.ships))
        none = tuple(exam.sit(data, Encoder(RetrievalSettings()), None))
        metrics |= {f"{name}: {measure}": metric for measure, metric in measures(new).items()}
        peers.setdefault(NO_NET, {}).update({f"{name}: {measure}": m.value for measure, m in measures(none).items()})
        whole = compared(NO_NET, none, name, new).whole[0]
        for label, count in (("cases won by the net", whole.won), ("cases lost by the net", whole.lost)):
            metrics[f"{name}: {label}"] = Metric(count, whole.n)
        p = mcnemar(whole.won, whole.lost)
        metrics[f"{name}: probability by chance, exact McNemar"] = Metric(p, whole.won + whole.lost)
        if whole.won <= whole.lost or p >= 0.05:
            failures.append(f"{name}: no improvement (won {whole.won}, lost {whole.lost}, p = {p:.2g})")
    return BenchReport("nets", metrics, peers, tuple(failures), perf_counter() - started, peak_mb())
