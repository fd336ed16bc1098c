"""Cases as plain text for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.triage.clock import hours_left
from assistant.triage.moving import unfinished
from assistant.triage.worklist import CaseLine
from ui.triage.history import said
from ui.triage.marks import shown
from ui.triage.shapes import ExportShape, TogetherShape
from ui.triage.view import CaseView


def worklist_text(lines: Sequence[CaseLine], total: int) -> str:
    """One line for each case."""
    if not lines:
        return "No case matches."
    body = [
        f"{line.label:13} {_due(line):17} {line.state.value:24} {'serious' if line.serious else '':8} "
        f"{', '.join(line.products)[:30]:30} {', '.join(line.events)[:40]:40} {line.owner}".rstrip()
        for line in lines
    ]
    more = [f"{total - len(lines)} more; --limit shows them."] if total > len(lines) else []
    return "\n".join([f"{'case':13} {'due (UTC)':17} state", *body, *more])


def _due(line: CaseLine) -> str:
    return f"{line.due_at:%Y-%m-%d %H:%M}" if line.due_at else "no clock runs"


def case_text(view: CaseView) -> str:
    """A case in a screen of text."""
    case = view.case
    known = {"age": shown(case.patient.age), "sex": shown(case.patient.sex)}
    head = [
        f"{case.label}: {case.state.value}, version {case.version}, owner {view.name(case.owner)}",
        "Patient: " + (", ".join(f"{name} {words}" for name, words in known.items() if words) or "nothing known"),
    ]
    medicines = [f"  {each.id} {each.name} ({each.role.value})" for each in case.products]
    events = [
        f"  {each.id} {each.verbatim}: {', '.join(one.criterion.value for one in each.seriousness) or 'no criterion'}; "
        f"{shown(each.term) or 'not coded'}"
        for each in case.events
    ]
    clocks = [
        f"  {each.market}: {each.due} ({hours_left(each, view.now):.0f} h left) {each.basis}" for each in view.deadlines
    ]
    to_do = [f"  {each}" for each in unfinished(case)]
    changes = [
        f"  {each.at:%Y-%m-%d %H:%M} {view.name(each.by)}: {each.path or 'opened'}"
        f"{f' {said(each.old)} → {said(each.new)}' if each.path else ''} ({each.why})"
        for each in view.history
    ]
    parts = (
        ("Medicines", medicines), ("Reactions", events), ("Clocks", clocks), ("To do", to_do),
        ("Signed", [f"  {each.line()}" for each in view.signatures]), ("History", changes),
    )  # fmt: skip
    return "\n".join([*head, *(line for name, lines in parts if lines for line in (f"{name}:", *lines))])


def together_text(shape: TogetherShape) -> str:
    """The cases of a file, what the checker found, and where the file is."""
    cases = ", ".join(each.label for each in shape.reports)
    return f"{len(shape.reports)} reports for {shape.market}: {cases}\n{export_text(shape)}"


def export_text(shape: ExportShape | TogetherShape) -> str:
    """What the checker found, and where the file is."""
    found = [f"{each.element} ({each.where}): {each.wrong} {each.mend} [{each.rule}]" for each in shape.violations]
    where = f"Written: {shape.file} (SHA-256 {shape.sha256})" if shape.written else "Nothing was written."
    return "\n".join([*(found or ["The report passes every check."]), where])
