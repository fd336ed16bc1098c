"""Writes a case's report to a folder, and nowhere else. Nothing is ever sent by this program.

`prepared` makes the message and checks it; `written` puts the file into the folder, whole or not at all, and never over
another file (`outbox`). A report that a gateway would refuse is written only where the person says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from assistant.triage.case import Case
from assistant.triage.e2b.check import check_batch, rejected
from assistant.triage.e2b.errors import ReportInvalid
from assistant.triage.e2b.from_case import batch_from
from assistant.triage.e2b.outbox import leaving
from assistant.triage.e2b.report import Batch
from assistant.triage.e2b.schema import validated
from assistant.triage.e2b.sender import Choices
from assistant.triage.e2b.structure import misbuilt
from assistant.triage.e2b.violation import Violation
from assistant.triage.e2b.write import write_batch

_TOLD = 5
"""Violations that a refusal names; the rest are counted."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A batch that is ready: its bytes, its checks, the name that its file will have, and the number of each report
    (N.2.r.1) in the order of the cases; `message` is the first.
    """

    batch: Batch
    data: bytes
    violations: tuple[Violation, ...]
    file_name: str
    message: str
    sha256: str
    messages: tuple[str, ...] = ()

    @property
    def refused(self) -> tuple[Violation, ...]:
        """Violations for which a gateway would refuse it."""
        return rejected(self.violations)


def prepared(
    case: Case, choices: Choices, sent_before: Collection[str] | None = None, schemas: Path | None = None
) -> Prepared:
    """The report of a case, checked. `schemas` is the folder of the user's own XSD files, where there is one.

    `sent_before` are the C.1.1 of reports that went out earlier; by default the case's own submissions tell whether
    this one did. Raises `SchemaUnusable`.
    """
    return prepared_together(((case, choices),), sent_before, schemas)


def prepared_together(
    cases: Sequence[tuple[Case, Choices]], sent_before: Collection[str] | None = None, schemas: Path | None = None
) -> Prepared:
    """The reports of one or more cases for one receiver as one batch, checked as a whole; as `prepared` otherwise."""
    choices = cases[0][1]
    batch = batch_from(tuple(cases))
    known = sent_before if sent_before is not None else _sent(cases, batch)
    data = write_batch(batch)
    found = [*check_batch(batch, choices.created, known), *misbuilt(data)]
    if schemas is not None:
        found += validated(data, schemas)
    messages = tuple(report.text("N.2.r.1") for report in batch.reports)
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", f"{_called(cases, batch)}-{choices.created:%Y%m%dT%H%M%S}")
    return Prepared(batch, data, tuple(found), f"{name}.xml", messages[0], sha256(data).hexdigest(), messages)


def _sent(cases: Sequence[tuple[Case, Choices]], batch: Batch) -> list[str]:
    pairs = zip(cases, batch.reports, strict=True)
    return [report.text("C.1.1") for (case, _), report in pairs if any(not each.rejected for each in case.submissions)]


def _called(cases: Sequence[tuple[Case, Choices]], batch: Batch) -> str:
    """The case and its version, or how many cases and the beginning of the batch's number (N.1.2)."""
    (case, choices), *others = cases
    if not others:
        return f"{batch.reports[0].text('C.1.1')}-v{case.version}-{choices.receiver}"
    sender = f"{choices.sender.country}-{choices.sender.code}"
    return f"{sender}-{len(cases)}-cases-{batch.header.text('N.1.2')[:8]}-{choices.receiver}"


@contextmanager
def written(report: Prepared, folder: Path, *, although_invalid: bool = False) -> Iterator[Path]:
    """Write a prepared report into a folder, which is made where it does not exist; the block records it.

    Raises:
        ReportInvalid: a gateway would refuse it, and nobody said to write it all the same.
        ExportRefused: a file of that name exists, or the folder cannot be written to; nothing was left there.
    """
    if report.refused and not although_invalid:
        told = " ".join(str(each) for each in report.refused[:_TOLD])
        more = f" And {len(report.refused) - _TOLD} more." if len(report.refused) > _TOLD else ""
        raise ReportInvalid(f"the report breaks {len(report.refused)} rules and was not written. {told}{more}")
    with leaving(report.data, folder, report.file_name) as path:
        yield path
