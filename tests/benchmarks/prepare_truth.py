"""What was found of what was planted, with exact intervals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from time import perf_counter

import polars as pl

from finetune.measure import Metric, proportion
from finetune.prepare.checks import conflicts
from tests.benchmarks.prepare_world import Line, Planted

# Medicine, a dose a day within its label's limits for adults, and one over every one of them, in mg.
_DAILY = (
    ("metformin", (500, 1000, 1500, 2000), (5000, 6000, 8500)),
    ("acetaminophen", (500, 650, 1000), (8000, 9000, 12000)),
    ("ibuprofen", (1200, 1800, 2400), (5000, 6400, 8000)),
    ("sertraline", (50, 100, 150), (500, 600, 1000)),
    ("atorvastatin", (10, 20, 40), (200, 400, 800)),
    ("fluoxetine", (20, 40, 60), (200, 300, 400)),
    ("allopurinol", (100, 200, 300), (1500, 2000, 3000)),
    ("gabapentin", (900, 1200, 1800), (8000, 9000, 12000)),
)
_SAYINGS = (
    "Give {medicine} {dose} mg daily.",
    "The usual dose of {medicine} is {dose} mg per day.",
    "{medicine}: {dose} mg daily in divided doses, and review after four weeks.",
    "Adults may take up to {dose} mg of {medicine} a day.",
)


def found(snapshot: Path, truth: Sequence[Line]) -> dict[str, Metric]:
    """Recall and precision of each kind of planted row, from the snapshot's own list of dropped rows."""
    dropped = pl.read_ndjson(snapshot / "reports" / "dropped.jsonl")
    reasons = {int(name.split("-")[1]): why for name, why in zip(dropped["id"], dropped["reason"], strict=True)}
    by_kind: dict[Planted, list[int]] = {kind: [] for kind in Planted}
    for number, line in enumerate(truth):
        by_kind[line.kind].append(number)
    return {
        **_pairs("exact copies", by_kind[Planted.EXACT], truth, reasons, "an exact copy"),
        **_pairs("near copies", by_kind[Planted.NEAR], truth, reasons, "nearly a copy"),
        **_alone("contamination", by_kind[Planted.CONTAMINATED], reasons, "evaluation question"),
        **_alone("another language", by_kind[Planted.FOREIGN], reasons, "language"),
        **_alone("unreadable", by_kind[Planted.BROKEN], reasons, "no JSON"),
        "rows with another number or medicine that were kept apart": _kept(by_kind[Planted.TRAP], reasons),
        **_contradictions(by_kind[Planted.CONTRADICTION], truth, reasons),
    }


def _pairs(
    name: str, planted: Sequence[int], truth: Sequence[Line], reasons: Mapping[int, str], why: str
) -> dict[str, Metric]:
    """Of a copy and what it was made of, one goes: which one depends on which was read first."""
    right = sum(reasons.get(number) == why or reasons.get(truth[number].of) == why for number in planted)
    ours = set(planted) | {truth[number].of for number in planted}
    gone = [number for number, reason in reasons.items() if reason == why]
    return {
        f"{name}: recall": proportion(right, max(1, len(planted))),
        f"{name}: precision": proportion(sum(number in ours for number in gone), max(1, len(gone))),
    }


def _alone(name: str, planted: Sequence[int], reasons: Mapping[int, str], why: str) -> dict[str, Metric]:
    right, own = sum(why in reasons.get(number, "") for number in planted), set(planted)
    gone = [number for number, reason in reasons.items() if why in reason]
    return {
        f"{name}: recall": proportion(right, max(1, len(planted))),
        f"{name}: precision": proportion(sum(number in own for number in gone), max(1, len(gone))),
    }


def _kept(planted: Sequence[int], reasons: Mapping[int, str]) -> Metric:
    copies = ("an exact copy", "nearly a copy")
    return proportion(sum(reasons.get(number) not in copies for number in planted), max(1, len(planted)))


def _contradictions(planted: Sequence[int], truth: Sequence[Line], reasons: Mapping[int, str]) -> dict[str, Metric]:
    why = "waits for a person: answers with other amounts"
    ours = set(planted) | {truth[number].of for number in planted}
    held = [number for number, reason in reasons.items() if reason == why]
    return {
        "contradictions: recall": proportion(
            sum(reasons.get(number) == why for number in planted), max(1, len(planted))
        ),
        "contradictions: precision": proportion(sum(number in ours for number in held), max(1, len(held))),
    }


def dose_checks() -> dict[str, Metric]:
    """Answers with a daily dose over every limit, and within the label's, through the dose rules."""
    over = _answers((medicine, high) for medicine, _, high in _DAILY)
    within = _answers((medicine, low) for medicine, low, _ in _DAILY)
    rows = pl.DataFrame(
        {
            "ordinal": range(len(over) + len(within)),
            "answer": [answer for _, answer in (*over, *within)],
            "evidence": ["[]"] * (len(over) + len(within)),
            "medicines": [[medicine] for medicine, _ in (*over, *within)],
        },
        schema_overrides={"ordinal": pl.UInt64()},
    )
    list(conflicts(rows.head(4)))
    at = perf_counter()
    wrong = {one.ordinal for one in conflicts(rows)}
    seconds = perf_counter() - at
    right = sum(number < len(over) for number in wrong)
    return {
        "doses over the limit: recall": proportion(right, len(over)),
        "doses over the limit: precision": proportion(right, max(1, len(wrong))),
        "dose rules, one process: answers a second on the clock": Metric(rows.height / seconds, rows.height),
    }


def _answers(doses: Iterable[tuple[str, tuple[int, ...]]]) -> list[tuple[str, str]]:
    return [
        (medicine, saying.format(medicine=medicine.capitalize() if saying[0] == "{" else medicine, dose=f"{dose:,}"))
        for medicine, given in doses
        for dose in given
        for saying in _SAYINGS
    ]
