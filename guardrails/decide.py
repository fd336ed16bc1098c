"""Turns findings into one verdict. Policy lives only here: `POLICY`, read from top to bottom, withhold at its end."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from guardrails.verdict import CheckRun, Decision, Finding, Severity, Verdict

DOSE_RULES = "dose."
"""How the ids of the rules begin that compare a dose with the dose rules and the patient."""
UNPROVEN_DOSES = frozenset({"dose.unread", "dose.abbreviation"})
"""Those among them that say how a dose is written; what the source says was never compared."""
SOURCE_INSTRUCTION = "instruction"
"""The cited words are an instruction to the assistant: somebody may have tampered with the source."""


@dataclass(frozen=True, slots=True)
class Case:
    """What is decided upon: all findings, and the required checks that have no result."""

    findings: tuple[Finding, ...]
    absent: tuple[str, ...]

    def blocked_by(self, belongs: Callable[[str], bool]) -> bool:
        """Whether a rule whose id `belongs` blocks."""
        return any(one.severity is Severity.BLOCK and belongs(one.rule) for one in self.findings)

    def has(self, severity: Severity) -> bool:
        """Whether anything was found at this severity."""
        return any(one.severity is severity for one in self.findings)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table: when it applies, what follows, and why that is right."""

    name: str
    applies: Callable[[Case], bool]
    decision: Decision
    why: str


def _is_about_the_dose(rule: str) -> bool:
    return rule.startswith(DOSE_RULES) and rule not in UNPROVEN_DOSES


def _is_of_the_source(rule: str) -> bool:
    return rule == SOURCE_INSTRUCTION


def _is_of_proof(rule: str) -> bool:
    return not _is_about_the_dose(rule) and not _is_of_the_source(rule)


POLICY: tuple[Row, ...] = (
    Row(
        "a required check has no result",
        lambda case: bool(case.absent),
        Decision.WITHHOLD,
        "What was not checked is not known to be right: a crash, a missing rail, a time-out or a NaN is no pass.",
    ),
    Row(
        "a severity that this table does not know",
        lambda case: any(one.severity not in set(Severity) for one in case.findings),
        Decision.WITHHOLD,
        "A finding that nobody can weigh counts as the worst.",
    ),
    Row(
        "the source gives instructions to the assistant",
        lambda case: case.blocked_by(_is_of_the_source),
        Decision.ESCALATE,
        "Somebody may have changed the source; a person must look at it before anybody relies on it.",
    ),
    Row(
        "the sentence is not proven by what it cites",
        lambda case: case.blocked_by(_is_of_proof),
        Decision.WITHHOLD,
        "The draft is wrong or cannot be proven; the source can still be read.",
    ),
    Row(
        "the source says so, but a dose rule or the patient forbids it",
        lambda case: case.blocked_by(_is_about_the_dose),
        Decision.ESCALATE,
        "Source and rules disagree, or the source does not fit the patient: a machine must not choose, a person looks.",
    ),
    Row(
        "a warning",
        lambda case: case.has(Severity.WARN),
        Decision.RELEASE,
        "Shown with the warning first; a clinician may override it with a reason, and the override is kept.",
    ),
    Row(
        "something to know",
        lambda case: case.has(Severity.INFORM),
        Decision.RELEASE,
        "Shown, the note beside it.",
    ),
    Row(
        "nothing found",
        lambda case: not case.findings,
        Decision.RELEASE,
        "Every required check came to its end and found nothing.",
    ),
)
"""The first row that applies decides. Where none does, the decision is withhold."""


def decide(findings: Sequence[Finding], ran: Sequence[CheckRun], required: Collection[str]) -> Verdict:
    """One verdict from all findings; `required` are the checks and rails that must be among those that `ran`.

    With nothing required nothing is known, and the decision is withhold.
    """
    done = {run.rule for run in ran if math.isfinite(run.ms)}
    absent = tuple(sorted(rule for rule in required if rule not in done))
    explained = {finding.rule for finding in findings}
    found = (*findings, *(_absent(rule) for rule in absent if rule not in explained))
    case = Case(found, absent)
    decision = next((row.decision for row in POLICY if row.applies(case)), Decision.WITHHOLD)
    return Verdict(decision if required else Decision.WITHHOLD, found, tuple(ran))


def _absent(rule: str) -> Finding:
    return Finding(rule, "", Severity.BLOCK, f"The check “{rule}” did not run.")


def of_draft(decisions: Sequence[Decision]) -> Decision:
    """The verdict on a whole draft: released only when every sentence is; escalated when any sentence is.

    A draft without a sentence is withheld.
    """
    if Decision.ESCALATE in decisions:
        return Decision.ESCALATE
    return Decision.RELEASE if decisions and set(decisions) == {Decision.RELEASE} else Decision.WITHHOLD
