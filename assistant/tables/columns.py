"""What the tables are made of: the metadata that all of them belong to, and the kinds of column that they share."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import Dialect


class Moment(sa.types.TypeDecorator[datetime]):
    """A moment in UTC as ISO 8601 text of fixed width: exact to the microsecond on every database, and sortable."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Refuse a moment without a time zone: what it means would depend on the machine that reads it."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a stored moment needs a time zone")
        return value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read the moment back, in UTC."""
        return None if value is None else datetime.fromisoformat(value)


METADATA = sa.MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

# SQLite only counts by itself in a column of type INTEGER; elsewhere 64 bits are asked for.
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def text_column(name: str) -> sa.Column[str]:
    """A text that is always there, perhaps empty."""
    return sa.Column(name, sa.Text, nullable=False)
