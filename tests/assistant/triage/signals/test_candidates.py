"""Thresholds as data, what crosses them, what cannot be judged, and how rows are chosen."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from assistant.triage.signals.candidates import Measured, SignalRow, candidates, measure, rows
from assistant.triage.signals.counts import count
from assistant.triage.signals.errors import FaersInvalid, ReportsInvalid
from assistant.triage.signals.shrinker import Prior
from assistant.triage.signals.sources import opened, write_csv
from assistant.triage.signals.thresholds import PATH, read_thresholds, shipped
from guardrails.errors import RuleInvalid
from tests.assistant.triage.signals.faers_files import Report, texts, write_zip
from tests.assistant.triage.signals.tables import Row, reports, two_by_two, written

PRIOR = Prior(3.2538, 0.3999, 2.0261, 1.9081, 0.0653)


def measured(folder: Path, table: list[Row], prior: Prior | None = PRIOR) -> Measured:
    return measure(count(reports(folder, table)), prior=prior)


def pair(one: Measured, product: str = "A", event: str = "X") -> SignalRow:
    [row] = rows(one, products=[product], events=[event], every_pair=True)
    return row


@pytest.mark.parametrize(
    ("table", "crossed"),
    [
        # both, A only, X only, neither: PRR, chi-square (Yates), n; ROR low; IC low; EB05.
        ((10, 90, 100, 9800), {"prr", "ror", "ic", "eb05"}),
        ((3, 27, 100, 9870), {"prr", "ror?", "ic?"}),  # PRR 9.97, chi-square 14, three reports: ROR needs five
        ((2, 18, 100, 9880), set()),  # two reports are too few for every rule
        ((20, 180, 980, 8820), set()),  # exactly as often as expected
        ((60, 40, 3000, 6900), {"ror", "ic"}),  # PRR 1.98 is below two
    ],
)
def test_each_rule_on_both_sides(tmp_path: Path, table: tuple[int, int, int, int], crossed: set[str]) -> None:
    row = pair(measured(tmp_path, two_by_two(*table)))
    must = {each for each in crossed if not each.endswith("?")}
    may = {each.rstrip("?") for each in crossed}
    assert must <= set(row.crossed) <= may
    assert "ror" not in row.crossed or row.n >= 5
    assert row.not_judged == ()


def test_a_rule_that_cannot_be_judged_is_listed_and_not_passed_over(tmp_path: Path) -> None:
    row = pair(measured(tmp_path, two_by_two(6, 4, 0, 90)))
    assert (row.prr, row.prr_low, row.ror) == (None, None, None)
    assert row.not_judged == ("prr", "ror")
    assert row.undefined == "no other product was reported with this event, so PRR and ROR have no comparison"
    assert "ic" in row.crossed


def test_too_few_reports_settle_a_rule_even_where_a_measure_is_not_defined(tmp_path: Path) -> None:
    row = pair(measured(tmp_path, two_by_two(2, 4, 0, 90)))
    assert row.not_judged == ()
    assert "prr" not in row.crossed


def test_without_a_prior_the_shrinker_is_not_judged_and_a_notice_says_why(tmp_path: Path) -> None:
    small = measured(tmp_path, two_by_two(10, 90, 100, 800), prior=None)
    assert small.prior is None
    [notice] = small.notices
    assert notice.startswith("EBGM is not computed: 4 pairs are too few")
    row = pair(small)
    assert (row.ebgm, row.eb05) == (None, None)
    assert row.not_judged == ("eb05",)


def test_no_number_is_ever_infinite_or_not_a_number(tmp_path: Path) -> None:
    mixed = [*two_by_two(6, 4, 0, 90), ("z1", "C", "Z"), ("z2", "D", "X"), ("z2", "D", "Y"), ("z2", "A", "Z")]
    for row in rows(measured(tmp_path, mixed), every_pair=True):
        for name in SignalRow.__slots__:
            value = getattr(row, name)
            assert not isinstance(value, float) or math.isfinite(value), (row, name)


def test_candidates_come_strongest_first_and_can_be_cut(tmp_path: Path) -> None:
    table = two_by_two(10, 90, 100, 9800)
    table += [(f"c{place}", "C", "Z") for place in range(12)] + [(f"d{place}", "D", "Z") for place in range(3)]
    found = candidates(reports(tmp_path, table), prior=PRIOR)
    assert [row.product for row in found][:2] == ["C", "A"]
    strengths = [row.eb05 for row in found if row.eb05 is not None]
    assert strengths == sorted(strengths, reverse=True)
    assert candidates(reports(tmp_path, table), prior=PRIOR, most=1) == found[:1]
    by_reports = candidates(reports(tmp_path, table), prior=PRIOR, rank="n")
    assert [row.n for row in by_reports] == sorted((row.n for row in by_reports), reverse=True)


def test_a_name_that_no_report_has_is_refused_and_not_an_empty_list(tmp_path: Path) -> None:
    one = measured(tmp_path, two_by_two(5, 5, 5, 5))
    assert rows(one, products=[" a "], every_pair=True)
    with pytest.raises(ReportsInvalid, match="no report has the product Asprin"):
        rows(one, products=["Asprin"])


def test_the_shipped_thresholds_name_their_sources() -> None:
    rules = {each.id: each for each in shipped().rules}
    assert set(rules) == {"prr", "ror", "ic", "eb05"}
    assert "2001" in rules["prr"].source
    assert [(each.measure, each.limit, each.strict) for each in rules["prr"].conditions] == [
        *(("prr", 2.0, False), ("chi2", 4.0, False), ("n", 3.0, False)),
    ]
    assert rules["ic"].conditions[0].strict


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("measure: ic_low, above: 0", "measure: ic_low", "give either above or at_least"),
        ("measure: ic_low, above: 0", "measure: ic_low, above: 0, at_least: 0", "give either above or at_least"),
        ("measure: eb05", "measure: eb50", "eb05"),
        ("id: eb05", "id: prr", "two rules have one id"),
        ("below: 12}", "below: 2}", "do not rise"),
        ("version:", "versions:", "version"),
        ("rules:", "rules: []\nother:", "rules"),
    ],
)
def test_a_file_of_thresholds_with_a_fault_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    text = PATH.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "signals.yaml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RuleInvalid, match=message):
        read_thresholds(path)


def test_own_thresholds_decide(tmp_path: Path) -> None:
    path = tmp_path / "signals.yaml"
    path.write_text(PATH.read_text(encoding="utf-8").replace("at_least: 3}", "at_least: 300}"), encoding="utf-8")
    given = reports(tmp_path, two_by_two(10, 90, 100, 9800))
    [row] = rows(measure(count(given), prior=PRIOR, rules=read_thresholds(path)), products=["A"], events=["X"])
    assert "prr" not in row.crossed
    assert "ror" in row.crossed


def test_the_csv_holds_every_pair_and_no_formula(tmp_path: Path) -> None:
    table = [*two_by_two(3, 2, 0, 9), ("e1", "=CMD()", "@X"), ("e2", "-5 HOUR", "+Y")]
    one = measured(tmp_path, table)
    write_csv(one, tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8", newline="") as opened_csv:
        read = list(csv.DictReader(opened_csv))
    assert len(read) == len(one.table)
    assert {"'=CMD()", "'-5 HOUR"} <= {row["product"] for row in read}
    assert not any(row[name].startswith(("=", "+", "-", "@")) for row in read for name in ("product", "event"))
    undefined = next(row for row in read if (row["product"], row["event"]) == ("A", "X"))
    assert undefined["prr"] == ""
    with pytest.raises(ReportsInvalid, match="cannot be written"):
        write_csv(one, tmp_path)


def test_a_source_is_recognised_by_what_it_is(tmp_path: Path) -> None:
    with opened(written(tmp_path, two_by_two(1, 1, 1, 1))) as table:
        assert count(table).reports == 4
    quarter = write_zip(tmp_path / "q.zip", "25Q1", texts([Report(1, 1, (("PS", "a", "A"),), ("x",))]))
    with opened(quarter) as faers:
        assert count(faers).reports == 1
    (tmp_path / "notes.docx").write_bytes(b"")
    with pytest.raises(ReportsInvalid, match="is no table"), opened(tmp_path / "notes.docx"):
        pass
    (tmp_path / "empty").mkdir()
    with pytest.raises(FaersInvalid, match="No FAERS quarter"), opened(tmp_path / "empty"):
        pass
