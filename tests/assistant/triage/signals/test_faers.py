"""FAERS quarters: versions, deletions, roles, names, strata; and files that are damaged or meant to harm."""

from __future__ import annotations

import zipfile
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assistant.triage.signals import faers
from assistant.triage.signals.counts import count
from assistant.triage.signals.errors import FaersInvalid, SignalError
from assistant.triage.signals.faers_tables import Names
from assistant.triage.signals.report_set import Roles
from tests.assistant.triage.signals.faers_files import HEADERS, Report, texts, write_folder, write_zip

METFORMIN = ("PS", "GLUCOPHAGE", "METFORMIN HYDROCHLORIDE")
STATIN = ("C", "LIPITOR", "ATORVASTATIN CALCIUM")

FIRST = (
    Report(100, 1, (METFORMIN,), ("Nausea", "Rash"), received="20250110"),
    Report(
        101, 1, (METFORMIN, STATIN), ("Lactic acidosis",), received="20250215", outcomes=("HO", "DE"), sex="M", age="80"
    ),
    Report(102, 1, (("PS", "Aspirin.", ""),), ("NAUSEA",), received="20250301", age="30", age_code="MON"),
    Report(103, 1, (METFORMIN,), ("Headache",), received="20250302"),
)
SECOND = (
    Report(100, 2, (METFORMIN, STATIN), ("Nausea",), received="20250401"),
    Report(
        104,
        1,
        (("SS", "warfarin", "WARFARIN"), ("I", "ASPIRIN", "ASPIRIN")),
        ("Bleeding",),
        received="20250502",
        sex="UNK",
    ),
)


@pytest.fixture
def quarters(tmp_path: Path) -> Path:
    folder = tmp_path / "faers"
    folder.mkdir()
    write_zip(folder / "faers_ascii_2025q1.zip", "25Q1", texts(FIRST))
    write_folder(folder / "faers_ascii_2025q2", "25Q2", texts(SECOND), deleted=" \r\n103\r\n103\r\n999\r\n")
    return folder


def pairs(path: Path, roles: Roles = Roles.SUSPECT, names: Names = Names.INGREDIENT) -> dict[tuple[str, str], int]:
    with faers.opened(path, names=names) as reports:
        table = count(reports, roles=roles).table
    return {(product, event): n for product, event, n in table.select("product", "event", "n").iter_rows()}


def test_the_newest_version_of_a_case_counts_and_a_deleted_case_does_not(quarters: Path) -> None:
    assert pairs(quarters) == {
        ("METFORMIN HYDROCHLORIDE", "NAUSEA"): 1,
        ("METFORMIN HYDROCHLORIDE", "LACTIC ACIDOSIS"): 1,
        ("ASPIRIN", "NAUSEA"): 1,
        ("ASPIRIN", "BLEEDING"): 1,
        ("WARFARIN", "BLEEDING"): 1,
    }


def test_concomitant_medicines_count_only_when_asked_for(quarters: Path) -> None:
    every = pairs(quarters, roles=Roles.ALL)
    assert every[("ATORVASTATIN CALCIUM", "NAUSEA")] == 1
    assert every[("ATORVASTATIN CALCIUM", "LACTIC ACIDOSIS")] == 1
    assert len(every) == 7


def test_a_medicine_that_was_not_administered_is_never_counted(tmp_path: Path) -> None:
    one = Report(100, 1, (METFORMIN, ("DN", "PLANNED", "PLANNED"), ("", "UNSAID", "UNSAID")), ("Nausea",))
    write_folder(tmp_path, "25Q1", texts((one,)))
    assert {product for product, _ in pairs(tmp_path, roles=Roles.ALL)} == {"METFORMIN HYDROCHLORIDE", "UNSAID"}


def test_names_as_reported_can_be_counted_instead_of_ingredients(quarters: Path) -> None:
    assert ("GLUCOPHAGE", "NAUSEA") in pairs(quarters, names=Names.REPORTED)


def test_what_was_left_out_is_told(quarters: Path) -> None:
    with faers.opened(quarters) as reports:
        assert set(reports.notices) == {
            "1 older or repeated versions of cases were left out",
            "1 cases that the FDA deleted were left out",
        }


def test_strata_are_read(quarters: Path) -> None:
    with faers.opened(quarters) as reports:
        rows = {row["report"]: row for row in reports.reports.collect().iter_rows(named=True)}
    assert rows[1011] == {
        **{"report": 1011, "sex": "male", "age_group": "75 and over", "year": "2025", "quarter": "2025Q1"},
        **{"country": "US", "reporter": "physician", "serious": "yes"},
    }
    assert rows[1021]["age_group"] == "2-11"
    assert rows[1002]["quarter"] == "2025Q2"
    assert rows[1041]["sex"] == "unknown"
    assert rows[1041]["serious"] == "no"


def test_a_case_in_two_quarters_with_one_version_is_counted_once(tmp_path: Path) -> None:
    write_folder(tmp_path / "a", "25Q1", texts(FIRST[:1]))
    write_folder(tmp_path / "b", "25Q2", texts(FIRST[:1]))
    assert set(pairs(tmp_path).values()) == {1}


def test_version_ten_is_newer_than_version_nine(tmp_path: Path) -> None:
    old = Report(100, 9, (METFORMIN,), ("Nausea",), received="20250601")
    new = Report(100, 10, (METFORMIN,), ("Rash",), received="20250501")
    write_folder(tmp_path, "25Q1", texts((old, new)))
    assert pairs(tmp_path) == {("METFORMIN HYDROCHLORIDE", "RASH"): 1}


@pytest.mark.parametrize(
    "name",
    [
        "deleted/ADR19Q1DeletedCases.txt",
        "deleted/AllDeletedCases.txt",
        "DELETED/ADR20Q1DeletedCases.txt",
        "Deleted/20Q4DeletedCases.txt",
        "Deleted/DELETE21Q4.txt",
    ],
)
def test_each_name_that_the_fda_gave_to_a_list_of_deletions_is_found(tmp_path: Path, name: str) -> None:
    path = write_zip(tmp_path / "q.zip", "25Q1", texts(FIRST))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr(name, "101\n102\n103\n")
    assert {product for product, _ in pairs(path)} == {"METFORMIN HYDROCHLORIDE"}
    assert {event for _, event in pairs(path)} == {"NAUSEA", "RASH"}


def test_a_quarter_before_ingredients_and_sex_were_added_is_read(tmp_path: Path) -> None:
    headers = dict(HEADERS)
    headers["DEMO"] = headers["DEMO"].replace("$sex$", "$gndr_cod$").replace("$age_grp", "").replace("$auth_num", "")
    headers["DRUG"] = headers["DRUG"].replace("$prod_ai", "")
    headers["REAC"] = headers["REAC"].replace("$drug_rec_act", "")
    write_folder(tmp_path, "13Q1", texts(FIRST, headers))
    assert ("GLUCOPHAGE", "NAUSEA") in pairs(tmp_path)
    with faers.opened(tmp_path) as reports:
        assert set(reports.reports.collect()["sex"]) == {"female", "male"}


def test_quotation_marks_and_latin_letters_are_characters_like_others(tmp_path: Path) -> None:
    odd = Report(100, 1, (("PS", 'CR\xc8ME "FORTE', ""),), ("Nausea",))
    write_folder(tmp_path, "25Q1", texts((odd, *FIRST[1:])))
    products = {product for product, _ in pairs(tmp_path)}
    assert any(each.startswith("CR") and each.endswith('ME "FORTE') for each in products)


def test_lines_that_do_not_fit_are_left_out_and_told(tmp_path: Path) -> None:
    files = texts(tuple(Report(each, 1, (METFORMIN,), ("Nausea",)) for each in range(200, 260)))
    files["DRUG"] += "9991$999$1$PS$A NAME WITH $ IN IT$X\r\n"
    files["DRUG"] += "9991$999$1$PS$A CONTROL \x1f CHARACTER$X\r\n"
    write_folder(tmp_path, "25Q1", files)
    with faers.opened(tmp_path) as reports:
        assert "2 of 62 lines of DRUG25Q1.txt do not fit its header and were left out" in reports.notices
    assert pairs(tmp_path) == {("METFORMIN HYDROCHLORIDE", "NAUSEA"): 60}


def test_a_separator_at_the_end_of_each_line_is_no_fault(tmp_path: Path) -> None:
    files = {name: text.replace("\r\n", "$\r\n") for name, text in texts(FIRST).items()}
    write_folder(tmp_path, "25Q1", files)
    assert pairs(tmp_path)[("METFORMIN HYDROCHLORIDE", "HEADACHE")] == 1


def broken_header(folder: Path) -> None:
    files = texts(FIRST)
    write_folder(folder, "25Q1", files | {"REAC": files["REAC"].replace("$pt$", "$reaction$")})


def missing_table(folder: Path) -> None:
    files = texts(FIRST)
    del files["DRUG"]
    write_folder(folder, "25Q1", files)


def old_aers(folder: Path) -> None:
    write_folder(folder, "11Q1", texts(FIRST) | {"DEMO": "ISR$CASE$I_F_COD$FOLL_SEQ$IMAGE\r\n1$2$I$$\r\n"})


def mostly_broken(folder: Path) -> None:
    write_folder(folder, "25Q1", texts(FIRST) | {"REAC": HEADERS["REAC"] + "\r\n" + "garbage\r\n" * 10})


def all_deleted(folder: Path) -> None:
    write_folder(folder, "25Q1", texts(FIRST), deleted="100\n101\n102\n103\n")


def nothing_there(folder: Path) -> None:
    (folder / "notes.txt").write_text("no FAERS here", encoding="utf-8")


def not_a_zip(folder: Path) -> None:
    (folder / "faers.zip").write_bytes(b"PK\x03\x04 and then nothing of use")


def binary(folder: Path) -> None:
    write_folder(folder, "25Q1", texts(FIRST))
    (folder / "ASCII" / "DEMO25Q1.txt").write_bytes(bytes(range(256)) * 40)


def empty_files(folder: Path) -> None:
    write_folder(folder, "25Q1", dict.fromkeys(HEADERS, ""))


def same_quarter_twice(folder: Path) -> None:
    write_folder(folder / "a", "25Q1", texts(FIRST))
    write_folder(folder / "b", "25Q1", texts(FIRST))


def bomb(folder: Path) -> None:
    with zipfile.ZipFile(folder / "faers.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("ASCII/DEMO25Q1.txt", b"0" * 20_000_000)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (broken_header, r"REAC25Q1\.txt has no column pt"),
        (missing_table, r"Quarter 2025Q1 lacks DRUG"),
        (old_aers, r"old AERS"),
        (mostly_broken, r"10 of 10 lines of REAC25Q1\.txt do not fit"),
        (all_deleted, r"no case that was not deleted"),
        (nothing_there, r"No FAERS quarter was found"),
        (not_a_zip, r"faers\.zip is no zip that can be read"),
        (binary, r"DEMO25Q1\.txt has no column primaryid"),
        (empty_files, r"has no column primaryid"),
        (same_quarter_twice, r"DEMO25Q1 is there twice"),
        (bomb, r"unpacks far too large"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_what_cannot_be_read_is_refused_in_one_sentence(tmp_path: Path, make: object, message: str) -> None:
    assert callable(make)
    make(tmp_path)
    with pytest.raises(FaersInvalid, match=message) as raised, faers.opened(tmp_path):
        pass
    assert "\n" not in str(raised.value)


def test_a_zip_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    path = write_zip(inside / "q.zip", "25Q1", texts(FIRST))
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("../../../../../../../../tmp/pharmassist_escaped.txt", "out")
        archive.writestr("..\\..\\pharmassist_escaped2.txt", "out")
    assert pairs(path)
    assert not Path("/tmp/pharmassist_escaped.txt").exists()
    assert sorted(each.name for each in inside.iterdir()) == ["q.zip"]


def test_a_path_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(FaersInvalid, match="is no file or folder"), faers.opened(tmp_path / "none"):
        pass


def test_the_tables_are_the_same_from_a_zip_and_from_a_folder(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "q.zip", "25Q1", texts(FIRST))
    folder = write_folder(tmp_path / "q", "25Q1", texts(FIRST))
    with faers.opened(path) as packed, faers.opened(folder) as unpacked:
        for one, other in ((packed.products, unpacked.products), (packed.reports, unpacked.reports)):
            assert one.collect().sort(pl.all()).equals(other.collect().sort(pl.all()))


@given(st.sampled_from(sorted(HEADERS)), st.binary(max_size=400), st.booleans())
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_bytes_are_read_around_or_refused(
    tmp_path_factory: pytest.TempPathFactory, table: str, noise: bytes, first: bool
) -> None:
    folder = write_folder(tmp_path_factory.mktemp("faers"), "25Q1", texts(FIRST))
    path = folder / "ASCII" / f"{table}25Q1.txt"
    path.write_bytes(noise + path.read_bytes() if first else path.read_bytes() + noise)
    told = ""
    try:
        with faers.opened(folder) as reports:
            count(reports, by=["sex", "age_group"])
    except SignalError as error:
        told = str(error)
    assert "\n" not in told
