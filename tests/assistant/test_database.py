"""The tables and the revisions agree, and a database that cannot be used says so in one sentence."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from assistant.database import open_database
from assistant.errors import DatabaseTooNew, DatabaseUnreachable
from assistant.tables.columns import METADATA

ROOT = Path(__file__).resolve().parents[2]


def test_the_revisions_build_exactly_the_tables(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'talks.db'}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []
        assert set(sa.inspect(connection).get_table_names()) == {*METADATA.tables, "alembic_version"}
    engine.dispose()


def test_a_table_that_no_revision_makes_would_be_noticed(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'talks.db'}")
    with engine.connect() as connection:
        grown = sa.MetaData()
        sa.Table("forgotten", grown, sa.Column("id", sa.Text, primary_key=True))
        assert compare_metadata(MigrationContext.configure(connection), grown) != []
    engine.dispose()


def test_opening_twice_changes_nothing(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'deep' / 'folder' / 'talks.db'}"
    newest = max(path.name[:4] for path in (ROOT / "assistant/migrations/versions").glob("0*.py"))
    for _ in range(2):
        engine = open_database(url)
        with engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT version_num FROM alembic_version")) == newest
        engine.dispose()


def test_questions_are_readable_by_their_owner_only(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'talks.db'}")
    assert stat.S_IMODE((tmp_path / "talks.db").stat().st_mode) == 0o600
    engine.dispose()


def test_sqlite_is_set_up_to_lose_nothing(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path / 'talks.db'}")
    with engine.connect() as connection:
        pragmas = {name: connection.scalar(sa.text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")}
        assert pragmas == {"journal_mode": "wal", "synchronous": 2}
        assert connection.scalar(sa.text("PRAGMA foreign_keys")) == 1
    engine.dispose()


def test_a_database_of_a_newer_version_is_left_alone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'talks.db'}"
    engine = open_database(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(DatabaseTooNew, match=r"newer version of pharmassist \(schema 9999\)"):
        open_database(url)


@pytest.mark.parametrize(
    "url",
    [
        "this is no url",
        "sqlite:////proc/nowhere/talks.db",  # a folder that cannot be made
        "nosuchdatabase://host/talks",
    ],
)
def test_a_database_that_cannot_be_opened_says_what_to_do(url: str) -> None:
    with pytest.raises(DatabaseUnreachable, match="Check the setting database_url"):
        open_database(url)


def test_a_file_that_is_no_database_says_so(tmp_path: Path) -> None:
    (tmp_path / "talks.db").write_bytes(b"a letter to the pharmacist, not a database" * 100)
    with pytest.raises(DatabaseUnreachable, match="not a database"):
        open_database(f"sqlite:///{tmp_path / 'talks.db'}")


def test_a_password_is_not_repeated_in_the_error() -> None:
    with pytest.raises(DatabaseUnreachable) as caught:
        open_database("mysql+nosuchdriver://ward:hunter2@127.0.0.1:9/talks")
    assert "hunter2" not in str(caught.value)


def test_two_processes_can_open_a_new_database_at_once(tmp_path: Path) -> None:
    code = "import sys; from assistant.database import open_database; open_database(sys.argv[1])"
    url = f"sqlite:///{tmp_path / 'talks.db'}"
    both = [subprocess.Popen([sys.executable, "-c", code, url], cwd=ROOT) for _ in range(3)]
    assert [process.wait(timeout=60) for process in both] == [0, 0, 0]


def test_the_tables_can_be_made_on_postgresql() -> None:
    for table in METADATA.sorted_tables:
        statement = CreateTable(table).compile(dialect=postgresql.dialect())  # type: ignore[no-untyped-call]
        assert "CREATE TABLE" in str(statement)
