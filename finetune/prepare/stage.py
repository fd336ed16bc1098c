"""The steps that need one chunk alone: read, clean, de-identify, standardise, annotate, sign, decontaminate.

They run together in memory, so that no text is written anywhere before it is masked. `prepared` is a pure function of a
chunk; every engine calls it and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from time import process_time
from typing import TypeAlias

import polars as pl

from assistant.triage.intake.file_names import masked_name
from finetune.columns import DROPPED, ROW
from finetune.prepare import annotate, clean, decontaminate, deidentify, read, sign, standardise
from finetune.prepare.chunks import Chunk
from finetune.prepare.deidentify import Mask
from finetune.prepare.masks import MakeMask
from finetune.prepare.settings import Settings, Vocabularies
from finetune.prepare.vocabulary import Vocabulary, joined, read_mesh, read_snomed
from finetune.snapshot import code_version
from retrieval.medicines import Medicines

STEPS = (read.STEP, clean.STEP, deidentify.STEP, standardise.STEP, annotate.STEP, sign.STEP, decontaminate.STEP)
PREPARED = pl.Schema(
    {
        **ROW,
        "masked": pl.List(pl.String()),
        **{name: pl.UInt64() for name in sign.KEYS},
        "contaminated": pl.String(),
    }
)
"""A row after these steps."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that the work on a chunk depends on, in a form that can be sent to another process."""

    settings: Settings
    make_mask: MakeMask
    questions: tuple[str, ...]
    """The questions of all evaluation sets."""
    vocabularies: Vocabularies = field(default_factory=Vocabularies)
    vocabulary_hashes: tuple[str, ...] = ()
    code: str = field(default_factory=code_version)

    @property
    def digest(self) -> str:
        """The hash of all of it and of the code: what a finished chunk is bound to beside its content."""
        mask = f"{self.make_mask.__module__}.{self.make_mask.__qualname__}"
        parts = (self.settings.digest, mask, *self.vocabulary_hashes, self.code, *self.questions)
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


@dataclass(frozen=True)
class Tools:
    """What a process builds once: the masker, the medicines, the evaluation questions, the vocabulary."""

    settings: Settings
    mask: Mask
    medicines: Medicines
    against: decontaminate.Evaluated
    vocabulary: Vocabulary | None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A chunk's rows (`PREPARED`), what was dropped (`DROPPED`), how many were read, processor seconds by step."""

    rows: pl.DataFrame
    dropped: pl.DataFrame
    read: int
    seconds: Mapping[str, float]


@lru_cache(maxsize=1)
def tools(plan: Plan) -> Tools:
    """The tools of this process. Raises `PrepareRefused` for a vocabulary that cannot be read."""
    settings, given = plan.settings, plan.vocabularies
    held = ([read_mesh(given.mesh)] if given.mesh else []) + ([read_snomed(given.snomed)] if given.snomed else [])
    against = decontaminate.evaluated(plan.questions, settings.grams)
    return Tools(settings, plan.make_mask(), Medicines.load(), against, joined(held))


def prepared(chunk: Chunk, tools: Tools) -> Prepared:
    """One chunk after all steps that need no other. Raises `OSError` where its file is gone."""
    at = process_time()
    rows, unread = read.read(chunk)
    count, lost, seconds = rows.height + unread.height, [unread], {read.STEP: process_time() - at}
    for step, work in _WORK:
        at = process_time()
        rows, gone = work(rows, tools, chunk)
        lost.append(gone)
        seconds[step] = process_time() - at
    if not chunk.input.own:
        rows = rows.with_columns(source=pl.lit(_source(chunk.input.name, tools.mask)))
    return Prepared(rows.select(PREPARED.names()), pl.concat(lost), count, seconds)


def _source(name: str, mask: Mask) -> str:
    """A file's name without what identifies a patient: people name files after patients."""

    def hide(text: str) -> str:
        (masked,) = mask([text])
        return masked.text if masked else "[FILE]"

    return masked_name(name, hide)


Parted: TypeAlias = tuple[pl.DataFrame, pl.DataFrame]
"""The rows that go on, and those that were dropped."""


def _cleaned(rows: pl.DataFrame, tools: Tools, _: Chunk) -> Parted:
    return clean.clean(rows, tools.settings)


def _masked(rows: pl.DataFrame, tools: Tools, chunk: Chunk) -> Parted:
    key = tools.settings.pseudonym_key
    return deidentify.deidentify(rows, tools.mask, key, public_evidence=chunk.input.own)


def _standardised(rows: pl.DataFrame, tools: Tools, _: Chunk) -> Parted:
    return _all(standardise.standardise(rows, tools.medicines, tools.vocabulary, rewrite=tools.settings.standardise))


def _annotated(rows: pl.DataFrame, tools: Tools, _: Chunk) -> Parted:
    return _all(annotate.annotate(rows, tools.vocabulary))


def _signed(rows: pl.DataFrame, _tools: Tools, _: Chunk) -> Parted:
    return _all(sign.sign(rows))


def _compared(rows: pl.DataFrame, tools: Tools, _: Chunk) -> Parted:
    """The reasons only: what is contaminated is dropped, and counted, where duplicates are."""
    settings = tools.settings
    return _all(rows.with_columns(decontaminate.contamination(rows, tools.against, settings.near, settings.grams)))


def _all(rows: pl.DataFrame) -> Parted:
    return rows, pl.DataFrame(schema=DROPPED)


_WORK: tuple[tuple[str, Callable[[pl.DataFrame, Tools, Chunk], Parted]], ...] = (
    (clean.STEP, _cleaned),
    (deidentify.STEP, _masked),
    (standardise.STEP, _standardised),
    (annotate.STEP, _annotated),
    (sign.STEP, _signed),
    (decontaminate.STEP, _compared),
)
