"""`pharmassist triage export` of several cases: one file, and a signature of its own under each case."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from assistant.people import Person
    from ui.triage.tools import TriageTools


def export_several(
    tools: TriageTools,
    person: Person,
    names: Sequence[str],
    market: str,
    ask_password: Callable[[], str] | None,
    anyway: bool,
    as_json: bool,
) -> int:
    """Print what became of the batch; the exit code: 0, or 3 where nothing was written or a gateway would refuse it.

    Without `ask_password` the batch is only checked. The password is asked for once, and signs each case.
    """
    from assistant.people import Signature
    from assistant.triage.moving import require_assessed
    from assistant.triage.signed import ToSign
    from ui.triage.export import export_together, reports_of
    from ui.triage.shapes import ReportShape, TogetherShape, violation_shapes
    from ui.triage.text import together_text

    cases = [tools.desk.book.case(name) for name in names]
    report = reports_of(tools, cases, market)
    write = ask_password is not None and (anyway or not report.refused)
    file, digest, messages = "", report.sha256, report.messages
    if write and ask_password is not None:
        for case in () if anyway else cases:
            require_assessed(case)
        password = ask_password()

        def sign(wanted: ToSign) -> Signature:
            return tools.accounts.sign(person.user_name, password, wanted.meaning, wanted.record, wanted.record_hash)

        cases = list(export_together(tools, person, cases, market, sign, anyway=anyway))
        written = [case.submissions[-1] for case in cases]
        file, digest = str(tools.exports / written[0].file), written[0].sha256
        messages = tuple(each.message for each in written)
    shape = TogetherShape(
        market=market, written=write, file=file, sha256=digest, violations=violation_shapes(report.violations),
        reports=tuple(ReportShape(label=c.label, message=m) for c, m in zip(cases, messages, strict=True)),
    )  # fmt: skip
    print(shape.model_dump_json(indent=2) if as_json else together_text(shape))
    return 0 if write or (ask_password is None and not report.refused) else 3
