"""`pharmassist bench prepare`: how fast data is prepared, in how much memory, and whether what was planted is found.

Needs no development data: `tests/benchmarks/prepare_world.py` makes the examples. `PHARMASSIST_BENCH_PREPARE_ROWS` sets
their number (2,000,000). De-identification by the learned net and the dose rules take milliseconds a row: both are
measured apart, on fewer rows, and left out of the large run, whose rows hold no identifiers of anybody.

Published, for 4,000,000 rows: 245 to 570 examples a second, then a stall (OpenBMB/MiniCPM-V issue 914).
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, process_time, sleep

import polars as pl
import psutil  # type: ignore[import-untyped]

from finetune.example import Snapshot, Split
from finetune.measure import BenchReport, Metric, proportion
from finetune.prepare import deduplicate
from finetune.prepare.chunks import Chunk, chunks, find_inputs
from finetune.prepare.decontaminate import evaluation_folders, evaluation_questions
from finetune.prepare.deidentify import Mask, Masked
from finetune.prepare.embedded import embedded
from finetune.prepare.masks import learned_mask
from finetune.prepare.on_ray import on_ray
from finetune.prepare.pack import pack_split
from finetune.prepare.pipeline import prepare
from finetune.prepare.read import read
from finetune.prepare.settings import Settings
from finetune.prepare.stage import Plan
from finetune.prepare.store import Engine, Marker, Store
from finetune.prepare.tokenise import tokenise
from finetune.snapshot import verify
from tests.benchmarks.prepare_tokeniser import small_tokeniser
from tests.benchmarks.prepare_truth import dose_checks, found
from tests.benchmarks.prepare_world import Line, Planted, write_world

SIZE = int(os.environ.get("PHARMASSIST_BENCH_PREPARE_ROWS", "2000000"))
SAME, MASKED, TOKENISED = min(SIZE, 100_000), min(SIZE // 50, 1_000), 50_000
CORES = 2
SETTINGS = Settings(workers=CORES, check_doses=False)
_AIMED = ("clean", "sign", "decontaminate", "deduplicate", "tokenise")
"""The steps that the aim of 10,000 examples a second counts; the others are measured beside them."""


def untouched() -> Mask:
    """A mask that masks nothing: the examples are made up, and the real one is measured apart."""
    return _same


def _same(texts: Sequence[str]) -> list[Masked | None]:
    return [Masked(text) for text in texts]


def run(_data: Path) -> BenchReport:
    """Measure; needs no development data."""
    started = perf_counter()
    questions = [one for one in evaluation_questions(evaluation_folders()) if len(one.split()) >= 5]
    with tempfile.TemporaryDirectory() as name:
        metrics: dict[str, Metric] = {}
        for part in (_large, _one_snapshot, _masking):
            folder = Path(name) / part.__name__
            folder.mkdir()
            metrics.update(part(folder, questions))
        metrics.update(dose_checks())
    peak = metrics[_PEAK].value
    return BenchReport("prepare", metrics, _PUBLISHED, (), perf_counter() - started, peak)


_PEAK = "peak memory of all processes, MB"
_PUBLISHED = {"LLaMA-Factory, 4,000,000 rows, as reported (MiniCPM-V issue 914)": {"examples a second, most": 570.0}}


def _large(folder: Path, questions: Sequence[str]) -> dict[str, Metric]:
    truth = write_world(folder / "world.jsonl", SIZE, questions)
    timed = _Timed()
    at, clock = perf_counter(), process_time()
    with _most_memory() as memory, timed.whole_steps():
        snapshot = prepare(
            [folder / "world.jsonl"], folder / "out", SETTINGS, make_mask=untouched, engine=timed.engine,
            on_progress=_say(at),
        )  # fmt: skip
        peak = memory()
    wall, own = perf_counter() - at, process_time() - clock
    used = {step: seconds / SIZE for step, seconds in timed.seconds.items()} | _tokens(folder)
    used["contradictions, split, writing"] = own / SIZE - used["deduplicate"]
    aimed = sum(used[step] for step in _AIMED)
    return {
        **{f"{step}: microseconds of one core a row": Metric(1e6 * value, SIZE) for step, value in used.items()},
        f"clean, deduplicate, decontaminate, tokenise: examples a second on {CORES} free cores": Metric(
            CORES / aimed, SIZE
        ),
        "all steps but masking and dose rules: examples a second on the clock": Metric(SIZE / wall, SIZE),
        "all steps but masking and dose rules: seconds on the clock": Metric(wall, SIZE),
        _PEAK: Metric(peak, SIZE),
        **found(folder / "out", truth),
        "rows in the snapshot": Metric(sum(snapshot.rows.values()), SIZE),
        "files changed since they were frozen": Metric(len(verify(folder / "out")), 1),
    }


class _Timed:
    """The embedded engine, with the processor seconds of each step added up."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def engine(self, todo: list[Chunk], plan: Plan, store: Store) -> Iterator[Marker]:
        """See `finetune.prepare.store.Engine`."""
        for marker in embedded(todo, plan, store):
            for step, seconds in marker.seconds.items():
                self.seconds[step] += seconds
            yield marker

    @contextmanager
    def whole_steps(self) -> Iterator[None]:
        """Time the two halves of the step deduplicate as well, which look at all rows together."""
        halves = deduplicate.exact, deduplicate.near
        deduplicate.exact, deduplicate.near = (self._counted(half) for half in halves)
        try:
            yield
        finally:
            deduplicate.exact, deduplicate.near = halves

    def _counted(self, half: Callable[..., pl.DataFrame]) -> Callable[..., pl.DataFrame]:
        def counted(*given: object) -> pl.DataFrame:
            at = process_time()
            found = half(*given)
            self.seconds["deduplicate"] += process_time() - at
            return found

        return counted


def _tokens(folder: Path) -> dict[str, float]:
    """Processor seconds a row of tokenising, and of packing."""
    tokeniser = small_tokeniser(folder / "tokeniser", folder / "world.jsonl")
    part = folder / "part"
    part.mkdir()
    rows = pl.read_parquet(folder / "out" / "train.parquet", n_rows=TOKENISED)
    rows.write_parquet(part / "train.parquet")
    at = process_time()
    for first in range(0, rows.height, 4096):
        tokenise(rows[first : first + 4096], tokeniser, 2048)
    alone = (process_time() - at) / rows.height
    tokeniser, at = small_tokeniser(folder / "tokeniser", folder / "world.jsonl"), process_time()
    report = pack_split(part, Split.TRAIN, tokeniser, 2048, part / "packed.parquet")
    return {"tokenise": alone, "pack": (process_time() - at) / max(1, report.examples) - alone}


def _one_snapshot(folder: Path, questions: Sequence[str]) -> dict[str, Metric]:
    """The same rows by one process, by two with other batches, by a killed run and its resumption, and on Ray."""
    world = folder / "world.jsonl"
    write_world(world, SAME, questions, seed=12)
    first = _prepared(world, folder / "one", Settings(check_doses=False, batch_rows=5000))
    killed, resumed = _killed(world, folder / "killed")
    others = {
        "two processes, other batches": _prepared(world, folder / "two", SETTINGS),
        f"killed after {killed} chunks and resumed": resumed,
        "Ray Data": _prepared(world, folder / "ray", SETTINGS, on_ray),
    }
    return {f"same snapshot: {name}": Metric(float(one.id == first.id), SAME) for name, one in others.items()}


def _prepared(world: Path, out: Path, settings: Settings, engine: Engine = embedded) -> Snapshot:
    return prepare([world], out, settings, make_mask=untouched, engine=engine)


def _killed(world: Path, out: Path) -> tuple[int, Snapshot]:
    """Kill a run of its own process in the middle of the chunks; then go on."""
    command = [sys.executable, "-m", "tests.benchmarks.prepare", str(world), str(out)]
    process = subprocess.Popen(command, start_new_session=True)
    store = Store(out.with_name(f"{out.name}.work"))
    total = len(list(chunks(find_inputs([world]), SETTINGS.batch_rows)))
    while process.poll() is None and len(list(store.folder.glob("markers/*.json"))) < total // 2:
        sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    done = len(list(store.folder.glob("markers/*.json")))
    return done, _prepared(world, out, SETTINGS)


def _masking(folder: Path, questions: Sequence[str]) -> dict[str, Metric]:
    """The real masker on fewer rows: how fast, and how much of what was planted it hides."""
    truth = write_world(folder / "world.jsonl", 50 * MASKED, questions, seed=13)
    chosen = [number for number, line in enumerate(truth) if line.kind is Planted.IDENTIFIER][: MASKED // 2]
    plain = [number for number, line in enumerate(truth) if line.kind is Planted.PLAIN][: MASKED // 2]
    wanted = {number: truth[number] for number in [*chosen, *plain]}
    texts = _texts(folder / "world.jsonl", wanted)
    mask = learned_mask()
    mask(["warm"])
    at = perf_counter()
    masked = dict(zip(texts, mask(list(texts.values())), strict=True))
    seconds = perf_counter() - at
    hidden = [value for number in chosen for value in wanted[number].hidden]
    shown = [value for number in chosen for value in wanted[number].hidden if value in _text(masked[number])]
    untouched_rows = sum(masked[number] == Masked(texts[number]) for number in plain)
    return {
        "de-identify, rules and net, one process: questions a second on the clock": Metric(
            len(texts) / seconds, len(texts)
        ),
        "identifiers: values that no longer show": proportion(len(hidden) - len(shown), len(hidden)),
        "identifiers: questions without any that stay as they are": proportion(untouched_rows, len(plain)),
        "questions that could not be masked": Metric(sum(one is None for one in masked.values()), len(texts)),
    }


def _text(masked: Masked | None) -> str:
    return masked.text if masked else ""


def _texts(world: Path, wanted: Mapping[int, Line]) -> dict[int, str]:
    """The questions of these lines."""
    made: dict[int, str] = {}
    for chunk in chunks(find_inputs([world]), 10_000):
        rows, _ = read(chunk)
        for name, question in zip(rows["id"], rows["question"], strict=True):
            number = int(name.split("-")[1])
            if number in wanted:
                made[number] = question
    return made


def _say(started: float) -> Callable[[str, int, int], None]:
    def say(what: str, done: int, of: int) -> None:
        if done % 20 == 0 or done == of:
            print(f"{perf_counter() - started:8.0f} s  {what}: {done} of {of}", file=sys.stderr, flush=True)

    return say


@contextmanager
def _most_memory() -> Iterator[Callable[[], float]]:
    """The most memory, in MB, that this process and its children held together, looked at once a second.

    Pages that they share are counted for each of them: it is a little less in truth.
    """
    most, done = [0.0], threading.Event()

    def watch() -> None:
        own = psutil.Process()
        while not done.wait(1):
            total = 0
            for one in (own, *own.children(recursive=True)):
                try:
                    total += one.memory_info().rss
                except psutil.Error:
                    continue
            most[0] = max(most[0], total / 2**20)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield lambda: most[0]
    finally:
        done.set()
        thread.join()


if __name__ == "__main__":
    _prepared(Path(sys.argv[1]), Path(sys.argv[2]), SETTINGS)
