"""Puts the review desk together from what is open."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from assistant.accounts import Accounts
from assistant.records import Records
from assistant.review_desk import ReviewDesk
from assistant.review_queue import Queue, Sample
from assistant.reviews import Reviews
from assistant.triage.casebook import Casebook
from finetune.select import Reviewed, closed_conversations
from guardrails.dose_reader import read_doses
from guardrails.guard import Guard
from guardrails.identifiers import Masker
from retrieval.index import Index
from retrieval.medicines import Medicines
from retrieval.passage import Passage
from retrieval.search import SearchResult
from ui.review.tools import ReviewTools
from ui.settings import Settings


@dataclass(frozen=True, slots=True)
class Open:
    """What is open already. `search` is the one that answering uses; `find` looks for any words in the whole index."""

    settings: Settings
    index: Index
    guard: Guard
    masker: Masker
    records: Records
    accounts: Accounts
    search: Callable[[str, tuple[str, ...]], SearchResult]
    find: Callable[[str], tuple[Passage, ...]]


def queue_of(settings: Settings, records: Records, medicines: Medicines) -> Queue:
    """The queue; no index and no model is needed to look at it."""
    sample = Sample(settings.review_share, settings.review_seed)
    closed = partial(closed_conversations, records, _casebook(records))
    return Queue(records, Reviews(records.ledger), partial(read_doses, medicines=medicines), sample, closed)


def review_tools(parts: Open) -> ReviewTools:
    """The tools of the page and of the commands that decide."""
    guard, index = parts.guard, parts.index
    queue = queue_of(parts.settings, parts.records, guard.medicines)
    desk = ReviewDesk(
        parts.records, queue.reviews, parts.search, partial(_current, index),
        lambda claim, evidence, patient: guard.judge(claim, evidence, patient=patient), queue.doses,
        lambda text: parts.masker.masked(text)[0], lambda: (guard.version, index.version()), lambda: datetime.now(UTC),
    )  # fmt: skip
    return ReviewTools(queue, desk, parts.accounts, parts.find)


def reviewed(records: Records, masker: Masker, index: Index, shown: int = 0) -> Reviewed:
    """The reviewed turns as `finetune.select` takes them, judged by what is open and superseded now.

    `shown` is how many passages the prompt of serving shows; 0: all that search found.
    """
    sources = index.sources()
    superseded = frozenset(source.id for source in sources if source.superseded_by)
    current = frozenset(source.id for source in sources) - superseded
    closed = closed_conversations(records, _casebook(records))
    reviews = Reviews(records.ledger)
    return Reviewed(records, reviews, closed, superseded, lambda text: masker.masked(text)[0], None, current, shown)


def _casebook(records: Records) -> Casebook:
    """The cases, only to be read: no deadline is computed."""
    return Casebook(records.engine, records.ledger, lambda _case: None)


def _current(index: Index, key: str) -> Passage | None:
    passage = index.passage(key)
    source = index.source(passage.source_id) if passage is not None else None
    return passage if source is not None and not source.superseded_by else None
