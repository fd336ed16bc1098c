"""What review.js asks for. What the browser sent is parsed before it is believed.

Every answer is a `BoardReply`; a known failure is one sentence in its `error`, never a stack trace.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from assistant.errors import SignatureNeeded
from assistant.people import May, Person, require
from assistant.prompt import MOST_CLAIMS
from assistant.review import LONGEST_COMMENT, ErrorType, Judged, Judgement
from assistant.review_agreement import agreement
from assistant.review_desk import check_correction, stored_turn
from assistant.review_queue import item, page
from ui.review.form import passages
from ui.review.listing import agreement_page, queue
from ui.review.marks import checked
from ui.review.shapes import SaidShape
from ui.review.tools import Password, ReviewTools, decided
from ui.review.turn import turn_page
from ui.triage.reply import BoardReply, answered

SIZE = 50
"""Lines of one page of the queue."""
SIGN = "sign"
"""The name in a reply that says: ask for the password and send it again."""


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class QueueSent(_Sent):
    """Which part of the queue."""

    settled: bool = False
    offset: int = Field(default=0, ge=0, le=10_000_000)


class TurnSent(_Sent):
    """One turn."""

    turn: str = Field(max_length=100)


class FindSent(_Sent):
    """Words to find passages by."""

    words: str = Field(max_length=500)


class CheckSent(TurnSent):
    """A right answer as written, to be checked only."""

    claims: tuple[SaidShape, ...] = Field(max_length=MOST_CLAIMS)


class DecideSent(TurnSent):
    """A decision. `corrected` is null where no right answer was written, empty where nothing should be answered."""

    place: int = Field(ge=1, le=10)
    judged: Judged
    error: ErrorType | None = None
    comment: str = Field(default="", max_length=LONGEST_COMMENT)
    corrected: tuple[SaidShape, ...] | None = Field(default=None, max_length=MOST_CLAIMS)
    user_name: str = Field(default="", max_length=100)
    password: SecretStr = SecretStr("")


class NothingSent(_Sent):
    """Nothing."""


@dataclass(frozen=True, slots=True)
class Answers:
    """The page's questions, each for the person behind the request."""

    tools: ReviewTools

    def queue(self, person: Person, sent: object) -> BoardReply:
        """What waits, or what is settled."""
        return answered(QueueSent, sent, lambda each: self._queue(person, each))

    def turn(self, person: Person, sent: object) -> BoardReply:
        """One turn."""
        return answered(TurnSent, sent, lambda each: BoardReply(self._turn(person, each.turn)))

    def find(self, person: Person, sent: object) -> BoardReply:
        """Passages that fit some words."""
        return answered(FindSent, sent, lambda each: self._find(person, each))

    def check(self, person: Person, sent: object) -> BoardReply:
        """What the guardrails say of a right answer as written."""
        return answered(CheckSent, sent, lambda each: self._check(person, each))

    def decide(self, person: Person, sent: object) -> BoardReply:
        """Accept a decision, or say why not."""
        return answered(DecideSent, sent, lambda each: self._decide(person, each))

    def agreement(self, person: Person, sent: object) -> BoardReply:
        """How well two reviewers agree."""
        return answered(NothingSent, sent, lambda _: self._agreement(person))

    def _queue(self, person: Person, sent: QueueSent) -> BoardReply:
        found = page(self.tools.queue, person, settled=sent.settled, limit=SIZE, offset=sent.offset)
        return BoardReply(queue(found, settled=sent.settled, offset=sent.offset, size=SIZE))

    def _turn(self, person: Person, turn_id: str) -> str:
        names = {each.user_name: each.name for each in self.tools.accounts.everyone()}
        return turn_page(item(self.tools.queue, person, turn_id), names, person.user_name)

    def _find(self, person: Person, sent: FindSent) -> BoardReply:
        require(person, May.REVIEW)
        words = " ".join(sent.words.split())
        return BoardReply(passages(self.tools.find(words) if words else ()))

    def _check(self, person: Person, sent: CheckSent) -> BoardReply:
        require(person, May.REVIEW)
        turn = stored_turn(self.tools.desk.records, sent.turn)
        claims = tuple(each.claim() for each in sent.claims)
        return BoardReply(checked(check_correction(self.tools.desk, turn, claims)))

    def _decide(self, person: Person, sent: DecideSent) -> BoardReply:
        corrected = None if sent.corrected is None else tuple(each.claim() for each in sent.corrected)
        judgement = Judgement(sent.judged, sent.error, sent.comment, corrected)
        given = sent.password.get_secret_value()
        password = Password(sent.user_name.strip() or person.user_name, lambda: given) if given else None
        try:
            review = decided(self.tools, person, sent.turn, judgement, sent.place, password)
        except SignatureNeeded as error:
            return BoardReply(said=str(error), name=SIGN)
        return BoardReply(self._turn(person, review.turn_id), "Saved.", review.turn_id)

    def _agreement(self, person: Person) -> BoardReply:
        require(person, May.REVIEW)
        return BoardReply(agreement_page(agreement(self.tools.queue.reviews.outlines())))
