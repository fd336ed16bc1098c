"""Files that come in on the board and on the command line: reports of any kind, and gateways' answers."""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pydantic import BaseModel, ConfigDict, Field

from assistant.people import May, Person, require
from assistant.triage.case import Case, Receipt, Source
from assistant.triage.e2b.errors import NotE2b
from assistant.triage.e2b.read import read_batch
from assistant.triage.e2b.to_case import case_from_report
from assistant.triage.intake.errors import FileRefused
from assistant.triage.intake.take_in import Imported, Readers, import_file
from guardrails.identifiers import Masker
from retrieval.medicines import Medicines
from ui.markup import count
from ui.triage.export import acknowledge
from ui.triage.reply import BoardReply, answered
from ui.triage.tools import TriageTools

LARGEST = 45_000_000
"""Characters of a file in base64 that are taken: the 32 MB that intake reads."""
TOLD = 3
"""Problems that are said at once; all of them stand at the end of the kept text."""


class FileSent(BaseModel):
    """A file from the browser in base64; `case` where it is an answer to a report of that case."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(max_length=300)
    content: str = Field(max_length=LARGEST)
    case: str = Field(default="", max_length=100)

    def data(self) -> bytes:
        """The bytes. Raises `FileRefused`."""
        try:
            return b64decode(self.content, validate=True)
        except (NotBase64, ValueError) as error:
            raise FileRefused(f"{self.name} did not arrive whole; choose it again.") from error


@dataclass(frozen=True, slots=True)
class Files:
    """What is done with a file that a person chose."""

    tools: TriageTools

    def take(self, person: Person, sent: object) -> BoardReply:
        """Import a file of reports."""
        return answered(FileSent, sent, lambda each: self._take(person, each))

    def acknowledge(self, person: Person, sent: object) -> BoardReply:
        """Read a gateway's answer."""
        return answered(FileSent, sent, lambda each: self._acknowledge(person, each))

    def _take(self, person: Person, sent: FileSent) -> BoardReply:
        tools = self.tools
        done = import_file(tools.desk, person, tools.readers, sent.name, sent.data(), tools.desk.now())
        return BoardReply(said=told(done))

    def _acknowledge(self, person: Person, sent: FileSent) -> BoardReply:
        require(person, May.TRIAGE)
        case = acknowledge(self.tools, person, self.tools.desk.book.case(sent.case), sent.name, sent.data())
        return BoardReply(said=f"Case {case.label}: {case.state.value}.", name=case.id)


def told(done: Imported) -> str:
    """What came of an import, in a few sentences."""
    words = [f"{done.name} ({done.kind}): {count(len(done.opened), 'new case')}."]
    if done.known:
        words.append(f"{count(len(done.known), 'case')} of it known already.")
    if done.problems:
        words.append(f"{count(len(done.problems), 'place')} not understood:")
        words += [str(each) for each in done.problems[:TOLD]]
    return " ".join(words)


def readers(masker: Masker, medicines: Medicines, zone: str) -> Readers:
    """How files are read, E2B(R3) messages among them."""
    return Readers(masker.identifiers, medicines, e2b_reader(lambda text: masker.masked(text)[0], zone))


def e2b_reader(mask: Callable[[str], str], zone: str) -> Callable[[bytes, Source, Receipt], Sequence[Case]]:
    """Makes the cases of an E2B(R3) message; every one is told by the whole file."""

    def read(data: bytes, source: Source, receipt: Receipt) -> Sequence[Case]:
        try:
            batch = read_batch(data)
        except NotE2b as error:
            raise FileRefused(f"{source.name} was not imported: {error}.") from error
        made = (case_from_report(report, mask, receipt.at, zone).case for report in batch.reports)
        return tuple(_from_file(case, source) for case in made)

    return read


def _from_file(case: Case, source: Source) -> Case:
    receipts = tuple(replace(each, source_id=source.id) for each in case.receipts)
    return replace(case, sources=(source,), receipts=receipts)
