"""Several cases of the worklist in one E2B file: checked as one batch, then signed case by case and written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from assistant.people import May, Person, Signature, require
from assistant.triage.case import Case
from assistant.triage.e2b.errors import ReportInvalid
from assistant.triage.e2b.export import Prepared
from assistant.triage.errors import CaseChanged, FieldInvalid
from assistant.triage.moving import require_assessed
from assistant.triage.signed import ToSign
from ui.markup import count
from ui.triage.export import export_together, reports_of
from ui.triage.reply import BoardReply, answered
from ui.triage.tools import TriageTools

MOST = 500
"""Cases of one file."""
_TOLD = 3
"""Findings that a refusal names; the rest are counted."""


class TogetherSent(BaseModel):
    """The cases at the versions that the person saw, and the market. Without a password they are only checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    cases: tuple[tuple[str, int], ...] = Field(max_length=MOST)
    market: str = Field(max_length=40)
    user_name: str = Field(default="", max_length=100)
    password: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class Together:
    """Checks and exports the cases that were selected."""

    tools: TriageTools

    def check(self, person: Person, sent: object) -> BoardReply:
        """Whether the cases can leave together; nothing is written."""
        return answered(TogetherSent, sent, lambda each: self._check(person, each))

    def export(self, person: Person, sent: object) -> BoardReply:
        """Sign each case and write one file."""
        return answered(TogetherSent, sent, lambda each: self._export(person, each))

    def _check(self, person: Person, sent: TogetherSent) -> BoardReply:
        require(person, May.EXPORT)
        cases = self._cases(sent)
        for case in cases:
            require_assessed(case)
        report = reports_of(self.tools, cases, sent.market)
        refuse_invalid(report, cases)
        warned = f", with {count(len(report.violations), 'warning')}" if report.violations else ""
        return BoardReply(said=f"{count(len(cases), 'report')} can go out in one file{warned}.")

    def _export(self, person: Person, sent: TogetherSent) -> BoardReply:
        cases = self._cases(sent)
        password = sent.password.get_secret_value() if sent.password is not None else ""

        def sign(wanted: ToSign) -> Signature:
            name = sent.user_name.strip() or person.user_name
            return self.tools.accounts.sign(name, password, wanted.meaning, wanted.record, wanted.record_hash)

        done = export_together(self.tools, person, cases, sent.market, sign)
        file = done[0].submissions[-1].file
        return BoardReply(said=f"{count(len(done), 'report')} signed and written as {file}.")

    def _cases(self, sent: TogetherSent) -> tuple[Case, ...]:
        if not sent.cases:
            raise FieldInvalid("Select at least one case first.")
        found = tuple(self.tools.desk.book.case(name) for name, _ in sent.cases)
        for case, (_, version) in zip(found, sent.cases, strict=True):
            if case.version != version:
                raise CaseChanged(f"Case {case.label} was changed since you saw the list; read it anew (key r).")
        return found


def refuse_invalid(report: Prepared, cases: Sequence[Case]) -> None:
    """Raise `ReportInvalid` with the first findings for which a gateway would refuse the batch, case by case."""
    if not report.refused:
        return
    labels = {str(place): case.label for place, case in enumerate(cases, 1)}
    told = " ".join(f"{labels.get(_report_of(each.where), '')} {each}".strip() for each in report.refused[:_TOLD])
    more = f" And {len(report.refused) - _TOLD} more." if len(report.refused) > _TOLD else ""
    raise ReportInvalid(f"The file would be refused for {count(len(report.refused), 'reason')}. {told}{more}")


def _report_of(where: str) -> str:
    return where.removeprefix("report ").partition(",")[0]
