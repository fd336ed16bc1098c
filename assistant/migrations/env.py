"""How Alembic runs the revisions: on the connection, and in the transaction, that `assistant.database` hands over."""

from __future__ import annotations

from alembic import context

from assistant.tables.columns import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
context.run_migrations()
