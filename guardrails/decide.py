"""Turns findings into one verdict. Policy lives only here, and its default is withhold."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence

from guardrails.verdict import CheckRun, Decision, Finding, Severity, Verdict

POLICY: tuple[tuple[Severity, Decision], ...] = (
    (Severity.BLOCK, Decision.WITHHOLD),
    (Severity.WARN, Decision.RELEASE),  # shown, the warning first
    (Severity.INFORM, Decision.RELEASE),
)
"""What the worst finding leads to, worst first."""


def decide(findings: Sequence[Finding], ran: Sequence[CheckRun], required: Collection[str]) -> Verdict:
    """Release only when every required check ran to its end and the worst finding allows it; otherwise withhold."""
    done = {run.rule for run in ran if math.isfinite(run.ms)}
    absent = [_absent(rule) for rule in required if rule not in done]
    found = (*findings, *absent)
    return Verdict(_worst(found) if required and not absent else Decision.WITHHOLD, found, tuple(ran))


def _absent(rule: str) -> Finding:
    return Finding(rule, "", Severity.BLOCK, f"The check “{rule}” did not run.")


def _worst(findings: Sequence[Finding]) -> Decision:
    if not findings:
        return Decision.RELEASE
    severities = {finding.severity for finding in findings}
    known = dict(POLICY)
    if not severities <= known.keys():
        return Decision.WITHHOLD
    return next(decision for severity, decision in POLICY if severity in severities)
