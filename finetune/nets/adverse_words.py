"""Draws the medicines, reactions and illnesses that the patterns of the adverse-event net are filled with."""

from __future__ import annotations

import csv
import json
import random
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from retrieval.medicines import TABLE

FOLDER = Path(__file__).parent / "adverse_data"
# Endings of international non-proprietary names, so that the net reads a name by its form and not by heart.
_ENDINGS = """
    mab nib olol pril sartan statin azole cillin cycline floxacin mycin oxetine pam lam zepine dipine gliptin gliflozin
    setron triptan vir vudine parin xaban tidine prazole sone solone cef platin rubicin taxel caine curium dronate
    fibrate glitazone lukast profen oxicam semide thiazide tadine ine ate ide one
"""
_BEGINNINGS = "al be ca dar ela fo gli ivo ka lor mi nar ola pex qui ro sta ta ur ve xi zo tra bri clo du"
_MIDDLES = "ba ci do fi ga li ma no pa ra si ta vi xo lu ze ti re"
_AMERICAN = (
    ("haem", "hem"), ("aemi", "emi"), ("oedema", "edema"), ("rrhoea", "rrhea"), ("leukaem", "leukem"),
    ("oesoph", "esoph"), ("tumour", "tumor"), ("ischaem", "ischem"), ("gynaec", "gynec"), ("pnoea", "pnea"),
    ("generalised", "generalized"), ("anaem", "anem"), ("hospitalised", "hospitalized"),
)  # fmt: skip
_SALTS = ("hydrochloride", "sodium", "sulfate", "acetate", "maleate", "mesylate")


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    classes: str
    short: str
    terms: str
    adjectives: str
    illnesses: str


class _Marked(BaseModel):
    adverse_events: list[tuple[object, ...]]


@dataclass(frozen=True)
class Words:
    """What to draw from; `label_terms` are reactions as FDA labels word them."""

    generics: Sequence[str]
    brands: Sequence[str]
    classes: Sequence[str]
    short: Sequence[str]
    terms: Sequence[str]
    label_terms: Sequence[str]
    adjectives: Sequence[str]
    illnesses: Sequence[str]

    def medicine(self, chance: random.Random) -> str:
        """A medicine: from the table, a class, an abbreviation, or a name that only looks like one."""
        kind = chance.random()
        if kind < 0.46:
            made = chance.choice(self.generics)
            return f"{made} {chance.choice(_SALTS)}" if chance.random() < 0.05 else made
        if kind < 0.58:
            return chance.choice(self.brands).title()
        if kind < 0.82:
            return chance.choice(self.classes)
        return chance.choice(self.short) if kind < 0.9 else _invented(chance)

    def reaction(self, chance: random.Random) -> str:
        """A reaction, now and then with an adjective; British or American."""
        made = chance.choice(self.terms if chance.random() < 0.5 else self.label_terms)
        if chance.random() < 0.3:
            made = f"{chance.choice(self.adjectives)} {made}"
        return american(made) if chance.random() < 0.5 else made

    def illness(self, chance: random.Random) -> str:
        """What somebody has or is treated for; a fifth of them can also be reactions."""
        made = chance.choice(self.illnesses if chance.random() < 0.8 else self.terms)
        return american(made) if chance.random() < 0.5 else made


def load_words(data: Path) -> Words:
    """Our lists, the table of medicines, and the reactions marked in `label_reactions/*.json` under the data."""
    held = _Words.model_validate(yaml.safe_load((FOLDER / "words.yaml").read_text(encoding="utf-8")))
    generics, brands = _names()
    classes, short, terms = (_split(part) for part in (held.classes, held.short, held.terms))
    adjectives, illnesses = _split(held.adjectives), _split(held.illnesses)
    return Words(generics, brands, classes, short, terms, label_terms(data), adjectives, illnesses)


def label_terms(data: Path) -> tuple[str, ...]:
    """Every reaction that FDA labels name, in their own words (never the licensed codes beside them), short ones."""
    counted: Counter[str] = Counter()
    for file in sorted((data / "label_reactions").glob("*.json")):
        for section in TypeAdapter(list[_Marked]).validate_python(json.loads(file.read_text(encoding="utf-8"))):
            counted.update(str(event[0]).lower() for event in section.adverse_events)
    wanted = (term for term in sorted(counted) if len(term.split()) <= 4 and re.fullmatch(r"[a-z][a-z' -]{2,}", term))
    # A term that several labels name is drawn more often, but not as often as they name it.
    return tuple(term for term in wanted for _ in range(1 if counted[term] < 3 else 3))


def american(text: str) -> str:
    """The American spelling of a medical word."""
    for british, other in _AMERICAN:
        text = text.replace(british, other)
    return text


def _names() -> tuple[tuple[str, ...], tuple[str, ...]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if len(row["name"]) > 3 and len(row["name"].split()) < 3]
    generics = [row["name"] for row in rows if row["kind"] != "brand" for _ in range(1 + (int(row["products"]) >= 10))]
    return tuple(generics), tuple(row["name"] for row in rows if row["kind"] == "brand" and int(row["products"]) > 1)


def _invented(chance: random.Random) -> str:
    middle = "".join(chance.choice(_MIDDLES.split()) for _ in range(chance.randint(0, 2)))
    return chance.choice(_BEGINNINGS.split()) + middle + chance.choice(_ENDINGS.split())


def _split(words: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in words.split("|"))
