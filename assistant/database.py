"""The database: the tables of conversations, and how it is opened and brought up to date.

The same code runs on SQLite (the default) and on PostgreSQL by URL. Conversations are written by
`assistant/records.py`, which only ever adds rows; other subjects have their tables in `assistant/tables`.
The schema grows by the numbered revisions in `assistant/migrations/versions`; a test keeps tables and revisions equal.
"""

from __future__ import annotations

import os
from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from assistant.errors import DatabaseTooNew, DatabaseUnreachable
from assistant.tables.columns import METADATA, NUMBER, Moment, text_column

LOCK_WAIT_S = 15.0
"""Seconds that a writer waits for another process to finish its transaction."""

WRITING = "pharmassist_writing"
"""Execution option of a connection that will write: SQLite then takes its lock at once, so that it cannot deadlock."""

_MIGRATIONS = Path(__file__).parent / "migrations"


def _finding_columns() -> tuple[sa.Column[str] | sa.Column[int], ...]:
    """What a finding is stored as, on a claim and on a question alike."""
    return (
        text_column("rule"),
        text_column("version"),
        text_column("severity"),
        text_column("explanation"),
        sa.Column("span_start", sa.Integer, nullable=False),
        sa.Column("span_end", sa.Integer, nullable=False),
        text_column("evidence"),
    )


def _part_of_turn(name: str, *columns: sa.Column[str] | sa.Column[int] | sa.Column[float]) -> sa.Table:
    """A table of what hangs on one claim of a turn, in order."""
    return sa.Table(
        name,
        METADATA,
        sa.Column("turn_id", sa.Text, primary_key=True),
        sa.Column("claim", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
        *columns,
        sa.ForeignKeyConstraint(["turn_id", "claim"], ["claims.turn_id", "claims.position"]),
    )


CONVERSATIONS = sa.Table(
    "conversations",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    text_column("title"),
    sa.Column("started_at", Moment, nullable=False),
)

TURNS = sa.Table(
    "turns",
    METADATA,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("conversation_id", sa.Text, sa.ForeignKey("conversations.id"), nullable=False, index=True),
    sa.Column("saved_at", Moment, nullable=False),
    text_column("kind"),
    text_column("question"),
    sa.Column("asked_at", Moment, nullable=False),
    sa.Column("history", sa.JSON, nullable=False),
    sa.Column("patient", sa.JSON, nullable=False),
    text_column("reason"),
    text_column("explanation"),
    text_column("next_step"),
    sa.Column("notices", sa.JSON, nullable=False),
    sa.Column("seconds", sa.Double, nullable=False),
    text_column("generator"),
    text_column("model"),
    text_column("adapter"),
    text_column("prompt_version"),
    text_column("rules_version"),
    text_column("index_version"),
    text_column("code_version"),
    text_column("fallback"),
    sa.Column("not_known", sa.JSON, nullable=False),
    sa.Column("calculations", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("asked_for", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("conflicts", sa.JSON, nullable=False, server_default="[]"),
    sa.Column("asked_by", sa.Text, nullable=False, server_default=sa.text("''")),
    sqlite_autoincrement=True,
)

PASSAGES = sa.Table(
    "passages",
    METADATA,
    sa.Column("turn_id", sa.Text, sa.ForeignKey("turns.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    text_column("key"),
    text_column("source_id"),
    text_column("text"),
    text_column("section"),
    sa.Column("heading", sa.JSON, nullable=False),
    sa.Column("start_char", sa.Integer, nullable=False),
    sa.Column("end_char", sa.Integer, nullable=False),
    sa.Column("ingredients", sa.JSON, nullable=False),
    text_column("title"),
    sa.Column("effective", sa.Date, nullable=True),
    sa.Column("is_table_row", sa.Boolean, nullable=False),
    text_column("origin"),
    sa.Column("verified", sa.Boolean, nullable=False),
)

CLAIMS = sa.Table(
    "claims",
    METADATA,
    sa.Column("turn_id", sa.Text, sa.ForeignKey("turns.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("released", sa.Boolean, nullable=False),
    text_column("text"),
    sa.Column("decision", sa.Text, nullable=False, server_default=sa.text("''")),
)

CITATIONS = _part_of_turn("citations", text_column("key"), text_column("quote"))

FINDINGS = _part_of_turn(
    "findings",
    *_finding_columns(),
)

CHECKS = _part_of_turn("checks", text_column("rule"), sa.Column("ms", sa.Double, nullable=False))

ALERTS = sa.Table(
    "alerts",
    METADATA,
    sa.Column("turn_id", sa.Text, sa.ForeignKey("turns.id"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True, autoincrement=False),
    *_finding_columns(),
)

OVERRIDES = sa.Table(
    "overrides",
    METADATA,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    sa.Column("turn_id", sa.Text, sa.ForeignKey("turns.id"), nullable=False, index=True),
    # Null for a warning about the question.
    sa.Column("claim", sa.Integer, nullable=True),
    text_column("rule"),
    text_column("version"),
    text_column("reason"),
    sa.Column("made_at", Moment, nullable=False),
    text_column("made_by"),
    sqlite_autoincrement=True,
)

FLAGS = sa.Table(
    "flags",
    METADATA,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("id", sa.Text, nullable=False, unique=True),
    # No foreign key: a noticed adverse event is stored before its turn has ended.
    sa.Column("turn_id", sa.Text, nullable=False, index=True),
    text_column("kind"),
    text_column("comment"),
    text_column("corrected"),
    sa.Column("made_at", Moment, nullable=False),
    text_column("made_by"),
    sqlite_autoincrement=True,
)


def open_database(url: str) -> Engine:
    """Open the database, creating it where there is none and bringing its schema up to date.

    Raises `DatabaseUnreachable` or `DatabaseTooNew`; a database that is too new is left as it was found.
    """
    place = "named by the setting"
    try:
        parsed = make_url(url)
        place = parsed.render_as_string(hide_password=True)
        _prepare_file(parsed)
        engine = _engine(parsed)
        with engine.execution_options(**{WRITING: True}).begin() as connection:
            _migrate(connection)
    except (SQLAlchemyError, ImportError, OSError) as error:
        raise DatabaseUnreachable(
            f"The database {place} cannot be opened ({_first_line(error)}). "
            "Check the setting database_url, that the folder can be written to and that the disk is not full."
        ) from error
    return engine


def _prepare_file(url: URL) -> None:
    """Create the folder and the file of an SQLite database, readable by its owner only."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        return
    path = Path(url.database)
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return sa.create_engine(url, pool_pre_ping=True)
    engine = sa.create_engine(url, connect_args={"timeout": LOCK_WAIT_S})
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Python's sqlite3 starts transactions on its own, late; SQLAlchemy's own BEGIN is used instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get(WRITING)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


def _migrate(connection: Connection) -> None:
    """Run the revisions that this database has not seen, in the transaction of `connection`."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(connection).get_current_revision()
    if current == script.get_current_head():
        return
    if current is not None and current not in {revision.revision for revision in script.walk_revisions()}:
        raise DatabaseTooNew(
            f"This database was made by a newer version of pharmassist (schema {current}). "
            "Upgrade pharmassist, or set database_url to another file; nothing was changed."
        )
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _first_line(error: Exception) -> str:
    """The cause in one line, without the SQL that SQLAlchemy appends."""
    original = getattr(error, "orig", None) or error
    return str(original).splitlines()[0] if str(original) else type(original).__name__
