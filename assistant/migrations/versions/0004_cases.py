"""Cases of pharmacovigilance, their history and their sources; history can be added to and never altered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.String(32)


def upgrade() -> None:
    """Add the tables, and the triggers that keep history as it was written."""
    _create_cases()
    _create_changes()
    _create_sources()
    _protect("case_changes", "the history of a case is never changed or removed")


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _create_cases() -> None:
    op.create_table(
        "cases",
        sa.Column("number", _NUMBER, nullable=False),
        *_texts("id", "label", "opened_from"),
        sa.Column("version", sa.Integer, nullable=False),
        *_texts("state", "owner", "master"),
        sa.Column("serious", sa.Boolean, nullable=False),
        sa.Column("received_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        *_texts("products", "events", "markets"),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_cases"),
        *(sa.UniqueConstraint(name, name=f"uq_cases_{name}") for name in ("id", "label", "opened_from")),
        sqlite_autoincrement=True,
    )
    for name in ("state", "owner", "master", "due_at"):
        op.create_index(f"ix_cases_{name}", "cases", [name])
    op.create_table(
        "case_bodies",
        *_texts("case_id"),
        sa.Column("body", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("case_id", name="pk_case_bodies"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_bodies_cases"),
    )


def _create_changes() -> None:
    op.create_table(
        "case_changes",
        sa.Column("number", _NUMBER, nullable=False),
        *_texts("case_id"),
        sa.Column("version", sa.Integer, nullable=False),
        *_texts("path", "old", "new", "by"),
        sa.Column("at", _MOMENT, nullable=False),
        *_texts("why"),
        sa.PrimaryKeyConstraint("number", name="pk_case_changes"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_changes_cases"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_case_changes_case_id", "case_changes", ["case_id"])


def _create_sources() -> None:
    op.create_table(
        "case_sources",
        *_texts("id", "name", "sha256", "text"),
        sa.Column("kept_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_case_sources"),
    )
    op.create_index("ix_case_sources_sha256", "case_sources", ["sha256"])
    op.create_table(
        "case_origins",
        *_texts("case_id", "source_id", "turn_id", "conversation_id"),
        sa.PrimaryKeyConstraint("case_id", "source_id", name="pk_case_origins"),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name="fk_case_origins_cases"),
    )
    for name in ("turn_id", "conversation_id"):
        op.create_index(f"ix_case_origins_{name}", "case_origins", [name])


def _protect(table: str, said: str) -> None:
    """Refuse to change or delete a row, whoever asks."""
    if op.get_bind().dialect.name == "sqlite":
        refusal = f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
        for act in ("UPDATE", "DELETE"):
            op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} {refusal}")
        # INSERT OR REPLACE removes a row without firing the trigger above.
        there = f"EXISTS (SELECT 1 FROM {table} WHERE number = NEW.number)"  # noqa: S608 (names of ours)
        op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} {refusal}")
        return
    op.execute(
        f"CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{said}'; END $$"
    )
    for act, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        name = f"{table}_no_{act.split()[0].lower()}"
        op.execute(f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH {each} EXECUTE FUNCTION {table}_kept()")
