"""The embedded engine: one machine, Polars batches, one process or several."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context

from finetune.prepare.chunks import Chunk
from finetune.prepare.stage import Plan, prepared, tools
from finetune.prepare.store import Marker, Store

_AHEAD = 4
"""Chunks that wait for each process: enough to keep it busy, few enough to stay small."""
_THREADS = ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS")


def embedded(chunks: list[Chunk], plan: Plan, store: Store) -> Iterator[Marker]:
    """Work on every chunk that is not finished. See `finetune.prepare.store.Engine`."""
    if plan.settings.workers == 1:
        for number, chunk in enumerate(chunks):
            yield one(number, chunk, plan, store)
        return
    with one_thread_each():
        pool = ProcessPoolExecutor(plan.settings.workers, mp_context=get_context("spawn"))
        with pool:
            waiting: deque[Future[Marker]] = deque()
            for number, chunk in enumerate(chunks):
                waiting.append(pool.submit(one, number, chunk, plan, store))
                if len(waiting) > _AHEAD * plan.settings.workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()


def one(number: int, chunk: Chunk, plan: Plan, store: Store) -> Marker:
    """Work on one chunk, unless it is finished."""
    return store.finished(number, chunk, plan) or store.keep(number, chunk, plan, prepared(chunk, tools(plan)))


@contextmanager
def one_thread_each() -> Iterator[None]:
    """Processes that start in here use one thread each: together they use the cores, not against each other."""
    before = {name: os.environ.get(name) for name in _THREADS}
    os.environ.update(dict.fromkeys(_THREADS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
