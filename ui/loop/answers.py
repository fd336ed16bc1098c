"""What the page asks for and what people do on it: show a quarter, sign, reject. Each is judged by who asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from assistant.accounts import Accounts
from assistant.errors import AssistantError, NotAllowed
from assistant.ledger import Ledger
from assistant.people import Person
from finetune.approval import approve
from finetune.errors import FinetuneError, QuarterInvalid
from finetune.release import reject, sign
from finetune.snapshot import read_snapshot
from finetune.snapshot import verify as verify_snapshot
from ui.loop.reading import made_folder, quarters, view_of
from ui.loop.view import SEES, nothing_yet, quarter
from ui.triage.reply import UNREADABLE, BoardReply


class _Sent(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Wanted(_Sent):
    """A quarter by its name; empty: the newest."""

    quarter: str = Field(default="", max_length=10)


class SignSent(_Sent):
    """A signature: under which step's result, the hash that was shown, and the password again."""

    quarter: str = Field(max_length=10)
    step: str = Field(pattern="^(approve-data|sign)$")
    hash: str = Field(min_length=64, max_length=64)
    user_name: str = Field(max_length=100)
    password: SecretStr


class RejectSent(_Sent):
    """A rejection and its reason."""

    quarter: str = Field(max_length=10)
    why: str = Field(min_length=1, max_length=1000)


SentT = TypeVar("SentT", bound=_Sent)


@dataclass(frozen=True, slots=True)
class Answers:
    """The page's server side. `mask` replaces patient identifiers in what people write."""

    loop: Path
    ledger: Ledger
    accounts: Accounts
    mask: Callable[[str], str]

    def show(self, person: Person, sent: object) -> BoardReply:
        """A quarter as HTML."""
        return _answered(person, Wanted, sent, lambda wanted: BoardReply(html=self._html(person, wanted.quarter)))

    def sign(self, person: Person, sent: object) -> BoardReply:
        """Sign what the quarter waits for, with the signer's own password."""
        return _answered(person, SignSent, sent, lambda given: self._sign(person, given))

    def reject(self, person: Person, sent: object) -> BoardReply:
        """Say for good that the candidate does not serve."""
        return _answered(person, RejectSent, sent, lambda given: self._reject(person, given))

    def _html(self, person: Person, name: str) -> str:
        names = quarters(self.loop)
        if not names:
            return nothing_yet()
        chosen = name or names[0]
        if chosen not in names:
            raise QuarterInvalid(f"There is no quarter “{chosen}”; there are {', '.join(names)}.")
        return quarter(view_of(self.loop, chosen, self.ledger), names, person)

    def _sign(self, person: Person, given: SignSent) -> BoardReply:
        name = given.user_name.strip() or person.user_name
        password = given.password.get_secret_value()
        if given.step == "sign":
            place = self._made(given.quarter, "train")
            signature = sign(place, self.ledger, self.accounts, name, password, given.hash)
        else:
            place = self._made(given.quarter, "prepare")
            if wrong := verify_snapshot(place):
                raise QuarterInvalid(f"The dataset is not as it was frozen: {wrong[0]}. Find out why before you sign.")
            signature = approve(read_snapshot(place), self.ledger, self.accounts, name, password, given.hash)
        return BoardReply(html=self._html(person, given.quarter), said=f"Signed: {signature.line()}")

    def _reject(self, person: Person, given: RejectSent) -> BoardReply:
        why = reject(self._made(given.quarter, "train"), self.ledger, person, (self.mask(given.why.strip()),))
        return BoardReply(html=self._html(person, given.quarter), said=f"Rejected: {'; '.join(why)}")

    def _made(self, name: str, step: str) -> Path:
        place = made_folder(self.loop, name, step) if name in quarters(self.loop) else None
        if place is None:
            raise QuarterInvalid("The quarter has not come so far; reload the page.")
        return place


def _answered(person: Person, kind: type[SentT], sent: object, reply: Callable[[SentT], BoardReply]) -> BoardReply:
    """The reply, or the one sentence that says why there is none."""
    try:
        if not any(person.may(what) for what in SEES):
            raise NotAllowed(f"{person.name} may not see the loop: no role allows reviewing, training or signing.")
        return reply(kind.model_validate(sent))
    except ValidationError:
        return BoardReply(error=UNREADABLE)
    except (AssistantError, FinetuneError) as error:
        return BoardReply(error=str(error))
