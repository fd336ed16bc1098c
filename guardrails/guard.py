"""Everything that stands between a draft and the screen, as one value: `Guard.screen` for a question, `Guard.judge` for
a sentence. Both run the rails of `guardrails/rails/` and decide by `guardrails/decide.py`; neither knows of a chat."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from time import perf_counter

from guardrails import agreement
from guardrails.citations import CHECKS, Check
from guardrails.claim import Claim
from guardrails.decide import decide
from guardrails.dosing import DoseContext, check_claim
from guardrails.examined import Examined, examine
from guardrails.patient import Patient
from guardrails.rails import Direction, Rails
from guardrails.rulebook import Rulebook
from guardrails.verdict import CheckRun, Finding, Verdict
from retrieval.medicines import Medicines
from retrieval.passage import Passage

WORDING = tuple(check for check in CHECKS if check.rule in agreement.VERSIONS and check.rule != "statement")
CITATIONS = tuple(check for check in CHECKS if check not in WORDING)


@dataclass(frozen=True, slots=True)
class Checked:
    """What one rail found, and how long each check inside it took."""

    findings: tuple[Finding, ...]
    runs: tuple[CheckRun, ...]


@dataclass(frozen=True, slots=True)
class Guard:
    """The checks with what they need. `supports` is the learned verifier: it may block, and never releases."""

    medicines: Medicines
    rulebook: Rulebook
    rails: Rails
    supports: Callable[[Examined], tuple[Finding, ...]]

    @property
    def version(self) -> str:
        """Changes when a check, a dose rule or the choice of rails does; stored with every turn."""
        rails = (*self.rails.names(Direction.INPUT), *self.rails.names(Direction.OUTPUT))
        parts = [*(f"{check.rule}@{check.version}" for check in CHECKS), *rails, repr(self.rulebook.medicines)]
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:12]

    def judge(
        self,
        claim: Claim,
        evidence: Mapping[str, Passage],
        superseded: Collection[str] = (),
        patient: Patient | None = None,
    ) -> Verdict:
        """The verdict on one sentence, from the passages that were retrieved and what is known of the patient.

        `superseded` holds ids of sources that are no longer current. Never raises for what a check does: a rail that
        breaks, hangs or is missing from the config withholds the sentence, and a finding says so.
        """
        examined = examine(claim, evidence, self.medicines, superseded)
        context = DoseContext(self.rulebook, self.medicines, patient or Patient())
        report = self.rails.run(
            Direction.OUTPUT,
            {
                "check citations": lambda _: apply(CITATIONS, examined),
                "check wording": lambda _: apply(WORDING, examined),
                "check doses": lambda _: timed("doses", lambda: check_claim(examined, context)),
                "check support": lambda _: timed("support", lambda: self.supports(examined)),
            },
        )
        findings = [*report.faults, *(found for one in report.results.values() for found in one.findings)]
        runs = [*report.runs, *(run for one in report.results.values() for run in one.runs)]
        return decide(findings, runs, REQUIRED)


REQUIRED = frozenset(
    {"check citations", "check wording", "check doses", "check support", "doses", "support"}
    | {check.rule for check in CHECKS}
)
"""The rails, and the checks inside them, without whose result nothing is released."""


def apply(checks: tuple[Check, ...], examined: Examined) -> Checked:
    """Run each check, timed."""
    parts = [timed(check.rule, lambda check=check: check.run(examined)) for check in checks]  # type: ignore[misc]
    return Checked(tuple(f for part in parts for f in part.findings), tuple(r for part in parts for r in part.runs))


def timed(rule: str, run: Callable[[], tuple[Finding, ...]]) -> Checked:
    """The findings of one check, with its milliseconds."""
    started = perf_counter()
    found = run()
    return Checked(found, (CheckRun(rule, 1000 * (perf_counter() - started)),))
