"""Judges one claim: runs every check on it, timed, and lets `guardrails.decide` say what follows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from time import perf_counter

from guardrails.citations import CHECKS, Check
from guardrails.claim import Claim
from guardrails.decide import decide
from guardrails.errors import CheckRaised
from guardrails.examined import Examined, MedicineNames, examine
from guardrails.verdict import CheckRun, Finding, Verdict
from retrieval.passage import Passage

REQUIRED = frozenset(check.rule for check in CHECKS)


def judge(
    claim: Claim,
    evidence: Mapping[str, Passage],
    medicines: MedicineNames,
    superseded: Collection[str] = (),
    checks: tuple[Check, ...] = CHECKS,
) -> Verdict:
    """The verdict on one claim, from the passages that were retrieved for its question.

    `superseded` holds ids of sources that are no longer current. Raises `CheckRaised` when a check breaks: then there
    is no verdict, and nothing may be shown.
    """
    examined = examine(claim, evidence, medicines, superseded)
    findings: list[Finding] = []
    ran: list[CheckRun] = []
    for check in checks:
        started = perf_counter()
        findings += _run(check, examined)
        ran.append(CheckRun(check.rule, 1000 * (perf_counter() - started)))
    return decide(findings, ran, REQUIRED)


def _run(check: Check, examined: Examined) -> tuple[Finding, ...]:
    try:
        return check.run(examined)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise CheckRaised(f"The check “{check.rule}” broke ({type(error).__name__}).") from error
