"""The licence-clean text that contrasts are made from, as parts: sentences that stand together under one heading.

Public label text (SPL, PDF and the sections of TAC 2017), our own monographs, and the answers of MedQuAD that US
federal institutes wrote. Left out of MedQuAD are A.D.A.M. and the monographs on medicines and herbs, whose rights
belong to others. PubMedQA is left out entirely: MedHallu, which measures us, is made from its questions.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from retrieval.errors import SourceRefused
from retrieval.ingredient import base_name
from retrieval.medicines import CORPUS
from retrieval.readers.document import BlockKind, ReadDocument
from retrieval.readers.formats import read_document
from retrieval.sentences import sentences

FEDERAL = frozenset(
    {"GHR", "MPlusHealthTopics", "NIHSeniorHealth", "NIDDK", "NINDS", "NHLBI", "CDC", "GARD", "CancerGov"}
)
"""Parts of MedQuAD that are works of US federal institutes."""
_FAMILIES = {
    "dimethyl fumarate": "fumarates",
    "diroximel fumarate": "fumarates",
    "monomethyl fumarate": "fumarates",
    "interferon beta-1a": "interferons",
    "interferon beta-1b": "interferons",
    "peginterferon beta-1a": "interferons",
    "ocrelizumab": "anti-CD20",
    "ofatumumab": "anti-CD20",
    "ublituximab": "anti-CD20",
    "ozanimod": "S1P modulators",
    "ponesimod": "S1P modulators",
    "siponimod": "S1P modulators",
    "gilenya": "S1P modulators",
    "tecfidera": "fumarates",
    "ampyra": "dalfampridine",
    "eliquis": "apixaban",
    "stendra": "sildenafil",
}
_REFERENCE = re.compile(r"\s*[\[(]\s*see\s[^\])]*(?:\([^)]*\)[^\])]*)*[\])]", re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[*•-]|\d+(?:\.\d+)*)\s+")
_SHORT, _LONG = 30, 320
csv.field_size_limit(10_000_000)


@dataclass(frozen=True, slots=True)
class Part:
    """Sentences in a row. `family` is the medicine (relatives count as one), "" where the text is about none.

    `names` are the medicine's names, `title` the document's, `heading` the path of headings above the part.
    """

    document: str
    family: str
    names: tuple[str, ...]
    title: str
    heading: tuple[str, ...]
    sentences: tuple[str, ...]


def family_of(name: str) -> str:
    """The family of a medicine: the label of one must not be learned from where another is held out."""
    base = base_name(name)
    return _FAMILIES.get(base, base)


def share(text: str) -> float:
    """A number from 0 to 1 that only depends on the text; splits are made by it."""
    return int(hashlib.sha256(text.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


def all_parts(data: Path) -> tuple[Part, ...]:
    """Every part of every text. `data` is the folder of public development data; the monographs are our own."""
    return (*monographs(), *labels(data), *reaction_sections(data), *federal_answers(data))


def monographs() -> tuple[Part, ...]:
    """Our own monographs: each heading with its facts is a part."""
    return tuple(part for path in sorted(CORPUS.glob("*.md")) for part in _document_parts(path))


def labels(data: Path) -> tuple[Part, ...]:
    """The labels, read by the readers that serve."""
    paths = [*sorted((data / "labels").glob("*.xml")), *sorted((data / "pdf").glob("*.pdf"))]
    return tuple(part for path in paths for part in _document_parts(path))


def read(path: Path) -> ReadDocument | None:
    """One file through the product's readers, or None where they refuse it."""
    try:
        return read_document(path.read_bytes(), path.name)
    except SourceRefused:
        return None


def _document_parts(path: Path) -> Iterator[Part]:
    document = read(path)
    if document is None or not document.source.ingredients:
        return
    source = document.source
    family = family_of(source.ingredients[0])
    names = (base_name(source.ingredients[0]), *source.brands)
    for heading, blocks in groupby(document.blocks, key=lambda block: block.heading):
        found = []
        for block in blocks:
            text = source.text[block.start : block.end]
            found += [text] if block.kind is not BlockKind.PARAGRAPH else [text[a:b] for a, b in sentences(text)]
        kept = _usable(found)
        if kept:
            yield Part(path.name, family, names, source.title, heading, kept)


def reaction_sections(data: Path) -> tuple[Part, ...]:
    """The label sections of TAC 2017 (CC0): only their text, none of the coded terms."""
    rows = json.loads((data / "label_reactions" / "tac2017_train.json").read_text(encoding="utf-8"))
    found = []
    for row in rows:
        name = row["label_id"]
        family = family_of(name.lower())
        for text in re.split(r"\n\s*\n\s*\n|\n\s{2,}\d+(?:\.\d+)?\s+(?=[A-Z])", row["section_text"]):
            lines = [" ".join(line.split()) for line in re.split(r"\n\s*\n|\n\s*(?=[*•])", text)]
            kept = _usable([_BULLET.sub("", line)[a:b] for line in lines for a, b in sentences(_BULLET.sub("", line))])
            if kept:
                found.append(Part(f"tac {name}", family, (name.title(),), name.title(), (row["section_name"],), kept))
    return tuple(found)


def federal_answers(data: Path) -> tuple[Part, ...]:
    """MedQuAD's answers of US federal institutes (CC BY 4.0), from the pool of LiveQA."""
    found = []
    with zipfile.ZipFile(data / "retrieval" / "liveqa_qrels_answers.zip") as archive:
        name = next(one for one in archive.namelist() if one.endswith("MedQuAD.csv") and "__MACOSX" not in one)
        rows = csv.DictReader(io.StringIO(archive.read(name).decode("utf-8")))
        for row in rows:
            if row["AnswerID"].split("_")[0] in FEDERAL:
                question, _, answer = row["Answer"].partition("\nAnswer:")
                title = " ".join(question.removeprefix("Question:").split("URL:")[0].split())
                lines = [" ".join(line.split()) for line in re.split(r"\n\s*\n|\s{3,}-?\s*", answer)]
                kept = _usable([line[a:b] for line in lines for a, b in sentences(line)])
                if kept:
                    found.append(Part(row["AnswerID"].rpartition("_")[0], "", (), title, (), kept))
    return tuple(found)


def _usable(found: list[str]) -> tuple[str, ...]:
    """Sentences of a useful length, without cross-references, each once."""
    cleaned = (" ".join(_REFERENCE.sub("", text).split()) for text in found)
    return tuple(dict.fromkeys(text for text in cleaned if _SHORT <= len(text) <= _LONG and " " in text.strip()))
