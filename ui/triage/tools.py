"""What the board works with, and how one case is put together for one person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from assistant.accounts import Accounts
from assistant.ledger import Ledger
from assistant.people import May, Meaning, Person, Signature, require
from assistant.records import Records
from assistant.signing import signatures_of
from assistant.triage.case import Case, Source
from assistant.triage.desk import Desk
from assistant.triage.dictionaries.matching import Matcher
from assistant.triage.e2b.sender import Sender
from assistant.triage.errors import CaseMissing
from assistant.triage.hiding import changes_seen_by, seen_by
from assistant.triage.intake.take_in import Readers
from assistant.triage.signed import to_sign
from assistant.triage.validity import validity
from retrieval.medicines import Medicines
from ui.triage.view import CaseView


@dataclass(frozen=True, slots=True)
class TriageTools:
    """The desk, the people, and the dictionary that events are coded in.

    `exports` is the folder that reports are written to, `sets` that of imported sets for signals, `duplicates` the file
    of the index of duplicates; `sender` sends reports, where the settings say so; `readers` read files of reports.
    """

    desk: Desk
    accounts: Accounts
    ledger: Ledger
    records: Records
    matcher: Matcher
    medicines: Medicines
    readers: Readers
    exports: Path
    sets: Path
    duplicates: Path
    sender: Sender | None = None

    def names(self) -> Mapping[str, str]:
        """The printed names of everybody by user name."""
        return {person.user_name: person.name for person in self.accounts.everyone()}

    def owners(self) -> tuple[tuple[str, str], ...]:
        """Who may work on cases: pairs of user name and printed name."""
        return tuple((each.user_name, each.name) for each in self.accounts.everyone() if each.may(May.TRIAGE))

    def view(self, name: str, person: Person) -> CaseView:
        """One case by id or label, as this person sees it. Raises `NotAllowed`, `CaseMissing` or `ReadFailed`."""
        require(person, May.READ_CASES)
        desk, case = self.desk, seen_by(self.desk.book.case(name), person)
        history = changes_seen_by(desk.book.history(case.id), person)
        return CaseView(
            case, person, desk.now(), desk.markets, desk.deadlines(case), validity(case), history,
            self.texts(case), self.names(), self._signatures(case), self._linked(case), self.owners(),
        )  # fmt: skip

    def texts(self, case: Case) -> tuple[tuple[Source, str], ...]:
        """The masked texts of a case's sources, "" for one that is not kept."""
        kept = ((source, self.desk.book.text(source.id)) for source in case.sources)
        return tuple((source, text.text if text else "") for source, text in kept)

    def _signatures(self, case: Case) -> tuple[Signature, ...]:
        """What was signed under any version of the case."""
        record = to_sign(case, Meaning.CAUSALITY, "").record.rpartition(" ")[0]
        found = (signatures_of(self.ledger, f"{record} {version}") for version in range(1, case.version + 1))
        return tuple(each for signed in found for each in signed)

    def _linked(self, case: Case) -> Mapping[str, str]:
        labels = {}
        for link in case.links:
            try:
                labels[link.id] = self.desk.book.case(link.id).label
            except CaseMissing:
                labels[link.id] = link.id
        return labels
