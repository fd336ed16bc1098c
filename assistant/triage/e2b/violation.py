"""What the checker says: which element, where, what is wrong, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether a gateway refuses the report for it."""

    REJECT = "reject"
    WARN = "warn"


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong. `rule` is the FDA's id (R0012, W0003) or our own (length, code, P04); `where` names the
    report and the group, for example "report 1, E.i[2]".
    """

    element: str
    where: str
    severity: Severity
    rule: str
    wrong: str
    mend: str

    def __str__(self) -> str:
        return f"{self.element} ({self.where}): {self.wrong} {self.mend} [{self.rule}]"
