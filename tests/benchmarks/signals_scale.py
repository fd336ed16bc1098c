"""Made reports at any size, and one timed count and measurement of them in a process of its own.

`pharmassist bench signals` starts this file, so that the peak of memory is that of the work alone:

    python -m tests.benchmarks.signals_scale make FOLDER 10000000
    python -m tests.benchmarks.signals_scale ours|stratified|pandas|vigipy FOLDER

How reports are made (all from one seed): medicines and events are drawn with Zipf-like frequencies, one to six
medicines and one to eight events a report; 300 pairs of a medicine and an event are planted: a report with the medicine
gets the event with a chance of 5 % more. Each report belongs to one of 40 areas of medicine, from which three tenths of
its medicines and events come, so that ratios differ as they do in real reports. Sex, age and year are drawn alike.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt
import polars as pl

from assistant.triage.signals.candidates import measure
from assistant.triage.signals.counts import count
from assistant.triage.signals.report_set import ReportSet, Roles
from finetune.measure import peak_mb

PRODUCTS, EVENTS, PLANTED, AREAS = 6_000, 12_000, 300, 40
CHUNK = 500_000
SEED = 20261126

Ints = npt.NDArray[np.int64]


def make(folder: Path, reports: int) -> dict[str, float]:
    """Write `reports` made reports as Parquet files, a few at a time."""
    folder.mkdir(parents=True, exist_ok=True)
    chances = [_zipf(number, start) for number, start in ((PRODUCTS, 20), (EVENTS, 30))]
    for chunk, first in enumerate(range(0, reports, CHUNK)):
        generator = np.random.default_rng((SEED, chunk))
        size = min(CHUNK, reports - first)
        area = generator.integers(0, AREAS, size)
        products = _drawn(generator, chances[0], area, 1 + generator.poisson(1.0, size).clip(max=5))
        events = _drawn(generator, chances[1], area, 1 + generator.poisson(1.6, size).clip(max=7))
        extra = _planted_events(generator, *products)
        events = (np.concatenate([events[0], extra[0]]), np.concatenate([events[1], extra[1]]))
        _write(folder / f"products-{chunk:03}.parquet", first, products, "product", "DRUG")
        _write(folder / f"events-{chunk:03}.parquet", first, events, "event", "REACTION")
        _write_reports(folder / f"reports-{chunk:03}.parquet", generator, first, size)
    return {"reports": reports}


def planted() -> tuple[Ints, Ints]:
    """The planted pairs: medicine and event, each by number."""
    generator = np.random.default_rng(SEED)
    return generator.integers(50, 2_000, PLANTED), generator.integers(100, 4_000, PLANTED)


def opened(folder: Path) -> ReportSet:
    """The made reports as a set."""
    products, events, reports = (
        pl.scan_parquet(folder / f"{each}-*.parquet") for each in ("products", "events", "reports")
    )
    return ReportSet("made", products, events, reports, ("sex", "age_group", "year"))


def ours(folder: Path) -> dict[str, float]:
    """Count, fit the prior and compute every measure of every pair."""
    return _measured(folder, ())


def stratified(folder: Path) -> dict[str, float]:
    """The same with 120 strata of sex, age group and year."""
    return _measured(folder, ("sex", "age_group", "year"))


def _measured(folder: Path, by: tuple[str, ...]) -> dict[str, float]:
    start = perf_counter()
    counts = count(opened(folder), by=by, roles=Roles.ALL)
    counted = perf_counter()
    measured = measure(counts)
    table = measured.table
    return {
        "reports": counts.reports,
        "pairs": len(table),
        "seconds to count": counted - start,
        "seconds to fit and measure": perf_counter() - counted,
        "planted pairs with EB05 of 2 or more": _found(table),
        "all pairs with EB05 of 2 or more": int((table["eb05"] >= 2).sum()),
        "peak MB": peak_mb(),
    }


def by_pandas(folder: Path) -> dict[str, float]:
    """Plain pandas: join, group and divide, without a prior; only counting is compared."""
    import pandas as pd

    start = perf_counter()
    products, events = (
        pd.concat(pd.read_parquet(each) for each in sorted(folder.glob(f"{name}-*.parquet")))
        for name in ("products", "events")
    )
    products = products[["report", "product"]].drop_duplicates()
    events = events[["report", "event"]].drop_duplicates()
    pairs = products.merge(events, on="report").groupby(["product", "event"]).size()
    table = pairs.rename("n").reset_index()
    table["product_reports"] = table["product"].map(products["product"].value_counts())
    table["event_reports"] = table["event"].map(events["event"].value_counts())
    return {"pairs": len(table), "seconds to count": perf_counter() - start, "peak MB": peak_mb()}


def by_vigipy(folder: Path) -> dict[str, float]:
    """vigipy's own way from rows of pairs to EBGM with a fitted prior."""
    import vigipy

    start = perf_counter()
    whole = opened(folder)
    rows = whole.products.join(whole.events, on="report").select("report", "product", "event").unique()
    frame = rows.select("product", "event", n=pl.lit(1)).collect().to_pandas()
    labels = {"product_label": "product", "ae_label": "event", "count_label": "n"}
    container = vigipy.convert(frame, margin_threshold=1, **labels)
    counted = perf_counter()
    result = vigipy.gps(container, min_events=1)
    return {
        "pairs": len(result.all_signals),
        "seconds to count": counted - start,
        "seconds to fit and measure": perf_counter() - counted,
        "peak MB": peak_mb(),
    }


def _zipf(number: int, start: int) -> npt.NDArray[np.float64]:
    """Cumulative chances that fall with the rank: steeply at the end, as in FAERS, and less among the first."""
    weight = (np.arange(number) + start) ** -1.4
    summed: npt.NDArray[np.float64] = np.cumsum(weight / weight.sum())
    return summed


def _drawn(
    generator: np.random.Generator, chances: npt.NDArray[np.float64], area: Ints, each: Ints
) -> tuple[Ints, Ints]:
    """For each report as many draws as `each` says: the report's place and what was drawn."""
    place = np.repeat(np.arange(len(each)), each)
    drawn = np.searchsorted(chances, generator.random(len(place))).clip(max=len(chances) - 1)
    own = drawn - drawn % AREAS + area[place]
    return place, np.where(generator.random(len(place)) < 0.3, own.clip(max=len(chances) - 1), drawn)


def _planted_events(generator: np.random.Generator, place: Ints, product: Ints) -> tuple[Ints, Ints]:
    medicines, events = planted()
    places, drawn = [], []
    for medicine, event in zip(medicines, events, strict=True):
        holders = place[product == medicine]
        chosen = holders[generator.random(len(holders)) < 0.05]
        places.append(chosen)
        drawn.append(np.full(len(chosen), event))
    return np.concatenate(places), np.concatenate(drawn)


def _write(path: Path, first: int, rows: tuple[Ints, Ints], name: str, word: str) -> None:
    numbers = pl.Series(name, rows[1])
    frame = pl.DataFrame({"report": rows[0] + first}).with_columns(pl.format(f"{word} {{}}", numbers).alias(name))
    (frame.with_columns(role=pl.lit("suspect")) if name == "product" else frame).write_parquet(path)


def _write_reports(path: Path, generator: np.random.Generator, first: int, size: int) -> None:
    columns = {"report": np.arange(first, first + size)}
    drawn = {
        "sex": (["female", "male", "unknown"], [0.55, 0.38, 0.07]),
        "age_group": (["0-17", "18-64", "65-74", "75 and over", "unknown"], [0.06, 0.4, 0.15, 0.14, 0.25]),
        "year": ([str(year) for year in range(2018, 2026)], [0.125] * 8),
    }
    frame = pl.DataFrame(columns)
    for name, (values, chances) in drawn.items():
        frame = frame.with_columns(pl.Series(name, values).gather(generator.choice(len(values), size, p=chances)))
    frame.write_parquet(path)


def _found(table: pl.DataFrame) -> int:
    medicines, events = planted()
    names = pl.DataFrame({"product": medicines, "event": events}).unique()
    names = names.select(
        pl.format("DRUG {}", "product").alias("product"), pl.format("REACTION {}", "event").alias("event")
    )
    return len(table.filter(pl.col("eb05") >= 2).join(names, on=["product", "event"], how="semi"))


DEEDS: dict[str, Callable[[Path], dict[str, float]]] = {
    "ours": ours,
    "stratified": stratified,
    "pandas": by_pandas,
    "vigipy": by_vigipy,
}


def main(deed: str, folder: str, reports: str = "0") -> None:
    """Do one thing and print what it took as JSON."""
    done = make(Path(folder), int(reports)) if deed == "make" else DEEDS[deed](Path(folder))
    print(json.dumps(done))


if __name__ == "__main__":
    main(*sys.argv[1:])
