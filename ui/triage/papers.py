"""Papers for people: a CIOMS I form of a case, a line listing of the cases that the filters let through.

They go to the export folder, as reports do, and the ledger names them; nothing is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from pydantic import BaseModel, ConfigDict, Field

from assistant.chain import Deed, EntryKind
from assistant.people import May, Person, require
from assistant.triage.cioms import Maker, form_of
from assistant.triage.cioms_pdf import cioms_pdf
from assistant.triage.clock import day_of
from assistant.triage.e2b.outbox import leaving
from assistant.triage.hiding import seen_by
from assistant.triage.listing import as_csv, as_excel
from assistant.triage.signed import subject
from ui.triage.answers import PAGE, ListSent, asked_of
from ui.triage.reply import BoardReply, answered
from ui.triage.tools import TriageTools

LISTINGS: Mapping[str, Callable[..., bytes]] = {"csv": as_csv, "xlsx": as_excel}


class FormSent(BaseModel):
    """The case of a form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    case: str = Field(max_length=100)


class ListingSent(ListSent):
    """The filters of the worklist, and the kind of file."""

    kind: str = Field(default="csv", pattern="^(csv|xlsx)$")


@dataclass(frozen=True, slots=True)
class Papers:
    """Writes papers to the export folder."""

    tools: TriageTools

    def form(self, person: Person, sent: object) -> BoardReply:
        """A CIOMS I form of one case as PDF."""
        return answered(FormSent, sent, lambda each: self._form(person, each))

    def listing(self, person: Person, sent: object) -> BoardReply:
        """A line listing of every case that the filters let through."""
        return answered(ListingSent, sent, lambda each: self._listing(person, each))

    def _form(self, person: Person, sent: FormSent) -> BoardReply:
        require(person, May.EXPORT)
        desk, sender = self.tools.desk, self.tools.sender
        case = seen_by(desk.book.case(sent.case), person)
        lines = (
            (sender.organisation, sender.street, f"{sender.postcode} {sender.city}", sender.country) if sender else ()
        )
        maker = Maker("\n".join(line.strip() for line in lines if line.strip()))
        number = f"{sender.country}-{sender.code}-{case.label}" if sender else case.label
        data = cioms_pdf(form_of(case, maker, number, day_of(desk.now(), desk.zone)))
        name = f"CIOMS-{case.label}-v{case.version}-{desk.now():%Y%m%dT%H%M%S}.pdf"
        return self._put(person, data, name, subject(case), "A CIOMS I form was written.")

    def _listing(self, person: Person, sent: ListingSent) -> BoardReply:
        require(person, May.EXPORT)
        desk = self.tools.desk
        cases = (seen_by(case, person) for case in desk.book.cases(asked_of(sent).wanted(PAGE)))
        data = LISTINGS[sent.kind](cases)
        name = f"line-listing-{desk.now():%Y%m%dT%H%M%S}.{sent.kind}"
        return self._put(person, data, name, "cases", "A line listing was written.")

    def _put(self, person: Person, data: bytes, name: str, about: str, said: str) -> BoardReply:
        facts = {"file": name, "sha256": sha256(data).hexdigest()}
        with leaving(data, self.tools.exports, name) as path:
            self.tools.ledger.record(Deed(EntryKind.EXPORTED, person.user_name, about, said, facts))
        return BoardReply(said=f"Written: {path}")
