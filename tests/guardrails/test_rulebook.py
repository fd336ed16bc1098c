"""The schema of the dose rules: what a file may say, what is refused, and how rules are found."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from guardrails.errors import RuleInvalid
from guardrails.reading.ucum import MASS_LIKE, TIMES
from guardrails.rulebook import Amount, Caution, Limit, LimitKind, MedicineRules, Rulebook, Span, read_rules
from guardrails.verdict import Severity

_GOOD = """
id: example
version: "1"
ingredients: [examplin hydrochloride]
sources:
  label: {title: Examplin tablets, publisher: Example Ltd, effective: 2026-01-31}
limits:
  - {id: most, kind: daily_max, value: 40 mg, severity: block, section: "2.1", text: The most is 40 mg a day.}
cautions:
  - {id: milk, kind: lactation, severity: warn, section: "8.2", text: Examplin passes into milk.}
"""


def _read(tmp_path: Path, text: str) -> MedicineRules:
    path = tmp_path / "example.yaml"
    path.write_text(text, encoding="utf-8")
    return read_rules(path)


def test_a_good_file_is_read(tmp_path: Path) -> None:
    rules = _read(tmp_path, _GOOD)
    assert rules.limits[0].value == Amount(value=Decimal(40), unit="mg")
    assert rules.limits[0].kind is LimitKind.DAILY_MAX
    assert rules.cautions[0].severity is Severity.WARN
    assert rules.reviewed_by == ""
    assert not rules.candidate


# What is changed in the good file, and a word of the message that refuses it.
REFUSED = [
    ("value: 40 mg", "value: 40", r"limits\.0\.value"),
    ("value: 40 mg", 'value: "40"', "no unit"),
    ("value: 40 mg", "value: forty mg", "cannot be read"),
    ("kind: daily_max", "kind: daily_most", "kind"),
    ("severity: block", "severity: stop", "severity"),
    ('section: "2.1"', 'section: ""', "section"),
    ("text: The most is 40 mg a day.", "text: Short", "text"),
    ('section: "2.1"', 'section: "2.1", source: other', "no source named other"),
    ('section: "2.1"', 'section: "2.1", when: {age: 18}', "age"),
    ('section: "2.1"', 'section: "2.1", when: {age: 18 a to 65 a}', "no span"),
    ('section: "2.1"', 'section: "2.1", when: {age: 18 jahre..}', "unknown unit"),
    ('section: "2.1"', 'section: "2.1", when: {ages: 18 a..}', "ages"),
    ("id: milk", "id: most", "same id"),
    ("publisher: Example Ltd, ", "", "publisher"),
    ("effective: 2026-01-31", "effective: lately", "effective"),
    ("ingredients: [examplin hydrochloride]", "ingredients: []", "ingredients"),
    ("sources:", "wages:", "sources"),
    ('version: "1"', 'version: "1"\nreviewer: A. Example', "reviewer"),
    ('version: "1"', 'version: "1"\ncandidate: true', "never blocks"),
    ("limits:", "limits: [", "cannot be read"),
]


@pytest.mark.parametrize(("old", "new", "message"), REFUSED)
def test_a_file_that_says_anything_else_is_refused_by_name(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in _GOOD
    with pytest.raises(RuleInvalid, match=message) as refused:
        _read(tmp_path, _GOOD.replace(old, new, 1))
    assert "example.yaml" in str(refused.value)


def test_a_file_without_rules_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RuleInvalid, match="no rule file"):
        _read(tmp_path, _GOOD.split("limits:")[0])


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "example.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RuleInvalid, match=r"example\.yaml"):
        Rulebook.load(tmp_path)


# A span as a rule writes it, a value, and whether the value lies in it. Ages are in years.
SPANS = [
    ("18 a..", "17.99", False),
    ("18 a..", "18", True),
    ("..18 a", "18", False),
    ("..18 a", "17.99", True),
    ("2 a..12 a", "2", True),
    ("2 a..12 a", "12", False),
    ("3 a..=12 a", "12", True),
    ("3 a..=12 a", "12.01", False),
    ("6 mo..2 a", "0.5", True),
    ("6 mo..2 a", "0.49", False),
    ("..30", "30", False),
    ("..=30", "30", True),
    ("..=30", "30.1", False),
    ("..=60 kg", "60", True),
    ("30..=60", "29.9", False),
]


@pytest.mark.parametrize(("span", "value", "holds"), SPANS)
def test_a_span_holds_from_its_first_to_its_last_value(tmp_path: Path, span: str, value: str, holds: bool) -> None:
    rules = _read(tmp_path, _GOOD.replace('section: "2.1"', f'section: "2.1", when: {{age: {span}}}'))
    read = rules.limits[0].when.age
    assert read is not None
    assert read.holds(Decimal(value)) is holds


@given(st.decimals(allow_nan=False, allow_infinity=False, places=2), st.booleans())
def test_an_included_end_differs_at_the_end_only(value: Decimal, included: bool) -> None:
    span = Span(low=None, high=Decimal(30), high_included=included)
    assert span.holds(value) is (value < 30 or (included and value == 30))


# An amount as a rule writes it: number, unit and what it is counted per.
AMOUNTS = [
    ("2,550 mg", "2550", "mg", ()),
    ("0.09 mg/kg", "0.09", "mg", ("kg",)),
    ("1.5 mg/kg/h", "1.5", "mg", ("kg", "h")),
    ("30 mg/m2", "30", "mg", ("m2",)),
    ("120 [arb'U]", "120", "[arb'U]", ()),
]


@pytest.mark.parametrize(("written", "value", "unit", "per"), AMOUNTS)
def test_an_amount_is_exact(tmp_path: Path, written: str, value: str, unit: str, per: tuple[str, ...]) -> None:
    quoted = f'"{written}"'
    read = _read(tmp_path, _GOOD.replace("value: 40 mg", f"value: {quoted}")).limits[0].value
    assert read == Amount(value=Decimal(value), unit=unit, per=per)


def test_rules_are_found_by_ingredient_whatever_its_salt(tmp_path: Path) -> None:
    rulebook = Rulebook([_read(tmp_path, _GOOD)])
    assert [rules.id for rules in rulebook.of("Examplin")] == ["example"]
    assert [rules.id for rules in rulebook.of("examplin hydrochloride")] == ["example"]
    assert rulebook.of("otherin") == ()


def test_a_candidate_fills_gaps_and_never_stands_beside_a_written_limit_of_its_kind(tmp_path: Path) -> None:
    written = _read(tmp_path, _GOOD)
    looser = _GOOD.replace('version: "1"', 'version: "1"\ncandidate: true').replace("block", "warn")
    looser = looser.replace("40 mg", "400 mg").replace("id: most, kind: daily_max", "id: most, kind: {kind}")
    daily, single = (_read(tmp_path, looser.replace("{kind}", kind)) for kind in ("daily_max", "single_max"))
    assert Rulebook([written, daily]).of("examplin") == (written,)
    assert Rulebook([daily]).of("examplin")[0].limits == daily.limits
    found = Rulebook([written, single]).of("examplin")
    assert [(rules.candidate, [limit.kind for limit in rules.limits]) for rules in found] == [
        (False, [LimitKind.DAILY_MAX]),
        (True, [LimitKind.SINGLE_MAX]),
    ]


def test_the_shipped_rules_are_read() -> None:
    rulebook = Rulebook.load()
    names = [rules.id for rules in rulebook.medicines]
    assert len(names) == len(set(names))
    assert not any(rules.candidate for rules in rulebook.medicines)


SHIPPED = Rulebook.load()


@pytest.mark.parametrize("rules", SHIPPED.medicines, ids=lambda rules: rules.id)
def test_units_of_shipped_limits_are_those_of_their_kind(rules: MedicineRules) -> None:
    assert not [limit.id for limit in rules.limits if not _is_measured_as_its_kind(limit)]


def _is_measured_as_its_kind(limit: Limit) -> bool:
    unit, per = limit.value.unit, limit.value.per
    if limit.kind in (LimitKind.INTERVAL_MIN, LimitKind.DURATION_MAX):
        return unit in TIMES and not per
    if limit.kind is LimitKind.DOSES_PER_DAY_MAX:
        return unit == "1" and not per
    if limit.kind is LimitKind.RATE_MAX:
        return bool(per) and per[-1] in TIMES and (unit in MASS_LIKE or unit == "mL")
    return unit in MASS_LIKE | {"mL", "{puff}", "{spray}", "{tablet}", "{patch}"} and per in ((), ("kg",), ("m2",))


@pytest.mark.parametrize("rules", SHIPPED.medicines, ids=lambda rules: rules.id)
def test_a_cap_is_given_only_per_kg_or_m2_and_in_a_unit_without_either(rules: MedicineRules) -> None:
    capped = [limit for limit in rules.limits if limit.cap is not None]
    assert all(limit.value.per and limit.cap is not None and "kg" not in limit.cap.per for limit in capped)


@pytest.mark.parametrize("rules", SHIPPED.medicines, ids=lambda rules: rules.id)
def test_no_shipped_rule_can_never_hold(rules: MedicineRules) -> None:
    every: tuple[Limit | Caution, ...] = (*rules.limits, *rules.cautions)
    whens = [rule.when for rule in every]
    spans = [span for when in whens for span in (when.age, when.weight, when.crcl, when.egfr) if span is not None]
    for span in spans:
        assert span.low is None or span.high is None or span.holds(span.low)
    assert all(set(when.hepatic) <= {"A", "B", "C"} for when in whens)
    assert all(word == word.lower() for when in whens for word in (*when.states, *when.indications, *when.forms))
