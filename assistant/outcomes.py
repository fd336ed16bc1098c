"""How stored turns ended, in a few values each: what a control chart of the served models is drawn from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from assistant.conversation import FlagKind, RefusalReason
from assistant.database import CLAIMS, FLAGS, TURNS
from assistant.ledger import Ledger

AT_ONCE = 2_000


@dataclass(frozen=True, slots=True)
class TurnEnd:
    """One turn that a generator was asked for. `withheld` and `flags` are counts; flags are people's own.

    `answered_by` is the name of the model that made it, empty where none did; `fell_back` says that another generator
    had to help or to take over, or that none could.
    """

    id: str
    conversation_id: str
    asked_at: datetime
    seconds: float
    refused: bool
    withheld: int
    escalated: bool
    flags: int
    fell_back: bool
    answered_by: str


def turn_ends(ledger: Ledger, since: datetime, until: datetime | None = None) -> Iterator[TurnEnd]:
    """The turns asked in this time, the newest first, of which a draft was to be made. Raises `ReadFailed`."""
    query = _query().where(TURNS.c.asked_at >= since)
    if until is not None:
        query = query.where(TURNS.c.asked_at < until)
    with ledger.reading() as connection:
        for row in connection.execution_options(yield_per=AT_ONCE).execute(query).mappings():
            yield _read(row)


def _query() -> sa.Select[tuple[object, ...]]:
    of_turn = FLAGS.c.turn_id == TURNS.c.id
    machine = (FlagKind.ADVERSE_EVENT.value, FlagKind.ESCALATED.value)
    people = sa.select(sa.func.count()).where(of_turn, FLAGS.c.kind.not_in(machine)).scalar_subquery()
    escalated = sa.exists().where(of_turn, FLAGS.c.kind == FlagKind.ESCALATED.value)
    withheld = sa.select(sa.func.count()).where(CLAIMS.c.turn_id == TURNS.c.id, sa.not_(CLAIMS.c.released))
    names = ("id", "conversation_id", "asked_at", "seconds", "kind", "reason", "model", "adapter", "fallback")
    drafted = sa.or_(TURNS.c.generator != "", TURNS.c.reason == RefusalReason.GENERATOR_FAILED.value)
    return (
        sa.select(
            *(TURNS.c[name] for name in names),
            people.label("flags"),
            escalated.label("escalated"),
            withheld.scalar_subquery().label("withheld"),
        )
        .where(drafted)
        .order_by(TURNS.c.number.desc())
    )


def _read(row: sa.RowMapping) -> TurnEnd:
    return TurnEnd(
        id=row["id"],
        conversation_id=row["conversation_id"],
        asked_at=row["asked_at"],
        seconds=row["seconds"],
        refused=bool(row["reason"]),
        withheld=row["withheld"],
        escalated=bool(row["escalated"]),
        flags=row["flags"],
        fell_back=bool(row["fallback"]) or row["reason"] == RefusalReason.GENERATOR_FAILED.value,
        answered_by=row["adapter"] or row["model"],
    )
