"""Keeps the fingerprints where a new case finds the few that are worth comparing among a million, in milliseconds.

A file of its own, derived from the casebook and never the truth: it can be deleted and filled again. Several processes
may use it at once. It holds no names and no text; it is readable by its owner only, like the casebook.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from math import log2
from pathlib import Path
from typing import TypeVar

import numpy as np

from assistant.triage.duplicates.compare import Rarity
from assistant.triage.duplicates.errors import IndexUnusable
from assistant.triage.duplicates.fingerprint import Fingerprint
from assistant.triage.duplicates.keys import keys
from assistant.triage.duplicates.stored import read, written

MOST_OF_A_KEY = 400
"""A key that more cases share tells too little to be followed; rarer keys find the pair, or nothing does."""

_LOCK_WAIT_S = 15.0
_BATCH = 100_000
"""Cases that are written together: keys are spread evenly, so every batch touches nearly every page of the file."""
_CACHE_KB = 128 * 1024
_PRIOR_CASES = 1000
_SCHEMA = """
    create table if not exists cases (number integer primary key, id text not null unique, fingerprint text not null);
    create table if not exists keys (key integer, number integer, primary key (key, number)) without rowid;
    create table if not exists counts (kind text, name text, cases integer not null, primary key (kind, name))
        without rowid;
"""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The cases that share a key, and how many keys were too common to be followed."""

    cases: tuple[Fingerprint, ...]
    too_common: int


class DuplicateIndex:
    """An index in one file. Open it once per process; it is not to be shared between threads at one moment."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with self._told():
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(path, timeout=_LOCK_WAIT_S, check_same_thread=False, isolation_level=None)
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=normal")
            self._db.execute(f"pragma cache_size=-{_CACHE_KB}")
            self._db.executescript(_SCHEMA)
        self._rarity: tuple[int, Rarity] | None = None

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __len__(self) -> int:
        with self._told():
            return int(self._db.execute("select count(*) from cases").fetchone()[0])

    def put(self, cases: Iterable[Fingerprint]) -> None:
        """Add the cases; one whose id is there already replaces what was kept of it.

        Raises:
            IndexUnusable: the file cannot be written; nothing of a batch of 100,000 that failed is there.
        """
        for some in _batches(cases, _BATCH):
            with self._told(), self._writing():
                for case in some:
                    self._forget(case.id)
                self._insert(some)

    def forget(self, case_id: str) -> None:
        """Leave a case out of every comparison, for one that is closed as not valid.

        Raises:
            IndexUnusable: the file cannot be written.
        """
        with self._told(), self._writing():
            self._forget(case_id)

    def candidates(self, case: Fingerprint) -> Candidates:
        """Every known case that shares a key with this one, in the order in which they were added.

        Raises:
            IndexUnusable: the file cannot be read.
        """
        found: set[int] = set()
        too_common = 0
        with self._told():
            for key in keys(case):
                rows = self._db.execute("select number from keys where key=? limit ?", (key, MOST_OF_A_KEY + 1))
                numbers = [row[0] for row in rows]
                if len(numbers) > MOST_OF_A_KEY:
                    too_common += 1
                else:
                    found.update(numbers)
            return Candidates(tuple(self._read(sorted(found))), too_common)

    def rarity(self) -> Rarity:
        """How rare each ingredient and reaction is here. In a small store every name counts as fairly rare.

        Raises:
            IndexUnusable: the file cannot be read.
        """
        with self._told():
            version = int(self._db.execute("pragma data_version").fetchone()[0])
            if self._rarity is None or self._rarity[0] != version:
                self._rarity = version, self._counted()
        return self._rarity[1]

    def pairs(self) -> Iterator[tuple[Fingerprint, Fingerprint]]:
        """Every two cases that share a key that is not too common; the later one first. All fingerprints are in memory.

        Raises:
            IndexUnusable: the file cannot be read.
        """
        with self._told():
            known = {row[0]: read(row[1]) for row in self._db.execute("select number, fingerprint from cases")}
            ordered = self._pair_numbers(max(known, default=0) + 1)
        for later, earlier in ordered:
            yield known[later], known[earlier]

    def _pair_numbers(self, base: int) -> Iterator[tuple[int, int]]:
        parts: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
        rows = self._db.execute("select key, number from keys order by key")
        for numbers in _runs(rows):
            members = np.asarray(numbers, dtype=np.int64)
            low, high = np.triu_indices(len(members), 1)
            parts.append(np.maximum(members[low], members[high]) * base + np.minimum(members[low], members[high]))
        unique = np.unique(np.concatenate(parts)) if parts else np.empty(0, dtype=np.int64)
        return ((int(each) // base, int(each) % base) for each in unique)

    def _counted(self) -> Rarity:
        cases = self._db.execute("select count(*) from cases").fetchone()[0] + _PRIOR_CASES
        found: dict[str, dict[str, float]] = {"suspect": {}, "event": {}}
        for kind, name, count in self._db.execute("select kind, name, cases from counts where cases > 0"):
            found[kind][name] = log2(cases / (count + 1))
        return Rarity(found["suspect"], found["event"], log2(cases))

    def _read(self, numbers: list[int]) -> Iterator[Fingerprint]:
        for some in _batches(numbers, 500):
            marks = ",".join("?" * len(some))
            rows = self._db.execute(f"select fingerprint from cases where number in ({marks})", some)  # noqa: S608
            yield from (read(row[0]) for row in rows)

    def _forget(self, case_id: str) -> None:
        row = self._db.execute("select number, fingerprint from cases where id=?", (case_id,)).fetchone()
        if row is None:
            return
        case = read(row[1])
        self._db.executemany("delete from keys where key=? and number=?", ((key, row[0]) for key in keys(case)))
        self._db.execute("delete from cases where number=?", (row[0],))
        self._count([case], -1)

    def _insert(self, cases: tuple[Fingerprint, ...]) -> None:
        rows = []
        for case in cases:
            cursor = self._db.execute("insert into cases (id, fingerprint) values (?, ?)", (case.id, written(case)))
            rows.append((cursor.lastrowid, case))
        self._db.executemany(
            "insert into keys values (?, ?)", sorted((key, number) for number, case in rows for key in keys(case))
        )
        self._count(cases, 1)

    def _count(self, cases: Iterable[Fingerprint], by: int) -> None:
        names = chain.from_iterable(
            (*(("suspect", each) for each in case.suspects), *(("event", each) for each in case.events))
            for case in cases
        )
        self._db.executemany(
            "insert into counts values (?, ?, ?) on conflict (kind, name) do update set cases = cases + excluded.cases",
            ((kind, name, by) for kind, name in names),
        )
        self._rarity = None

    @contextmanager
    def _writing(self) -> Iterator[None]:
        self._db.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._db.execute("rollback")
            raise
        self._db.execute("commit")

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise IndexUnusable(
                f"The index of duplicates {self._path} cannot be used ({error}). Check that its folder can be written "
                "to and that the disk is not full; if it is damaged, delete it and it is filled again from the cases."
            ) from error


_Item = TypeVar("_Item")


def _batches(items: Iterable[_Item], size: int) -> Iterator[tuple[_Item, ...]]:
    left = iter(items)
    while some := tuple(islice(left, size)):
        yield some


def _runs(rows: Iterable[tuple[int, int]]) -> Iterator[list[int]]:
    """The numbers of each key that two to `MOST_OF_A_KEY` cases share."""
    last, members = -1, list[int]()
    for key, number in rows:
        if key != last:
            if 1 < len(members) <= MOST_OF_A_KEY:
                yield members
            last, members = key, []
        members.append(number)
    if 1 < len(members) <= MOST_OF_A_KEY:
        yield members
