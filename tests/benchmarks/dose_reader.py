"""`pharmassist bench dose-reader`: doses read from parsigs' prescriptions and from our hand-labelled sentences.

A sentence counts as right only where every field of every statement is right. One that is not right is either unread,
which the reader says itself, or a silent misread, which must not happen.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from time import perf_counter

from finetune.measure import BenchReport, Metric, peak_mb, proportion
from guardrails.dose import DoseStatement, Quantity
from guardrails.dose_reader import read_doses
from retrieval.medicines import Medicines
from tests.benchmarks.dose_fuzz import SETS
from tests.guardrails.dose_labels import Reading, graded, load

_PERIODS = {"h": "Hour", "d": "Day", "wk": "Week", "mo": "Month", "a": "Year"}
Fields = tuple[str | None, ...]


@dataclass(frozen=True)
class Case:
    """One text of one set, and how it was read."""

    group: str
    text: str
    reading: Reading


def run(data: Path) -> BenchReport:
    """Read every sentence; parsigs is at `dosing/parsigs.json` under the data."""
    started = perf_counter()
    medicines = Medicines.load()
    cases = [*parsigs(data, medicines), *own(medicines)]
    metrics: dict[str, Metric] = {}
    for group in ("", *dict.fromkeys(case.group for case in cases)):
        part = [case for case in cases if group in ("", case.group)]
        name = f", {group}" if group else ""
        for reading in (Reading.RIGHT, Reading.SILENT):
            hits = sum(case.reading is reading for case in part)
            label = "every field right" if reading is Reading.RIGHT else "silent misread"
            metrics[label + name] = proportion(hits, len(part))
    order = [Reading.SILENT, Reading.UNREAD]
    failures = tuple(
        f"{case.reading.value} ({case.group}): {case.text}"
        for reading in order
        for case in cases
        if case.reading is reading
    )
    return BenchReport("dose-reader", metrics, {}, failures, perf_counter() - started, peak_mb())


def own(medicines: Medicines) -> list[Case]:
    """Our own sentences, by the file that holds them."""
    return [
        Case(f"own, {name}", sentence.text, graded(sentence, read_doses(sentence.text, medicines)))
        for name in SETS
        for sentence in load(name)
    ]


def parsigs(data: Path, medicines: Medicines) -> list[Case]:
    """The prescriptions of parsigs (MIT licence); each is compared in all of its fields."""
    rows = json.loads((data / "dosing" / "parsigs.json").read_text(encoding="utf-8"))
    cases = []
    for row in rows:
        text = row["sig"][0]
        read = read_doses(text, medicines)
        wanted = [_wanted(each) for each in row["expected"]]
        right = (
            not any(one.unread for one in read)
            and [_got(one, want) for one, want in zip(read, wanted, strict=False)] == wanted
        )
        unread = any(one.unread for one in read)
        reading = Reading.RIGHT if right and len(read) == len(wanted) else Reading.UNREAD if unread else Reading.SILENT
        cases.append(Case("parsigs", text, reading))
    return cases


def _wanted(fields: dict[str, str | int | float | bool | None]) -> Fields:
    keys = "drug form strength frequencyType interval times singleDosageAmount periodType periodAmount takeAsNeeded"
    return tuple(_text(fields[key]) for key in keys.split())


def _text(value: str | int | float | bool | None) -> str | None:
    if isinstance(value, bool) or value is None:
        return None if value is None else str(value)
    return value if isinstance(value, str) else f"{Decimal(str(value)).normalize():f}"


def _got(read: DoseStatement, want: Fields) -> Fields:
    """The statement in parsigs' fields. Two habits of its labels carry no meaning and are taken over from `want`:

    it writes an interval of 1 where no frequency is said, and for once a day it writes `times` 1 or nothing.
    """
    frequency, amount = read.frequency, read.amount.low if read.amount else None
    period = frequency.period.low if frequency and frequency.period else Quantity(Decimal(1), "")
    times = _text(int(frequency.times)) if frequency and frequency.times else None
    if times == "1" and want[5] is None:
        times = None
    strength = f"{read.strength[0]}".replace(" ", "") if read.strength else None
    duration = read.duration.low if read.duration else None
    return (
        read.drug or None,
        amount.unit.strip("{}") if amount and amount.unit != "1" else None,
        strength,
        _PERIODS.get(period.unit),
        f"{period.value.normalize():f}",
        times,
        f"{amount.value.normalize():f}" if amount else None,
        _PERIODS[duration.unit] if duration else None,
        f"{duration.value.normalize():f}" if duration else None,
        str(read.as_needed),
    )
