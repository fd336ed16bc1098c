"""Finds and runs a benchmark of `tests/benchmarks`, which only a checkout has."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

from finetune.measure import BenchReport
from ui.errors import BenchUnavailable
from ui.settings import CHECKOUT

NAMES = (
    *("retrieval", "ask", "gold"),
    *(
        "dose-safety",
        "dose-reader",
        "groundedness",
        "phi",
        "intake",
        "guard-latency",
        "dose-vignettes",
        "adverse-events",
    ),
    *("signals", "duplicates", "expectedness", "prepare", "train", "evaluate", "nets", "serve-adapter", "review"),
)
_NEED_NO_DATA = frozenset({"duplicates", "evaluate", "gold", "prepare", "review", "serve-adapter", "train"})


def run(name: str, data: Path | None) -> BenchReport:
    """Run one benchmark on `data` (default: `../shared/data` beside the checkout).

    Raises:
        BenchUnavailable: an unknown name, no checkout, or the data is not there.
    """
    if name not in NAMES:
        raise BenchUnavailable(f"no benchmark “{name}”; choose one of: {', '.join(NAMES)}")
    if not (CHECKOUT / "tests" / "benchmarks").is_dir():
        raise BenchUnavailable("benchmarks run from a checkout of the project; this installation has no tests folder")
    folder = data or CHECKOUT.parent / "shared" / "data"
    if name not in _NEED_NO_DATA and not folder.is_dir():
        raise BenchUnavailable(f"{folder} is not a folder; name the development data with --data")
    sys.path.insert(0, str(CHECKOUT))
    module = importlib.import_module(f"tests.benchmarks.{name.replace('-', '_')}")
    report: BenchReport = module.run(folder)
    return report
