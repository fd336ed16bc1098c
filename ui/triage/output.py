"""What leaves the desk: the narrative with links to its fields, the checker's findings, files in the export folder."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.people import May
from assistant.triage.e2b.violation import Severity, Violation
from assistant.triage.moving import unfinished
from assistant.triage.narrative import Sentence, as_text
from assistant.triage.states import State, allowed
from ui.markup import count, text
from ui.triage.fields import NARRATIVE, label_of
from ui.triage.marks import attributes, button, do_button, do_form, options, pill, table
from ui.triage.view import CaseView, fields

EXPORTABLE = frozenset(state for state in State if allowed(state, State.EXPORTED)) - {State.MERGED}
"""States from which a report may be written, by the table of moves: also a second one, for another market. A merged
case only returns to where it was."""


def narrative(view: CaseView) -> str:
    """The narrative and comments as fields, and the place where the machine's draft comes in."""
    return (
        f"<h3>In the report</h3>{fields(view, 'narrative', view.case.narrative, NARRATIVE)}"
        '<h3>Draft from the fields</h3><div data-lazy="narrative"><p class="nothing">Writing…</p></div>'
    )


def draft(view: CaseView, sentences: Sequence[Sentence]) -> str:
    """The machine's draft: each sentence, a click shows the fields that it was made from."""
    body = ""
    for sentence in sentences:
        links = "".join(
            f'<button type="button" class="quote has-span"{attributes(action="show-field", to=path)}>'
            f"{text(label_of(path))}</button>"
            for path in sentence.paths
        )
        body += f'<p class="sentence">{text(sentence.text)} <span class="from">{links}</span></p>'
    use = ""
    if view.editable and sentences:
        inner = f'<input type="hidden" name="typed" value="{text(as_text(sentences))}">'
        inner += '<button class="act" type="submit">Use this draft</button>'
        use = do_form(inner, "set", "Use this draft as the narrative", path="narrative.text")
    note = "Every sentence says only what its fields hold; the links name them. It counts once a person uses it."
    return f'<p class="faint">{note}</p>{body}{use}'


def export(view: CaseView) -> str:
    """The choice of market, the checks, and the button that signs and writes the files."""
    due = [each.market for each in view.deadlines]
    markets = [(each.id, each.name + (" · due" if each.id in due else "")) for each in view.markets.markets]
    chosen = next(iter(due), view.markets.markets[0].id)
    choice = (
        f'<form class="adder" data-form="check"><label>Report for <select name="market" data-change="check">'
        f'{options(markets, chosen)}</select></label><button class="act" type="submit">Check again</button></form>'
    )
    waiting = '<div data-lazy="check"><p class="nothing">Checking…</p></div>'
    return f"<h3>E2B(R3) report</h3>{choice}{waiting}{_form(view)}{_answer(view)}"


def checked(view: CaseView, market: str, violations: Sequence[Violation], folder: str) -> str:
    """What the checker found, with element numbers and how to mend it; then the way out, where there is one."""
    rejects = [each for each in violations if each.severity is Severity.REJECT]
    if not violations:
        found = f"<p>{pill('the report passes every check', 'is-done')}</p>"
    else:
        rows = (
            (
                f"<strong>{text(each.element)}</strong>",
                text(each.where),
                pill("rejected for this", "is-serious")
                if each.severity is Severity.REJECT
                else pill("warning", "is-open"),
                text(each.wrong),
                text(each.mend),
                f'<span class="faint">{text(each.rule)}</span>',
            )
            for each in violations
        )
        found = f"<p>{count(len(violations), 'finding')}</p>" + table(
            ("Element", "Where", "", "What is wrong", "How to mend it", "Rule"), rows
        )
    return found + _way_out(view, market, bool(rejects), folder)


def _way_out(view: CaseView, market: str, refused: bool, folder: str) -> str:
    if not view.may(May.EXPORT):
        return '<p class="faint">Your role does not allow exporting.</p>'
    if view.case.state not in EXPORTABLE:
        return (
            '<p class="faint">A report is written once the case is “assessed”: commit causality, then mark it so.</p>'
        )
    missing = "".join(f"<li>{text(each)}</li>" for each in unfinished(view.case))
    words = "Export although it would be rejected…" if refused else "Sign and export…"
    if missing:
        words = "Export although it is not assessed…"
    write = do_button(
        words, "export", "sign", f"Export {view.case.label} for {market}", "" if refused or missing else "primary-act",
        meaning="report_exported", market=market, anyway="yes" if refused or missing else "",
    )  # fmt: skip
    where = f"Files go to {folder}. Nothing is ever sent from here."
    to_do = f'<h3>Not assessed (any more)</h3><ul class="todo">{missing}</ul>' if missing else ""
    return f'{to_do}<p class="adder">{write}<span class="faint">{text(where)}</span></p>'


def _form(view: CaseView) -> str:
    if not view.may(May.EXPORT):
        return ""
    words = "For people who want paper. It goes to the export folder too."
    return (
        f'<h3>CIOMS I form</h3><p class="adder">{button("Write the PDF", "form")}<span class="faint">{words}</span></p>'
    )


def _answer(view: CaseView) -> str:
    if view.case.state is not State.EXPORTED or not view.person_can_triage:
        return ""
    return (
        '<h3>Acknowledgement</h3><form class="adder" data-form="acknowledge"><label>The gateway’s file '
        '<input type="file" name="file" accept=".xml" required></label>'
        '<button class="act" type="submit">Read it</button></form>'
    )
