"""What the review desk's page and commands work with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from assistant.accounts import Accounts
from assistant.people import Meaning, Person, Signature
from assistant.review import Judgement, Review
from assistant.review_desk import ReviewDesk, decide
from assistant.review_queue import Queue
from retrieval.passage import Passage


@dataclass(frozen=True, slots=True)
class ReviewTools:
    """The queue, the desk that accepts decisions, who signs, and the index that citations are chosen from.

    `find` gives the current passages that fit some words best.
    """

    queue: Queue
    desk: ReviewDesk
    accounts: Accounts
    find: Callable[[str], tuple[Passage, ...]]


@dataclass(frozen=True, slots=True)
class Password:
    """How a signature is asked for: the user name, and where the password comes from once one is needed."""

    user_name: str
    read: Callable[[], str]


def decided(
    tools: ReviewTools, person: Person, turn_id: str, judgement: Judgement, place: int, password: Password | None
) -> Review:
    """One decision, signed where it must be; without a password it is refused where it must be signed."""
    sign = partial(_signature, tools.accounts, password) if password is not None else None
    return decide(tools.desk, person, turn_id, judgement, place, sign)


def _signature(accounts: Accounts, password: Password, meaning: Meaning, record: str, record_hash: str) -> Signature:
    return accounts.sign(password.user_name, password.read(), meaning, record, record_hash)
