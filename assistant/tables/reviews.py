"""Reviews of turns. Triggers of revision 0005 refuse to change or delete one."""

from __future__ import annotations

import sqlalchemy as sa

from assistant.tables.columns import METADATA, NUMBER, Moment, text_column

REVIEWS = sa.Table(
    "reviews",
    METADATA,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("turn_id", sa.Text, sa.ForeignKey("turns.id"), nullable=False),
    sa.Column("place", sa.Integer, nullable=False),
    text_column("by"),
    text_column("person_id"),
    sa.Column("at", Moment, nullable=False),
    text_column("judged"),
    text_column("error"),
    text_column("comment"),
    # JSON as text, so that "none was written" and "nothing should be answered" stay apart.
    text_column("corrected"),
    sa.Column("evidence", sa.JSON, nullable=False),
    sa.Column("medicines", sa.JSON, nullable=False),
    sa.Column("dosing", sa.Boolean, nullable=False),
    sa.Column("doses", sa.JSON, nullable=False),
    text_column("turn_hash"),
    text_column("rules_version"),
    text_column("index_version"),
    # Two who decide at the same moment cannot both be the second, and nobody is two of them.
    sa.UniqueConstraint("turn_id", "place", name="uq_reviews_turn_id_place"),
    sa.UniqueConstraint("turn_id", "person_id", name="uq_reviews_turn_id_person_id"),
    sqlite_autoincrement=True,
)
