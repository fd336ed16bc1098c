"""The table of decisions: every row, and withhold wherever no row says otherwise."""

from __future__ import annotations

from dataclasses import replace

import pytest

from guardrails.decide import POLICY, decide, of_draft
from guardrails.verdict import CheckRun, Decision, Finding, Severity

REQUIRED = frozenset({"check citations", "check doses"})
ALL_RAN = tuple(CheckRun(rule, 0.1) for rule in sorted(REQUIRED))

PROOF = Finding("numbers", "1", Severity.BLOCK, "The quote does not say 5 mg.")
DOSE = Finding("dose.daily-max", "1", Severity.BLOCK, "6 g a day is over 4 g a day.")
UNREAD = Finding("dose.unread", "1", Severity.BLOCK, "This dose was not understood.")
TAMPERED = Finding("instruction", "1", Severity.BLOCK, "The source gives the assistant an order.")
WARNING = Finding("dose.renal", "1", Severity.WARN, "Halve the dose.")
NOTE = Finding("dose.lookalike", "1", Severity.INFORM, "Looks like another name.")
STRANGE = replace(NOTE, severity="dreadful")  # type: ignore[arg-type]

CASES = [
    # findings, checks that ran, decision, row that decides
    ((), ALL_RAN, Decision.RELEASE, "nothing found"),
    ((NOTE,), ALL_RAN, Decision.RELEASE, "something to know"),
    ((WARNING,), ALL_RAN, Decision.RELEASE, "a warning"),
    ((WARNING, NOTE), ALL_RAN, Decision.RELEASE, "a warning"),
    ((PROOF,), ALL_RAN, Decision.WITHHOLD, "the sentence is not proven by what it cites"),
    ((NOTE, PROOF, WARNING), ALL_RAN, Decision.WITHHOLD, "the sentence is not proven by what it cites"),
    # A dose that was not understood was never compared with its source: not proven.
    ((UNREAD,), ALL_RAN, Decision.WITHHOLD, "the sentence is not proven by what it cites"),
    # Proven, but forbidden: a person looks. Not proven and forbidden: simply wrong.
    ((DOSE,), ALL_RAN, Decision.ESCALATE, "the source says so, but a dose rule or the patient forbids it"),
    ((DOSE, PROOF), ALL_RAN, Decision.WITHHOLD, "the sentence is not proven by what it cites"),
    ((TAMPERED,), ALL_RAN, Decision.ESCALATE, "the source gives instructions to the assistant"),
    ((TAMPERED, PROOF), ALL_RAN, Decision.ESCALATE, "the source gives instructions to the assistant"),
    ((STRANGE,), ALL_RAN, Decision.WITHHOLD, "a severity that this table does not know"),
    ((), (), Decision.WITHHOLD, "a required check has no result"),  # nothing ran
    ((), ALL_RAN[1:], Decision.WITHHOLD, "a required check has no result"),  # one did not
    ((TAMPERED,), ALL_RAN[1:], Decision.WITHHOLD, "a required check has no result"),
    (
        (),
        (ALL_RAN[0], CheckRun(ALL_RAN[1].rule, float("nan"))),
        Decision.WITHHOLD,
        "a required check has no result",
    ),
]


@pytest.mark.parametrize(("findings", "ran", "decision", "row"), CASES)
def test_the_table_of_decisions(
    findings: tuple[Finding, ...], ran: tuple[CheckRun, ...], decision: Decision, row: str
) -> None:
    assert decide(findings, ran, REQUIRED).decision is decision
    assert next(each.decision for each in POLICY if each.name == row) is decision


def test_every_row_has_a_case_and_a_reason() -> None:
    assert {row.name for row in POLICY} == {case[3] for case in CASES}
    assert all(row.why.endswith(".") for row in POLICY)


def test_without_required_checks_nothing_is_released() -> None:
    assert decide((), ALL_RAN, frozenset()).decision is Decision.WITHHOLD


def test_a_check_that_did_not_run_is_named_once() -> None:
    verdict = decide((), ALL_RAN[1:], REQUIRED)
    assert [finding.explanation for finding in verdict.findings] == [f"The check “{ALL_RAN[0].rule}” did not run."]
    broke = Finding(ALL_RAN[0].rule, "", Severity.BLOCK, "It broke.")
    assert decide((broke,), ALL_RAN[1:], REQUIRED).findings == (broke,)


RELEASE, WITHHOLD, ESCALATE = Decision.RELEASE, Decision.WITHHOLD, Decision.ESCALATE


@pytest.mark.parametrize(
    ("decisions", "whole"),
    [
        ((), WITHHOLD),  # a draft that says nothing
        ((RELEASE,), RELEASE),
        ((RELEASE, RELEASE), RELEASE),
        ((RELEASE, WITHHOLD), WITHHOLD),
        ((WITHHOLD, ESCALATE, RELEASE), ESCALATE),
    ],
)
def test_a_draft_is_as_good_as_its_worst_sentence(decisions: tuple[Decision, ...], whole: Decision) -> None:
    assert of_draft(decisions) is whole
