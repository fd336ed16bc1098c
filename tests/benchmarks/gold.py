"""`pharmassist bench gold`: the whole assistant on every gold question, over the starter corpus alone.

A fresh index is built in a temporary folder, so that what else a user has ingested does not change the numbers.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from time import perf_counter

from assistant.conversation import Outcome
from finetune.gold import Expect, GoldQuestion, Grade, Graded, grade, load, share
from finetune.measure import BenchReport, Metric, peak_mb, proportion
from ui.settings import CHECKOUT
from ui.settings import load as load_settings
from ui.wiring import Product, ask_once, opened

GOLD = CHECKOUT / "finetune" / "gold"


def run(_data: Path) -> BenchReport:
    """Grade every gold question; needs no development data."""
    started = perf_counter()
    questions = load(GOLD)
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings().model_copy(update={"data_dir": Path(folder)})
        with opened(settings) as product:
            graded = [grade(question, _ask(product, question)) for question in questions]
    failures = tuple(
        f"{each.question.id} ({each.grade}): {each.question.ask} -- {each.why}" for each in graded if each.why
    )
    return BenchReport("gold", _metrics(graded), {}, failures, perf_counter() - started, peak_mb())


def _ask(product: Product, question: GoldQuestion) -> Outcome:
    return ask_once(product, question.ask, history=question.history)


def _metrics(graded: Sequence[Graded]) -> Mapping[str, Metric]:
    n = len(graded)
    metrics = {each.value: proportion(share(graded, each), n) for each in Grade}
    for expect in Expect:
        part = [each for each in graded if each.question.expect is expect]
        metrics[f"right, of those to get {expect.value}"] = proportion(share(part, Grade.RIGHT), len(part))
    topics: dict[str, list[Graded]] = defaultdict(list)
    for each in graded:
        topics[each.question.topic].append(each)
    for topic, part in sorted(topics.items()):
        metrics[f"right, topic {topic}"] = proportion(share(part, Grade.RIGHT), len(part))
    return metrics
