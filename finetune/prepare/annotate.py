"""Step annotate: what each example is about, for balance and subgroup evaluation. A label that is given stays.

The rules are cheap and open to view; none of them decides what a model learns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from pathlib import Path

import polars as pl
import yaml
from pydantic import BaseModel, ConfigDict

from finetune.columns import LABELS
from finetune.dialogue import REFUSED
from finetune.prepare.vocabulary import Vocabulary
from retrieval.classes import class_names
from retrieval.passage import Section as S
from retrieval.topics import TOPICS

STEP = "annotate"
_TABLE = Path(__file__).with_name("areas.yaml")
_TOPICS = {
    S.DOSAGE: "dosing", S.FORMS: "dosing", S.RENAL: "dosing", S.HEPATIC: "dosing", S.PAEDIATRIC: "dosing",
    S.GERIATRIC: "dosing", S.INTERACTIONS: "interactions", S.PREGNANCY: "pregnancy and lactation",
    S.LACTATION: "pregnancy and lactation", S.CONTRAINDICATIONS: "safety", S.WARNINGS: "safety",
    S.BOXED_WARNING: "safety", S.ADVERSE_REACTIONS: "safety", S.OVERDOSE: "overdose", S.ABUSE: "safety",
    S.INDICATIONS: "use", S.PHARMACOLOGY: "pharmacology", S.DESCRIPTION: "pharmacology", S.STUDIES: "pharmacology",
    S.STORAGE: "handling", S.COUNSELLING: "handling",
}  # fmt: skip
_YEARS = r"[ -]?(?:year|yr)s?[ -]old"
_PEOPLE = {
    "pregnancy": r"pregnan\w*|trimester|fo?etus|fo?etal|gestation\w*",
    "lactation": r"breast-?\s?feed\w*|lactat\w*|nursing mother\w*",
    "renal": r"renal\w*|kidney|crcl|e?gfr|dialysis|ckd|creatinine clearance",
    "hepatic": r"hepatic|liver|cirrho\w*|child-pugh",
    "paediatric": rf"child(?:ren)?(?!-pugh)|pa?ediatric\w*|infants?|neonat\w*|(?:1[0-7]|[1-9]){_YEARS}",
    "older": rf"elderly|geriatric\w*|older (?:adult|patient|people)\w*|(?:6[5-9]|[7-9]\d)(?:{_YEARS}| ?y/?o)",
}
_POPULATIONS = tuple((name, re.compile(rf"\b(?:{words})\b", re.IGNORECASE)) for name, words in _PEOPLE.items())
_ANYBODY = re.compile(rf"\b(?:{'|'.join(_PEOPLE.values())})\b", re.IGNORECASE)
_SECTIONS = tuple((re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE), sections) for words, sections in TOPICS)
_YES_NO = re.compile(
    r"^(?:(?:ok|and|so),? )?(?:can|is|are|does|do|should|may|will|could|would|has|have)\b", re.IGNORECASE
)
_CONDITION = re.compile(
    r"\b(?:if|when|unless|below|above|less than|more than|between|with|without|after|before)\b", re.I
)


class _Area(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    members: tuple[str, ...]
    classes: tuple[str, ...]
    endings: tuple[str, ...]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    areas: tuple[_Area, ...]


def annotate(rows: pl.DataFrame, vocabulary: Vocabulary | None = None) -> pl.DataFrame:
    """The rows with their six labels."""
    made = [
        labels(question, answer, medicines, vocabulary)
        for question, answer, medicines in zip(
            rows["question"], rows["answer"], rows["medicines"].to_list(), strict=True
        )
    ]
    columns = zip(*made, strict=True) if made else ((),) * len(LABELS)
    fresh = [pl.Series(name, list(values), dtype=pl.String) for name, values in zip(LABELS, columns, strict=True)]
    return rows.with_columns(
        pl.when(rows[series.name] == "").then(series).otherwise(rows[series.name]).alias(series.name)
        for series in fresh
    )


def labels(
    question: str, answer: str, medicines: Sequence[str], vocabulary: Vocabulary | None = None
) -> tuple[str, str, str, str, str, str]:
    """Topic, section, area, population, task and difficulty of one example."""
    section = section_of(question)
    area = next((found for one in medicines if (found := area_of(one))), "")
    if not area and vocabulary is not None:
        area = vocabulary.area(question) or vocabulary.area(answer)
    people = population(question)
    task = _task(question, answer, section)
    return _TOPICS.get(section, "other"), section.value, area or "other", people, task, _difficulty(question, medicines)


@lru_cache(maxsize=65536)
def area_of(medicine: str) -> str:
    """The area of an ingredient, or ""."""
    classes = class_names(medicine)
    last = medicine.rpartition(" ")[2]
    for area in _areas():
        if medicine in area.members or any(one in area.classes for one in classes):
            return area.name
    return next((area.name for area in _areas() if last.endswith(area.endings)), "")


def section_of(question: str) -> S:
    """The section that answers the first topic of the question, `OTHER` where it names none."""
    return next((sections[0] for pattern, sections in _SECTIONS if pattern.search(question)), S.OTHER)


def population(text: str) -> str:
    """The first special population that a text names, else "general"."""
    if not _ANYBODY.search(text):
        return "general"
    return next((name for name, pattern in _POPULATIONS if pattern.search(text)), "general")


def _task(question: str, answer: str, section: S) -> str:
    if answer == REFUSED:
        return "refuse"
    if section in (S.DOSAGE, S.RENAL, S.HEPATIC, S.PAEDIATRIC, S.GERIATRIC):
        return "dose"
    if section is S.INTERACTIONS:
        return "interaction"
    return "yes or no" if _YES_NO.search(question) else "explain"


def _difficulty(question: str, medicines: Sequence[str]) -> str:
    """One point each for a second medicine, a long question, and a condition; none is easy, two or three are hard."""
    points = (len(medicines) > 1) + (len(question) > 160) + (len(_CONDITION.findall(question)) > 1)
    return ("easy", "medium", "hard", "hard")[points]


@cache
def _areas() -> Iterable[_Area]:
    return _Table.model_validate(yaml.safe_load(_TABLE.read_text(encoding="utf-8"))).areas
