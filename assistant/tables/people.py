"""Accounts, signatures and the ledger. Triggers of revision 0003 refuse to change or delete an entry or a signature."""

from __future__ import annotations

import sqlalchemy as sa

from assistant.tables.columns import METADATA, NUMBER, Moment, text_column

PEOPLE = sa.Table(
    "people",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    # Unique for ever: an account is disabled, never deleted.
    sa.Column("user_name", sa.Text, nullable=False, unique=True),
    text_column("name"),
    sa.Column("roles", sa.JSON, nullable=False),
    # An Argon2 hash; empty where nobody can sign in or sign with this account yet.
    text_column("password"),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("failed_at", Moment, nullable=True),
    sa.Column("added_at", Moment, nullable=False),
)

SIGNATURES = sa.Table(
    "signatures",
    METADATA,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("person_id", sa.Text, sa.ForeignKey("people.id"), nullable=False),
    text_column("user_name"),
    text_column("name"),
    text_column("meaning"),
    sa.Column("signed_at", Moment, nullable=False),
    sa.Column("record", sa.Text, nullable=False, index=True),
    text_column("record_hash"),
    sqlite_autoincrement=True,
)

# Moments and facts are text here: an entry is verified by its very characters.
LEDGER = sa.Table(
    "ledger",
    METADATA,
    sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
    text_column("at"),
    text_column("kind"),
    text_column("by"),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    text_column("summary"),
    text_column("facts"),
    text_column("previous"),
    sa.Column("hash", sa.Text, nullable=False, unique=True),
)

# One row, which a writer locks before it appends: on PostgreSQL writers wait for each other here.
LEDGER_HEAD = sa.Table(
    "ledger_head",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("number", sa.BigInteger, nullable=False),
    text_column("hash"),
)
