"""Which medicines a text names: generic, brand, or misspelt by a letter or two.

Exact names win. A misspelling is only read as a name when the word is no ordinary English word and one medicine is
closer than every other; where two are equally close the mention says so and names both, and nobody chooses silently.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from rapidfuzz.distance import OSA

from retrieval.ingredient import SALTS, base_name
from retrieval.passage import Source

CORPUS = Path(__file__).resolve().parent / "corpus"
TABLE, LOOKALIKES = CORPUS / "medicines.csv", CORPUS / "lookalikes.txt"

_WORD = re.compile(r"[A-Za-z0-9]+(?:[-'’][A-Za-z0-9]+)*")
_STRENGTH = re.compile(r"\s*(?:\d|tablets?\b|capsules?\b|injection\b|pills?\b|mg\b|mcg\b|dos(?:e|age|ing)\b)", re.I)
_POSSESSIVE = re.compile(r"['’]s$")
_LONGEST = 5
_MOST_NAMELESS = 100_000
# Brands that are also words, and substances that are medicines only sometimes ("alcohol with metformin").
_EVERYDAY_WORDS = """
    advance air albumin alcohol alert allay amen balance caffeine calcium cellulose copper dextrose dial glucose
    glycerin gold heather helium honey iron lactose magnesium menthol muse nicotine nitrogen nix oxygen
    potassium quartette relief sodium sojourn soma sonata starch sucrose sulfur talc thrive today urea versed
    water zinc
"""
_EVERYDAY = frozenset(_EVERYDAY_WORDS.split())


@dataclass(frozen=True, slots=True)
class NameRow:
    """One name, the base names of the ingredients that it means, and in how many products they occur."""

    name: str
    ingredients: tuple[str, ...]
    brand: bool
    products: int = 0


@dataclass(frozen=True, slots=True)
class Mention:
    """A medicine named in a text: the words as typed, their place, and the ingredients they mean.

    `exact` is false for a misspelling; `name` is then what it was read as. `ambiguous` lists the names that are equally
    close when more than one is, and `ingredients` then holds those of all of them.
    """

    surface: str
    start: int
    end: int
    ingredients: tuple[str, ...]
    brand: bool
    exact: bool
    name: str = ""
    ambiguous: tuple[str, ...] = ()


def allowed_edits(word: str) -> int:
    """How many letters may be wrong: none in short words, one from five letters on, two from eight."""
    return 0 if len(word) < 5 else 1 if len(word) < 8 else 2


def begins_alike(typed: str, name: str) -> bool:
    """Whether the first letter is the same, or the first two are swapped; few people mistype the first."""
    return typed[0] == name[0] or typed[:2] == name[1::-1]


class Medicines:
    """The names known here. `Medicines.load()` gives those of the shipped table."""

    def __init__(self, rows: Iterable[NameRow], ordinary_words: Iterable[str] = ()) -> None:
        self._rows: dict[str, NameRow] = {}
        for row in rows:
            self._rows.setdefault(_key(row.name), row)
        self._ordinary = frozenset(ordinary_words) | _EVERYDAY
        # What a word that begins a name begins with: most words of a text begin none and need no further look.
        self._begins = frozenset(name.partition(" ")[0] for name in self._rows)
        self._by_start: defaultdict[tuple[int, str], list[str]] = defaultdict(list)
        for name in self._rows:
            if name.isalpha() and name not in self._ordinary:
                self._by_start[len(name), name[0]].append(name)
        self._nameless: set[str] = set()  # words met that neither begin nor resemble a name: most words of a text
        self._nearest = cache(self._find_nearest)
        # Every check of a sentence asks for the medicines of the same few texts.
        self._find = lru_cache(maxsize=4096)(self._read)

    @classmethod
    def load(cls, sources: Iterable[Source] = ()) -> Medicines:
        """The shipped table, plus the names that the given sources carry."""
        return cls([*_table(), *_rows_of(sources)], LOOKALIKES.read_text(encoding="utf-8").split())

    def find(self, text: str) -> tuple[Mention, ...]:
        """Every medicine named in the text, in order, longest names first, never overlapping."""
        return self._find(text)

    def _read(self, text: str) -> tuple[Mention, ...]:
        words = list(_WORD.finditer(text))
        found: list[Mention] = []
        at = 0
        while at < len(words):
            mention, used = self._at(text, words, at)
            if mention is not None:
                found.append(mention)
            at += used
        strong = [one for one in found if one.name not in _EVERYDAY]
        return tuple(strong or [one for one in found if _STRENGTH.match(text, one.end)])

    def same(self, a: str, b: str) -> bool:
        """Whether two names (brand, generic, with or without salt) mean the same ingredients."""
        return bool(a and b) and self.ingredients_of(a) == self.ingredients_of(b)

    def ingredients_of(self, name: str) -> tuple[str, ...]:
        """The base names that an exact name means; an unknown name means itself."""
        row = self._rows.get(_key(name)) or self._rows.get(_key(base_name(name)))
        return row.ingredients if row else (base_name(name),)

    def is_everyday(self, word: str) -> bool:
        """Whether this is a medicine only where the text asks for it as one ("dose of iron")."""
        return word.lower() in _EVERYDAY

    def is_ordinary(self, word: str) -> bool:
        """Whether this is an English word that only resembles a name."""
        return word.lower() in self._ordinary

    def _at(self, text: str, words: Sequence[re.Match[str]], at: int) -> tuple[Mention | None, int]:
        if words[at].group() in self._nameless:
            return None, 1
        longest = min(_LONGEST, len(words) - at) if _key(words[at].group()).partition(" ")[0] in self._begins else 0
        for length in range(longest, 0, -1):
            first, last = words[at], words[at + length - 1]
            surface = text[first.start() : last.end()]
            row = self._rows.get(_key(surface))
            if row is not None and not (length == 1 and self._is_plain_word(row, surface, text, first)):
                used = _with_salts(words, at + length) - at
                end = words[at + used - 1].end()
                return Mention(
                    text[first.start() : end], first.start(), end, row.ingredients, row.brand, True, row.name
                ), used
        misspelt = self._misspelt(words[at])
        if misspelt is None and not longest and len(self._nameless) < _MOST_NAMELESS:
            self._nameless.add(words[at].group())
        return misspelt, 1

    def _is_plain_word(self, row: NameRow, surface: str, text: str, word: re.Match[str]) -> bool:
        """A brand that is also an English word counts when it is written as a name, or a strength follows."""
        if not row.brand or row.name not in _EVERYDAY:
            return False
        named = (
            surface[0].isupper()
            and not surface.isupper()
            and text[: word.start()].rstrip()[-1:] not in ("", ".", "?", "!")
        )
        return not named and not _STRENGTH.match(text, word.end())

    def _misspelt(self, word: re.Match[str]) -> Mention | None:
        surface = word.group()
        typed = _key(surface)
        if not typed.isalpha() or typed in self._ordinary or typed in SALTS:
            return None
        names = self._nearest(typed)
        if not names:
            return None
        rows = [self._rows[name] for name in names]
        ingredients = tuple(dict.fromkeys(one for row in rows for one in row.ingredients))
        several = len({row.ingredients for row in rows}) > 1
        return Mention(
            surface, word.start(), word.end(), ingredients, rows[0].brand, False, names[0], names if several else ()
        )

    def _find_nearest(self, typed: str) -> tuple[str, ...]:
        edits = allowed_edits(typed)
        best: list[str] = []
        for length in range(len(typed) - edits, len(typed) + edits + 1):
            alike = (name for start in dict.fromkeys(typed[:2]) for name in self._by_start.get((length, start), ()))
            for name in alike:
                if not begins_alike(typed, name):
                    continue
                distance = OSA.distance(typed, name, score_cutoff=edits)
                if distance < edits:
                    best, edits = [name], distance
                elif distance == edits and edits > 0:
                    best.append(name)
        return tuple(sorted(best, key=lambda name: (-self._rows[name].products, name)))


@cache
def _table() -> tuple[NameRow, ...]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return tuple(_row(fields) for fields in csv.DictReader(file))


def _row(fields: Mapping[str, str]) -> NameRow:
    ingredients = tuple(fields["ingredients"].split(";"))
    return NameRow(fields["name"], ingredients, fields["kind"] == "brand", int(fields["products"]))


def _rows_of(sources: Iterable[Source]) -> Iterable[NameRow]:
    for source in sources:
        ingredients = tuple(sorted({base_name(name) for name in source.ingredients}))
        if ingredients:
            yield from (NameRow(base_name(name), (base_name(name),), False, 1) for name in source.ingredients)
            yield from (NameRow(_key(brand), ingredients, True, 1) for brand in source.brands if brand)


@lru_cache(maxsize=65536)
def _key(surface: str) -> str:
    return " ".join(_POSSESSIVE.sub("", surface.lower()).replace("-", " ").split())


def _with_salts(words: Sequence[re.Match[str]], end: int) -> int:
    while end < len(words) and words[end].group().lower() in SALTS:
        end += 1
    return end
