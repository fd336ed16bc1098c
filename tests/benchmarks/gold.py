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
# Written without sight of the assistant; read its first result in docs/measurements.md, later ones are no longer blind.
HELD_OUT = CHECKOUT / "finetune" / "gold-held-out"


def run(_data: Path) -> BenchReport:
    """Grade every gold question; needs no development data."""
    started = perf_counter()
    questions, held_out = load(GOLD), load(HELD_OUT)
    with tempfile.TemporaryDirectory() as folder:
        settings = load_settings().model_copy(update={"data_dir": Path(folder)})
        with opened(settings) as product:
            graded = [grade(question, _ask(product, question)) for question in questions]
            unseen = [grade(question, _ask(product, question)) for question in held_out]
    failures = tuple(
        f"{each.question.id} ({each.grade}): {each.question.ask} -- {each.why}"
        for each in [*graded, *unseen]
        if each.why
    )
    metrics = {**_metrics(graded), **{f"held out: {name}": metric for name, metric in _overall(unseen).items()}}
    return BenchReport("gold", metrics, {}, failures, perf_counter() - started, peak_mb())


def _ask(product: Product, question: GoldQuestion) -> Outcome:
    return ask_once(product, question.ask, history=question.history)


def _line(each: Graded) -> str:
    return f"{each.question.id} ({each.grade}): {each.question.ask} -- {each.why}"


def _overall(graded: Sequence[Graded]) -> dict[str, Metric]:
    metrics = {each.value: proportion(share(graded, each), len(graded)) for each in Grade}
    for expect in Expect:
        part = [each for each in graded if each.question.expect is expect]
        metrics[f"right, of those to get {expect.value}"] = proportion(share(part, Grade.RIGHT), len(part))
    return metrics


def _metrics(graded: Sequence[Graded]) -> Mapping[str, Metric]:
    topics: dict[str, list[Graded]] = defaultdict(list)
    for each in graded:
        topics[each.question.topic].append(each)
    by_topic = {
        f"right, topic {name}": proportion(share(part, Grade.RIGHT), len(part)) for name, part in sorted(topics.items())
    }
    return {**_overall(graded), **by_topic}
