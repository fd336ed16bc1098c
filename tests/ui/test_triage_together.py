"""Several cases in one E2B file: checked as a whole, signed one by one, written and recorded all or none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from assistant.chain import EntryKind
from assistant.triage.case import Case
from assistant.triage.e2b.read import read_batch
from assistant.triage.states import State
from tests.assistant.triage.e2b.test_cases import SENDER, assessed
from tests.assistant.triage.e2b.twenty import PLAIN
from tests.assistant.triage.made_desk import PASSWORD
from tests.ui.test_triage import Room, room  # noqa: F401 -- the fixture
from ui.cli_together import export_several
from ui.triage.board import board
from ui.triage.reply import BoardReply


@pytest.fixture
def ready(room: Room) -> Room:  # noqa: F811
    tools = replace(room.tools, sender=SENDER)
    return Room(board(tools), tools, room.office, room.auditor)


def cases(ready: Room, number: int = 3) -> list[Case]:
    return [assessed(ready.office, PLAIN, {}) for _ in range(number)]


def sent(found: list[Case], market: str = "us", **more: str) -> dict[str, object]:
    return {"cases": [[each.id, each.version] for each in found], "market": market, **more}


def export(ready: Room, found: list[Case], password: str = PASSWORD) -> BoardReply:
    return ready.board.together.export(ready.office.ann, sent(found, password=password))


def files(ready: Room) -> list[Path]:
    return sorted(ready.tools.exports.glob("*")) if ready.tools.exports.is_dir() else []


def test_three_cases_go_out_in_one_file_and_each_is_signed(ready: Room) -> None:
    found = cases(ready)
    assert ready.board.together.check(ready.office.ann, sent(found)).said == "3 reports can go out in one file."
    assert files(ready) == []
    assert "3 reports signed and written as US-ACME-3-cases-" in export(ready, found).said
    (file,) = files(ready)
    batch = read_batch(file.read_bytes())
    now = [ready.now(each) for each in found]
    assert [report.text("C.1.1") for report in batch.reports] == [f"US-ACME-{each.label}" for each in now]
    last = [each.submissions[-1] for each in now]
    assert [each.message for each in last] == [report.text("N.2.r.1") for report in batch.reports]
    assert {each.file for each in last} == {file.name}
    assert {each.state for each in now} == {State.EXPORTED}
    signed = [
        each for each in ready.tools.ledger.entries(kind=EntryKind.SIGNED) if "report" in each.deed.summary.lower()
    ]
    assert len({each.deed.subject for each in signed}) >= 3
    assert ready.tools.ledger.verify().breaks == ()


@pytest.mark.parametrize("password", ["", "wrong"])
def test_without_the_right_password_nothing_is_written(ready: Room, password: str) -> None:
    found = cases(ready, 2)
    assert export(ready, found, password).error
    assert files(ready) == []
    assert [ready.now(each).state for each in found] == [State.ASSESSED] * 2


def test_one_case_that_is_not_assessed_stops_all(ready: Room) -> None:
    found = [*cases(ready, 1), ready.opened()]
    for reply in (ready.board.together.check(ready.office.ann, sent(found)), export(ready, found)):
        assert found[1].label in reply.error
    assert files(ready) == []
    assert ready.now(found[0]).submissions == ()


def test_one_report_that_a_gateway_would_refuse_stops_all_and_is_named(ready: Room) -> None:
    good, bad = cases(ready, 2)
    product = bad.products[0]
    ready.act(ready.office.ann, bad, "set", path=f"products[{product.id}].name", typed="x" * 300)
    found = [good, ready.now(bad)]
    said = ready.board.together.check(ready.office.ann, sent(found)).error
    assert f"{bad.label} G.k.2.2" in said
    assert export(ready, found).error
    assert files(ready) == []


def test_a_case_stands_once_in_a_file_at_the_version_that_was_seen(ready: Room) -> None:
    (case,) = cases(ready, 1)
    assert "only once" in export(ready, [case, case]).error
    assert "changed since" in export(ready, [replace(case, version=case.version - 1)]).error
    assert "Select at least one" in export(ready, []).error
    assert "no gateway" in ready.board.together.check(ready.office.ann, sent([case], "mars")).error


def test_who_may_not_export_does_not(ready: Room) -> None:
    found = cases(ready, 2)
    for person in (ready.auditor, ready.office.cleo):
        assert "permission" in ready.board.together.check(person, sent(found)).error
        assert ready.board.together.export(person, sent(found, password=PASSWORD)).error
        assert "Export in one file" not in ready.board.answers.worklist(person, {"state": ""}).html
    assert "Export in one file" in ready.board.answers.worklist(ready.office.ann, {"state": ""}).html
    assert files(ready) == []


def test_where_the_record_fails_no_file_is_left(ready: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    found = cases(ready, 2)
    monkeypatch.setattr(type(ready.office.desk.book), "save", _refuse)
    assert "disk" in export(ready, found).error
    assert files(ready) == []


def _refuse(*_: object) -> None:
    from assistant.errors import SaveFailed

    raise SaveFailed("the disk is full")


# ---- on the command line


def test_the_command_checks_signs_and_writes(ready: Room, capsys: pytest.CaptureFixture[str]) -> None:
    from ui.triage.shapes import TogetherShape

    names = [each.label for each in cases(ready, 2)]
    ann = ready.office.ann
    assert export_several(ready.tools, ann, names, "us", None, False, False) == 0
    assert "Nothing was written." in capsys.readouterr().out
    assert export_several(ready.tools, ann, names, "us", lambda: PASSWORD, False, True) == 0
    shape = TogetherShape.model_validate_json(capsys.readouterr().out)
    assert [each.label for each in shape.reports] == names
    assert Path(shape.file).is_file()


def test_the_command_writes_nothing_that_would_be_refused(ready: Room, capsys: pytest.CaptureFixture[str]) -> None:
    good, bad = cases(ready, 2)
    product = bad.products[0]
    ready.act(ready.office.ann, bad, "set", path=f"products[{product.id}].name", typed="x" * 300)
    asked: list[str] = []

    def password() -> str:
        asked.append("asked")
        return PASSWORD

    code = export_several(ready.tools, ready.office.ann, [good.label, bad.label], "us", password, False, False)
    assert (code, asked, files(ready)) == (3, [], [])
    assert "G.k.2.2" in capsys.readouterr().out
