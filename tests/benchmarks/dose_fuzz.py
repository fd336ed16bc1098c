"""`python -m tests.benchmarks.dose_fuzz N [seed]`: N texts made to break the dose reader; none may crash or hang.

A third is dose language put together at random, a third are our own sentences with letters changed, a third is noise.
For every text: nothing is raised, a time bound holds, places lie inside the text in order. For
generated prescriptions, whose meaning is known, a statement that is not unread must have that meaning.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from decimal import Decimal
from time import perf_counter, process_time

from guardrails.dose import DoseStatement, Frequency, Limit, Quantity, Range
from guardrails.dose_reader import read_doses
from guardrails.reading.ucum import CODES
from retrieval.medicines import Medicines
from tests.guardrails.dose_labels import bare, load

SECONDS_EACH = 1.0
"""Of processor time."""
SETS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh")
_PIECE_WORDS = (
    "take give 1 2 10 500 0.5 1,000 0,5 .5 ½ 1/2 5/325 mg mcg µg g mL units IU tablet tabs puffs drops mg/kg /kg/day "
    "per dose in / - – to or and then , . ; : ( ) PO IV SC bd tds qds BID q6h q4-6h every 6 hours daily weekly once "
    "twice nocte om prn max maximum up not exceed at least for 7 days 5/7 over 30 minutes load starting increase by "
    "reduce adults children CrCl <30 mL/min amoxicillin warfarin AUC half one two and a million divided doses q . d"
)
_PIECES = _PIECE_WORDS.split()
_NOISE = "0123456789.,/-–½µ²%()[]{}<>≤ \n\t\u00a0\u202f\u200b'\"abcdefgmqdhxyzIVXKLŋß٣５é🙂"
_ROUTES = {"PO": "oral", "IV": "intravenous", "subcutaneously": "subcutaneous", "by mouth": "oral", "": ""}
_OFTEN = {
    "BID": (2, 1, "d"),
    "tds": (3, 1, "d"),
    "four times a day": (4, 1, "d"),
    "once daily": (1, 1, "d"),
    "every 6 hours": (1, 6, "h"),
    "q12h": (1, 12, "h"),
    "8-hourly": (1, 8, "h"),
    "once weekly": (1, 1, "wk"),
    "every other day": (1, 2, "d"),
    "every 3 weeks": (1, 3, "wk"),
}
_UNITS = ("mg", "mcg", "g", "mL", "unit", "tablet", "puff")
_PLURALS = {"unit": "units", "tablet": "tablets", "puff": "puffs"}
_NAMES = ("amoxicillin", "warfarin", "metformin", "methotrexate")


def prescription(rng: random.Random) -> tuple[str, DoseStatement]:
    """A text and the statement that it makes."""
    name, unit = rng.choice(_NAMES), rng.choice(_UNITS)
    value = Decimal(rng.choice(["0.5", "1", "2.5", "7.5", "10", "62.5", "500", "1000", "1250", "20000"]))
    high = value * 2 if rng.random() < 0.3 else None
    written = [f"{number:,f}" if rng.random() < 0.5 else f"{number:f}" for number in (value, high) if number]
    amount = rng.choice(["-", " to ", "–"]).join(written) + rng.choice([" ", "" if unit in {"mg", "mcg", "g"} else " "])
    route, often = rng.choice(list(_ROUTES)), rng.choice(list(_OFTEN))
    days = rng.choice([None, 3, 10])
    needed = rng.random() < 0.3
    parts = [name, amount + _PLURALS.get(unit, unit), route, often]
    parts += ["prn"] if needed else []
    parts += [f"for {days} days"] if days else []
    times, count, period = _OFTEN[often]
    statement = DoseStatement(
        0,
        0,
        drug=name,
        amount=Range(Quantity(value, CODES[unit]), Quantity(high, CODES[unit]) if high else None),
        route=_ROUTES[route],
        frequency=Frequency(Decimal(times), Range(Quantity(Decimal(count), period))),
        as_needed=needed,
        duration=Range(Quantity(Decimal(days), "d")) if days else None,
        limit=Limit.NONE,
    )
    text = " ".join(part for part in parts if part)
    return (text.upper() if rng.random() < 0.1 else text), statement


def _pieces(rng: random.Random) -> str:
    return rng.choice(["", " ", " ", " "]).join(rng.choices(_PIECES, k=rng.randint(1, 25)))


def _changed(rng: random.Random, text: str) -> str:
    letters = list(text)
    for _ in range(rng.randint(1, 4)):
        place = rng.randrange(len(letters) + 1)
        letters[place : place + rng.randint(0, 2)] = rng.choice(_NOISE)
    return "".join(letters)


def made(rng: random.Random, sentences: list[str]) -> tuple[str, DoseStatement | None]:
    """One text, with its meaning where it is known."""
    kind = rng.random()
    if kind < 0.25:
        return prescription(rng)
    if kind < 0.5:
        return _pieces(rng), None
    if kind < 0.75:
        return _changed(rng, rng.choice(sentences)), None
    return "".join(rng.choices(_NOISE, k=rng.randint(0, 120))), None


def fault(text: str, meaning: DoseStatement | None, medicines: Medicines) -> tuple[str, bool]:
    """What is wrong with how this text is read ("" for nothing), and whether it was read at all."""
    started = process_time()
    read = read_doses(text, medicines)
    if process_time() - started > SECONDS_EACH:
        return "too slow", False
    if any(not 0 <= one.start < one.end <= len(text) for one in read):
        return "a place outside the text", False
    sure = [bare(one) for one in read if not one.unread]
    if meaning is not None and (not read or any(one != meaning for one in sure)):
        return "a silent misread", False
    return "", meaning is not None and sure == [meaning]


def main(number: int, seed: int = 7) -> int:
    """Run, print the counts, and return the number of faults."""
    rng, medicines = random.Random(seed), Medicines.load()
    sentences = [sentence.text for name in SETS for sentence in load(name)]
    read_doses("take 500 mg to 1 g", medicines)  # loads the units, once
    started = perf_counter()
    faults: Counter[str] = Counter()
    known = right = 0
    for count in range(1, number + 1):
        text, meaning = made(rng, sentences)
        what, read = fault(text, meaning, medicines)
        known, right = known + (meaning is not None), right + read
        if count % 50_000 == 0:
            print(f"{count} texts, {perf_counter() - started:.0f} s", flush=True)
        if what:
            faults[what] += 1
            print(f"{what}: {text!r}")
    print(f"{number} texts, {sum(faults.values())} faults {dict(faults)}, {perf_counter() - started:.0f} s")
    print(f"of {known} prescriptions of known meaning {right} read in full, the rest unread")
    return sum(faults.values())


if __name__ == "__main__":
    sys.exit(1 if main(int(sys.argv[1]), *map(int, sys.argv[2:])) else 0)
