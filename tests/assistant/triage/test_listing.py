"""Line listings: a line for each event, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import fields, replace

import pytest
from lxml import etree

from assistant.triage.case import Case, Event
from assistant.triage.judgement import Causality, WhoUmc
from assistant.triage.listing import HEADINGS, Line, as_csv, as_excel, harmless, lines
from assistant.triage.product import Product, ProductRole
from tests.assistant.triage.made_cases import full_case

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", ' =HYPERLINK("http://x")', "=cmd|' /C calc'!A0"]


def test_a_heading_for_each_field() -> None:
    assert len(HEADINGS) == len(fields(Line))


def test_a_line_for_each_event_and_one_for_a_case_without() -> None:
    two = full_case(Event("e1", "rash"), Event("e2", "fever"))
    none = replace(full_case(), events=())
    made = list(lines([two, none]))
    assert [line.event for line in made] == ["rash", "fever", ""]
    assert {line.case for line in made} == {"2026-000001"}


def test_a_line_says_what_was_judged_and_what_only_proposed() -> None:
    case = full_case()
    proposed = Causality("e1/p1", "e1", "p1", WhoUmc.POSSIBLE)
    (line,) = lines([replace(case, causality=(proposed,))])
    assert line.causality == "possible (proposed)"
    (line,) = lines([replace(case, causality=(replace(proposed, committed_by="ann"),))])
    assert (line.causality, line.expected, line.serious) == ("possible", "unknown", "yes")
    assert (line.suspects, line.doses, line.received) == ("Lunarine", "500 mg twice a day", "2026-03-05")


def test_other_medicines_stand_apart() -> None:
    case = full_case()
    more = replace(case, products=(*case.products, Product("p2", "Moonex", ProductRole.CONCOMITANT)))
    (line,) = lines([more])
    assert (line.suspects, line.concomitants) == ("Lunarine", "Moonex")


def _hostile(text: str) -> Case:
    return full_case(Event("e1", text), products=(Product("p1", text),), owner=text)


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_of_a_csv_is_a_formula(text: str) -> None:
    rows = list(csv.reader(io.StringIO(as_csv([_hostile(text)]).decode("utf-8-sig"))))
    assert len(rows) == 2
    for cell in rows[1]:
        assert not cell.lstrip(" ").startswith(("=", "+", "-", "@", "\t", "\r"))
    assert f"'{text}" in rows[1]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_of_an_excel_file_is_a_formula_or_a_link(text: str) -> None:
    with zipfile.ZipFile(io.BytesIO(as_excel([_hostile(text)]))) as book:
        sheet = etree.fromstring(book.read("xl/worksheets/sheet1.xml"))
        strings = book.read("xl/sharedStrings.xml").decode()
        names = book.namelist()
    space = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    assert sheet.findall(".//m:f", space) == []
    assert sheet.findall(".//m:hyperlink", space) == []
    assert {cell.get("t") for cell in sheet.findall(".//m:c", space)} == {"s"}
    assert not any("rels" in name and "sheet1" in name for name in names)
    assert "Event as reported" in strings


def test_letters_of_every_kind_survive() -> None:
    case = full_case(Event("e1", "Übelkeit 嘔吐 \ud800"))
    assert "Übelkeit 嘔吐" in as_csv([case]).decode("utf-8-sig")
    assert as_excel([case])[:2] == b"PK"


def test_a_harmless_text_stays_as_it_is() -> None:
    assert harmless("500 mg") == "500 mg"
    assert harmless("") == ""


def test_a_line_says_no_only_where_a_person_judged_that_it_is_not_serious() -> None:
    nobody = full_case(Event("e1", "rash"))
    ann = full_case(Event("e1", "rash", judged_not_serious_by="ann"))
    assert [line.serious for line in lines([nobody, ann])] == ["not judged", "no"]
