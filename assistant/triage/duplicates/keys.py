"""Which cases are worth comparing: those that share a key. A true pair that shares none is missed, so there are many.

Each key joins facts that are rare together, and each kind survives another slip: a birth date with day and month
swapped, an age off by one, a month without its day, a brand instead of its ingredient (the fingerprint has undone it).
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import pairwise

from assistant.triage.duplicates.fingerprint import Day, Fingerprint


def keys(case: Fingerprint) -> frozenset[int]:
    """The keys of a case as 63-bit numbers."""
    return frozenset(map(_hashed, _keys(case)))


def _hashed(key: str) -> int:
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), "big") >> 1


def _keys(case: Fingerprint) -> Iterator[str]:
    yield from (f"n {each}" for each in case.numbers)
    yield from (f"l {each}" for each in case.literature)
    yield from _of_patient(case)
    events = sorted(case.events)[:8]
    days = list(_spellings(case.onset))
    for medicine in sorted(case.medicines)[:6]:
        yield from (f"md {medicine} {day}" for day in days)
        if case.country:
            yield from (f"mec {medicine} {event} {case.country} {case.sex}" for event in events)
        if case.start and case.start[1]:
            yield f"ms {medicine} {case.start[0]} {case.start[1]} {case.sex}"
        # Two hashes at once: one alone is a stock sentence more often than a copied report.
        yield from (f"mt {medicine} {one} {two}" for one, two in pairwise(sorted(case.sketch)[:3]))
        if case.initials:
            yield f"mi {medicine} {case.initials}"
        for age in _ages(case):
            yield f"ma {medicine} {age} {case.sex} {case.country}"
            yield from (f"mea {medicine} {event} {age}" for event in events)
        if case.onset and case.onset[1]:
            yield from (f"mem {medicine} {event} {case.onset[0]} {case.onset[1]}" for event in events)
    for event in events:
        yield from (f"ed {event} {day} {case.sex}" for day in days)
        if case.initials:
            yield f"ei {event} {case.initials} {case.sex}"


def _of_patient(case: Fingerprint) -> Iterator[str]:
    for day in _spellings(case.birth):
        yield f"b {day} {case.sex}"
        yield f"bi {day} {case.initials}"
    if case.initials and case.birth:
        yield f"iy {case.initials} {case.birth[0]} {case.sex}"
    if case.initials and case.onset and case.onset[1]:
        yield f"io {case.initials} {case.onset[0]} {case.onset[1]}"


def _spellings(day: Day | None) -> Iterator[str]:
    """A full date as one text, the same for a date and for the one with day and month swapped."""
    if day and day[1] and day[2]:
        yield f"{day[0]} {min(day[1:])} {max(day[1:])}"


def _ages(case: Fingerprint) -> Iterator[str]:
    """Two bands of two years that overlap: ages that are a year apart share one of them."""
    if case.age is not None:
        whole = int(case.age)
        yield f"a{whole // 2}"
        yield f"b{(whole + 1) // 2}"
