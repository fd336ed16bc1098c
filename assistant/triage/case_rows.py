"""Cases, lines and history as rows and back, and the filters of a worklist as conditions."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import RowMapping

from assistant.tables.cases import CASE_CHANGES, CASES
from assistant.triage.case import Case
from assistant.triage.changes import Change, encode
from assistant.triage.states import OPEN_STATES, State
from assistant.triage.worklist import CaseLine, SourceText, Wanted

Row: TypeAlias = Mapping[str, object]

_NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""What stands for no deadline, so that one index sorts all."""

OPENED_FROM = "opened from "
"""How the reason of a case's first change begins; the key of what it was opened from follows."""

_LISTS = ("products", "events", "markets")
_SHOWN = ("id", "label", "version", "state", "owner", "serious", "received_at", "due_at", *_LISTS)
LINE = tuple(CASES.c[name] for name in _SHOWN)


def case_row(case: Case, due_at: datetime | None, now: datetime) -> Row:
    """The row of a case, without the columns that are written once; the deadline only while its clock runs."""
    names = [name for each in case.products for name in (each.name, each.ingredient)]
    events = [word for each in case.events for word in (each.verbatim, each.term.text if each.term else "")]
    return {
        "label": case.label,
        "version": case.version,
        "state": case.state.value,
        "owner": case.owner,
        "master": case.master,
        "serious": case.is_serious,
        "received_at": min((receipt.at for receipt in case.receipts), default=case.opened_at),
        "due_at": due_at if due_at is not None and case.state in OPEN_STATES else _NEVER,
        "products": _barred(names),
        "events": _barred(events),
        "markets": _barred(case.markets),
        "changed_at": now,
    }


def misfiled(case: Case, due_at: datetime | None, row: RowMapping) -> frozenset[str]:
    """The columns of the row that say something else than the case and its deadline."""
    own = case_row(case, due_at, case.opened_at)
    return frozenset(name for name, value in own.items() if name != "changed_at" and row[name] != value)


_FIRST = (CASE_CHANGES.c.case_id == CASES.c.id) & (CASE_CHANGES.c.version == 1) & (CASE_CHANGES.c.path == "")
UNLIKE_ITS_KEY = (
    sa.select(CASES.c.label)
    .join(CASE_CHANGES, _FIRST)
    .where(CASE_CHANGES.c.why != sa.literal(OPENED_FROM) + CASES.c.opened_from)
)
"""The labels of cases whose history names something else that they were opened from."""


def origin_rows(case: Case) -> Iterator[Row]:
    """One row for each source of a case: which turn of which conversation it is."""
    for each in case.sources:
        ids = {"case_id": case.id, "source_id": each.id}
        yield {**ids, "turn_id": each.turn_id, "conversation_id": each.conversation_id}


def body_row(case: Case) -> Row:
    """The whole case as JSON."""
    return {"case_id": case.id, "body": encode(case)}


def read_line(row: RowMapping) -> CaseLine:
    """A line of the worklist."""
    lists = {name: tuple(row[name].strip("|").split("|")) if row[name] else () for name in _LISTS}
    due_at = None if row["due_at"] == _NEVER else row["due_at"]
    return CaseLine(**{**row, "state": State(row["state"]), "due_at": due_at, **lists})


def conditions(wanted: Wanted) -> Iterator[sa.ColumnElement[bool]]:
    """What a row must meet; limit and offset are not among it."""
    if wanted.states:
        yield CASES.c.state.in_([state.value for state in wanted.states])
    if wanted.owner:
        yield CASES.c.owner == ("" if wanted.owner == "-" else wanted.owner)
    if wanted.serious is not None:
        yield CASES.c.serious == wanted.serious
    if wanted.due_before is not None:
        yield CASES.c.due_at < wanted.due_before
    for column, words in ((CASES.c.products, wanted.product), (CASES.c.events, wanted.event)):
        if words:
            yield column.contains(words.lower(), autoescape=True)
    if wanted.market:
        yield CASES.c.markets.contains(f"|{wanted.market}|", autoescape=True)
    if wanted.text:
        said = wanted.text.lower()
        yield sa.or_(
            *(column.contains(said, autoescape=True) for column in (CASES.c.label, CASES.c.products, CASES.c.events))
        )


def _barred(names: Sequence[str]) -> str:
    """ "|warfarin|ibuprofen|", each once, lower case; "" where there is none."""
    kept = dict.fromkeys(name.lower().replace("|", "/").strip() for name in names if name)
    kept.pop("", None)
    return f"|{'|'.join(kept)}|" if kept else ""


def text_row(text: SourceText) -> Row:
    """The row of a source's text."""
    return {"id": text.id, "name": text.name, "sha256": text.sha256, "text": text.text, "kept_at": text.kept_at}


def change_row(change: Change) -> Row:
    """The row of a change; old and new as JSON text."""
    return {
        "case_id": change.case_id,
        "version": change.version,
        "path": change.path,
        "old": json.dumps(change.old),
        "new": json.dumps(change.new),
        "by": change.by,
        "at": change.at,
        "why": change.why,
    }


def read_change(row: RowMapping) -> Change:
    """A change from its row."""
    return Change(
        row["case_id"], row["version"], row["path"], json.loads(row["old"]), json.loads(row["new"]), row["by"],
        row["at"], row["why"],
    )  # fmt: skip
