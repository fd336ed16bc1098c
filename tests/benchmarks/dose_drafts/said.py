"""What the sources say about doses: sentences of the starter monographs, and of labels where the data is there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from retrieval.chunking import passages
from retrieval.medicines import CORPUS
from retrieval.passage import Passage, Section, Source
from retrieval.readers.formats import read_document
from retrieval.sentences import sentences
from tests.benchmarks.dose_drafts.draft import Origin, Said, digest

DOSING = frozenset(
    {
        *(Section.DOSAGE, Section.PAEDIATRIC, Section.GERIATRIC, Section.RENAL, Section.HEPATIC),
        *(Section.INDICATIONS, Section.CONTRAINDICATIONS, Section.INTERACTIONS, Section.FORMS),
    }
)
SHORTEST, LONGEST = 35, 420
"""Characters of a sentence worth restating: shorter ones are headings, longer ones are tables run together."""
STRANGERS = 2
_SILENT = re.compile(r"\b(?:label|copy|section)\b[^.]*\b(?:does not|gives no|leaves out|not in)\b", re.IGNORECASE)
_LEANS = re.compile(
    r"^(?:However|Therefore|Thus|Alternatively|Thereafter|These|Those|This|Such|In this|If not)\b"
    r"|\b(?:these|those|such) (?:patients|ranges|individuals|subjects|conditions)\b|\bthis (?:study|indication|group)\b"
)
"""A sentence that leans on the one before it is no answer by itself, and a draft that repeats it is not faithful."""
_BROKEN = re.compile(
    r"\[see|\bsee (?:table|figure|section|warnings)\b|molecular|structure|carboxylic|\banimal|\brats?\b|\brabbits?\b"
    r"|in (?:vivo|vitro)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Document:
    """A source and all of its passages."""

    source: Source
    passages: tuple[Passage, ...]
    origin: Origin


def corpus() -> tuple[Document, ...]:
    """The starter monographs."""
    return tuple(_read(path, Origin.CORPUS) for path in sorted(CORPUS.glob("*.md")))


def labels(data: Path) -> tuple[Document, ...]:
    """The labels under `labels/` (SPL) and `pdf/` of the development data; none where it is absent."""
    paths = [*sorted((data / "labels").glob("*.xml")), *sorted((data / "pdf").glob("*.pdf"))]
    return tuple(_read(path, Origin.LABEL) for path in paths)


def _read(path: Path, origin: Origin) -> Document:
    document = read_document(path.read_bytes(), path.name)
    return Document(document.source, passages(document), origin)


def said(documents: Iterable[Document]) -> tuple[Said, ...]:
    """Every sentence about dosing of the documents, once."""
    shelf = tuple(documents)
    known: set[str] = set()
    found = []
    for document in shelf:
        others = [one for one in shelf if one.source.ingredients != document.source.ingredients]
        for passage in document.passages:
            if passage.section not in DOSING:
                continue
            for text in _sentences(passage):
                if text not in known:
                    known.add(text)
                    found.append(said_in(document, passage, text, others))
    return tuple(found)


def _sentences(passage: Passage) -> Iterator[str]:
    """Whole sentences of a passage; a monograph's fact and a table row are one sentence each."""
    spans = ((0, len(passage.text)),) if passage.is_table_row else sentences(passage.text)
    for start, end in spans:
        text = passage.text[start:end]
        if SHORTEST <= len(text) <= LONGEST and not any(one.search(text) for one in (_SILENT, _BROKEN, _LEANS)):
            yield text


def said_in(document: Document, passage: Passage, text: str, others: Iterable[Document]) -> Said:
    """The sentence with its distractors: those of other medicines are picked by hash, so that runs agree."""
    siblings = tuple(one for one in document.passages if one.key != passage.key and one.section in DOSING)
    pool = [one for other in others for one in other.passages if one.heading[-1:] == passage.heading[-1:]]
    pool.sort(key=lambda one: digest(one.key, passage.key))
    return Said(text, passage, document.source.brands, document.origin, siblings, tuple(pool[:STRANGERS]))
