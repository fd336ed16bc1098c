"""Reports on the board: the check of what would be written, the signed export to a folder, the gateway's answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from pathlib import Path

from assistant.chain import EntryKind
from assistant.people import May, Person, Signature, require
from assistant.triage.case import Case, SourceOrigin
from assistant.triage.desk import Arrived
from assistant.triage.e2b.acknowledgement import Acknowledgement, Verdict, as_text, read_acknowledgement
from assistant.triage.e2b.errors import E2bError
from assistant.triage.e2b.export import Prepared, prepared_together, written
from assistant.triage.e2b.outbox import finished
from assistant.triage.e2b.sender import Choices, Receiver, Sender
from assistant.triage.errors import MoveRefused
from assistant.triage.intake.file_names import masked_name
from assistant.triage.moving import Answer, Written, answered, export_to_sign, exported_together, require_exportable
from assistant.triage.signed import ToSign
from ui.triage.acts import Act, Doer
from ui.triage.tools import TriageTools

RECEIVERS: Mapping[str, str] = {
    "us": Receiver.CDER.value,
    "us-ind": Receiver.CDER_IND.value,
    "eu": "EVHUMAN",
    "eu-trials": "EVCTMPROD",
    "uk": "MHRAUK",
    "uk-trials": "MHRAUK",
}
"""N.2.r.3 of a market's gateway: the FDA's names, and the organisation identifiers of the EU's and the UK's."""

NO_SENDER = (
    "The settings do not say who sends reports. Set sender.organisation, sender.code, sender.identifier and "
    "sender.country, then start again."
)


def report_of(tools: TriageTools, case: Case, market: str) -> Prepared:
    """The report of a case for one market, checked; nothing is written.

    Raises `E2bError` where no sender is set or the market has no gateway.
    """
    return reports_of(tools, (case,), market)


def reports_of(tools: TriageTools, cases: Sequence[Case], market: str) -> Prepared:
    """The reports of cases for one market as one batch, checked; nothing is written. Raises as `report_of` does."""
    if tools.sender is None:
        raise E2bError(NO_SENDER)
    if market not in RECEIVERS:
        raise E2bError(f"Reports of the market “{market}” go to no gateway; choose another market.")
    choices = Choices(tools.sender, tools.desk.now(), RECEIVERS[market])
    return prepared_together([(case, choices) for case in cases])


def export(each: Act) -> Case:
    """Sign a report and write it to the folder; the record and the file are there both or neither."""
    anyway = each.given("anyway") == "yes"
    (case,) = export_together(each.tools, each.person, (each.case,), each.given("market"), each.sign, anyway=anyway)
    return case


def export_together(
    tools: TriageTools,
    person: Person,
    cases: Sequence[Case],
    market: str,
    sign: Callable[[ToSign], Signature],
    *,
    anyway: bool = False,
) -> tuple[Case, ...]:
    """Sign each report and write them to the folder as one file; the records and the file are there all or none.

    `sign` is asked once for each case: a signature is under one case, its message number and the file's hash.
    """
    require(person, May.EXPORT)
    if len({case.id for case in cases}) != len(cases):
        raise MoveRefused("A case can stand only once in a file; choose each once.")
    for case in cases:
        require_exportable(case, although=anyway)
    report = reports_of(tools, cases, market)
    outs = [Written(market, message, report.file_name, report.sha256) for message in report.messages]
    signed = [(case, out, sign(export_to_sign(case, out))) for case, out in zip(cases, outs, strict=True)]
    with written(report, tools.exports, although_invalid=anyway):
        return exported_together(tools.desk, person, signed, although=anyway)


def finish_exports(tools: TriageTools) -> tuple[Path, ...]:
    """Name the files that were recorded when the program was killed; cases are read only where there are any."""

    def recorded() -> Mapping[str, str]:
        reports = {each.file: each.sha256 for case in tools.desk.book.cases() for each in case.submissions}
        papers = (entry.deed.facts for entry in tools.ledger.entries(kind=EntryKind.EXPORTED))
        return reports | {facts["file"]: facts["sha256"] for facts in papers if {"file", "sha256"} <= facts.keys()}

    return finished(tools.exports, recorded, tools.desk.now())


def acknowledge(tools: TriageTools, person: Person, case: Case, name: str, data: bytes) -> Case:
    """Read a gateway's answer to a report of this case; the file is kept. Raises `NotE2b` or `MoveRefused`."""
    require(person, May.TRIAGE)
    answer = read_acknowledgement(data)
    message, verdict, code, why = _about(answer, case, tools.sender)
    file = Arrived(as_text(data), tools.desk.now(), masked_name(name, tools.desk.mask), SourceOrigin.ANSWER)
    said = Answer(message, code, verdict is Verdict.ACCEPTED, why, file, sha256(data).hexdigest())
    return answered(tools.desk, person, case, said)


def _about(answer: Acknowledgement, case: Case, sender: Sender | None) -> tuple[str, Verdict, str, str]:
    """(message number, verdict, code, errors) of the report of this case that the answer speaks of."""
    own = f"{sender.country}-{sender.code}-{case.label}" if sender else ""
    for submission in reversed(case.submissions):
        for report in answer.reports:
            if report.names(submission.message) or report.names(own):
                return submission.message, report.verdict, report.code, " ".join(report.errors)
    waiting = [each for each in case.submissions if not each.acknowledged]
    if not answer.reports and answer.verdict is Verdict.UNREADABLE and len(waiting) == 1:
        return waiting[0].message, answer.verdict, answer.code, " ".join(answer.errors)
    raise MoveRefused(f"This answer speaks of no report of case {case.label}.")


EXPORTING: Mapping[str, Doer] = {"export": export}
"""Acts that write a file."""
