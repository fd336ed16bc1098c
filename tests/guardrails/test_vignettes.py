"""Clinical vignettes: what a clinician types, and what the dose checks owe the patient. `dose_vignettes` reads them.

A vignette that fails today is listed with the reason in `vignettes/known_failures.yaml`, and must be taken off the list
as soon as it passes.
"""

from __future__ import annotations

import pytest

from guardrails.patient import Patient
from guardrails.verdict import Finding, Severity
from tests.guardrails.dose_vignettes import Expectation, Vignette, faults, findings_of, known_failures, load

VIGNETTES = load()
KNOWN = known_failures()


def _finding(rule: str, version: str, severity: Severity = Severity.WARN) -> Finding:
    return Finding(rule, version, severity, "The question's dose of digoxin is over the limit.")


def _vignette(*expect: str, not_expected: tuple[str, ...] = (), says_not: tuple[str, ...] = ()) -> Vignette:
    wanted, unwanted = tuple(map(Expectation.read, expect)), tuple(map(Expectation.read, not_expected))
    return Vignette("one", "file", "digoxin 2.5 mg", False, Patient(), wanted, (), unwanted, (), says_not)


@pytest.mark.parametrize("vignette", [pytest.param(one, id=one.id) for one in VIGNETTES])
def test_the_checks_raise_what_they_owe_and_no_more(vignette: Vignette) -> None:
    found = faults(vignette, findings_of(vignette))
    if vignette.id in KNOWN:
        assert found, f"{vignette.id} passes now; take it off the known failures"
    else:
        assert not found, f"{vignette.question}: {'; '.join(found)}"


def test_every_known_failure_is_a_vignette_and_has_a_reason() -> None:
    assert set(KNOWN) <= {one.id for one in VIGNETTES}
    assert all(len(reason) > 20 for reason in KNOWN.values())


def test_the_set_is_large_and_half_of_its_use_is_in_what_is_ordinary() -> None:
    ids = [one.id for one in VIGNETTES]
    assert len(ids) == len(set(ids)) >= 220
    assert sum(one.is_ordinary for one in VIGNETTES) >= 90


@pytest.mark.parametrize(
    ("finding", "is_met"),
    [
        (_finding("dose.tenfold", "digoxin/absolute-daily-max@1"), True),  # one of the kinds, of the rule file
        (_finding("dose.tenfold", "1"), True),  # named in the explanation
        (_finding("dose.interval", "digoxin/split-interval@1"), False),  # another kind
        (_finding("dose.tenfold", "digoxin/absolute-daily-max@1", Severity.INFORM), False),  # not loud enough
    ],
)
def test_an_expectation_wants_its_kind_its_medicine_and_a_warning(finding: Finding, is_met: bool) -> None:
    assert Expectation.read("daily-max or tenfold of digoxin").is_met(finding) is is_met


def test_an_expectation_of_another_medicine_is_not_met() -> None:
    assert not Expectation.read("tenfold of warfarin").is_met(_finding("dose.tenfold", "digoxin/daily-max@1"))


def test_a_vignette_says_what_is_missing_and_what_is_too_much() -> None:
    raised = (_finding("dose.tenfold", "digoxin/absolute-daily-max@1"),)
    assert faults(_vignette("tenfold of digoxin"), raised) == ()
    assert faults(_vignette("renal of digoxin"), raised) == ("missing: renal of digoxin",)
    assert faults(_vignette(), raised)[0].startswith("raised: dose.tenfold")
    assert faults(_vignette("tenfold of digoxin", not_expected=("tenfold",)), raised)[0].startswith("raised:")
    assert faults(_vignette("tenfold of digoxin", says_not=("over the",)), raised) == ("said: over the",)
