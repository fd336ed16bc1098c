"""Conversations, turns with all that made them, and flags."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.String(32)


def upgrade() -> None:
    """Create every table of the first release."""
    op.create_table(
        "conversations",
        sa.Column("id", sa.Text, nullable=False),
        *_texts("title"),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_conversations"),
    )
    _create_turns()
    _create_passages()
    _create_claims()
    _create_flags()


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _create_turns() -> None:
    op.create_table(
        "turns",
        sa.Column("number", _NUMBER, nullable=False),
        *_texts("id", "conversation_id"),
        sa.Column("saved_at", _MOMENT, nullable=False),
        *_texts("kind", "question"),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("history", sa.JSON, nullable=False),
        sa.Column("patient", sa.JSON, nullable=False),
        *_texts("reason", "explanation", "next_step"),
        sa.Column("notices", sa.JSON, nullable=False),
        sa.Column("seconds", sa.Double, nullable=False),
        *_texts("generator", "model", "adapter", "prompt_version", "rules_version", "index_version"),
        *_texts("code_version", "fallback"),
        sa.Column("not_known", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_turns"),
        sa.UniqueConstraint("id", name="uq_turns_id"),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], name="fk_turns_conversations"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_turns_conversation_id", "turns", ["conversation_id"])


def _create_passages() -> None:
    op.create_table(
        "passages",
        *_texts("turn_id"),
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        *_texts("key", "source_id", "text", "section"),
        sa.Column("heading", sa.JSON, nullable=False),
        sa.Column("start_char", sa.Integer, nullable=False),
        sa.Column("end_char", sa.Integer, nullable=False),
        sa.Column("ingredients", sa.JSON, nullable=False),
        *_texts("title"),
        sa.Column("effective", sa.Date, nullable=True),
        sa.Column("is_table_row", sa.Boolean, nullable=False),
        *_texts("origin"),
        sa.Column("verified", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("turn_id", "position", name="pk_passages"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], name="fk_passages_turns"),
    )


def _create_claims() -> None:
    op.create_table(
        "claims",
        *_texts("turn_id"),
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("released", sa.Boolean, nullable=False),
        *_texts("text"),
        sa.PrimaryKeyConstraint("turn_id", "position", name="pk_claims"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], name="fk_claims_turns"),
    )
    _create_part("citations", *_texts("key", "quote"))
    spans = [sa.Column(name, sa.Integer, nullable=False) for name in ("span_start", "span_end")]
    _create_part("findings", *_texts("rule", "version", "severity", "explanation"), *spans, *_texts("evidence"))
    _create_part("checks", *_texts("rule"), sa.Column("ms", sa.Double, nullable=False))


def _create_part(name: str, *columns: sa.Column[str] | sa.Column[int] | sa.Column[float]) -> None:
    op.create_table(
        name,
        *_texts("turn_id"),
        sa.Column("claim", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("position", sa.Integer, nullable=False, autoincrement=False),
        *columns,
        sa.PrimaryKeyConstraint("turn_id", "claim", "position", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["turn_id", "claim"], ["claims.turn_id", "claims.position"], name=f"fk_{name}_claims"),
    )


def _create_flags() -> None:
    op.create_table(
        "flags",
        sa.Column("number", _NUMBER, nullable=False),
        *_texts("id", "turn_id", "kind", "comment", "corrected"),
        sa.Column("made_at", _MOMENT, nullable=False),
        *_texts("made_by"),
        sa.PrimaryKeyConstraint("number", name="pk_flags"),
        sa.UniqueConstraint("id", name="uq_flags_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_flags_turn_id", "flags", ["turn_id"])
