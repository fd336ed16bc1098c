"""Puts the desk together from what is open: the casebook, the detector, the dictionary, the labels of the index."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assistant.accounts import Accounts
from assistant.records import Records
from assistant.triage import coding
from assistant.triage.case import Case
from assistant.triage.desk import Desk
from assistant.triage.dictionaries.matching import Matcher
from assistant.triage.dictionaries.meddra import read_meddra
from assistant.triage.dictionaries.open_vocabulary import open_vocabulary
from assistant.triage.dictionaries.whodrug import WhoDrug, read_whodrug
from assistant.triage.e2b.sender import Sender
from assistant.triage.expectedness import judge
from assistant.triage.judgement import Expectedness
from assistant.triage.labels.listing import LabelReading
from assistant.triage.product import ProductRole
from assistant.triage.terms import Term
from finetune.nets.deployed import nets_in_use
from guardrails.adverse_event import AdverseEvents
from guardrails.identifiers import Masker
from retrieval.encoder import Encoder
from retrieval.errors import IndexBusy
from retrieval.index import Index
from retrieval.ingest import IngestProgress, ingest, quiet
from retrieval.medicines import Medicines
from retrieval.nets import Nets
from ui.settings import Settings
from ui.triage.export import finish_exports
from ui.triage.files import readers
from ui.triage.reading import casebook, markets_of
from ui.triage.tools import TriageTools

SUSPECTED = frozenset({ProductRole.SUSPECT, ProductRole.INTERACTING})


@dataclass(frozen=True, slots=True)
class Open:
    """What is open already and the desk is put together from.

    `adverse` finds reactions in a text, `masker` identifiers, and `nets` the reactions that a label names.
    """

    settings: Settings
    index: Index
    medicines: Medicines
    adverse: AdverseEvents
    masker: Masker
    nets: Nets
    records: Records
    accounts: Accounts


@contextmanager
def desk_opened(settings: Settings, on_progress: Callable[[IngestProgress], None] = quiet) -> Iterator[TriageTools]:
    """The desk by itself, without what only answering needs; an index that the chat has open is read as it is now.

    The starter corpus is indexed where it is missing or changed, because expectedness is judged by its labels.
    """
    from ui.opening import open_index, open_records

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    # First what fails quickly: nobody should wait for an index and then hear that the database cannot be opened.
    records = open_records(settings)
    encoder = Encoder(settings.retrieval)
    index = open_index(settings, encoder, share=True)
    try:
        with suppress(IndexBusy):
            ingest([settings.starter_corpus], index, encoder, settings.retrieval, on_progress)
        used = nets_in_use(settings.loop / "releases", records.ledger)
        medicines, nets = Medicines.load(index.sources()), Nets(encoder, used)
        adverse, masker = AdverseEvents(medicines, nets), Masker(nets)
        yield desk_tools(Open(settings, index, medicines, adverse, masker, nets, records, Accounts(records.ledger)))
    finally:
        index.close()


def desk_tools(parts: Open) -> TriageTools:
    """The tools of the board and of the commands that change cases."""
    settings = parts.settings
    matcher = _matcher(settings)
    desk = Desk(
        casebook(settings, parts.records), markets_of(settings), parts.adverse.screen,
        lambda text: parts.masker.masked(text)[0], settings.desk_zone, propose_term=partial(_term, matcher),
        propose_expectedness=partial(_expectedness, parts.index, LabelReading.of(matcher, parts.nets)),
    )  # fmt: skip
    folders = (exports_of(settings), settings.data_dir / "signals", settings.data_dir / "duplicates.db")
    tools = TriageTools(
        desk,
        parts.accounts,
        parts.records.ledger,
        parts.records,
        matcher,
        parts.medicines,
        readers(parts.masker, parts.medicines, settings.desk_zone),
        *folders,
        sender_of(settings),
        _whodrug(settings),
    )
    finish_exports(tools)
    return tools


def sender_of(settings: Settings) -> Sender | None:
    """Who sends reports; None where the settings do not say. Raises `E2bError` where they say half of it."""
    given = settings.sender.model_dump()
    return Sender(**given) if any(given[name] for name in ("organisation", "code", "identifier")) else None


def exports_of(settings: Settings) -> Path:
    """The folder that reports are written to."""
    return settings.export_dir or settings.data_dir / "exports"


def _whodrug(settings: Settings) -> WhoDrug | None:
    return read_whodrug(settings.whodrug, settings.whodrug_version.strip()) if settings.whodrug else None


def _matcher(settings: Settings) -> Matcher:
    return Matcher(read_meddra(settings.meddra) if settings.meddra else open_vocabulary())


def _term(matcher: Matcher, verbatim: str) -> Term | None:
    proposed = coding.code(verbatim, matcher).proposed
    return proposed.term if proposed else None


def _expectedness(index: Index, reading: LabelReading, case: Case) -> tuple[Expectedness, ...]:
    suspects = [product for product in case.products if product.role in SUSPECTED]
    return tuple(judge(event, product, index, reading) for event in case.events for product in suspects)
