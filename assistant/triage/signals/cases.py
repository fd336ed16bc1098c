"""The desk's own cases as a set of reports: one case is one report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import polars as pl

from assistant.triage.case import Case
from assistant.triage.people_in_case import Measure, Qualification
from assistant.triage.product import Product, ProductRole
from assistant.triage.signals.age import age_group
from assistant.triage.signals.report_set import UNKNOWN, ReportSet, folded
from assistant.triage.states import State

STRATA = ("sex", "age_group", "year", "quarter", "country", "reporter", "serious")

NOT_COUNTED = {
    State.MERGED: "duplicates, counted under their master",
    State.NOT_VALID: "closed as not valid",
    State.CANDIDATE: "candidates that nobody has looked at",
}

_YEARS = {"a": 1.0, "10.a": 10.0, "mo": 1 / 12, "wk": 7 / 365.25, "d": 1 / 365.25, "h": 1 / 8766}
"""Years in a UCUM unit of age."""


@dataclass(frozen=True, slots=True)
class _Facts:
    """What stratifies a case."""

    report: str
    sex: str
    years: float | None
    year: str
    quarter: str
    country: str
    reporter: str
    serious: str


def of_cases(cases: Iterable[Case], *, with_candidates: bool = False) -> ReportSet:
    """The cases that count; duplicates, cases closed as not valid and (unless asked for) candidates are left out.

    A product is its ingredient where the desk knows it, an event its coded term where there is one; else the words as
    reported.
    """
    left_out = dict.fromkeys(NOT_COUNTED, 0)
    products: list[tuple[str, str, str]] = []
    events: list[tuple[str, str]] = []
    facts: list[_Facts] = []
    for case in cases:
        if case.state in left_out and not (with_candidates and case.state is State.CANDIDATE):
            left_out[case.state] += 1
            continue
        products += [(case.id, _named(each), str(each.role)) for each in _taken(case.products)]
        events += [(case.id, each.term.text if each.term else each.verbatim) for each in case.events]
        facts.append(_facts(case))
    told = tuple(f"{number} cases were left out: {NOT_COUNTED[state]}" for state, number in left_out.items() if number)
    return _set(products, events, facts, told)


def _set(
    products: list[tuple[str, str, str]], events: list[tuple[str, str]], facts: list[_Facts], told: tuple[str, ...]
) -> ReportSet:
    text = pl.String
    named = pl.LazyFrame(products, schema={"report": text, "product": text, "role": text}, orient="row")
    coded = pl.LazyFrame(events, schema={"report": text, "event": text}, orient="row")
    kinds = {each: (pl.Float64 if each == "years" else text) for each in _Facts.__dataclass_fields__}
    reports = pl.LazyFrame([tuple(getattr(each, name) for name in kinds) for each in facts], schema=kinds, orient="row")
    return ReportSet(
        name="the desk's cases",
        products=named.with_columns(folded(pl.col("product")).alias("product")).drop_nulls(),
        events=coded.with_columns(folded(pl.col("event")).alias("event")).drop_nulls(),
        reports=reports.with_columns(age_group(pl.col("years")).alias("age_group")).select("report", *STRATA),
        strata=STRATA,
        notices=told,
    )


def _taken(products: tuple[Product, ...]) -> Iterator[Product]:
    """What the patient took; a medicine that was not given caused nothing."""
    return (each for each in products if each.role is not ProductRole.NOT_ADMINISTERED)


def _named(product: Product) -> str:
    substances = " / ".join(sorted(each.name for each in product.substances if each.name))
    return product.ingredient or substances or product.name


def _facts(case: Case) -> _Facts:
    day = min((each.day for each in case.receipts), default=case.opened_at.date())
    patient = case.patient
    return _Facts(
        report=case.id,
        sex=str(patient.sex) if patient.sex else UNKNOWN,
        years=_years(patient.age),
        year=str(day.year),
        quarter=f"{day.year}Q{(day.month + 2) // 3}",
        country=case.country or UNKNOWN,
        reporter=_reporter(case),
        serious=_serious(case),
    )


def _years(age: Measure | None) -> float | None:
    return float(age.value) * _YEARS[age.unit] if age and age.unit in _YEARS else None


def _reporter(case: Case) -> str:
    known = [each.qualification for each in case.reporters if each.qualification is not None]
    order = list(Qualification)
    return str(min(known, key=order.index)) if known else UNKNOWN


def _serious(case: Case) -> str:
    """Yes where an event meets a criterion; no only where a person judged every event."""
    if case.is_serious:
        return "yes"
    judged = case.events and all(each.judged_not_serious_by for each in case.events)
    return "no" if judged else UNKNOWN
