"""`pharmassist bench signals`: do the measures of signals agree with published numbers, and do they bear millions?

First the extract of CAERS that openEBGM ships: with the prior of its documentation the published numbers must come out
(products and events as written, EBGM rounded to two digits as its table is); then our own prior. Then made reports (see
`signals_scale`), each run in a process of its own: 10,000,000 by us; beside it plain pandas at 1,000,000 and vigipy at
20,000, sizes that they can handle, with ours at the same sizes, and at 1,000,000 in 120 strata too.

    pharmassist bench signals
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from time import perf_counter

import numpy as np

from assistant.triage.signals.counts import count
from assistant.triage.signals.fitting import fit_prior, log_likelihood
from assistant.triage.signals.measures import cells, prr
from assistant.triage.signals.report_set import read_table
from assistant.triage.signals.shrinker import Prior, Shrunk, shrink
from finetune.measure import BenchReport, Metric

ROOT = Path(__file__).resolve().parents[2]

PUBLISHED_PRIOR = Prior(3.2538, 0.3999, 2.0261, 1.9081, 0.0653)
PUBLISHED = {"EB05 above 2": 131.0, "EBGM above 3": 556.0, "EBGM": 2.23, "EB05": 0.49, "EB95": 13.85, "PRR": 27.96}
"""openEBGM's documentation: two counts of pairs, and the first row of its table."""

UNSQUASHED_PRIOR = Prior(3.25596685, 0.39998994, 2.02376139, 1.90614108, 0.06530755)
"""What openEBGM publishes for all pairs, none squashed; its negative log-likelihood there is 4162.456."""

SIZES: Mapping[int, tuple[str, ...]] = {20_000: ("vigipy",), 1_000_000: ("pandas", "stratified"), 10_000_000: ()}
"""How many reports are made, and what runs on them beside our plain count."""


def run(data: Path) -> BenchReport:
    """Compare with the published numbers on `data`/signals/caers.csv, then time made reports."""
    started = perf_counter()
    metrics, failures = _caers(data / "signals" / "caers.csv")
    peers: dict[str, Mapping[str, float]] = {}
    largest = 0.0
    for size, others in SIZES.items():
        with tempfile.TemporaryDirectory(prefix="pharmassist-signals-") as folder:
            _apart("make", folder, str(size))
            mine = _apart("ours", folder)
            largest = max(largest, mine["peak MB"])
            peers[f"pharmassist, {size:,} reports"] = mine
            for other in others:
                name = (
                    f"pharmassist in 120 strata, {size:,} reports"
                    if other == "stratified"
                    else f"{other}, {size:,} reports"
                )
                peers[name] = _apart(other, folder)
    return BenchReport("signals", metrics, peers, tuple(failures), perf_counter() - started, largest)


def _caers(path: Path) -> tuple[dict[str, Metric], list[str]]:
    counts = count(read_table(path, as_written=True))
    table = counts.table
    n, expected = table["n"].to_numpy().astype(np.float64), table["expected"].to_numpy()
    published = shrink(n, expected, PUBLISHED_PRIOR)
    margins = table["product_reports"].to_numpy(), table["event_reports"].to_numpy()
    ratio = prr(cells(table["n"].to_numpy(), *margins, counts.reports)).value
    first = [published.ebgm[0], published.eb05[0], published.eb95[0], ratio[0]]
    found = dict(zip(PUBLISHED, (*_above(published), *(round(float(each), 2) for each in first)), strict=True))
    failures = [
        f"{name}: {found[name]}, published {value}" for name, value in PUBLISHED.items() if found[name] != value
    ]
    fit = fit_prior(n, expected)
    own = _above(shrink(n, expected, fit.prior))
    metrics = {
        "CAERS pairs": Metric(float(len(table)), counts.reports),
        **{f"published prior: {name}": Metric(value, len(table)) for name, value in found.items()},
        "log-likelihood of the prior published for all pairs": Metric(
            log_likelihood(n, expected, UNSQUASHED_PRIOR), len(n)
        ),
        "log-likelihood of our prior": Metric(fit.log_likelihood, len(n)),
        **{f"our prior: {name}": Metric(value, len(n)) for name, value in _numbers(fit.prior)},
        "our prior: EB05 above 2": Metric(own[0], len(n)),
        "our prior: EBGM above 3": Metric(own[1], len(n)),
    }
    return metrics, failures


def _above(shrunk: Shrunk) -> tuple[float, float]:
    return float((shrunk.eb05.round(2) > 2).sum()), float((shrunk.ebgm.round(2) > 3).sum())


def _numbers(prior: Prior) -> Iterator[tuple[str, float]]:
    for name in ("alpha1", "beta1", "alpha2", "beta2", "weight"):
        yield name, float(getattr(prior, name))


def _apart(*words: str) -> dict[str, float]:
    """One deed of `signals_scale` in a process of its own; what it measured."""
    command = [sys.executable, "-m", "tests.benchmarks.signals_scale", *words]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} ended with {done.returncode}: {done.stderr[-2000:]}")
    measured: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return measured
