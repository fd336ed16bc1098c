"""The shipped rules through the engine: every absolute or relative amount can be passed and can be kept."""

from __future__ import annotations

from decimal import Decimal

import pytest

from guardrails.claim import Claim
from guardrails.dosage.facts import PHASES
from guardrails.dosing import DoseContext, check_claim
from guardrails.examined import examine
from guardrails.patient import Patient
from guardrails.rulebook import Limit, LimitKind, MedicineRules, Span, shipped
from guardrails.verdict import Finding, Severity
from retrieval.passage import Citation, Passage, Section
from tests.guardrails.claims import medicines

_ORDER = list(Severity)
_SCHEDULES = {
    LimitKind.DAILY_MAX: "daily",
    LimitKind.DAILY_MIN: "daily",
    LimitKind.SINGLE_MAX: "as a single dose",
    LimitKind.SINGLE_MIN: "as a single dose",
    LimitKind.WEEKLY_MAX: "once weekly",
    LimitKind.RATE_MAX: "",
}
_ROUTES = {"oral": "orally", "inhaled": "by inhalation", "ophthalmic": "in each eye"}
_UNITS = {"ug": "mcg", "[arb'U]": "units", "[iU]": "IU", "meq": "mEq"}
_PHASES = {"starting": "Start ", "loading": "Loading dose: ", "maintenance": "Maintenance dose: "}
LIMITS = [(rules, limit) for rules in shipped().medicines for limit in rules.limits if limit.kind in _SCHEDULES]


def _inside(span: Span | None, usual: str) -> Decimal:
    """A value that the span holds."""
    if span is None:
        return Decimal(usual)
    if span.low is not None and span.high is not None:
        return (span.low + span.high) / 2
    return span.low or Decimal(usual) if span.low is not None else (span.high or Decimal(2)) / 2


def _patient(limit: Limit) -> Patient:
    when = limit.when
    return Patient(
        age=_inside(when.age, "40"),
        weight=_inside(when.weight, "70"),
        height=Decimal(170),
        sex=when.sex or "female",
        egfr=_inside(when.egfr or when.crcl, "95"),
        creatinine_clearance=_inside(when.crcl or when.egfr, "95"),
        hepatic_class=when.hepatic[0] if when.hepatic else None,
        dialysis=when.dialysis,
        pregnant=when.pregnant,
        breastfeeding=when.breastfeeding,
        conditions=tuple(state for state in when.states if state not in PHASES),
        medicines=when.medicines[:1],
    )


def _text(rules: MedicineRules, limit: Limit, share: str) -> str:
    value, when = limit.value, limit.when
    per = "".join(f"/{each}" for each in value.per)
    amount = f"{(value.value * Decimal(share)).normalize():f} {_UNITS.get(value.unit, value.unit)}{per}"
    phase = next((_PHASES[state] for state in when.states if state in _PHASES), "")
    about = f"For {when.indications[0]}: " if when.indications else ""
    form = f" {when.forms[0]}" if when.forms else ""
    route = _ROUTES.get(when.routes[0], f"{when.routes[0]}ly") if when.routes else ""
    return (
        " ".join(f"{about}{phase}{rules.ingredients[0]}{form} {amount} {route} {_SCHEDULES[limit.kind]}".split()) + "."
    )


def _found(text: str, rules: MedicineRules, limit: Limit) -> tuple[Finding, ...]:
    name = rules.ingredients[0]
    passage = Passage("p1", "label@1", text, Section.DOSAGE, (), 0, len(text), (name,), name, None)
    examined = examine(Claim(text, (Citation("p1", text),)), {"p1": passage}, medicines())
    return check_claim(examined, DoseContext(shipped(), medicines(), _patient(limit)))


@pytest.mark.parametrize(("rules", "limit"), LIMITS, ids=[f"{rules.id}/{limit.id}" for rules, limit in LIMITS])
def test_every_shipped_amount_can_be_passed(rules: MedicineRules, limit: Limit) -> None:
    """Two per cent beyond a limit, for the people whom it is for, something as grave as the limit is found.

    A dose that the reader does not understand is not compared; `test_few_of_these_are_unread` counts them.
    """
    share = "0.98" if limit.kind in {LimitKind.DAILY_MIN, LimitKind.SINGLE_MIN} else "1.02"
    found = _found(_text(rules, limit, share), rules, limit)
    grave = [one for one in found if one.version.startswith(f"{rules.id}/") and one.rule != "dose.unread"]
    unread = any(one.rule == "dose.unread" for one in found)
    assert unread or any(_ORDER.index(one.severity) <= _ORDER.index(limit.severity) for one in grave)


@pytest.mark.parametrize(("rules", "limit"), LIMITS, ids=[f"{rules.id}/{limit.id}" for rules, limit in LIMITS])
def test_every_shipped_amount_can_be_kept(rules: MedicineRules, limit: Limit) -> None:
    """One per cent inside a limit, that limit is not found; a limit with a cap is tested well inside of it."""
    least = limit.kind in {LimitKind.DAILY_MIN, LimitKind.SINGLE_MIN}
    share = "1.01" if least else "0.99" if limit.cap is None else "0.01"
    found = _found(_text(rules, limit, share), rules, limit)
    assert f"{rules.id}/{limit.id}@{rules.version}" not in {one.version for one in found}


def test_few_of_these_are_unread() -> None:
    unread = [
        (rules.id, limit.id)
        for rules, limit in LIMITS
        if any(one.rule == "dose.unread" for one in _found(_text(rules, limit, "1.02"), rules, limit))
    ]
    assert len(unread) <= len(LIMITS) // 50, unread
