"""Writes a case's report to a folder, and nowhere else. Nothing is ever sent by this program.

`prepared` makes the message and checks it; `written` puts the file into the folder, whole or not at all, and never over
another file (`outbox`). A report that a gateway would refuse is written only where the person says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
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
    """A message that is ready: its bytes, its checks, the name that its file will have, its number (N.2.r.1)."""

    batch: Batch
    data: bytes
    violations: tuple[Violation, ...]
    file_name: str
    message: str
    sha256: str

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
    batch = batch_from(((case, choices),))
    own = batch.reports[0].text("C.1.1")
    sent = any(not each.rejected for each in case.submissions)
    known = sent_before if sent_before is not None else ([own] if sent else [])
    data = write_batch(batch)
    found = [*check_batch(batch, choices.created, known), *misbuilt(data)]
    if schemas is not None:
        found += validated(data, schemas)
    name = re.sub(r"[^A-Za-z0-9._-]+", "_", f"{own}-v{case.version}-{choices.receiver}-{choices.created:%Y%m%dT%H%M%S}")
    message = batch.reports[0].text("N.2.r.1")
    return Prepared(batch, data, tuple(found), f"{name}.xml", message, sha256(data).hexdigest())


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
