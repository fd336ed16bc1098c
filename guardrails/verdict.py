"""What the checks found, and what is to happen because of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """`BLOCK`: never shown. `WARN`: shown with the warning first. `INFORM`: shown."""

    BLOCK = "block"
    WARN = "warn"
    INFORM = "inform"


class Decision(StrEnum):
    """What happens to a claim. `ESCALATE`: withheld, and a person is asked to look."""

    RELEASE = "release"
    WITHHOLD = "withhold"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that one rule noticed. `span` counts characters of the claim's text; (0, 0) means all of it."""

    rule: str
    version: str
    severity: Severity
    explanation: str
    span: tuple[int, int] = (0, 0)
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class CheckRun:
    """A check that ran to its end, and the milliseconds it took."""

    rule: str
    ms: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """The decision on one claim, the findings behind it, and which checks ran. Made only by `guardrails.decide`."""

    decision: Decision
    findings: tuple[Finding, ...]
    checks: tuple[CheckRun, ...]
