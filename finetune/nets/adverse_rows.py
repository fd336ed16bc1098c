"""The texts that the adverse-event net learns from: our own patterns filled in, and public text that is free to use.

FDA label text (public domain; the marks of TAC 2017 are CC0, its MedDRA codes are not read) gives sentences that state
reactions in general, and sentences of labels on everything else; PubMedQA (MIT) gives plain sentences of abstracts.
The ADE corpus is not read: it measures.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from finetune.nets.adverse_patterns import HAPPENED, KNOWN, MEDICINE, NOTHING, Writer, joined, patterns
from finetune.nets.adverse_words import load_words
from finetune.nets.rows import TagRow
from retrieval.chunking import passages
from retrieval.passage import Section
from retrieval.readers.formats import read_document
from retrieval.sentences import sentences

SAMPLES = {
    ("cases", HAPPENED): 60, ("cases", KNOWN): 50, ("cases", NOTHING): 60,
    ("chats", HAPPENED): 50, ("chats", KNOWN): 60, ("chats", NOTHING): 45,
}  # fmt: skip
"""How many texts are made of each pattern."""
JOINED = {"cases": 0.08, "chats": 0.15}
"""How many texts are joined to another of their register: several patients, a question beside a report."""
BESIDE_PLAIN = 0.1
"""How many of our texts stand beside a plain sentence."""
LABEL_SENTENCES, PLAIN_SENTENCES = 1_200, 2_000
_SPACE = re.compile(r"\s+")
# A plain sentence that may tell of a reaction is left out: nobody has marked it.
_DOUBTFUL = re.compile(
    r"\b(?:adverse|side.effect|toxic|complicat|induced|caus|risk|develop|reaction|associated|safety|death|mortality)\w*",
    re.IGNORECASE,
)


class _Section(BaseModel):
    label_id: str
    section_text: str
    adverse_events: list[tuple[object, ...]]


class _Abstract(BaseModel):
    contexts: list[str]


def own_rows(data: Path, seed: int) -> list[TagRow]:
    """Our patterns, each filled in many times, repeatable by the seed."""
    chance, words = random.Random(seed), load_words(data)
    rows: list[TagRow] = []
    for register in ("cases", "chats"):
        writer, made = Writer(words, register == "chats"), []
        for kind in (HAPPENED, KNOWN, NOTHING):
            for pattern in patterns(register).of(kind):
                made += [writer.row(pattern, kind, chance) for _ in range(SAMPLES[register, kind])]
        rows += _some_joined(made, JOINED[register], chance)
    return rows


def _some_joined(rows: Sequence[TagRow], share: float, chance: random.Random) -> list[TagRow]:
    made = []
    for row in rows:
        beside = [row, chance.choice(rows)] if chance.random() < share else [row]
        made.append(joined(beside, chance.choice([". ", " ", " ", "\n"])))
    return made


def label_rows(data: Path, seed: int) -> list[TagRow]:
    """Sentences of FDA labels about adverse reactions: what is marked in one that names the medicine is known of it."""
    chance, made = random.Random(seed), []
    for file in sorted((data / "label_reactions").glob("*.json")):
        for section in TypeAdapter(list[_Section]).validate_python(json.loads(file.read_text(encoding="utf-8"))):
            made += list(_marked(section))
    chance.shuffle(made)
    return made[:LABEL_SENTENCES]


def _marked(section: _Section) -> Iterator[TagRow]:
    name = re.compile(rf"\b{re.escape(section.label_id)}\b", re.IGNORECASE)
    terms = sorted({str(event[0]) for event in section.adverse_events}, key=len, reverse=True)
    pattern = re.compile(rf"\b(?:{'|'.join(map(re.escape, terms))})\b", re.IGNORECASE) if terms else None
    for text in _plain(section.section_text):
        named = [(found.start(), found.end(), MEDICINE) for found in name.finditer(text)]
        events = [(found.start(), found.end(), KNOWN) for found in pattern.finditer(text)] if pattern else []
        yield TagRow(text, tuple(sorted((*named, *events))) if named and events else ())


def other_label_rows(data: Path, seed: int) -> list[TagRow]:
    """Sentences of FDA labels on use, dose and pharmacology: nothing of them is a reaction."""
    chance, made = random.Random(seed), []
    for file in sorted((data / "labels").glob("*.xml")):
        for passage in passages(read_document(file.read_bytes(), file.name)):
            if passage.section in (Section.INDICATIONS, Section.DOSAGE, Section.PHARMACOLOGY, Section.STORAGE):
                made += [TagRow(text) for text in _plain(passage.text) if not _DOUBTFUL.search(text)]
    chance.shuffle(made)
    return made[: LABEL_SENTENCES // 2]


def plain_rows(data: Path, seed: int) -> list[TagRow]:
    """Sentences of abstracts in which nothing hints at a reaction."""
    chance, made = random.Random(seed), []
    for file in sorted((data / "qa").glob("pubmedqa*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            for context in _Abstract.model_validate_json(line).contexts:
                made += [TagRow(text) for text in _plain(context) if not _DOUBTFUL.search(text)]
    chance.shuffle(made)
    return made[:PLAIN_SENTENCES]


def beside_plain(rows: Sequence[TagRow], plain: Sequence[TagRow], seed: int) -> list[TagRow]:
    """Some rows with a plain sentence before or after, so that what reads like a paper is not taken for nothing."""
    chance, made = random.Random(seed), []
    for row in rows:
        if chance.random() < BESIDE_PLAIN:
            beside = [row, chance.choice(plain)]
            chance.shuffle(beside)
            row = joined(beside)
        made.append(row)
    return made


def _plain(text: str) -> list[str]:
    flat = _SPACE.sub(" ", text)
    found = (flat[start:end] for start, end in sentences(flat))
    return [one for one in found if 25 <= len(one) <= 350]


def all_rows(data: Path, seed: int) -> list[TagRow]:
    """Everything that the net learns from, without repetitions."""
    plain = [*plain_rows(data, seed), *other_label_rows(data, seed)]
    made = [*beside_plain(own_rows(data, seed), plain, seed), *label_rows(data, seed), *plain]
    return list({row.text: row for row in made}.values())
