"""What is read of cases without an index, an encoder or a net: the casebook, the people, the markets.

The worklist and a case page open this much only, so that a look at a case costs no model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path

from assistant.accounts import Accounts
from assistant.chain import digest
from assistant.database import open_database
from assistant.ledger import Ledger
from assistant.people import May, Meaning, Person, Signature, require
from assistant.records import Records
from assistant.signing import signatures_of
from assistant.triage import clock, judgement, markets, validity
from assistant.triage.case import Case, Source
from assistant.triage.casebook import Casebook
from assistant.triage.errors import CaseMissing
from assistant.triage.hiding import changes_seen_by, seen_by
from assistant.triage.markets import Markets, read_markets, shipped_markets
from assistant.triage.signed import to_sign
from ui.settings import Settings
from ui.triage.view import CaseView


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Reading:
    """The casebook, the rules that its clocks run by, and the people who are named in it."""

    book: Casebook
    markets: Markets
    records: Records
    accounts: Accounts
    now: Callable[[], datetime] = _now

    def view(self, name: str, person: Person) -> CaseView:
        """One case by id or label, as this person sees it. Raises `NotAllowed`, `CaseMissing` or `ReadFailed`."""
        require(person, May.READ_CASES)
        case = seen_by(self.book.case(name), person)
        history = changes_seen_by(self.book.history(case.id), person)
        clocks, valid = clock.deadlines(case, self.markets), validity.validity(case)
        return CaseView(
            case, person, self.now(), self.markets, clocks, valid, history, self.texts(case), self.names(),
            self._signatures(case), self._linked(case), self.owners(),
        )  # fmt: skip

    def names(self) -> Mapping[str, str]:
        """The printed names of everybody by user name."""
        return {person.user_name: person.name for person in self.accounts.everyone()}

    def owners(self) -> tuple[tuple[str, str], ...]:
        """Who may work on cases: pairs of user name and printed name."""
        return tuple((each.user_name, each.name) for each in self.accounts.everyone() if each.may(May.TRIAGE))

    def texts(self, case: Case) -> tuple[tuple[Source, str], ...]:
        """The masked texts of a case's sources, "" for one that is not kept."""
        kept = ((source, self.book.text(source.id)) for source in case.sources)
        return tuple((source, text.text if text else "") for source, text in kept)

    def _signatures(self, case: Case) -> tuple[Signature, ...]:
        """What was signed under any version of the case."""
        record = to_sign(case, Meaning.CAUSALITY, "").record.rpartition(" ")[0]
        found = (signatures_of(self.records.ledger, f"{record} {version}") for version in range(1, case.version + 1))
        return tuple(each for signed in found for each in signed)

    def _linked(self, case: Case) -> Mapping[str, str]:
        labels = {}
        for link in case.links:
            try:
                labels[link.id] = self.book.case(link.id).label
            except CaseMissing:
                labels[link.id] = link.id
        return labels


def reading(settings: Settings) -> Reading:
    """The casebook of the database that the settings name, for who looks at cases."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    engine = open_database(settings.database)
    records = Records(engine, Ledger(engine, settings.anchors))
    return Reading(casebook(settings, records), markets_of(settings), records, Accounts(records.ledger))


def casebook(settings: Settings, records: Records) -> Casebook:
    """The casebook beside the records; its deadlines are counted anew where the rules of them changed."""
    book = Casebook(records.engine, records.ledger, partial(clock.earliest, markets=markets_of(settings)))
    if not is_counted(settings):
        book.recount()
        # Where the note cannot be kept the deadlines are only counted once more.
        with suppress(OSError):
            _noted(settings).parent.mkdir(parents=True, exist_ok=True)
            _noted(settings).write_text(_counting(settings), encoding="ascii")
    return book


def markets_of(settings: Settings) -> Markets:
    """The markets that the settings name, or those that ship. Raises `guardrails.errors.RuleInvalid`."""
    return read_markets(settings.markets) if settings.markets else shipped_markets()


def is_counted(settings: Settings) -> bool:
    """Whether the worklist of this database is sorted by the deadlines of these rules."""
    noted = _noted(settings)
    return noted.is_file() and noted.read_text(encoding="ascii", errors="replace") == _counting(settings)


def _noted(settings: Settings) -> Path:
    return settings.data_dir / "markets.counted"


def _counting(settings: Settings) -> str:
    """A hash of all that a stored deadline depends on besides its case: which database, the rules, and how it is
    counted, so that an update of the program that counts otherwise sorts the worklist anew.
    """
    files = [
        settings.markets or markets.FILE,
        *(Path(str(each.__file__)) for each in (clock, judgement, validity, markets)),
    ]
    hashes = [sha256(path.read_bytes()).hexdigest() for path in files]
    # The password of a server is no part of it.
    return digest({"files": hashes, "database": re.sub(r"//[^/@]*@", "//", settings.database)})
