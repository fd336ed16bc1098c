"""What triage.js asks for: lists, cases and pieces as HTML. What the browser sent is parsed before it is believed.

Every answer is a `BoardReply`; a known failure is one sentence in its `error`, never a stack trace.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from assistant.people import May, Person, require
from assistant.triage import coding
from assistant.triage.desk import assign
from assistant.triage.signals.errors import MoveRefused
from assistant.triage.signals.review import SignalState, decide, decisions
from ui.markup import count
from ui.triage.case import case_page
from ui.triage.decisions import Seen
from ui.triage.events import codes
from ui.triage.pieces import Pieces
from ui.triage.reply import BoardReply, answered
from ui.triage.signals import CASES, Signals
from ui.triage.taking import TakingIn
from ui.triage.tools import TriageTools
from ui.triage.worklist import OPEN, Around, Asked, worklist

PAGE = 100
"""Lines of one page of the worklist."""


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ListSent(_Sent):
    """The filters of the worklist."""

    text: str = Field(default="", max_length=200)
    state: str = Field(default=OPEN, max_length=40)
    serious: str = Field(default="", max_length=10)
    product: str = Field(default="", max_length=200)
    owner: str = Field(default="", max_length=100)
    market: str = Field(default="", max_length=40)
    page: int = Field(default=0, ge=0, le=100_000)


def asked_of(sent: ListSent) -> Asked:
    """The filters as the worklist takes them."""
    return Asked(sent.state, sent.serious, sent.owner, sent.market, sent.product, sent.text, sent.page)


class CaseSent(_Sent):
    """One case, and the part of its page that is shown."""

    case: str = Field(max_length=100)
    part: str = Field(default="events", max_length=40)


class PieceSent(_Sent):
    """A part of a case page that is computed when it is looked at."""

    case: str = Field(max_length=100)
    name: str = Field(max_length=40)
    market: str = Field(default="", max_length=40)


class CodesSent(_Sent):
    """Words to look up for one event."""

    case: str = Field(max_length=100)
    event: str = Field(max_length=40)
    words: str = Field(max_length=200)


class AssignSent(_Sent):
    """Cases for one owner; "" is nobody."""

    owner: str = Field(max_length=100)
    cases: tuple[str, ...] = Field(max_length=1000)


class SignalsSent(_Sent):
    """What is counted on the signals tab, and the pair whose trend is drawn."""

    source: str = Field(default="", max_length=200)
    rank: str = Field(default="", max_length=20)
    by: str = Field(default="", max_length=100)
    every: str = Field(default="", max_length=5)
    candidates: str = Field(default="", max_length=5)
    product: str = Field(default="", max_length=1000)
    event: str = Field(default="", max_length=1000)


class DecideSent(SignalsSent):
    """A decision about the pair; `n` are the reports that stood on the screen."""

    to: str = Field(max_length=20)
    n: int = Field(ge=0)
    why: str = Field(default="", max_length=1000)


class NothingSent(_Sent):
    """Nothing."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The reading half of the board, and the two things that are done from the worklist."""

    tools: TriageTools
    pieces: Pieces
    counted: Signals
    taking: TakingIn

    def worklist(self, person: Person, sent: object) -> BoardReply:
        """The worklist with its filters."""
        return answered(ListSent, sent, lambda each: self._worklist(person, each))

    def case(self, person: Person, sent: object) -> BoardReply:
        """A case page."""
        return answered(
            CaseSent, sent, lambda each: BoardReply(case_page(self.tools.view(each.case, person), each.part))
        )

    def piece(self, person: Person, sent: object) -> BoardReply:
        """Duplicates, a drafted narrative or the checks of a report."""
        return answered(PieceSent, sent, lambda each: self._piece(person, each))

    def codes(self, person: Person, sent: object) -> BoardReply:
        """Candidates for the code of one event."""
        return answered(CodesSent, sent, lambda each: self._codes(person, each))

    def assign(self, person: Person, sent: object) -> BoardReply:
        """Give cases to an owner."""
        return answered(AssignSent, sent, lambda each: self._assign(person, each))

    def signals(self, person: Person, sent: object) -> BoardReply:
        """The signals tab."""
        return answered(SignalsSent, sent, lambda each: self._signals(person, each))

    def decide(self, person: Person, sent: object) -> BoardReply:
        """A person's decision about a pair of the signals tab."""
        return answered(DecideSent, sent, lambda each: self._decide(person, each))

    def take_in(self, person: Person, sent: object) -> BoardReply:
        """Make candidates of the flags that answering left."""
        return answered(NothingSent, sent, lambda _: self._take_in(person))

    def _worklist(self, person: Person, sent: ListSent) -> BoardReply:
        require(person, May.READ_CASES)
        if person.may(May.TRIAGE):
            self.taking.now_and_then()
        asked = asked_of(sent)
        desk, wanted = self.tools.desk, asked.wanted(PAGE)
        exporter = person.user_name if person.may(May.EXPORT) else ""
        around = Around(self.tools.owners(), desk.markets, desk.now(), person.may(May.TRIAGE), exporter)
        return BoardReply(worklist(desk.book.worklist(wanted), desk.book.count(wanted), asked, around, PAGE))

    def _piece(self, person: Person, sent: PieceSent) -> BoardReply:
        require(person, May.READ_CASES)
        return BoardReply(self.pieces.piece(self.tools.view(sent.case, person), sent.name, sent.market))

    def _codes(self, person: Person, sent: CodesSent) -> BoardReply:
        require(person, May.READ_CASES)
        dictionary = self.tools.matcher.dictionary
        found = coding.code(sent.words, self.tools.matcher, 8)
        return BoardReply(codes(sent.event, found, f"{dictionary.name} {dictionary.version}"))

    def _assign(self, person: Person, sent: AssignSent) -> BoardReply:
        names = dict(self.tools.owners())
        if sent.owner and sent.owner not in names:
            return BoardReply(error=f"{sent.owner} may not work on cases.")
        cases = [self.tools.desk.book.case(name) for name in sent.cases]
        assign(self.tools.desk, person, cases, sent.owner)
        return BoardReply(said=f"{count(len(cases), 'case')} assigned to {names.get(sent.owner, 'nobody')}.")

    def _signals(self, person: Person, sent: SignalsSent) -> BoardReply:
        require(person, May.READ_CASES)
        names = {each.id: each.name for each in self.tools.accounts.everyone()}
        seen = Seen(decisions(self.tools.ledger), names, person.may(May.TRIAGE))
        return BoardReply(self.counted.tab(sent.model_dump(), seen))

    def _decide(self, person: Person, sent: DecideSent) -> BoardReply:
        require(person, May.TRIAGE)
        if sent.to not in list(SignalState):
            raise MoveRefused(f"A signal can be {', '.join(SignalState)}.")
        row = self.counted.pair(sent.model_dump(exclude={"to", "n", "why"}))
        if row.n != sent.n:
            raise MoveRefused("The reports have changed since you counted them; count again and look at them first.")
        source = sent.source or CASES
        decide(self.tools.ledger, person, row, SignalState(sent.to), sent.why, self.tools.desk.mask, source)
        return BoardReply(said=f"{row.product} / {row.event} is {sent.to}.")

    def _take_in(self, person: Person) -> BoardReply:
        require(person, May.TRIAGE)
        new = self.taking.take_in()
        return BoardReply(said=f"{count(len(new), 'new case')} taken in." if new else "There is no new flag.")
