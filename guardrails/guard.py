"""What stands between a question, a draft and the screen: `screen` for a question, `Guard.judge` for a sentence.

Both run the rails of `guardrails/rails/`, and neither knows of a chat.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from time import perf_counter

from guardrails import agreement
from guardrails.citations import CHECKS, Check
from guardrails.claim import Claim
from guardrails.decide import decide
from guardrails.dosing import DoseContext, check_claim
from guardrails.errors import CheckRaised
from guardrails.examined import Examined, examine
from guardrails.intake import DeclinedFor, Intake, Judged, Masked, Screened, together
from guardrails.patient import Patient
from guardrails.rails import Direction, RailReport, Rails, Step
from guardrails.rulebook import Rulebook
from guardrails.screening.injection import Parted
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


_Step = Masked | Parted | Judged | tuple[str, ...]


def screen(text: str, rails: Rails, intake: Intake) -> Screened:
    """Run the input rails on a question.

    A question that was masked can be kept even where another rail has no result: it is then declined with that fault.

    Raises:
        CheckRaised: the question could not be masked, so it must not be kept.
    """

    def judge(before: Mapping[str, _Step]) -> _Step:
        parted = before["find injections"]
        assert isinstance(parted, Parted)
        return intake.judge(_text(before), parted)

    steps: Mapping[str, Step[_Step]] = {
        "mask identifiers": lambda _: intake.mask(text),
        "find injections": lambda before: intake.part(_text(before)),
        "decline harm": judge,
        "notice emergencies": lambda before: intake.notices(_text(before)),
    }
    return _screened(rails.run(Direction.INPUT, steps))


def _text(before: Mapping[str, _Step]) -> str:
    found = before["mask identifiers"]
    assert isinstance(found, Masked)
    return found.text


def _screened(report: RailReport[_Step]) -> Screened:
    results = report.results
    if "mask identifiers" not in results:
        raise CheckRaised("The question could not be searched for patient identifiers.")
    found, parted = results["mask identifiers"], results.get("find injections")
    judged, urgent = results.get("decline harm"), results.get("notice emergencies", ())
    assert isinstance(found, Masked)
    assert isinstance(urgent, tuple)
    if isinstance(parted, Parted) and isinstance(judged, Judged) and not report.faults:
        return replace(together(found, parted, judged, urgent), checks=report.runs)
    fault = " ".join(one.explanation for one in report.faults)
    return Screened(found.text, urgent, found.kinds, fault, DeclinedFor.FAULT, report.runs)


INPUT_RAILS = ("mask identifiers", "find injections", "decline harm", "notice emergencies")
OUTPUT_RAILS = ("check citations", "check wording", "check doses", "check support")

REQUIRED = frozenset({*OUTPUT_RAILS, "doses", "support", *(check.rule for check in CHECKS)})
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
