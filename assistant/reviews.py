"""Saves reviews, and reads them again. History is only ever added to: there is no update and no delete.

A review goes in with its entry in the ledger and, where there is one, its signature, in one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from assistant.chain import Break, Deed, EntryKind
from assistant.database import TURNS
from assistant.deeds import CONTENT, turn_subject, verify_records
from assistant.errors import ReadFailed, ReviewChanged, ReviewInvalid, SaveFailed, SignatureNeeded
from assistant.ledger import Ledger, append
from assistant.people import Signature
from assistant.review import Review, review_hash
from assistant.review_rows import read_review, review_row
from assistant.signing import keep_signature
from assistant.tables.reviews import REVIEWS

NEEDS_SIGNATURE = "This is about a dose, so it needs your signature: enter your password."
CHANGED = "Somebody else reviewed this turn since you opened it; open it again and look."


class Reviews:
    """The reviews behind one ledger. Safe to share between threads; every call is one transaction."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def save(self, review: Review, signature: Signature | None = None) -> None:
        """Save a review with its entry and its signature, all or nothing.

        Raises `ReviewChanged` where its place is taken or its person judged the turn before, `SignatureNeeded` where
        it is about a dose and there is none, or `SaveFailed`.
        """
        if review.dosing and signature is None:
            raise SignatureNeeded(NEEDS_SIGNATURE)
        try:
            self._save(review, signature)
        except SaveFailed as error:
            # Two writers of a database server can both find a place free; the slower one learns it here.
            if isinstance(error.__cause__, IntegrityError):
                raise ReviewChanged(CHANGED) from error
            raise

    def _save(self, review: Review, signature: Signature | None) -> None:
        taken = sa.select(REVIEWS.c.place, REVIEWS.c.person_id).where(REVIEWS.c.turn_id == review.turn_id)
        with self._ledger.writing(f"the review of turn {review.turn_id}") as connection:
            before = connection.execute(taken).all()
            if review.place != len(before) + 1 or any(row.person_id == review.person_id for row in before):
                raise ReviewChanged(CHANGED)
            connection.execute(sa.insert(REVIEWS), [review_row(review)])
            if signature is not None:
                keep_signature(connection, signature)
            append(connection, review_deed(review))

    def of_turn(self, turn_id: str) -> tuple[Review, ...]:
        """The reviews of one turn in the order of their places."""
        with self._reading() as connection:
            query = sa.select(REVIEWS).where(REVIEWS.c.turn_id == turn_id).order_by(REVIEWS.c.place)
            return tuple(read_review(row) for row in connection.execute(query).mappings())

    def all(self) -> Iterator[tuple[Review, ...]]:
        """The reviews of every turn that has any, turn by turn, the one that was reviewed first first."""
        return self._turn_by_turn(REVIEWS.c.evidence)

    def outlines(self) -> Iterator[tuple[Review, ...]]:
        """The same without their evidence, which a list needs not and which is most of what is stored."""
        return self._turn_by_turn(sa.literal([], sa.JSON()).label("evidence"))

    def _turn_by_turn(self, evidence: sa.ColumnElement[Any]) -> Iterator[tuple[Review, ...]]:
        first = sa.func.min(REVIEWS.c.number).over(partition_by=REVIEWS.c.turn_id).label("first")
        others = (column for column in REVIEWS.c if column is not REVIEWS.c.evidence)
        query = sa.select(*others, evidence, first).order_by(first, REVIEWS.c.place)
        with self._reading() as connection:
            gathered: list[Review] = []
            for row in connection.execution_options(yield_per=200).execute(query).mappings():
                review = read_review(row)
                if gathered and gathered[0].turn_id != review.turn_id:
                    yield tuple(gathered)
                    gathered = []
                gathered.append(review)
            if gathered:
                yield tuple(gathered)

    def turn_ids(self) -> tuple[str, ...]:
        """The ids of all stored turns, oldest first: what a sample is drawn from."""
        with self._reading() as connection:
            return tuple(connection.scalars(sa.select(TURNS.c.id).order_by(TURNS.c.number)))

    def verify(self) -> tuple[Break, ...]:
        """Where a stored review is gone, is not what the ledger recorded, or was never recorded."""
        # What is saved while this reads has its entry after the head; it is compared by the next verification.
        last = self._ledger.head().number
        hashes = self._hashes()
        recorded: defaultdict[str, int] = defaultdict(int)

        def stored(deed: Deed) -> str | None:
            return hashes.get(deed.facts.get("review", ""))

        entries = list(self._ledger.entries(kind=EntryKind.REVIEW))
        for entry in entries:
            recorded[entry.deed.facts.get("review", "")] += 1
        found = verify_records((each for each in entries if not each.number > last >= 0), stored)
        strange = sorted(set(hashes) - set(recorded))
        return (*found, *(Break(0, f"The review {name} is stored, but was never recorded.") for name in strange))

    def _hashes(self) -> Mapping[str, str]:
        """The hash of every stored review as it is now; of one that cannot be read, a word that is no hash."""
        found = {}
        with self._reading() as connection:
            for name in connection.scalars(sa.select(REVIEWS.c.id)).all():
                found[name] = _hash_of(connection, name)
        return found

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        try:
            with self._ledger.reading() as connection:
                yield connection
        except (SQLAlchemyError, ReviewInvalid) as error:
            raise ReadFailed("The stored reviews cannot be read. Run “pharmassist audit verify”.") from error


def _hash_of(connection: Connection, name: str) -> str:
    try:
        row = connection.execute(sa.select(REVIEWS).where(REVIEWS.c.id == name)).mappings().one()
        return review_hash(read_review(row))
    except (ValueError, KeyError, TypeError, ReviewInvalid):
        return "not readable"


def review_deed(review: Review) -> Deed:
    """What the ledger says of a review. Not what was decided: a second reviewer may read the ledger before deciding."""
    facts = {"review": review.id, "place": str(review.place), CONTENT: review_hash(review)}
    said = f"The turn was reviewed; this is review {review.place} of it."
    return Deed(EntryKind.REVIEW, review.by, turn_subject(review.turn_id), said, facts)
