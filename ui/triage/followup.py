"""Validity and follow-up: the four minimum criteria, the drafted letter to the reporter, the clocks, what came in."""

from __future__ import annotations

from assistant.triage.clock import hours_left
from assistant.triage.judgement import MinimumCriterion
from assistant.triage.letters import letter
from assistant.triage.moving import unfinished
from assistant.triage.states import State
from ui.markup import moment, text
from ui.triage.marks import do_form, due_pill, table
from ui.triage.view import CaseView


def follow_up(view: CaseView) -> str:
    """The criteria, the letter, the clocks and the receipts."""
    criteria = "".join(
        f'<li class="{"met" if each in view.validity.met else "missing"}">'
        f'<span aria-hidden="true">{"✓" if each in view.validity.met else "✕"}</span> {text(each.value)}: '
        f"{'known' if each in view.validity.met else 'missing'}</li>"
        for each in MinimumCriterion
    )
    return (
        f'<h3>Minimum criteria</h3><ul class="criteria">{criteria}</ul>{_to_do(view)}{_letter(view)}'
        f"<h3>Clocks</h3>{_clocks(view)}<h3>Received</h3>{_receipts(view)}{_arrived(view)}{_submissions(view)}"
    )


def _to_do(view: CaseView) -> str:
    """What is missing before the case counts as assessed; nothing once it does."""
    if view.case.state not in {State.CANDIDATE, State.OPEN, State.AWAITING}:
        return ""
    missing = "".join(f"<li>{text(each)}</li>" for each in unfinished(view.case))
    if not missing:
        return '<h3>Still to do</h3><p class="nothing">Nothing: the case can be marked as assessed.</p>'
    return f'<h3>Still to do before it is assessed</h3><ul class="todo">{missing}</ul>'


def _letter(view: CaseView) -> str:
    words = letter(view.case)
    if not words:
        return '<p class="nothing">Nothing has to be asked.</p>'
    return (
        '<h3>Letter to the reporter</h3><p class="faint">A draft. Nothing is sent from here: copy or save it, and '
        "set the case to “awaiting follow-up”.</p>"
        f'<textarea class="letter" rows="12" aria-label="Letter to the reporter">{text(words)}</textarea>'
        '<p class="adder">'
        '<button type="button" class="act" data-action="copy-letter">Copy</button>'
        f'<button type="button" class="act" data-action="save-letter" data-name="{text(view.case.label)}-letter.txt">'
        "Save as text</button></p>"
    )


def _clocks(view: CaseView) -> str:
    if not view.deadlines:
        return '<p class="nothing">No clock runs: every market has its report, or none wants this case.</p>'
    rows = (
        (
            f"<strong>{text(each.market)}</strong>",
            due_pill(each.due_at, view.now, view.markets),
            f"{hours_left(each, view.now):.0f} h",
            f"{each.day_zero:%Y-%m-%d}",
            f"{each.due:%Y-%m-%d} ({text(each.zone)})",
            f"{each.days} days: {text(each.reason)}",
            f'<span class="faint">{text(each.basis)}</span>',
        )
        for each in view.deadlines
    )
    return table(("Market", "Left", "Hours", "Day zero", "Last day", "Why", "Basis"), rows)


def _receipts(view: CaseView) -> str:
    rows = (
        (
            text(each.kind.value),
            moment(each.at),
            f"{each.day:%Y-%m-%d} ({text(each.zone)})",
            "restarts the clock" if each.significant else "does not restart the clock",
        )
        for each in view.case.receipts
    )
    return table(("What", "When", "Local day", "Clock"), rows)


def _arrived(view: CaseView) -> str:
    """The form for information that came in after the first report."""
    if not view.person_can_triage or view.case.state is State.MERGED:
        return ""
    inner = (
        '<label class="wide">Information that came in, in the reporter’s words<textarea name="text" rows="3" '
        'maxlength="20000" required></textarea></label>'
        '<label><input type="checkbox" name="significant" value="yes" checked> significant: restarts the clock</label>'
        '<label><input type="checkbox" name="completes" value="yes"> only now the four criteria are met</label>'
        '<button class="act" type="submit">Record it</button>'
    )
    return do_form(inner, "follow-up", "Record follow-up information", "none")


def _submissions(view: CaseView) -> str:
    if not view.case.submissions:
        return ""
    rows = (
        (
            text(each.market), moment(each.at), text(view.name(each.by)), text(each.message), text(each.file),
            text(each.acknowledged) or '<span class="faint">not yet</span>',
        )
        for each in view.case.submissions
    )  # fmt: skip
    return f"<h3>Exported</h3>{table(('Market', 'When', 'By', 'Message', 'File', 'Acknowledged'), rows)}"
