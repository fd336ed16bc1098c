"""`python -m tests.benchmarks.split_fuzz N [seed]`: N texts made to break the claim splitter; none may crash or hang.

A third are drafts whose sentences and citations are known, a third are pieces of drafts put together at random, a third
is noise. For every text: nothing is raised, a time bound holds, every letter and digit outside brackets and the numbers
of a list is in some claim, in order, and no claim holds one that the text lacks. For known drafts, the sentences and
their citations are exactly those that were written.
"""

from __future__ import annotations

import random
import re
import sys
from collections import Counter
from collections.abc import Iterator
from time import perf_counter, process_time

from guardrails.claim import Claim
from guardrails.splitting import split

SECONDS_EACH = 1.0
"""Of processor time."""
_WORD_LIST = (
    "Metformin amoxicillin warfarin the dose is given daily maintenance adults 500 mg 2.5 0,5 twice bd q6h INR of and "
    "should not exceed take with food µg Child-Pugh e.g. i.e. approx. Dr. vs. mg/kg/day 5/325 é naïve ≥18"
)
_WORDS = _WORD_LIST.split()
_PIECE_LIST = (
    "[a1] [label-1@3] [a, b] [a;b] [a][b] [ a ] [] [ [[ ] ]] [a [b] c] [x y] [1] 1. 2) 10. - * • # ## ** __ . ! ? ; "
    ": , ( ) \n \n\n \t \r\n \u2028 \u00a0 Dr. mg. 2.5 0.5mg Adults: Take one tablet. It helps. no 3 [ref:2.1/5] "
    "[a,] [,a]"
)
_PIECES = _PIECE_LIST.split(" ")
_NOISE = "abcXYZ0129 .,;:!?()[]{}*_-#•\n\r\t\u00a0\u2028\u200b\u0301é½µ٣５🙂'\"/@"
_BRACKETS = re.compile(r"\[[^\[\]]*\]")
_NUMBERS_OF_LISTS = re.compile(r"^\W*\d{1,2}[.)](?=\s)", re.MULTILINE)


def draft(rng: random.Random) -> tuple[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """A text of sentences with markers, and each sentence with the keys that are cited for it."""
    written, meant = [], []
    for _ in range(rng.randint(1, 6)):
        words = [rng.choice(["Take", "Adults", "Metformin", "Doses"])]
        words += rng.choices(["the", "tablet", "daily", "with", "food", "500", "mg", "2.5", "warfarin"], k=8)
        keys = tuple(f"k{number}" for number in rng.sample(range(9), rng.randint(0, 3)))
        body = " ".join([*words, "daily"])
        inside = rng.random() < 0.5
        marker = rng.choice([", ", "; "]).join(keys)
        marker = f" [{marker}]" if keys else ""
        written.append(f"{body}{marker}." if inside else f"{body}.{marker}")
        meant.append((f"{body}.", keys))
    return rng.choice([" ", "\n", "\n\n"]).join(written), tuple(meant)


def made(rng: random.Random) -> tuple[str, tuple[tuple[str, tuple[str, ...]], ...] | None]:
    """One text, with its sentences where they are known."""
    kind = rng.random()
    if kind < 0.34:
        return draft(rng)
    if kind < 0.67:
        return rng.choice(["", " ", " "]).join(rng.choices([*_WORDS, *_PIECES], k=rng.randint(0, 40))), None
    return "".join(rng.choices(_NOISE, k=rng.randint(0, 160))), None


def fault(text: str, meaning: tuple[tuple[str, tuple[str, ...]], ...] | None) -> str:
    """What is wrong with how this text is split, "" for nothing."""
    started = process_time()
    claims = split(text)
    if process_time() - started > SECONDS_EACH:
        return "too slow"
    held = [sign for claim in claims for sign in claim.text if sign.isalnum()]
    if not _is_within(_outside(text), held):
        return "lost"
    if not _is_within(held, [sign for sign in text if sign.isalnum()]):
        return "made up"
    if meaning is not None and _as_meant(claims) != meaning:
        return "another meaning"
    return ""


def _as_meant(claims: tuple[Claim, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((claim.text, tuple(one.key for one in claim.citations)) for claim in claims)


def _outside(text: str) -> list[str]:
    """The letters and digits that no marker and no number of a list can hold."""
    lines = "\n".join(text.replace("**", "").replace("__", "").splitlines())
    return [sign for sign in _NUMBERS_OF_LISTS.sub("", _BRACKETS.sub("", lines)) if sign.isalnum()]


def _is_within(part: list[str], whole: list[str]) -> bool:
    """Whether the signs of the part occur in the whole, in the same order."""
    rest: Iterator[str] = iter(whole)
    return all(sign in rest for sign in part)


def main(number: int, seed: int = 7) -> int:
    """Run, print the counts, and return the number of faults."""
    rng = random.Random(seed)
    started = perf_counter()
    faults: Counter[str] = Counter()
    known = 0
    for count in range(1, number + 1):
        text, meaning = made(rng)
        known += meaning is not None
        what = fault(text, meaning)
        if count % 50_000 == 0:
            print(f"{count} texts, {perf_counter() - started:.0f} s", flush=True)
        if what:
            faults[what] += 1
            if faults[what] <= 10:
                print(f"{what}: {text!r}")
    print(f"{number} texts ({known} of known meaning), {sum(faults.values())} faults {dict(faults)}")
    return sum(faults.values())


if __name__ == "__main__":
    sys.exit(1 if main(int(sys.argv[1]), *map(int, sys.argv[2:])) else 0)
