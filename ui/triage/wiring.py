"""Puts the desk together from what is open: the casebook, the detector, the dictionary, the labels of the index."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from assistant.accounts import Accounts
from assistant.chain import digest
from assistant.database import open_database
from assistant.ledger import Ledger
from assistant.records import Records
from assistant.triage import coding
from assistant.triage.case import Case
from assistant.triage.casebook import Casebook
from assistant.triage.clock import earliest
from assistant.triage.desk import Desk
from assistant.triage.dictionaries.matching import Matcher
from assistant.triage.dictionaries.meddra import read_meddra
from assistant.triage.dictionaries.open_vocabulary import open_vocabulary
from assistant.triage.e2b.sender import Sender
from assistant.triage.expectedness import judge
from assistant.triage.judgement import Expectedness
from assistant.triage.labels.listing import LabelReading
from assistant.triage.markets import Markets, read_markets, shipped_markets
from assistant.triage.product import ProductRole
from assistant.triage.terms import Term
from guardrails.adverse_event import AdverseEvents
from guardrails.identifiers import Masker
from retrieval.index import Index
from retrieval.medicines import Medicines
from retrieval.nets import Nets
from ui.settings import Settings
from ui.triage.files import readers
from ui.triage.tools import TriageTools

SUSPECTED = frozenset({ProductRole.SUSPECT, ProductRole.INTERACTING})


def casebook(settings: Settings) -> tuple[Casebook, Ledger]:
    """The casebook and the ledger of the database that the settings name; no index and no model is opened."""
    engine = open_database(settings.database)
    ledger = Ledger(engine, settings.anchors)
    markets = markets_of(settings)
    book = Casebook(engine, ledger, partial(earliest, markets=markets))
    _recount_if_changed(book, markets, settings.data_dir / "markets.counted")
    return book, ledger


def markets_of(settings: Settings) -> Markets:
    """The markets that the settings name, or those that ship. Raises `guardrails.errors.RuleInvalid`."""
    return read_markets(settings.markets) if settings.markets else shipped_markets()


def _recount_if_changed(book: Casebook, markets: Markets, noted: Path) -> None:
    """Sort the worklist by the deadlines of these rules; `noted` holds the hash of those that it is sorted by."""
    now = digest({"markets": markets.model_dump(mode="json")})
    if not noted.is_file() or noted.read_text(encoding="ascii") != now:
        book.recount()
        noted.parent.mkdir(parents=True, exist_ok=True)
        noted.write_text(now, encoding="ascii")


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


def desk_tools(parts: Open) -> TriageTools:
    """The tools of the board and of the commands that change cases."""
    settings = parts.settings
    matcher = _matcher(settings)
    book, ledger = casebook(settings)
    desk = Desk(
        book, markets_of(settings), parts.adverse.screen, lambda text: parts.masker.masked(text)[0],
        settings.desk_zone, propose_term=partial(_term, matcher),
        propose_expectedness=partial(_expectedness, parts.index, LabelReading.of(matcher, parts.nets)),
    )  # fmt: skip
    folders = (exports_of(settings), settings.data_dir / "signals", settings.data_dir / "duplicates.db")
    return TriageTools(
        desk,
        parts.accounts,
        ledger,
        parts.records,
        matcher,
        parts.medicines,
        readers(parts.masker, parts.medicines, settings.desk_zone),
        *folders,
        sender_of(settings),
    )


def sender_of(settings: Settings) -> Sender | None:
    """Who sends reports; None where the settings do not say. Raises `E2bError` where they say half of it."""
    given = settings.sender.model_dump()
    return Sender(**given) if any(given[name] for name in ("organisation", "code", "identifier")) else None


def exports_of(settings: Settings) -> Path:
    """The folder that reports are written to."""
    return settings.export_dir or settings.data_dir / "exports"


def _matcher(settings: Settings) -> Matcher:
    return Matcher(read_meddra(settings.meddra) if settings.meddra else open_vocabulary())


def _term(matcher: Matcher, verbatim: str) -> Term | None:
    proposed = coding.code(verbatim, matcher).proposed
    return proposed.term if proposed else None


def _expectedness(index: Index, reading: LabelReading, case: Case) -> tuple[Expectedness, ...]:
    suspects = [product for product in case.products if product.role in SUSPECTED]
    return tuple(judge(event, product, index, reading) for event in case.events for product in suspects)
