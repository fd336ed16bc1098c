"""What the dose rules said of a question, the decision on every claim, and overridden warnings."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.String(32)


def upgrade() -> None:
    """Add the tables and columns; turns that are stored keep what they have."""
    for name in ("calculations", "asked_for", "conflicts"):
        op.add_column("turns", sa.Column(name, sa.JSON, nullable=False, server_default="[]"))
    op.add_column("claims", sa.Column("decision", sa.Text, nullable=False, server_default=sa.text("''")))
    _create_alerts()
    _create_overrides()


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        *_texts("turn_id"),
        sa.Column("position", sa.Integer, autoincrement=False, nullable=False),
        *_texts("rule", "version", "severity", "explanation"),
        sa.Column("span_start", sa.Integer, nullable=False),
        sa.Column("span_end", sa.Integer, nullable=False),
        *_texts("evidence"),
        sa.PrimaryKeyConstraint("turn_id", "position", name="pk_alerts"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], name="fk_alerts_turns"),
    )


def _create_overrides() -> None:
    op.create_table(
        "overrides",
        sa.Column("number", _NUMBER, nullable=False),
        *_texts("id", "turn_id"),
        sa.Column("claim", sa.Integer, nullable=True),
        *_texts("rule", "version", "reason"),
        sa.Column("made_at", _MOMENT, nullable=False),
        *_texts("made_by"),
        sa.PrimaryKeyConstraint("number", name="pk_overrides"),
        sa.UniqueConstraint("id", name="uq_overrides_id"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], name="fk_overrides_turns"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_overrides_turn_id", "overrides", ["turn_id"])
