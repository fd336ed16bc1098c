"""The nouns of retrieval: a document at one exact version, a passage of it, and a quotation from a passage.

Invariant kept by every reader and by the chunker: `source.text[passage.start:passage.end] == passage.text`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Section(StrEnum):
    """What a passage is about, whatever its publisher calls the heading."""

    BOXED_WARNING = "boxed_warning"
    INDICATIONS = "indications"
    DOSAGE = "dosage"
    PAEDIATRIC = "paediatric"
    GERIATRIC = "geriatric"
    RENAL = "renal"
    HEPATIC = "hepatic"
    FORMS = "forms"
    CONTRAINDICATIONS = "contraindications"
    WARNINGS = "warnings"
    ADVERSE_REACTIONS = "adverse_reactions"
    INTERACTIONS = "interactions"
    PREGNANCY = "pregnancy"
    LACTATION = "lactation"
    OVERDOSE = "overdose"
    ABUSE = "abuse"
    DESCRIPTION = "description"
    PHARMACOLOGY = "pharmacology"
    STUDIES = "studies"
    STORAGE = "storage"
    COUNSELLING = "counselling"
    OTHER = "other"


class SourceKind(StrEnum):
    """Where a document comes from; decides how a screen introduces it."""

    LABEL = "label"
    MONOGRAPH = "monograph"
    GUIDELINE = "guideline"
    LITERATURE = "literature"


@dataclass(frozen=True, slots=True)
class Source:
    """One document at one exact version.

    `id` is unique per version (`document` + "@" + version); `document` is the same for every version of it (an SPL set
    id, a monograph's id), which is how a newer version finds the one that it supersedes. `text` is the reader's
    canonical plain text: every position counts characters of it. `checksum` is the SHA-256 of the file's bytes and of
    how they were read (`retrieval.readers.document.fingerprint`).
    """

    id: str
    document: str
    kind: SourceKind
    title: str
    ingredients: tuple[str, ...]
    brands: tuple[str, ...]
    publisher: str
    version: str
    effective: date | None
    url: str
    licence: str
    text: str
    checksum: str
    set_id: str = ""
    verified: bool = True
    """False when a fact of the document could not be checked against the label that it names."""
    superseded_by: str = ""
    """Id of the newer Source of the same document, empty while this one is current."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a Source that can be cited: whole sentences, or one table row with its caption and header.

    `key` is short, stable and unique in the index (what a model must cite, what a screen links). `start` and `end`
    count characters of the Source's text. `origin` names the label section that a monograph's fact was taken from.
    """

    key: str
    source_id: str
    text: str
    section: Section
    heading: tuple[str, ...]
    start: int
    end: int
    ingredients: tuple[str, ...]
    title: str
    effective: date | None
    is_table_row: bool = False
    origin: str = ""
    verified: bool = True


@dataclass(frozen=True, slots=True)
class Citation:
    """A passage key and the words quoted from that passage, verbatim."""

    key: str
    quote: str
