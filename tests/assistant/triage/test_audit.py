"""A case that was changed past the desk, in its row or in its history, is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from assistant.chain import Break
from assistant.triage.audit import case_breaks
from assistant.triage.case import Case
from assistant.triage.desk import Arrived, change
from assistant.triage.opening import import_text
from tests.assistant.triage.made_desk import NOW, Office, office


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as made:
        yield made


def worked(here: Office) -> Case:
    (case,) = import_text(here.desk, here.ann, Arrived("My patient took Lunarine and had itching.", NOW))
    return change(here.desk, here.ann, case, "country", "FR")


def found(here: Office) -> list[Break]:
    return list(case_breaks(here.ledger.entries(), here.desk.book))


def execute(here: Office, *statements: str) -> None:
    with here.desk.book._engine.begin() as connection:
        for statement in statements:
            connection.execute(sa.text(statement))


def test_a_case_that_was_worked_at_the_desk_holds(here: Office) -> None:
    worked(here)
    assert found(here) == []


def test_a_row_that_was_changed_is_found(here: Office) -> None:
    case = worked(here)
    execute(here, """UPDATE case_bodies SET body = replace(body, '"FR"', '"DE"')""")
    assert replace(case, country="DE") == here.desk.book.case(case.id)
    (broken,) = found(here)
    assert "changed past the desk" in broken.explanation
    assert broken.number > 0


def test_a_history_that_was_changed_is_found(here: Office) -> None:
    worked(here)
    execute(
        here,
        "DROP TRIGGER case_changes_no_update",
        "UPDATE case_changes SET new = replace(new, 'FR', 'DE') WHERE path = 'country'",
        """UPDATE case_bodies SET body = replace(body, '"FR"', '"DE"')""",
    )
    (broken,) = found(here)
    assert "history of case 2026-000001 was changed" in broken.explanation


def test_a_history_that_lost_a_line_is_found(here: Office) -> None:
    worked(here)
    execute(here, "DROP TRIGGER case_changes_no_delete", "DELETE FROM case_changes WHERE path = 'country'")
    assert len(found(here)) == 2


def test_a_case_that_was_removed_is_found(here: Office) -> None:
    worked(here)
    execute(
        here,
        "DROP TRIGGER case_changes_no_delete",
        "DELETE FROM case_changes",
        "DELETE FROM case_origins",
        "DELETE FROM case_bodies",
        "DELETE FROM cases",
    )
    (broken,) = found(here)
    assert "not stored any more" in broken.explanation
