"""Makes the synthetic reports of `bench duplicates`: what happened, who told it, and with which slips.

A `Truth` is one patient's one reaction. A report of it draws, field by field, whether the field is told and how; a
duplicate is a second report of one truth by another person. `Noise` holds every rate; the parameters are learned with
one set of rates and seeds (`LEARNING`) and measured with others (`TESTING`). Hard pairs that are no duplicates come
from `worlds`: clusters with one medicine, reaction, month and reporter; articles with several patients, each reported
by two companies; twins; and one patient with another reaction later.
"""

from __future__ import annotations

import csv
import random
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache

from retrieval.medicines import TABLE
from tests.benchmarks.duplicate_words import COMMON, KNOWN, NEAR, OTHER


@dataclass(frozen=True)
class Noise:
    """Rates between 0 and 1. `told` is how often a field is reported at all; the rest is how a second report errs."""

    told: dict[str, float]
    date_slip: float
    date_swap: float
    date_cut: float
    part_typo: float
    age_off: float
    age_round: float
    initials_slip: float
    brand: float
    typo: float
    synonym: float
    unknown_word: float
    near: float
    list_changed: float
    role_changed: float
    outcome_changed: float
    other_reporter: float
    other_country: float
    text_copied: float
    words_lost: float


def _told(**rates: float) -> dict[str, float]:
    return rates


LEARNING = Noise(
    _told(initials=0.5, birth=0.35, age=0.75, sex=0.92, weight=0.25, onset=0.65, start=0.45, outcome=0.65, country=0.98,
          qualification=0.95, sender=0.6, text=0.6),
    date_slip=0.10, date_swap=0.04, date_cut=0.18, part_typo=0.03, age_off=0.08, age_round=0.12, initials_slip=0.12,
    brand=0.45, typo=0.06, synonym=0.45, unknown_word=0.15, near=0.06, list_changed=0.30, role_changed=0.08,
    outcome_changed=0.25, other_reporter=0.55, other_country=0.02, text_copied=0.35, words_lost=0.15,
)  # fmt: skip
TESTING = Noise(
    _told(initials=0.42, birth=0.30, age=0.70, sex=0.90, weight=0.20, onset=0.58, start=0.40, outcome=0.60,
          country=0.96, qualification=0.92, sender=0.55, text=0.55),
    date_slip=0.14, date_swap=0.06, date_cut=0.22, part_typo=0.05, age_off=0.12, age_round=0.15, initials_slip=0.15,
    brand=0.50, typo=0.10, synonym=0.55, unknown_word=0.30, near=0.09, list_changed=0.35, role_changed=0.12,
    outcome_changed=0.30, other_reporter=0.60, other_country=0.04, text_copied=0.30, words_lost=0.25,
)  # fmt: skip


@dataclass(frozen=True)
class Truth:
    """What really happened to one patient, and how many of that patient's article or document there are."""

    id: int
    initials: str
    birth: date
    sex: str
    weight: float
    country: str
    medicine: str
    others: tuple[str, ...]
    events: tuple[str, ...]
    onset: date
    start: date
    outcome: str
    article: str = ""
    qualification: str = "physician"
    sender: str = ""


@dataclass(frozen=True)
class Told:
    """One report as it was told; None or empty where the field was not."""

    id: str
    truth: int
    source: str
    place: int
    number: str
    article: str
    initials: str = ""
    birth: str = ""
    age: int | None = None
    sex: str = ""
    weight: float | None = None
    country: str = ""
    qualification: str = ""
    sender: str = ""
    suspects: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    onset: str = ""
    start: str = ""
    outcome: str = ""
    received: date = date(2026, 1, 1)
    text: str = ""
    cites: str = field(default="")


COUNTRIES = ("US", "GB", "DE", "FR", "ES", "IT", "JP", "CA", "AU", "NL", "BR", "IN", "CH", "SE", "PL")
OUTCOMES = ("recovered", "recovering", "not recovered", "fatal", "recovered with sequelae", "unknown")
QUALIFICATIONS = ("physician", "consumer", "pharmacist", "other health professional", "lawyer")
_LETTERS = "AAABBCCDDEEEFFGGHHIJJJKKLLLMMMMNNOPPRRRSSSSTTTVWZ"


@cache
def ingredients() -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The single ingredients of the medicines table, and how often to draw each: by its number of products."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "ingredient" and ";" not in row["ingredients"]]
    return tuple(row["ingredients"] for row in rows), tuple(int(row["products"]) for row in rows)


@cache
def brands() -> dict[str, tuple[str, ...]]:
    """The brand names of each single ingredient."""
    made: dict[str, list[str]] = {}
    with TABLE.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["kind"] == "brand" and ";" not in row["ingredients"] and len(row["name"]) > 4:
                made.setdefault(row["ingredients"], []).append(row["name"])
    return {name: tuple(found) for name, found in made.items()}


class Draw:
    """Draws truths and reports, repeatable by its seed; each medicine has a few reactions of its own."""

    def __init__(self, seed: int, noise: Noise) -> None:
        self.random = random.Random(seed)
        self.noise = noise
        self.names, self.weights = ingredients()
        self._cumulative = _cumulated(self.weights)
        self.concepts = tuple(KNOWN)
        self._event_weights = _cumulated([60 if each in COMMON else 6 for each in self.concepts])
        self._own: dict[str, tuple[str, ...]] = {}
        self._made = 0

    def truth(self) -> Truth:
        """One patient's one reaction."""
        draw = self.random
        medicine = draw.choices(self.names, cum_weights=self._cumulative)[0]
        onset = date(2023, 1, 1) + timedelta(draw.randrange(1200))
        self._made += 1
        return Truth(
            self._made, self.initials(), onset - timedelta(int(365.25 * draw.betavariate(3, 2) * 95) + 30),
            draw.choice(("female", "female", "female", "male", "male")), round(draw.gauss(74, 16), 0),
            draw.choices(COUNTRIES, weights=range(30, 0, -2))[0], medicine,
            tuple(draw.choices(self.names, cum_weights=self._cumulative, k=draw.choice((0, 0, 1, 1, 2, 4)))),
            self.events(medicine), onset, onset - timedelta(int(draw.expovariate(1 / 40))),
            draw.choices(OUTCOMES, weights=(40, 20, 20, 6, 4, 10))[0],
            qualification=draw.choices(QUALIFICATIONS, weights=(45, 30, 12, 10, 3))[0],
            sender=f"centre {draw.randrange(3000)}",
        )  # fmt: skip

    def again(self, truth: Truth, **other: object) -> Truth:
        """Another truth that shares all but what is given."""
        self._made += 1
        return replace(truth, id=self._made, **other)  # type: ignore[arg-type]

    def initials(self) -> str:
        """Two letters, or three."""
        return "".join(self.random.choices(_LETTERS, k=self.random.choice((2, 2, 3))))

    def events(self, medicine: str) -> tuple[str, ...]:
        """One to four reactions, half of the time one of the medicine's own first."""
        draw = self.random
        own = self._own.setdefault(medicine, tuple(draw.choices(self.concepts, k=4)))
        count = draw.choice((1, 1, 1, 2, 2, 3, 4))
        common = draw.choices(self.concepts, cum_weights=self._event_weights, k=count)
        return tuple(dict.fromkeys((draw.choice(own), *common) if draw.random() < 0.5 else common))[:count]

    def chance(self, rate: float) -> bool:
        """True at this rate."""
        return self.random.random() < rate

    def word(self, concept: str) -> str:
        """A reaction as somebody tells it."""
        if self.chance(self.noise.near):
            concept = NEAR.get(concept, concept)
        if not self.chance(self.noise.synonym):
            return concept
        unknown = OTHER.get(concept, ())
        if unknown and self.chance(self.noise.unknown_word):
            return self.random.choice(unknown)
        return self.random.choice((concept, *KNOWN[concept]))

    def name(self, ingredient: str) -> str:
        """A medicine as somebody writes it: a brand perhaps, perhaps misspelt."""
        known = brands().get(ingredient, ())
        name = self.random.choice(known) if known and self.chance(self.noise.brand) else ingredient
        return self.misspelt(name) if self.chance(self.noise.typo) else name

    def misspelt(self, word: str) -> str:
        """One letter dropped, doubled, swapped with the next, or replaced, after the second."""
        if len(word) < 6:
            return word
        at = self.random.randrange(2, len(word) - 1)
        return self.random.choice((
            word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :], word[:at] + "e" + word[at + 1 :],
        ))  # fmt: skip


def _cumulated(weights: list[int] | tuple[int, ...]) -> list[int]:
    made, total = [], 0
    for each in weights:
        total += each
        made.append(total)
    return made
