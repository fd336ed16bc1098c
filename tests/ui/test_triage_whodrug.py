"""Medicines coded in the user's WHODrug: only records of the name, chosen by a person. The rows here are made up."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

from assistant.triage.dictionaries.errors import DictionaryUnreadable
from assistant.triage.dictionaries.whodrug import read_whodrug
from tests.assistant.triage.terms.made_dictionaries import whodrug_row
from tests.ui.test_triage import Room, room  # noqa: F401 -- the fixture
from ui.settings import Settings
from ui.triage.board import board
from ui.triage.wiring import _whodrug

ROWS = (
    ("90000101001", "WARFARIN"),
    ("90000101002", "WARFARIN SODIUM"),
    ("90000101003", "CLOTLESS"),
    ("90000201001", "ASPIRINUM"),
    ("90000201002", "CLOTLESS"),
)


def copy(folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "DD.txt").write_text("".join(whodrug_row(*row) for row in ROWS), encoding="latin-1")
    return folder


@pytest.fixture
def coding(room: Room, tmp_path: Path) -> Room:  # noqa: F811
    tools = replace(room.tools, whodrug=read_whodrug(copy(tmp_path / "whodrug"), "2026 Sep 1"))
    return Room(board(tools), tools, room.office, room.auditor)


def page(here: Room, case_id: str) -> str:
    return here.board.answers.case(here.office.ann, {"case": case_id, "part": "medicines"}).html


def test_the_record_of_a_name_is_offered_and_chosen_by_a_person(coding: Room) -> None:
    case = coding.opened()
    html = page(coding, case.id)
    assert "not coded" in html
    assert 'data-do="code-medicine"' in html
    assert coding.act(coding.office.ann, case, "code-medicine", product="p1", code="90000101001").error == ""
    (product,) = coding.now(case).products
    assert product.concept == "WHODrug 2026 Sep 1 90000101001"
    assert "WHODrug: WHODrug 2026 Sep 1 90000101001" in page(coding, case.id)
    last = coding.office.desk.book.history(case.id)[-1]
    assert (last.path, last.by) == ("products[p1].concept", "ann")


def test_a_name_of_two_records_offers_both_and_fills_the_ingredient_in(coding: Room) -> None:
    case = coding.opened()
    coding.act(coding.office.ann, case, "add", path="products[]", typed="Clotless")
    html = page(coding, case.id)
    assert "CLOTLESS (WARFARIN) 90000101003" in html
    assert "CLOTLESS (ASPIRINUM) 90000201002" in html
    assert coding.act(coding.office.ann, case, "code-medicine", product="p2", code="90000201002").error == ""
    assert coding.now(case).products[1].ingredient == "aspirinum"


@pytest.mark.parametrize(
    ("product", "code", "said"),
    [("p1", "90000201001", "no such record"), ("p9", "90000101001", "a medicine of the case"), ("p1", "", "no such")],
)
def test_what_is_no_record_of_the_medicine_is_refused(coding: Room, product: str, code: str, said: str) -> None:
    case = coding.opened()
    assert said in coding.act(coding.office.ann, case, "code-medicine", product=product, code=code).error
    assert coding.now(case).version == case.version


def test_without_the_permission_or_a_copy_nothing_is_coded(coding: Room, room: Room) -> None:  # noqa: F811
    case = coding.opened()
    assert coding.act(coding.auditor, case, "code-medicine", product="p1", code="90000101001").error
    assert "Name your WHODrug" in room.act(room.office.ann, case, "code-medicine", product="p1", code="1").error
    assert "WHODrug" not in page(room, case.id)


def test_a_name_that_the_copy_does_not_know_is_said(coding: Room) -> None:
    case = coding.opened("An adult took moonbeam and had vomiting")
    assert "WHODrug knows no such name" in page(coding, case.id)


def test_the_settings_name_the_copy_and_its_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PHARMASSIST_WHODRUG", str(copy(tmp_path / "copy")))
    with pytest.raises(ValidationError, match="whodrug_version"):
        Settings()
    monkeypatch.setenv("PHARMASSIST_WHODRUG_VERSION", "2026 Sep 1")
    read = _whodrug(Settings())
    assert read is not None
    assert [each.code for each in read.find("Warfarin")] == ["90000101001"]
    monkeypatch.setenv("PHARMASSIST_WHODRUG", str(tmp_path / "none"))
    with pytest.raises(DictionaryUnreadable, match=r"DD\.txt"):
        _whodrug(Settings())
