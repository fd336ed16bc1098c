"""The desk's cases as reports: what counts, under which name, and in which stratum."""

from __future__ import annotations

from decimal import Decimal

import pytest

from assistant.triage.case import Event
from assistant.triage.people_in_case import Measure, PatientFacts, Sex
from assistant.triage.product import Product, ProductRole, Substance
from assistant.triage.signals.cases import of_cases
from assistant.triage.signals.counts import count
from assistant.triage.signals.errors import ReportsInvalid
from assistant.triage.signals.report_set import ReportSet, Roles
from assistant.triage.states import State
from assistant.triage.terms import Term
from tests.assistant.triage.made_cases import full_case

HEADACHE = Event("e1", "my head hurts", Term("pharmassist", "1", "1", "Headache"))


def strata_of(source: ReportSet) -> dict[str, str]:
    [row] = source.reports.collect().to_dicts()
    return row


def pairs(source: ReportSet, roles: Roles = Roles.SUSPECT) -> set[tuple[str, str]]:
    return set(count(source, roles=roles).table.select("product", "event").iter_rows())


def test_the_coded_term_and_the_ingredient_name_a_pair() -> None:
    case = full_case(HEADACHE, products=(Product("p1", "Glucophage 500", ingredient="metformin"),))
    assert pairs(of_cases([case])) == {("METFORMIN", "HEADACHE")}


def test_without_them_the_words_as_reported_do() -> None:
    mixed = Product("p2", "Mix", substances=(Substance("s2", "zinc"), Substance("s1", "iron")))
    case = full_case(Event("e1", "felt  odd"), products=(Product("p1", "Brandex"), mixed))
    assert pairs(of_cases([case])) == {("BRANDEX", "FELT ODD"), ("IRON / ZINC", "FELT ODD")}


def test_a_medicine_that_was_not_given_and_a_concomitant_one_are_no_suspects() -> None:
    products = (
        *(Product("p1", "a"), Product("p2", "b", ProductRole.CONCOMITANT)),
        *(Product("p3", "c", ProductRole.NOT_ADMINISTERED), Product("p4", "d", ProductRole.INTERACTING)),
    )
    source = of_cases([full_case(HEADACHE, products=products)])
    assert pairs(source) == {("A", "HEADACHE"), ("D", "HEADACHE")}
    assert pairs(source, Roles.ALL) == {("A", "HEADACHE"), ("B", "HEADACHE"), ("D", "HEADACHE")}


def test_duplicates_invalid_cases_and_candidates_are_left_out_and_told() -> None:
    states = (State.OPEN, State.MERGED, State.NOT_VALID, State.CANDIDATE, State.CLOSED)
    cases = [full_case(HEADACHE, id=f"c{place}", state=state) for place, state in enumerate(states)]
    source = of_cases(cases)
    assert count(source).reports == 2
    assert source.notices == (
        "1 cases were left out: duplicates, counted under their master",
        "1 cases were left out: closed as not valid",
        "1 cases were left out: candidates that nobody has looked at",
    )
    assert count(of_cases(cases, with_candidates=True)).reports == 3


def test_strata_of_a_case() -> None:
    row = strata_of(of_cases([full_case(country="US")]))
    assert row["year"] == "2026"
    assert row["quarter"] == "2026Q1"
    assert row["serious"] == "yes"
    assert row["country"] == "US"


@pytest.mark.parametrize(
    ("value", "unit", "group"),
    [
        *(("0", "d", "0-1"), ("23", "mo", "0-1"), ("24", "mo", "2-11"), ("11", "a", "2-11"), ("12", "a", "12-17")),
        *(
            ("17.9", "a", "12-17"),
            ("18", "a", "18-64"),
            ("64", "a", "18-64"),
            ("65", "a", "65-74"),
            ("7", "10.a", "65-74"),
        ),
        *(("75", "a", "75 and over"), ("130", "a", "unknown"), ("-1", "a", "unknown"), ("30", "stone", "unknown")),
    ],
)
def test_age_is_grouped_with_its_unit(value: str, unit: str, group: str) -> None:
    case = full_case(patient=PatientFacts(age=Measure(Decimal(value), unit), sex=Sex.FEMALE))
    row = strata_of(of_cases([case]))
    assert row["age_group"] == group
    assert row["sex"] == "female"


def test_an_event_that_nobody_judged_leaves_seriousness_unknown() -> None:
    assert strata_of(of_cases([full_case(HEADACHE)]))["serious"] == "unknown"
    judged = Event("e1", "mild rash", judged_not_serious_by="p-ann")
    assert strata_of(of_cases([full_case(judged)]))["serious"] == "no"


def test_no_case_is_refused_in_words() -> None:
    with pytest.raises(ReportsInvalid, match="the desk's cases has no report"):
        count(of_cases([]))
