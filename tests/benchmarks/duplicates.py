"""`pharmassist bench duplicates`: how many told-twice reports are found, and how many proposals are right.

Synthetic worlds (tests/benchmarks/duplicate_world.py says how they are made) with seeds and noise that the weights were
not learned on. Beside it in the same run: equal values in the fields that everybody has, and splink 5 with its
default comparisons and unsupervised training. Published for medicines: vigiMatch, precision 54 % at recall 40 to 86 %.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import count, islice
from pathlib import Path
from statistics import quantiles
from time import perf_counter

from assistant.triage.duplicates.check import Proposal, check, check_all
from assistant.triage.duplicates.fingerprint import Day, Fingerprint
from assistant.triage.duplicates.index import DuplicateIndex
from finetune.measure import BenchReport, Metric, peak_mb, proportion
from retrieval.medicines import Medicines
from tests.benchmarks.duplicate_cases import fingerprint_of
from tests.benchmarks.duplicate_learning import true_pairs
from tests.benchmarks.duplicate_peers import exact_pairs, splink_pairs
from tests.benchmarks.duplicate_reports import TESTING, Told
from tests.benchmarks.duplicate_world import world

SEED, SIZE = 101, 100_000
PEER_SEED, PEER_SIZE = 102, 12_000
LARGE = int(os.environ.get("PHARMASSIST_BENCH_DUPLICATES_LARGE", "1000000"))
"""Cases of the store for the time of one check; 0 leaves it out."""
_SINGLE = 300

Pair = frozenset[str]


def run(_data: Path) -> BenchReport:
    """Measure; needs no development data."""
    started = perf_counter()
    medicines = Medicines.load()
    told = list(world(SEED, TESTING, SIZE))
    with tempfile.TemporaryDirectory() as folder:
        cases, metrics, failures = _measured(Path(folder), told, medicines)
        metrics.update(_follow_ups(Path(folder), told[:20_000], medicines))
        if LARGE:
            metrics.update(_one_in(Path(folder), LARGE, cases))
    peers = _peers(list(world(PEER_SEED, TESTING, PEER_SIZE)), medicines)
    return BenchReport("duplicates", metrics, peers, failures, perf_counter() - started, peak_mb())


def _measured(
    folder: Path, told: Sequence[Told], medicines: Medicines
) -> tuple[list[Fingerprint], dict[str, Metric], tuple[str, ...]]:
    at = perf_counter()
    cases = [fingerprint_of(each, medicines) for each in told]
    read = perf_counter() - at
    index = DuplicateIndex(folder / "index.sqlite")
    index.put(cases)
    kept = perf_counter() - at - read
    proposed = [frozenset((each.likeness.one, each.likeness.other)) for each in check_all(index)]
    batch = perf_counter() - at - read - kept
    articled = {each.id for each in told if each.article}
    cites = {pair: bool(pair & articled) for pair in proposed}
    same_source = _of_one_source(proposed, {each.id: each for each in cases})
    metrics = {
        **scores("all pairs", proposed, told),
        **scores("without articles", [pair for pair in proposed if not cites[pair]],
                 [each for each in told if not each.article]),
        **scores("articles of several patients", [pair for pair in proposed if cites[pair]],
                 [each for each in told if each.article]),
        "two patients of one source proposed as one": Metric(same_source, len(proposed)),
        f"seconds for {len(told):,} reports: reading": Metric(read, len(told)),
        f"seconds for {len(told):,} reports: indexing": Metric(kept, len(told)),
        f"seconds for {len(told):,} reports: all pairs": Metric(batch, len(told)),
        **_latency(f"one new case against {len(told):,}", index, cases[:: len(cases) // _SINGLE]),
    }  # fmt: skip
    index.close()
    return cases, metrics, _wrong(proposed, told)


def scores(name: str, proposed: Iterable[Pair], told: Sequence[Told]) -> dict[str, Metric]:
    """Precision and recall of proposed pairs, with exact intervals."""
    truth = {each.id: each.truth for each in told}
    pairs = set(proposed)
    # One side of a pair may stand outside the part that is scored: then it is not right.
    right = sum(len({truth.get(each, -1) for each in pair}) == 1 for pair in pairs)
    true = true_pairs(list(truth.values()))
    return {
        f"{name}: precision": proportion(right, max(1, len(pairs))),
        f"{name}: recall": proportion(right, max(1, true)),
    }


def _of_one_source(proposed: Iterable[Pair], cases: Mapping[str, Fingerprint]) -> int:
    return sum(len({cases[each].source for each in pair}) == 1 for pair in proposed)


def _wrong(proposed: Iterable[Pair], told: Sequence[Told]) -> tuple[str, ...]:
    truth = {each.id: each.truth for each in told}
    wrong = [pair for pair in proposed if len({truth[each] for each in pair}) == 2]
    return tuple(f"not one patient: {' and '.join(sorted(pair))}" for pair in wrong[:20])


def _follow_ups(folder: Path, told: Sequence[Told], medicines: Medicines) -> dict[str, Metric]:
    """The second report of a truth cites the number of the first, as a follow-up does."""
    first: dict[int, Told] = {}
    second = []
    for each in told:
        if each.article:
            continue
        if each.truth in first:
            later = max(each.received, first[each.truth].received)
            second.append(replace(each, cites=first[each.truth].number.replace("-", " ").lower(), received=later))
        else:
            first[each.truth] = each
    index = DuplicateIndex(folder / "numbers.sqlite")
    index.put(fingerprint_of(each, medicines) for each in first.values())
    found = [check(fingerprint_of(each, medicines), index) for each in second]
    right = sum(one.of == first[each.truth].id for one, each in zip(found, second, strict=True))
    named = sum(one.proposal is Proposal.FOLLOW_UP for one in found)
    index.close()
    return {
        "a cited report number finds its case": proportion(right, len(second)),
        "and is proposed as a follow-up (the rest as sent twice)": proportion(named, len(second)),
    }


def _latency(name: str, index: DuplicateIndex, cases: Sequence[Fingerprint]) -> dict[str, Metric]:
    index.rarity()
    times = []
    for case in cases:
        at = perf_counter()
        check(replace(case, id="new"), index)
        times.append(1000 * (perf_counter() - at))
    half, high = (quantiles(times, n=20)[at] for at in (9, 18))
    return {f"{name}: median ms": Metric(half, len(times)), f"{name}: 95th percentile ms": Metric(high, len(times))}


def _one_in(folder: Path, size: int, cases: Sequence[Fingerprint]) -> dict[str, Metric]:
    """One check against a large store grown from the world: the same medicines and reactions, other people and days."""
    index = DuplicateIndex(folder / "large.sqlite")
    at = perf_counter()
    index.put(islice(grown(cases), size))
    seconds = perf_counter() - at
    index.close()
    index = DuplicateIndex(folder / "large.sqlite")
    at = perf_counter()
    index.rarity()
    opened = perf_counter() - at
    size_mb = (folder / "large.sqlite").stat().st_size / 2**20
    metrics = _latency(f"one new case against {size:,}", index, cases[:: len(cases) // _SINGLE])
    index.close()
    return {
        f"seconds to index {size:,}": Metric(seconds, size),
        f"seconds to count rarities of {size:,}": Metric(opened, size),
        f"MB on disk of {size:,}": Metric(size_mb, size),
        **metrics,
    }


def grown(cases: Sequence[Fingerprint]) -> Iterator[Fingerprint]:
    """The cases, and again and again with other numbers, initials, ages, birth dates and days of onset and start."""
    yield from cases
    for copy in count(1):
        for case in cases:
            yield replace(
                case,
                id=f"{case.id}+{copy}",
                source=f"{case.source}+{copy}",
                numbers=frozenset(f"{each}x{copy}" for each in case.numbers),
                literature=frozenset(f"{each}x{copy}" for each in case.literature),
                initials="".join(chr(65 + (ord(each) - 65 + 5 * copy) % 26) for each in case.initials),
                age=None if case.age is None else (case.age + 7 * copy) % 96,
                birth=_later(case.birth, 2557 * copy),
                onset=_later(case.onset, 53 * copy),
                start=_later(case.start, 53 * copy),
            )


def _later(day: Day | None, by: int) -> Day | None:
    if day is None or not day[1]:
        return day
    moved = date(day[0], day[1], day[2] or 1) + timedelta(by % 18_000)
    return moved.year, moved.month, moved.day if day[2] else 0


def _peers(told: Sequence[Told], medicines: Medicines) -> dict[str, dict[str, float]]:
    """Ours, equal fields and splink on one smaller world."""
    cases = [fingerprint_of(each, medicines) for each in told]
    with tempfile.TemporaryDirectory() as folder:
        index = DuplicateIndex(Path(folder) / "index.sqlite")
        at = perf_counter()
        index.put(cases)
        ours = [frozenset((each.likeness.one, each.likeness.other)) for each in check_all(index)]
        seconds = perf_counter() - at
        index.close()
    peers = {"this index": _flat(ours, told, seconds)}
    at = perf_counter()
    peers["equal medicine, reaction, sex, age, country"] = _flat(exact_pairs(cases), told, perf_counter() - at)
    at = perf_counter()
    for name, pairs in splink_pairs(cases).items():
        peers[name] = _flat(pairs, told, perf_counter() - at)
    return peers


def _flat(pairs: Iterable[Pair], told: Sequence[Told], seconds: float) -> dict[str, float]:
    found = {name.partition(": ")[2]: metric.value for name, metric in scores("", pairs, told).items()}
    return {**found, "reports": float(len(told)), "seconds": seconds}
