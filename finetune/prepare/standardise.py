"""Step standardise: one name for one thing. Medicines by ingredient, units by UCUM, prescription shorthand in words.

Only a plain answer is rewritten: a question stays as clinicians type it, since that is what a model has to read, and
an answer of ours stays in the words of its evidence. UCUM's code is written where it is also safe to read; where an
official list calls a notation unsafe ("µg", "U", "IU", "cc") the safe word stands instead, and UCUM's code is in
`finetune.prepare.ucum`. No number is ever changed: an answer whose numbers would differ afterwards stays as it was.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from functools import cache

import polars as pl

from finetune.columns import NO_EVIDENCE
from finetune.prepare.ucum import SAFE
from finetune.prepare.vocabulary import Vocabulary
from retrieval.medicines import TABLE, Medicines

STEP = "standardise"
_SHORTHAND = {
    r"q\.d\.|qd": "once daily",
    r"b\.i\.d\.|bid|bd": "twice daily",
    r"t\.i\.d\.|tid|tds": "three times daily",
    r"q\.i\.d\.|qid|qds": "four times daily",
    r"q\.h\.s\.|qhs": "at bedtime",
    r"p\.r\.n\.|prn": "as needed",
    r"p\.o\.|po": "by mouth",
    r"i\.v\.": "intravenous",
    r"a\.c\.": "before meals",
    r"p\.c\.": "after meals",
}
_EVERY = re.compile(r"\bq\.? ?(\d{1,2}) ?h(?:rs?|ours?)?\b\.?", re.IGNORECASE)
_SHORT = re.compile(r"(?<=[\w%)] )(?:" + "|".join(f"({each})" for each in _SHORTHAND) + r")(?![\w)])", re.IGNORECASE)
_NEAR_A_DOSE = 30
"""Characters before a shorthand in which a number must stand: elsewhere "bid" is a word."""
_WORDS = tuple(_SHORTHAND.values())
_UNIT = re.compile(
    r"(?<=\d)(?P<gap>[ \u00a0]?)(?P<unit>"
    + "|".join(sorted(map(re.escape, SAFE), key=len, reverse=True))
    + r")(?![\w²^])"
)
_LETTERS = re.compile(r"[a-z0-9]+")
_NUMBERS = re.compile(r"\d+(?:[.,]\d+)*")


def standardise(
    rows: pl.DataFrame, medicines: Medicines, vocabulary: Vocabulary | None = None, *, rewrite: bool = True
) -> pl.DataFrame:
    """The rows with ingredients in `medicines`, and plain answers in standard words unless `rewrite` is false."""
    plain = (rows["evidence"] == NO_EVIDENCE) & ~rows["answer"].str.starts_with("[")
    return rows.with_columns(
        pl.Series("medicines", [ingredients(*row, medicines) for row in _named(rows)], dtype=pl.List(pl.String())),
        pl.Series("answer", [
            standard(answer, medicines, vocabulary) if rewrite and is_plain else answer
            for answer, is_plain in zip(rows["answer"], plain, strict=True)
        ], dtype=pl.String),
    )  # fmt: skip


def _named(rows: pl.DataFrame) -> Iterable[tuple[list[str], str, str]]:
    return zip(rows["medicines"].to_list(), rows["question"], rows["answer"], strict=True)


def ingredients(given: Iterable[str], question: str, answer: str, medicines: Medicines) -> list[str]:
    """The ingredients that an example is about, in alphabetical order: those given, else those that its text names."""
    found = {one for name in given for one in medicines.ingredients_of(name)}
    if not found:
        mentions = medicines.find(question) or medicines.find(answer)
        found = {one for mention in mentions if not mention.ambiguous for one in mention.ingredients}
    return sorted(found)


def standard(answer: str, medicines: Medicines, vocabulary: Vocabulary | None = None) -> str:
    """A plain answer in standard words, or as it was where a number or a medicine would not stay what it was."""
    made = _UNIT.sub(_unit, _EVERY.sub(r"every \1 hours", _SHORT.sub(_spelled, answer)))
    made = generic(made, medicines)
    if vocabulary is not None:
        made = vocabulary.preferred(made)
    return made if _NUMBERS.findall(made) == _NUMBERS.findall(answer) else answer


def generic(text: str, medicines: Medicines) -> str:
    """The text with the ingredients beside the first mention of each brand: "Glucophage (metformin)"."""
    if _brand_words().isdisjoint(_LETTERS.findall(text.lower())):
        return text
    parts, at = [], 0
    seen: set[str] = set()
    for mention in medicines.find(text):
        known = mention.brand and mention.exact and not mention.ambiguous and mention.name not in seen
        if known and len(mention.ingredients) < 4 and not _names_all(text, mention.ingredients):
            parts += [text[at : mention.end], f" ({'/'.join(mention.ingredients)})"]
            at = mention.end
        seen.add(mention.name)
    return "".join((*parts, text[at:]))


@cache
def _brand_words() -> frozenset[str]:
    """The first words of all brands: a text without any of them names none, and need not be read closely."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        brands = [row["name"] for row in csv.DictReader(file) if row["kind"] == "brand"]
    return frozenset(word for name in brands for word in _LETTERS.findall(name)[:1])


def _names_all(text: str, names: Iterable[str]) -> bool:
    lower = text.lower()
    return all(name in lower for name in names)


def _unit(found: re.Match[str]) -> str:
    safe = SAFE[found["unit"]]
    # "5U" is read as 50: a word stands apart from its number, as every unit does but the sign of per cent.
    return safe if safe == "%" else f" {safe}"


def _spelled(found: re.Match[str]) -> str:
    before = found.string[max(0, found.start() - _NEAR_A_DOSE) : found.start()]
    return _WORDS[(found.lastindex or 1) - 1] if any(sign.isdigit() for sign in before) else found.group()


def codes(text: str, table: Mapping[str, str]) -> tuple[str, ...]:
    """The UCUM codes of the units that follow a number in a text, each once, in order."""
    return tuple(dict.fromkeys(table[found["unit"]] for found in _UNIT.finditer(text) if found["unit"] in table))
