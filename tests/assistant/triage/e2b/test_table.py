"""The element table: what the script takes out of the FDA's sheet, and that the shipped table is what it makes."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import pytest

from assistant.triage.e2b.build_table import main
from assistant.triage.e2b.compare import main as compare
from assistant.triage.e2b.report import REPORT
from assistant.triage.e2b.table import by_number, elements, groups, name_of


@pytest.mark.shared
def test_the_shipped_table_is_what_the_script_makes(shared_data: Path, tmp_path: Path) -> None:
    main(["--from", str(shared_data / "e2b" / "icsr_data_elements.csv"), "--to", str(tmp_path / "elements.csv")])
    shipped = (files("assistant.triage.e2b") / "elements.csv").read_text(encoding="utf-8")
    assert (tmp_path / "elements.csv").read_text(encoding="utf-8") == shipped


def test_rows_as_a_person_reads_them() -> None:
    row = by_number()["E.i.7"]
    assert (row.group, row.length, row.type, row.ich) == ("E.i", 1, "N", "required")
    assert row.words("5") == "fatal"
    assert by_number()["FDA.C.1.7.1"].words("6") == "7-day"
    assert by_number()["D.2.2b"].codes == tuple((unit, "") for unit in ("a", "mo", "wk", "d", "h", "10.a"))
    assert by_number()["D.1"].nulls == ("MSK", "UNK", "NA", "ASKU", "NASK")
    assert (by_number()["C.1.2"].precision, by_number()["D.2.1"].precision) == ("second", "day")
    assert name_of("X.9") == "X.9"


def test_groups_know_what_they_stand_in() -> None:
    held = groups()
    assert (held["G.k.9.i.2.r"], held["G.k.9.i"], held["G.k"]) == ("G.k.9.i", "G.k", REPORT)
    assert (held["FDA.G.k.12.r.3.r"], held["FDA.G.k.12.r"], held["FDA.G.k.10a"]) == ("FDA.G.k.12.r", "G.k", "G.k")
    assert {element.group for element in elements()} == {*held, REPORT, "N.1"}


def test_a_trip_is_printed_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    compare([str(Path(__file__).parent / "examples" / "plain.xml")])
    assert "plain.xml  1  " in capsys.readouterr().out
