"""A case that was changed past the desk, in its row or in its history, is found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from assistant.chain import Break
from assistant.conversation import FlagKind
from assistant.triage.audit import case_breaks
from assistant.triage.case import Case
from assistant.triage.desk import Arrived, change
from assistant.triage.opening import import_text, take_in
from tests.assistant.triage.made_desk import NOW, Office, office
from tests.assistant.turns import answer_turn, flag


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


@pytest.mark.parametrize(
    "forged", ["old = '\"IT\"'", "by = 'bob'", "why = 'a better reason'", "at = '2020-01-01 00:00:00.000000'"]
)
def test_a_line_of_history_whose_old_value_author_reason_or_time_was_changed_is_found(
    here: Office, forged: str
) -> None:
    worked(here)
    execute(
        here,
        "DROP TRIGGER case_changes_no_update",
        f"UPDATE case_changes SET {forged} WHERE path = 'country'",
    )
    (broken,) = found(here)
    assert "is not as entry" in broken.explanation


def test_a_version_that_no_entry_records_is_found(here: Office) -> None:
    case = worked(here)
    forged = replace(case, country="DE")
    execute(
        here,
        "INSERT INTO case_changes (case_id, version, path, old, new, by, at, why)"
        " SELECT case_id, 3, path, new, '\"DE\"', by, at, why FROM case_changes WHERE path = 'country'",
        """UPDATE case_bodies SET body = replace(replace(body, '"FR"', '"DE"'), '"version": 2', '"version": 3')""",
        "UPDATE cases SET version = 3",
    )
    assert here.desk.book.case(case.id) == replace(forged, version=3)
    assert [each.explanation for each in found(here)] == [
        f"Version 3 of case {case.label} was made past the desk: no entry records it."
    ]


@pytest.mark.parametrize("done", ["DELETE FROM case_sources", "UPDATE case_sources SET text = 'My patient is well.'"])
def test_a_text_that_was_changed_or_removed_is_found(here: Office, done: str) -> None:
    worked(here)
    with here.desk.book._engine.connect() as connection:
        query = sa.text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'case_sources'")
        triggers = connection.execute(query).scalars().all()
    execute(here, *(f"DROP TRIGGER {name}" for name in triggers), done)
    (broken,) = found(here)
    assert "A text that told of" in broken.explanation


def test_a_case_that_was_hidden_from_the_worklist_is_found(here: Office) -> None:
    worked(here)
    execute(here, "UPDATE cases SET state = 'closed'")
    (broken,) = found(here)
    assert "stands in the worklist otherwise" in broken.explanation


def test_a_deadline_that_was_put_off_in_the_worklist_is_found(here: Office) -> None:
    worked(here)
    execute(here, "UPDATE cases SET due_at = '2031-01-01 00:00:00.000000'")
    (broken,) = found(here)
    assert "under another deadline" in broken.explanation
    assert list(case_breaks(here.ledger.entries(), here.desk.book, dated=False)) == []
    assert here.desk.book.recount() == 1
    assert found(here) == []


@pytest.mark.parametrize(
    "done",
    [
        "DELETE FROM case_origins",
        "UPDATE case_origins SET conversation_id = ''",
        "UPDATE case_origins SET turn_id = 'another'",
        "UPDATE cases SET opened_from = 'text 0#0'",
    ],
)
def test_a_case_that_was_parted_from_where_it_came_from_is_found(here: Office, done: str) -> None:
    (case,) = take_in(here.desk, [flag("f1", "t1", FlagKind.ADVERSE_EVENT)], lambda _: answer_turn("t1"))
    assert found(here) == []
    execute(here, done)
    (broken,) = found(here)
    assert f"Where case {case.label} came from" in broken.explanation
