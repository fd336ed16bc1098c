"""Several processes at one casebook, and a casebook on PostgreSQL: the same cases, history and refusals."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from assistant.triage.audit import case_breaks
from assistant.triage.desk import Arrived, change
from assistant.triage.opening import import_text
from tests.assistant.triage.made_desk import NOW, Office, office

ROOT = Path(__file__).resolve().parents[3]
WRITERS, OWN = 3, 4
WRITER = f"""
import sys
from pathlib import Path

from assistant.triage.desk import Arrived, change
from assistant.triage.opening import import_text
from tests.assistant.triage.made_desk import NOW, office

with office(Path(sys.argv[1]), sys.argv[2]) as here:
    print("ready", flush=True)
    sys.stdin.readline()
    for at in range({OWN}):
        for text in (f"Patient {{at}} took Lunarine and had pain.", f"{{at}} of {{sys.argv[3]}} took it and had pain."):
            (case,) = import_text(here.desk, here.ann, Arrived(text, NOW))
            if sys.argv[3] in text:
                change(here.desk, here.ann, case, "country", "FR")
"""


def at_once(folder: Path, url: str) -> None:
    """Processes that open the same cases and their own at one moment."""
    with office(folder, url):
        pass
    command = [sys.executable, "-c", WRITER, str(folder), url]
    running = [
        subprocess.Popen([*command, f"w{at}"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for at in range(WRITERS)
    ]
    for each in running:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    for each in running:
        assert each.stdin is not None
        each.stdin.write("\n")
        each.stdin.flush()
    assert [each.wait(timeout=300) for each in running] == [0] * WRITERS
    for each in running:
        each.stdin and each.stdin.close()
        each.stdout and each.stdout.close()


def assert_nothing_was_lost(here: Office) -> None:
    total = OWN + OWN * WRITERS
    cases = list(here.desk.book.cases())
    assert sorted(case.label for case in cases) == [f"2026-{number:06d}" for number in range(1, total + 1)]
    assert sum(case.version == 2 for case in cases) == OWN * WRITERS
    assert here.ledger.verify().breaks == ()
    assert list(case_breaks(here.ledger.entries(), here.desk.book)) == []


def test_processes_that_write_at_once_open_every_case_once(tmp_path: Path) -> None:
    at_once(tmp_path, "")
    with office(tmp_path) as here:
        assert_nothing_was_lost(here)


@pytest.mark.server
def test_processes_that_write_at_once_to_postgresql_open_every_case_once(tmp_path: Path, postgres_url: str) -> None:
    at_once(tmp_path, postgres_url)
    with office(tmp_path, postgres_url) as here:
        assert_nothing_was_lost(here)


@pytest.mark.server
def test_postgresql_refuses_to_change_a_history_and_an_edit_past_it_is_found(tmp_path: Path, postgres_url: str) -> None:
    with office(tmp_path, postgres_url) as here:
        (case,) = import_text(here.desk, here.ann, Arrived("My patient took Lunarine and had itching.", NOW))
        change(here.desk, here.ann, case, "country", "FR")
        engine = here.desk.book._engine
        for statement in ("UPDATE case_changes SET why = 'x'", "DELETE FROM case_changes", "TRUNCATE case_changes"):
            with pytest.raises(sa.exc.DBAPIError, match="never changed or removed"), engine.begin() as connection:
                connection.execute(sa.text(statement))
        assert list(case_breaks(here.ledger.entries(), here.desk.book)) == []
        with engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE case_changes DISABLE TRIGGER ALL"))
            connection.execute(sa.text("UPDATE case_changes SET \"by\" = 'bob' WHERE path = 'country'"))
        (broken,) = case_breaks(here.ledger.entries(), here.desk.book)
        assert "is not as entry" in broken.explanation
