"""Every rule of rules.yaml that can be decided here is broken once, from a report that keeps them all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from assistant.triage.e2b.check import check_batch
from assistant.triage.e2b.conditions import Scope, holds
from assistant.triage.e2b.errors import TableInvalid
from assistant.triage.e2b.report import Batch, Group, Value
from assistant.triage.e2b.rules import rules
from assistant.triage.e2b.table import elements
from tests.assistant.triage.e2b.reports import BATCHES, NOW, changed

Spoil = dict[str, Value | None]


def _put(**values: str | None) -> Spoil:
    return {number.replace("_", "."): None if text is None else Value(text) for number, text in values.items()}


_NULL_NI, _NULL_NA = Value(null="NI"), Value(null="NA")
_COMBINED_MALFUNCTION: Spoil = _put(E_i_2_1b="10067482")
_BROKEN: dict[str, tuple[str, Spoil]] = {
    "R0004": ("postmarket", _put(N_1_4="ZZFDA_PREMKT")),
    "R0005": ("premarket", _put(N_1_4="ZZFDA")),
    "R0100": ("postmarket", _put(N_2_r_2="OTHER")),
    "R0006": ("postmarket", _put(N_2_r_3="CBER")),
    "R0007": ("premarket", _put(N_2_r_3="CDER")),
    "R0008": ("premarket", _put(C_1_3="1")),
    "R0110": ("premarket", _put(C_5_4=None)),
    "R0111": ("exempt", _put(C_1_3="1")),
    "R0112": ("premarket", _put(C_1_3="3")),
    "R0010": ("postmarket", {"C.1.6.1.r.representation": None}),
    "R0011": ("postmarket", {"C.1.7": _NULL_NI}),
    "R0012": ("postmarket", _put(FDA_C_1_7_1="2")),
    "R0013": ("postmarket", _put(C_1_7="false")),
    "R0014": ("postmarket", {"FDA.C.1.12": Value("false"), "FDA.C.1.7.1": Value("4")}),
    "R0015": ("postmarket", {"FDA.C.1.12": _NULL_NI, "C.1.7": Value("false")}),
    "R0016": ("premarket", _put(FDA_C_1_7_1="4")),
    "W0001": ("premarket", _put(D_1="AGGREGATE")),
    "R0101": ("postmarket", {}),
    "R0019": ("postmarket", _put(C_2_r_3=None)),
    "R0020": ("postmarket", _put(C_2_r_4=None)),
    "R0021": ("postmarket", _put(C_2_r_5=None)),
    "R0022": ("postmarket", _put(C_3_2=None)),
    "R0023": ("postmarket", _put(C_5_4=None)),
    "R0102": ("premarket", _put(C_5_4="4")),
    "R0103": ("postmarket", _put(C_1_3="1")),
    "R0104": ("postmarket", _put(C_5_4="4")),
    "R0113": ("premarket", _put(C_1_3="1")),
    "W0002": ("premarket", _put(D_1="AGGREGATE", C_5_4="2")),
    "R0024": ("premarket", _put(FDA_C_5_5a="12345")),
    "R0107": ("postmarket", _put(FDA_C_5_5a="123456")),
    "R0025": ("exempt", _put(FDA_C_5_5b=None)),
    "R0108": ("postmarket", _put(FDA_C_5_5b="123456")),
    "R0027": ("postmarket", _COMBINED_MALFUNCTION),
    "W0010": ("premarket", {}),
    "R0036": ("postmarket", _put(D_8_r_1=None)),
    "R0041": ("premarket", _put(D_9_1=None)),
    "R0044": ("postmarket", _put(D_9_2_r_2=None)),
    "R0048": ("postmarket", _put(D_9_4_r_2=None)),
    "R0051": ("postmarket", _put(D_10_6=None)),
    "W0003": ("postmarket", {"D.1": _NULL_NA}),
    "W0004": ("postmarket", _put(D_1="SUMMARY")),
    "R0061": ("postmarket", _put(F_r_1=None)),
    "R0062": ("postmarket", _put(F_r_2_1=None, F_r_2_2b=None)),
    "R0064": ("postmarket", _put(F_r_2_1=None, F_r_2_2b=None)),
    "R0065": ("postmarket", _put(F_r_3_1=None, F_r_3_2=None, F_r_3_3=None, F_r_3_4=None)),
    "R0066": ("postmarket", _put(F_r_3_1=None, F_r_3_2=None, F_r_3_3=None, F_r_3_4=None)),
    "R0068": ("postmarket", _put(F_r_3_1=None, F_r_3_2=None, F_r_3_3=None, F_r_3_4=None)),
    "W0005": ("postmarket", _put(G_k_1="2")),
    "R0114": ("postmarket", _put(C_5_4="2", G_k_3_1="IND123456")),
    "R0072": ("postmarket", _put(FDA_G_k_1_a=None)),
    "R0093": ("postmarket", {}),
    "R0094": ("postmarket", _put(FDA_G_k_12_r_4=None, FDA_G_k_12_r_5=None)),
    "R0095": ("postmarket", _put(FDA_G_k_12_r_4=None, FDA_G_k_12_r_5=None)),
    "R0096": ("postmarket", {"FDA.G.k.12.r.4": _NULL_NI, "FDA.G.k.12.r.5": _NULL_NI, "FDA.G.k.12.r.6": None}),
    "P03": ("postmarket", _put(N_2_r_4="20240304101113+0000")),
    "P06": ("postmarket", {"E.i.7": Value("5"), "E.i.3.2a": _NULL_NI}),
    "P10": ("postmarket", {"FDA.C.1.12": Value("false")}),
    "P02": ("postmarket", _put(E_i_2_1a="26.1")),
    "P04": ("postmarket", _put(C_1_5="20240303")),
    "P05": ("postmarket", _put(E_i_5="2022")),
    "P09": ("postmarket", _put(G_k_9_i_1="nowhere")),
    "P14": ("postmarket", _put(C_1_8_1="CA-ACME-0001")),
}  # fmt: skip


def _without_groups(*names: str) -> Callable[[Group], Group]:
    def spoil(report: Group) -> Group:
        for name in names:
            report = report.with_groups(name, ())
        return report

    return spoil


def _more(name: str, text: str) -> Callable[[Group], Group]:
    return lambda report: replace(report, groups=(*report.groups, Group(name, ((name, Value(text)),))))


def _first(owner: str, number: str) -> Callable[[Group], Group]:
    """One more element in the first group of a kind."""

    def spoil(report: Group) -> Group:
        first, *rest = report.all(owner)
        return report.with_groups(owner, (first.set(number, Value("x")), *rest))

    return spoil


def _typed(kind: str, change: Callable[[Group], Group]) -> Callable[[Group], Group]:
    return lambda report: change(report).set("FDA.C.1.7.1", Value(kind))


def _drugs(change: Callable[[Group], Group]) -> Callable[[Group], Group]:
    return lambda report: report.with_groups("G.k", tuple(change(drug) for drug in report.all("G.k")))


def _devices(change: Callable[[Group], Group]) -> Callable[[Group], Group]:
    return _drugs(lambda k: k.with_groups("FDA.G.k.12.r", tuple(change(d) for d in k.all("FDA.G.k.12.r"))))


def _judgements(number: str) -> Callable[[Group], Group]:
    def bare(drug: Group) -> Group:
        rows = tuple(
            row.with_groups("G.k.9.i.2.r", tuple(j.without(number) for j in row.all("G.k.9.i.2.r")))
            for row in drug.all("G.k.9.i")
        )
        return drug.with_groups("G.k.9.i", rows)

    return _drugs(bare)


_RESHAPED: dict[str, tuple[str, Callable[[Group], Group]]] = {
    "R0009": ("postmarket", lambda r: r.with_groups("C.1.6.1.r", ()).set("C.1.6.1", Value("true"))),
    "R0017": ("postmarket", _without_groups("C.1.9.1.r")),
    "R0026": ("premarket", _without_groups("FDA.C.5.6.r")),
    "R0109": ("postmarket", _more("FDA.C.5.6.r", "123456")),
    "R0035": ("postmarket", lambda r: r.with_groups("D.7.1.r", ()).without("D.7.2")),
    "W0010": ("premarket", _more("C.1.10.r", "US-A-1")),
    "R0069": ("postmarket", _drugs(lambda k: k.set("G.k.1", Value("2")))),
    "R0070": ("premarket", _drugs(lambda k: k.set("G.k.1", Value("2")))),
    "R0071": ("exempt", _drugs(lambda k: k.set("G.k.1", Value("2")))),
    "R0085": ("premarket", _judgements("G.k.9.i.2.r.1")),
    "R0086": ("premarket", _judgements("G.k.9.i.2.r.2")),
    "R0087": ("premarket", _judgements("G.k.9.i.2.r.3")),
    "W0006": ("exempt", _drugs(lambda k: k.with_groups("FDA.G.k.10a", ()))),
    "R0092": ("postmarket", _typed("5", _devices(lambda d: d.set("FDA.G.k.12.r.1", Value("false"))))),
    "R0093": ("postmarket", _devices(lambda d: d.with_groups("FDA.G.k.12.r.3.r", ()))),
    "W0007": ("postmarket", _typed("4", _devices(lambda d: d.with_groups("FDA.G.k.12.r.11.r", ())))),
    "P11": ("postmarket", _first("G.k", "G.k.2.1.2b")),
    "P12": ("postmarket", _first("D.8.r", "D.8.r.3b")),
    "P13": ("postmarket", _first("D.10.8.r", "D.10.8.r.3b")),
    "P01": ("postmarket", lambda r: r.with_groups("C.2.r", r.all("C.2.r") * 2)),
    "P07": ("postmarket", _without_groups("E.i")),
    "P08": ("postmarket", _without_groups("G.k")),
}  # fmt: skip
_GENERAL = {"required", "code", "length", "future", "precision"}
"""Shown element by element in test_elements."""


def _found(batch: Batch, earlier: list[str]) -> set[str]:
    return {violation.rule for violation in check_batch(batch, NOW, sent_before=earlier)}


def _pairs() -> list[tuple[str, str]]:
    """Rules that ask for an element where its partner is given."""
    decided = [rule for rule in rules() if rule.then == ((f"{rule.element} given",),) and len(rule.when) == 1]
    return [(rule.id, rule.element) for rule in decided if rule.id not in _BROKEN and rule.id not in _RESHAPED]


@pytest.mark.parametrize(("rule", "element"), _pairs())
def test_an_element_that_its_partner_needs(rule: str, element: str) -> None:
    batch = changed(BATCHES["postmarket"](), element, None)
    found = [violation for violation in check_batch(batch, NOW) if violation.rule == rule]
    assert found
    assert found[0].element == element
    assert "although" in found[0].wrong


@pytest.mark.parametrize("rule", _BROKEN)
def test_a_rule_broken_by_values(rule: str) -> None:
    name, spoil = _BROKEN[rule]
    batch = BATCHES[name]()
    if not spoil:
        batch = _reshape(batch, _RESHAPED[rule][1]) if rule in _RESHAPED else batch
    for number, value in spoil.items():
        if any(group.value(number) for top in (batch.header, *batch.reports) for group in top.walk()):
            batch = changed(batch, number, value)
        elif value is not None:
            batch = replace(batch, reports=(batch.reports[0].set(number, value),))
    assert rule in _found(batch, [])


def _reshape(batch: Batch, change: Callable[[Group], Group]) -> Batch:
    return replace(batch, reports=(change(batch.reports[0]),))


@pytest.mark.parametrize("rule", _RESHAPED)
def test_a_rule_broken_by_groups(rule: str) -> None:
    name, change = _RESHAPED[rule]
    assert rule in _found(_reshape(BATCHES[name](), change), ["US-ACME-0001"])


def test_every_rule_is_broken_by_a_test_or_says_why_it_cannot_be_decided() -> None:
    tested = {rule for rule, _ in _pairs()} | set(_BROKEN) | set(_RESHAPED) | _GENERAL
    decided = {rule.id for rule in rules() if not rule.not_decided}
    assert decided - tested == set()
    undecided = {rule.id for rule in rules() if rule.not_decided}
    assert undecided == {"R0105", "R0106", "W0012", "W0009", "W0008"}
    assert all(len(rule.not_decided) > 20 for rule in rules() if rule.not_decided)


def test_the_fdas_table_is_there_in_full() -> None:
    theirs = [rule.id for rule in rules() if rule.id[0] in "RW" and rule.id[1:].isdigit()] + ["C.1.11.2"]
    assert len(theirs) == len(set(theirs)) == 122
    assert {rule.id for rule in rules()} >= {"C.1.11.2"}


def test_every_conditional_element_is_bound_by_a_rule() -> None:
    bound = {rule.element for rule in rules()}
    conditional = {e.number for e in elements() if "conditional" in {e.ich, e.post, e.pre}}
    assert conditional - bound == set()


def test_first_reports_are_only_known_with_the_desks_memory() -> None:
    batch = changed(BATCHES["postmarket"](), "C.1.11.1", Value("2"))
    assert "R0101" in _found(batch, [])
    assert "R0101" not in _found(batch, ["US-ACME-0001"])
    assert "R0101" not in {violation.rule for violation in check_batch(batch, NOW)}


def test_every_violation_says_where_what_and_how_to_mend() -> None:
    batch = changed(BATCHES["postmarket"](), "E.i.7", Value("9"))
    (found,) = check_batch(batch, NOW)
    assert (found.element, found.where) == ("E.i.7", "report 1, E.i[1]")
    assert "9" in found.wrong
    assert "fatal" in found.mend
    assert str(found).startswith("E.i.7 (report 1, E.i[1]): ")


@pytest.mark.parametrize("condition", ["C.1.3 equals 2", "C.1.3", "any C.1.3 resembles 2", "same"])
def test_a_condition_that_cannot_be_read_is_refused(condition: str) -> None:
    with pytest.raises(TableInvalid, match="cannot be read"):
        holds(condition, Scope(Group("N.2.r")))
