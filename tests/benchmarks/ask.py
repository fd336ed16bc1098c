"""`pharmassist bench ask`: how long indexing, searching and answering take, on the starter corpus and the 22 labels.

Questions are the gold questions that are to be answered. The index is built in a temporary folder. The local
mode of qdrant-client holds the same passages and vectors and gets the same queries, in the same run.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from time import perf_counter
from typing import TypeVar

import numpy as np

from assistant.conversation import Answer
from finetune.gold import Expect, load
from finetune.measure import BenchReport, Metric, peak_mb
from retrieval.index import Index, IndexQuery
from tests.benchmarks.gold import GOLD
from tests.benchmarks.local_mode import local_mode_copy
from ui.settings import load as load_settings
from ui.wiring import Product, ask_once, ingest_into, opened

Item = TypeVar("Item")
LABELS = "labels"


def run(data: Path) -> BenchReport:
    """Measure on `data` (the public development data), whose `labels` folder is indexed beside the starter corpus."""
    started = perf_counter()
    questions = [each.ask for each in load(GOLD) if each.expect is Expect.ANSWER and not each.history]
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings().model_copy(update={"data_dir": Path(folder)})
        began = perf_counter()
        with opened(settings, warm=True) as product:
            ingest_into(product, [data / LABELS], lambda _progress: None)
            metrics = _indexing(product, Path(folder) / "index", perf_counter() - began)
            metrics |= _searching(product, questions)
            answered = [isinstance(ask_once(product, text), Answer) for text in questions[:5]]
            metrics |= _times("ask", lambda text: ask_once(product, text), questions)
            metrics["peak memory, MB"] = Metric(peak_mb(), 1)
            peers = _side_by_side(product, questions)
    failures = () if any(answered) else ("none of the first questions was answered: the times are of refusals",)
    return BenchReport("ask", metrics, peers, failures, perf_counter() - started, metrics["peak memory, MB"].value)


def _indexing(product: Product, folder: Path, seconds: float) -> dict[str, Metric]:
    count = product.index.passage_count()
    product.index.optimize()
    # Blocks in use: the engine reserves sparse files far larger than what they hold.
    size = sum(512 * file.stat().st_blocks for file in folder.rglob("*") if file.is_file()) / 1e6
    return {
        "index: seconds, start-up included": Metric(seconds, count),
        "index: passages per second": Metric(count / seconds, count),
        "index: MB on disk": Metric(size, count),
    }


def _searching(product: Product, questions: Sequence[str]) -> dict[str, Metric]:
    return _times("search with embedding", lambda text: product.tools.search(text, ()), questions)


def _side_by_side(product: Product, questions: Sequence[str]) -> dict[str, dict[str, float]]:
    vectors = product.encoder.encode(list(questions))
    queries = [IndexQuery(vector, text) for vector, text in zip(vectors, questions, strict=True)]
    local = local_mode_copy(product.index, product.encoder)
    places: dict[str, Index] = {"Qdrant Edge": product.index, "qdrant-client local mode": local}
    peers = {name: _plain(_times("hybrid query", index.search, queries)) for name, index in places.items()}
    local.close()
    return peers


def _times(name: str, act: Callable[[Item], object], items: Sequence[Item]) -> dict[str, Metric]:
    """Median and 95th percentile in milliseconds; the first three runs warm up and are not counted."""
    for item in items[:3]:
        act(item)
    taken = []
    for item in items:
        began = perf_counter()
        act(item)
        taken.append(1000 * (perf_counter() - began))
    p50, p95 = np.percentile(taken, [50, 95])
    return {f"{name}: p50 ms": Metric(float(p50), len(taken)), f"{name}: p95 ms": Metric(float(p95), len(taken))}


def _plain(metrics: dict[str, Metric]) -> dict[str, float]:
    return {name: metric.value for name, metric in metrics.items()}
