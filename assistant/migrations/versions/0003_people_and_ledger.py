"""Accounts, signatures, who asked, and the ledger with the triggers that refuse to change it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.String(32)
_KEPT = ("ledger", "signatures")


def upgrade() -> None:
    """Add the tables and their guards; what is stored stays as it is."""
    op.add_column("turns", sa.Column("asked_by", sa.Text, nullable=False, server_default=sa.text("''")))
    _create_people()
    _create_signatures()
    _create_ledger()
    for table in _KEPT:
        _guard(table)


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _create_people() -> None:
    op.create_table(
        "people",
        *_texts("id", "user_name", "name"),
        sa.Column("roles", sa.JSON, nullable=False),
        *_texts("password"),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("failed_at", _MOMENT, nullable=True),
        sa.Column("added_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.UniqueConstraint("user_name", name="uq_people_user_name"),
    )


def _create_signatures() -> None:
    op.create_table(
        "signatures",
        sa.Column("number", _NUMBER, nullable=False),
        *_texts("id", "person_id", "user_name", "name", "meaning"),
        sa.Column("signed_at", _MOMENT, nullable=False),
        *_texts("record", "record_hash"),
        sa.PrimaryKeyConstraint("number", name="pk_signatures"),
        sa.UniqueConstraint("id", name="uq_signatures_id"),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name="fk_signatures_people"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_signatures_record", "signatures", ["record"])


def _create_ledger() -> None:
    op.create_table(
        "ledger",
        sa.Column("number", _NUMBER, autoincrement=False, nullable=False),
        *_texts("at", "kind", "by", "subject", "summary", "facts", "previous", "hash"),
        sa.PrimaryKeyConstraint("number", name="pk_ledger"),
        sa.UniqueConstraint("hash", name="uq_ledger_hash"),
    )
    op.create_index("ix_ledger_subject", "ledger", ["subject"])
    head = op.create_table(
        "ledger_head",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger, nullable=False),
        *_texts("hash"),
        sa.PrimaryKeyConstraint("id", name="pk_ledger_head"),
    )
    op.bulk_insert(head, [{"id": 1, "number": 0, "hash": "0" * 64}])


def _guard(table: str) -> None:
    """A first barrier against mistakes and careless scripts. Who owns the database can drop it; the chain remains."""
    said = f"rows of {table} are never changed or removed"
    if op.get_bind().dialect.name == "sqlite":
        refuse = f"BEGIN SELECT RAISE(ABORT, '{said}'); END"
        for act in ("UPDATE", "DELETE"):
            op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} {refuse}")
        # INSERT OR REPLACE removes a row without firing the trigger above.
        there = f"EXISTS (SELECT 1 FROM {table} WHERE number = NEW.number)"  # noqa: S608 (names of ours)
        op.execute(f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} WHEN {there} {refuse}")
        return
    op.execute(
        f"CREATE FUNCTION {table}_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{said}'; END $$"
    )
    for act, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        name = f"{table}_no_{act.split()[0].lower()}"
        op.execute(f"CREATE TRIGGER {name} BEFORE {act} ON {table} FOR EACH {each} EXECUTE FUNCTION {table}_kept()")
