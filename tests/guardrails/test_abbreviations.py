"""No unsafe abbreviation in a sentence of ours; one in a quote is only said."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from guardrails.abbreviations import TABLE, find, read_list
from guardrails.errors import RuleInvalid
from guardrails.verdict import Severity

SENTENCES = [
    # (sentence, the rules that find fault)
    ("Take 1.0 mg of warfarin daily.", {"trailing-zero"}),
    ("Take 1.0mg of warfarin daily.", {"trailing-zero"}),
    ("Give 10.00 mcg/kg.", {"trailing-zero"}),
    ("Take 1 mg of warfarin daily.", set()),
    ("Take 1.05 mg.", set()),
    ("Take 2.50 mg.", set()),  # not on the list: the number is no whole one
    ("Take 10 mg.", set()),
    ("Keep the INR at 2.0 to 3.0.", set()),  # a laboratory value
    ("Potassium below 4.0 mEq/L is corrected first.", set()),
    ("A level of 12.0 mg/dL is toxic.", set()),
    ("A solution of 5.0 mg/mL is given.", {"trailing-zero"}),
    ("See version 1.0 of the label.", set()),
    ("Give 1,500.0 mg once.", {"trailing-zero"}),
    ("Give .5 mg once.", {"naked-decimal"}),
    ("Give 0.5 mg once.", set()),
    ("Increase by .25 mL.", {"naked-decimal"}),
    ("See section 2.5.", set()),
    ("Inject 10U before breakfast.", {"unit-u"}),
    ("Inject 10 U before breakfast.", {"unit-u"}),
    ("Inject 4u.", {"unit-u"}),
    ("Give 0.1 u/kg/h.", {"unit-u"}),
    ("Inject 10 units before breakfast.", set()),
    ("Use the U-100 pen.", set()),
    ("Use the 100 U-shaped clip.", set()),
    ("Give 5000 IU of heparin.", {"unit-iu"}),
    ("Give 5,000iu.", {"unit-iu"}),
    ("Give 5,000 international units.", set()),
    ("Take 5 mg qd.", {"qd"}),
    ("Take 5 mg Q.D.", {"qd"}),
    ("Take 5 mg q d", {"qd"}),
    ("Take 5 mg QID.", set()),
    ("Take 5 mg q.i.d.", set()),
    ("Take 5 mg qds.", set()),
    ("Take 5 mg daily.", set()),
    ("Take 5 mg QOD.", {"qod"}),
    ("Take 5 mg q.o.d.", {"qod"}),
    ("Take 5 mg every other day.", set()),
    ("Give MS 10 mg.", {"ms-dose"}),
    ("Give 10 mg MS now.", {"ms-dose"}),
    ("In MS it is given once weekly.", set()),  # multiple sclerosis
    ("Relapsing MS: 44 mcg three times a week.", set()),
    ("Give MSO4 10 mg.", {"mso4"}),
    ("Give 2 g of MgSO4.", {"mso4"}),
    ("Give 50 µg daily.", {"micro"}),
    ("Give 50 μg daily.", {"micro"}),  # the Greek letter
    ("Give 50 mcg daily.", set()),
    ("Give 5 cc.", {"cc"}),
    ("Give 5 mL.", set()),
    ("", set()),
]


@pytest.mark.parametrize(("sentence", "rules"), SENTENCES)
def test_what_is_unsafe_is_found_and_nothing_else(sentence: str, rules: set[str]) -> None:
    assert {one.rule.removeprefix("abbreviation.") for one in find(sentence)} == rules


BLOCKS = {"trailing-zero", "naked-decimal", "unit-u", "unit-iu", "qd", "qod", "ms-dose", "mso4"}


@pytest.mark.parametrize(("sentence", "rules"), [one for one in SENTENCES if one[1]])
def test_the_worst_are_never_written_and_a_quote_is_only_informed_of(sentence: str, rules: set[str]) -> None:
    for finding in find(sentence):
        name = finding.rule.removeprefix("abbreviation.")
        assert (finding.severity is Severity.BLOCK) == (name in BLOCKS)
        assert finding.evidence.startswith("The Joint Commission")
    assert {one.severity for one in find(sentence, verbatim=True)} == {Severity.INFORM}


def test_a_finding_says_where_and_what_to_write_instead() -> None:
    (finding,) = find("Inject 10U now.")
    assert "Inject 10U now."[slice(*finding.span)] == "U"
    assert finding.explanation == "“U” is unsafe: it is read as 0, 4 or cc. Write “units”."


def test_findings_come_in_the_order_of_the_text() -> None:
    found = find("Take 5 mg qd, then 1.0 mg, then .5 mg.")
    assert [one.rule for one in found] == [
        "abbreviation.qd",
        "abbreviation.trailing-zero",
        "abbreviation.naked-decimal",
    ]


BROKEN = [
    # (field of the first entry, value, what the message says)
    ("pattern", "(", "no regular expression"),
    ("source", "hearsay", "no source named"),
    ("severity", "perhaps", "severity"),
    ("because", "so", "Extra inputs"),
]


@pytest.mark.parametrize(("field", "value", "message"), BROKEN)
def test_a_list_that_cannot_be_used_is_refused(field: str, value: str, message: str, tmp_path: Path) -> None:
    table = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    table["entries"][0][field] = value
    (tmp_path / "broken.yaml").write_text(yaml.safe_dump(table), encoding="utf-8")
    with pytest.raises(RuleInvalid, match=message):
        read_list(tmp_path / "broken.yaml")


def test_a_list_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleInvalid, match="cannot be read"):
        read_list(tmp_path / "missing.yaml")
