"""Counting: each report once per pair, margins of reports, roles, strata, and tables that cannot be counted."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assistant.triage.signals import counts as counting
from assistant.triage.signals.counts import Counts, count
from assistant.triage.signals.errors import ReportsInvalid, SignalError
from assistant.triage.signals.report_set import ReportSet, Roles, read_table
from tests.assistant.triage.signals.tables import reports, two_by_two, written


def of_pair(counts: Counts, product: str, event: str) -> dict[str, float]:
    [row] = counts.table.filter((pl.col("product") == product) & (pl.col("event") == event)).to_dicts()
    return row


def test_the_documented_example_of_openebgm(tmp_path: Path) -> None:
    letters, numbers = "BABAAAAAAAABBBBBC", "11211122122" + "212" + "211"
    rows = [
        (str(place), f"product_{letter}", f"event_{number}")
        for place, (letter, number) in enumerate(zip(letters, numbers, strict=True))
    ]
    counts = count(reports(tmp_path, rows))
    found = {(p[-1], e[-1]): (n, round(expected, 7)) for p, e, n, _, _, expected in counts.table.iter_rows()}
    assert counts.reports == 17
    assert found == {
        ("A", "1"): (5, 4.7647059),
        ("A", "2"): (4, 4.2352941),
        ("B", "1"): (3, 3.7058824),
        ("B", "2"): (4, 3.2941176),
        ("C", "1"): (1, 0.5294118),
    }


def test_a_report_counts_once_however_often_it_names_a_pair(tmp_path: Path) -> None:
    once = [("1", "A", "X"), ("2", "B", "Y")]
    assert count(reports(tmp_path, once * 3)).table.equals(count(reports(tmp_path, once)).table)


def test_every_product_of_a_report_is_paired_with_every_event(tmp_path: Path) -> None:
    counts = count(reports(tmp_path, [("1", "A", "X"), ("1", "B", "Y"), ("2", "A", "Y")]))
    assert counts.reports == 2
    assert of_pair(counts, "A", "Y") == {
        **{"product": "A", "event": "Y", "n": 2, "product_reports": 2, "event_reports": 2, "expected": 2.0}
    }
    assert of_pair(counts, "B", "X")["n"] == 1


def test_spellings_that_differ_in_capitals_and_blanks_are_one_name(tmp_path: Path) -> None:
    counts = count(reports(tmp_path, [("1", "Aspirin", "Nausea"), ("2", " ASPIRIN ", "nausea"), ("3", "B", "x  y")]))
    assert of_pair(counts, "ASPIRIN", "NAUSEA")["n"] == 2
    assert of_pair(counts, "B", "X Y")["n"] == 1


def test_only_suspects_count_unless_all_are_asked_for(tmp_path: Path) -> None:
    rows = [
        ("1", "A", "X", "suspect"),
        ("1", "B", "X", "Concomitant"),
        ("2", "C", "Y", "interacting"),
        ("3", "B", "Y", ""),
    ]
    given_set = reports(tmp_path, rows, ("id", "product", "event", "role"))
    suspects = count(given_set)
    assert suspects.table["product"].to_list() == ["A", "C"]
    assert suspects.reports == 2
    assert suspects.notices == ("1 reports without a counted product or without an event were left out",)
    assert count(given_set, roles=Roles.ALL).table["product"].to_list() == ["A", "B", "B", "C"]


def test_expected_counts_are_summed_over_strata_by_hand(tmp_path: Path) -> None:
    # Women: 6 with A, 8 with X, of 20: 6*8/20 = 2.4. Men: 5 with A, 3 with X, of 10: 5*3/10 = 1.5.
    rows = two_by_two(4, 2, 4, 10, "F") + two_by_two(2, 3, 1, 4, "M")
    counts = count(reports(tmp_path, rows, ("id", "product", "event", "sex")), by=["sex"])
    found = of_pair(counts, "A", "X")
    assert found["n"] == 6
    assert found["expected"] == pytest.approx(2.4 + 1.5, rel=1e-12)
    crude = of_pair(count(reports(tmp_path, rows, ("id", "product", "event", "sex"))), "A", "X")
    assert crude["expected"] == pytest.approx(11 * 11 / 30, rel=1e-12)


def test_a_missing_stratum_is_a_stratum_and_loses_no_report(tmp_path: Path) -> None:
    rows = [("1", "A", "X", "F"), ("2", "A", "X", ""), ("3", "B", "Y", "M")]
    counts = count(reports(tmp_path, rows, ("id", "product", "event", "sex")), by=["sex"])
    assert counts.reports == 3
    assert of_pair(counts, "A", "X")["expected"] == pytest.approx(2.0)
    assert counts.notices == ("3 of 3 strata have fewer than 50 reports",)


def test_two_columns_stratify_together(tmp_path: Path) -> None:
    rows = [
        ("1", "A", "X", "F", "old"),
        ("2", "A", "Y", "F", "young"),
        ("3", "B", "X", "M", "old"),
        ("4", "B", "Y", "F", "old"),
    ]
    counts = count(reports(tmp_path, rows, ("id", "product", "event", "sex", "age")), by=["sex", "age"])
    # Only women who are old: one with A, one with X, of two reports.
    assert of_pair(counts, "A", "X")["expected"] == pytest.approx(0.5)


def test_parts_give_the_same_counts_as_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [(str(each % 60), f"P{each % 7}", f"E{each % 11}", "FM"[each % 2]) for each in range(500)]
    whole = reports(tmp_path, rows, ("id", "product", "event", "sex"))
    expected = [count(whole, by=by) for by in ((), ("sex",))]
    monkeypatch.setattr(counting, "PART", 13)
    for by, one in zip(((), ("sex",)), expected, strict=True):
        parts = count(whole, by=by)
        assert parts.table.equals(one.table)


def test_a_column_to_stratify_by_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportsInvalid, match=r"cannot be stratified by age; it has nothing"):
        count(reports(tmp_path, [("1", "A", "X")]), by=["age"])


def test_a_set_without_a_counted_product_is_refused(tmp_path: Path) -> None:
    only = reports(tmp_path, [("1", "A", "X", "concomitant")], ("id", "product", "event", "role"))
    with pytest.raises(ReportsInvalid, match="no report with both"):
        count(only)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is no table that can be read|cannot be read"),
        (b"id,product\n1,A\n", "has no column for the event"),
        (b"id,report,product,event\n1,1,A,X\n", "has 2 columns for the report"),
        (b"id,product,event\n,,\n,A,X\n", "has no row with a report, a product and an event"),
        (b"id,product,event\n1,A,X\n2,B\n", "cannot be read to its end|lack a report"),
        (b"id,product,event\n1,\xff\xfe\xfa,X\n", "cannot be read"),
        (bytes(range(256)) * 20, "."),
        (b'id,product,event\n1,"A,X\n' * 3, "."),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_or_its_loss_is_told(
    tmp_path: Path, content: bytes, message: str
) -> None:
    path = tmp_path / "reports.csv"
    path.write_bytes(content)
    try:
        told = " ".join(count(read_table(path)).notices)
    except SignalError as error:
        told = str(error)
        assert "\n" not in told
    assert pytest.importorskip("re").search(message, told)


def test_rows_that_lack_a_part_are_left_out_and_told(tmp_path: Path) -> None:
    given_set = reports(tmp_path, [("1", "A", "X"), ("2", "", "X"), ("", "B", "Y")])
    assert given_set.notices == ("2 of 3 rows lack a report, a product or an event and were left out",)


def test_a_report_with_two_values_of_a_stratum_is_told(tmp_path: Path) -> None:
    given_set = reports(tmp_path, [("1", "A", "X", "M"), ("1", "B", "X", "F")], ("id", "product", "event", "sex"))
    assert given_set.notices == (
        "1 reports have several values in one column to stratify by; the first in the alphabet was taken",
    )
    assert given_set.reports.collect()["sex"].to_list() == ["F"]


def test_a_parquet_file_is_read_like_a_csv(tmp_path: Path) -> None:
    path = written(tmp_path, [("1", "A", "X"), ("2", "B", "Y")])
    pl.read_csv(path).write_parquet(tmp_path / "reports.parquet")
    assert count(read_table(tmp_path / "reports.parquet")).table.equals(count(read_table(path)).table)


@given(
    st.lists(
        st.tuples(st.integers(0, 12), st.sampled_from("ABCD"), st.sampled_from("WXYZ"), st.sampled_from("FM")),
        min_size=1,
        max_size=60,
    )
)
@settings(max_examples=40, deadline=None)
def test_counting_agrees_with_sets_of_reports(rows: list[tuple[int, str, str, str]]) -> None:
    frame = pl.DataFrame(rows, schema=["report", "product", "event", "sex"], orient="row").cast({"report": pl.Int64})
    lazy = frame.lazy()
    source = ReportSet(
        "made",
        lazy.select("report", "product", role=pl.lit("suspect")),
        lazy.select("report", "event"),
        lazy.group_by("report").agg(pl.col("sex").min()),
        ("sex",),
    )
    products: dict[str, set[int]] = {}
    events: dict[str, set[int]] = {}
    for report, product, event, _ in rows:
        products.setdefault(product, set()).add(report)
        events.setdefault(event, set()).add(report)
    sexes: dict[str, set[int]] = {}
    for report, sex in source.reports.collect().iter_rows():
        sexes.setdefault(sex, set()).add(report)
    plain, stratified = count(source), count(source, by=["sex"])
    assert plain.reports == len({row[0] for row in rows})
    for product, event, n, with_product, with_event, _ in plain.table.iter_rows():
        assert n == len(products[product] & events[event])
        assert (with_product, with_event) == (len(products[product]), len(events[event]))
        by_hand = sum(len(products[product] & s) * len(events[event] & s) / len(s) for s in sexes.values())
        assert of_pair(stratified, product, event)["expected"] == pytest.approx(by_hand)
    assert len(plain.table) == sum(bool(p & e) for p in products.values() for e in events.values())
