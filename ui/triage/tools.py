"""What the board works with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from assistant.accounts import Accounts
from assistant.ledger import Ledger
from assistant.people import Person
from assistant.records import Records
from assistant.triage.desk import Desk
from assistant.triage.dictionaries.matching import Matcher
from assistant.triage.dictionaries.whodrug import WhoDrug, records_of
from assistant.triage.e2b.sender import Sender
from assistant.triage.intake.take_in import Readers
from retrieval.medicines import Medicines
from ui.triage.reading import Reading
from ui.triage.view import CaseView


@dataclass(frozen=True, slots=True)
class TriageTools:
    """The desk, the people, and the dictionary that events are coded in.

    `exports` is the folder that reports are written to, `sets` that of imported sets for signals, `duplicates` the file
    of the index of duplicates; `sender` sends reports, where the settings say so; `readers` read files of reports;
    `whodrug` is the user's dictionary of medicines, where the settings name one.
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
    whodrug: WhoDrug | None = None

    @property
    def reading(self) -> Reading:
        """What is read of cases without the other tools."""
        return Reading(self.desk.book, self.desk.markets, self.records, self.accounts, self.desk.now)

    def owners(self) -> tuple[tuple[str, str], ...]:
        """Who may work on cases: pairs of user name and printed name."""
        return self.reading.owners()

    def view(self, name: str, person: Person) -> CaseView:
        """One case by id or label, as this person sees it. Raises `NotAllowed`, `CaseMissing` or `ReadFailed`."""
        view = self.reading.view(name, person)
        if self.whodrug is None:
            return view
        return replace(view, records={each.id: records_of(each, self.whodrug) for each in view.case.products})
