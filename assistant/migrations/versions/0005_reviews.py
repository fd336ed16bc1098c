"""Reviews of turns; one can be added and never altered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.String(32)
_SAID = "a review is never changed or removed"


def upgrade() -> None:
    """Add the table, and the triggers that keep each review as it was written."""
    op.create_table(
        "reviews",
        sa.Column("number", _NUMBER, nullable=False),
        *_texts("id", "turn_id"),
        sa.Column("place", sa.Integer, nullable=False),
        *_texts("by", "person_id"),
        sa.Column("at", _MOMENT, nullable=False),
        *_texts("judged", "error", "comment", "corrected"),
        *(sa.Column(name, sa.JSON, nullable=False) for name in ("evidence", "medicines")),
        sa.Column("dosing", sa.Boolean, nullable=False),
        sa.Column("doses", sa.JSON, nullable=False),
        *_texts("turn_hash", "rules_version", "index_version"),
        sa.PrimaryKeyConstraint("number", name="pk_reviews"),
        sa.UniqueConstraint("id", name="uq_reviews_id"),
        sa.UniqueConstraint("turn_id", "place", name="uq_reviews_turn_id_place"),
        sa.UniqueConstraint("turn_id", "person_id", name="uq_reviews_turn_id_person_id"),
        sa.ForeignKeyConstraint(["turn_id"], ["turns.id"], name="fk_reviews_turns"),
        sqlite_autoincrement=True,
    )
    _protect()


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _protect() -> None:
    """Refuse to change or delete a row, whoever asks."""
    if op.get_bind().dialect.name == "sqlite":
        refusal = f"BEGIN SELECT RAISE(ABORT, '{_SAID}'); END"
        for act in ("UPDATE", "DELETE"):
            op.execute(f"CREATE TRIGGER reviews_no_{act.lower()} BEFORE {act} ON reviews {refusal}")
        # INSERT OR REPLACE removes a row without firing the trigger above, whichever key it collides with.
        same = "number = NEW.number OR id = NEW.id"
        same += " OR (turn_id = NEW.turn_id AND (place = NEW.place OR person_id = NEW.person_id))"
        there = f"EXISTS (SELECT 1 FROM reviews WHERE {same})"  # noqa: S608 (names of ours)
        op.execute(f"CREATE TRIGGER reviews_no_replace BEFORE INSERT ON reviews WHEN {there} {refusal}")
        return
    op.execute(
        f"CREATE FUNCTION reviews_kept() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '{_SAID}'; END $$"
    )
    for act, each in (("UPDATE OR DELETE", "ROW"), ("TRUNCATE", "STATEMENT")):
        name = f"reviews_no_{act.split()[0].lower()}"
        op.execute(f"CREATE TRIGGER {name} BEFORE {act} ON reviews FOR EACH {each} EXECUTE FUNCTION reviews_kept()")
