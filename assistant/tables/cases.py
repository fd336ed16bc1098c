"""Cases, their history and the texts that told of them. Triggers of revision 0004 refuse to change or delete history.

The rows of a case are what its history adds up to: in `cases` the columns by which a worklist is filtered and sorted,
and in `case_bodies` the whole case as JSON, apart so that a worklist of many cases reads little. Every change of them
is written to `case_changes` in the same transaction.
"""

from __future__ import annotations

import sqlalchemy as sa

from assistant.tables.columns import METADATA, NUMBER, Moment, text_column

CASES = sa.Table(
    "cases",
    METADATA,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("label", sa.Text, nullable=False, unique=True),
    # What the case was opened from ("turn 3f…#0"): opening twice finds the first case.
    sa.Column("opened_from", sa.Text, nullable=False, unique=True),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("state", sa.Text, nullable=False, index=True),
    sa.Column("owner", sa.Text, nullable=False, index=True),
    # The id of the case under which this one was merged, or empty.
    sa.Column("master", sa.Text, nullable=False, index=True),
    sa.Column("serious", sa.Boolean, nullable=False),
    sa.Column("received_at", Moment, nullable=False),
    # The earliest deadline; the end of the year 9999 where no clock runs, so that one index sorts all.
    sa.Column("due_at", Moment, nullable=False, index=True),
    # Lower case, each word list between bars, for filters and search: "|warfarin|ibuprofen|".
    text_column("products"),
    text_column("events"),
    text_column("markets"),
    sa.Column("changed_at", Moment, nullable=False),
    sqlite_autoincrement=True,
)

CASE_BODIES = sa.Table(
    "case_bodies",
    METADATA,
    sa.Column("case_id", sa.Text, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("body", sa.JSON, nullable=False),
)

CASE_CHANGES = sa.Table(
    "case_changes",
    METADATA,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("case_id", sa.Text, sa.ForeignKey("cases.id"), nullable=False, index=True),
    sa.Column("version", sa.Integer, nullable=False),
    text_column("path"),
    # JSON as text, so that "nothing" and an empty text stay apart.
    text_column("old"),
    text_column("new"),
    text_column("by"),
    sa.Column("at", Moment, nullable=False),
    text_column("why"),
    sqlite_autoincrement=True,
)

CASE_SOURCES = sa.Table(
    "case_sources",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    text_column("name"),
    # Of the original file or text, before masking.
    sa.Column("sha256", sa.Text, nullable=False, index=True),
    # With identifiers masked.
    text_column("text"),
    sa.Column("kept_at", Moment, nullable=False),
)

CASE_ORIGINS = sa.Table(
    "case_origins",
    METADATA,
    sa.Column("case_id", sa.Text, sa.ForeignKey("cases.id"), primary_key=True),
    sa.Column("source_id", sa.Text, primary_key=True),
    sa.Column("turn_id", sa.Text, nullable=False, index=True),
    sa.Column("conversation_id", sa.Text, nullable=False, index=True),
)
