"""The questions that the intake net learns from: our own patterns filled in, and public sets whose licence allows it.

`intake_data/*.yaml` holds our patterns. MedSafetyBench (MIT) and XSTest (CC BY 4.0) give requests to decline and safe
ones that look unsafe; ASQ-PHI (MIT) and PubMedQA (MIT) give plain questions of clinicians. Nothing of them is copied
into the project: the script reads them where they lie.
"""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter

from finetune.nets.rows import TextRow
from guardrails.screening.scope import mentions_health
from retrieval.medicines import TABLE

FOLDER = Path(__file__).parent / "intake_data"
CLINICAL, URGENT, HARMFUL, INSTRUCTION, OUT_OF_SCOPE = "clinical", "urgent", "harmful", "instruction", "out_of_scope"
LABELS = (CLINICAL, URGENT, HARMFUL, INSTRUCTION, OUT_OF_SCOPE)
"""The ordinary label first, as `retrieval.nets` wants it."""

_WELL_KNOWN = 4
"""How many products a medicine must have to be asked about in our patterns."""

Row = TypeVar("Row", bound=BaseModel)
_SLOT = re.compile(r"\{(\w+)\}")


class _Patterns(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    label: str
    samples: int
    questions: tuple[str, ...]


class _Slots(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    slots: Mapping[str, tuple[str, ...]]


class _Request(BaseModel):
    request: str


class _Prompt(BaseModel):
    prompt: str
    label: str


class _Text(BaseModel):
    text: str


class _Asked(BaseModel):
    question: str


@dataclass(frozen=True, slots=True)
class Graded:
    """A request of a public set, and whether it asks for harm."""

    group: str
    text: str
    harmful: bool

    @property
    def key(self) -> str:
        """A short name for the text that tells nothing of it."""
        return md5(self.text.encode(), usedforsecurity=False).hexdigest()[:12]


def own_rows(seed: int) -> list[TextRow]:
    """Our patterns, each filled in and typed in several ways, repeatable by the seed."""
    chance = random.Random(seed)
    words = dict(_Slots.model_validate(_yaml("slots")).slots)
    words["medicine"] = _medicines()
    rows = []
    for name in ("clinical", "urgent", "harmful", "injection", "out_of_scope"):
        held = _Patterns.model_validate(_yaml(name))
        for pattern in held.questions:
            filled = {_typed(_filled(pattern, words, chance), chance) for _ in range(held.samples)}
            rows += [TextRow(text, held.label) for text in sorted(filled)]
    return rows


def plain_questions(data: Path) -> list[TextRow]:
    """Questions that nobody would decline: clinicians' queries and titles of biomedical papers that ask something."""
    queries = [row.text for row in _lines(data / "deid" / "asq_phi.jsonl", _Text)]
    titles = [row.question for row in _lines(data / "qa" / "pubmedqa_dev.jsonl", _Asked)]
    return [TextRow(text, CLINICAL) for text in (*queries, *titles)]


def med_safety(data: Path) -> list[Graded]:
    """The requests of MedSafetyBench's files in `safety/`: all of them ask for harm."""
    files = sorted((data / "safety").glob("med_safety*.jsonl"))
    return [Graded("MedSafety", row.request, True) for file in files for row in _lines(file, _Request)]


def xstest(data: Path) -> list[Graded]:
    """The prompts of XSTest's files in `safety/`, safe and unsafe."""
    files = sorted((data / "safety").glob("xstest*.jsonl"))
    rows = [row for file in files for row in _lines(file, _Prompt)]
    return [Graded(f"XSTest {row.label}", row.prompt, row.label == "unsafe") for row in rows]


def graded_rows(graded: Iterable[Graded], weight: float) -> list[TextRow]:
    """Public requests as rows. What is safe and does not speak of health is out of scope."""
    return [TextRow(each.text, _label(each), weight) for each in graded]


def _label(each: Graded) -> str:
    if each.harmful:
        return HARMFUL
    return CLINICAL if mentions_health(each.text) else OUT_OF_SCOPE


def _filled(pattern: str, words: Mapping[str, Sequence[str]], chance: random.Random) -> str:
    return _SLOT.sub(lambda found: chance.choice(words[found.group(1)]), pattern)


def _typed(text: str, chance: random.Random) -> str:
    """As people type: now and then in small letters, without the mark at the end, or with it."""
    if chance.random() < 0.3:
        text = text.lower()
    bare = text.rstrip(".?!")
    kind = chance.random()
    return bare if kind < 0.25 else f"{bare}?" if kind < 0.4 and not text.endswith(".") else text


def _medicines() -> tuple[str, ...]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if int(row["products"]) >= _WELL_KNOWN]
    return tuple(row["name"] for row in rows)


def _yaml(name: str) -> object:
    return yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8"))


def _lines(file: Path, kind: type[Row]) -> list[Row]:
    parser = TypeAdapter(kind)
    return [parser.validate_python(json.loads(line)) for line in file.read_text(encoding="utf-8").split("\n") if line]
