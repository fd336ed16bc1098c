"""Duplicates on the case page: what this case was merged with, what resembles it side by side, merge and undo."""

from __future__ import annotations

from collections.abc import Mapping

from assistant.triage.case import Case, LinkKind
from assistant.triage.duplicates.check import DuplicateCheck, Proposal, Resemblance
from assistant.triage.states import State
from ui.markup import count, text
from ui.triage.marks import MACHINE, attributes, do_button, pill, shown, table
from ui.triage.view import CaseView

WAITING = '<p class="nothing">Comparing…</p>'


def duplicates(view: CaseView) -> str:
    """The links of the case, and the place where resembling cases come in."""
    rows = "".join(_link(view, link.id, link.kind, link.note) for link in view.case.links)
    links = f"<h3>Linked</h3>{rows}" if rows else ""
    return f'{links}<h3>Cases that resemble this one</h3><div data-lazy="duplicates">{WAITING}</div>'


def _link(view: CaseView, other: str, kind: LinkKind, note: str) -> str:
    label = view.linked.get(other, other)
    undo = ""
    if kind is LinkKind.DUPLICATE_OF and view.person_can_triage and view.case.state is State.MERGED:
        undo = do_button("Undo the merge", "unmerge", "reason", f"Undo the merge under {label}")
    return (
        f'<div class="criterion"><strong>{text(kind.value)}</strong>{_opener(other, label)}'
        f'<span class="faint">{text(note)}</span><span class="spacer"></span>{undo}</div>'
    )


def _opener(case_id: str, label: str) -> str:
    return f'<button type="button" class="link"{attributes(action="open", case=case_id)}>{text(label)}</button>'


def beside(view: CaseView, check: DuplicateCheck, others: Mapping[str, Case]) -> str:
    """The cases worth a look, each side by side with this one; `others` by id."""
    if not check.beside:
        none = f"None of {count(check.compared, 'case')} that share something with this one resembles it."
        return f'<p class="nothing">{none}</p>'
    cards = "".join(
        _pair(view, each, others[each.likeness.other]) for each in check.beside if each.likeness.other in others
    )
    return (
        f'<p class="faint">{count(check.compared, "case")} compared. The machine proposes; a merge keeps both cases, '
        f"and can be undone.</p>{cards}"
    )


def _pair(view: CaseView, each: Resemblance, other: Case) -> str:
    kind = {Proposal.DUPLICATE: "is-serious", Proposal.FOLLOW_UP: "is-open"}.get(each.proposal, "is-mild")
    merge = ""
    if view.editable and not other.master:
        words = f"Merge under {other.label}"
        merge = do_button(words, "merge", "reason", f"Merge {view.case.label} under {other.label}", other=other.id)
    why = table(
        ("Field", "Agreement", "Bits"),
        (
            (text(one.words.partition(":")[0]), text(one.level or "not in both"), f"{one.bits:+.1f}")
            for one in each.likeness.fields
            if one.level is not None
        ),
        "bits",
    )
    return (
        f'<section class="card"><header>{_opener(other.id, other.label)}'
        f"{pill(f'{each.likeness.probability:.0%} alike', kind)}"
        f'{pill(each.proposal.value, kind)}{MACHINE}<span class="spacer"></span>{merge}</header>'
        f"<p>{text(each.reason)}</p>{side_by_side(view.case, other)}<details><summary>Why: each field</summary>{why}"
        "</details></section>"
    )


def side_by_side(one: Case, other: Case) -> str:
    """What staff compare by eye: one row for each fact, those that differ marked."""
    rows = []
    for (name, mine), (_, theirs) in zip(_facts(one), _facts(other), strict=True):
        differ = mine != theirs and mine and theirs
        mark = f'<span class="differs">{text(theirs)}</span>' if differ else text(theirs)
        rows.append((text(name), text(mine) or "–", mark or "–"))
    return table(("", one.label, other.label), rows, "beside")


def _facts(case: Case) -> tuple[tuple[str, str], ...]:
    onset = next((str(event.onset) for event in case.events if event.onset), "")
    return (
        ("Age", shown(case.patient.age)),
        ("Sex", shown(case.patient.sex)),
        ("Medicines", ", ".join(product.name for product in case.products)),
        ("Reactions", ", ".join(event.verbatim for event in case.events)),
        ("Onset", onset),
        ("Outcome", ", ".join(dict.fromkeys(shown(event.outcome) for event in case.events if event.outcome))),
        ("Reporter", ", ".join(shown(each.qualification) or "unknown" for each in case.reporters)),
        ("Country", case.country),
        ("Received", f"{min(receipt.day for receipt in case.receipts):%Y-%m-%d}" if case.receipts else ""),
        ("State", case.state.value),
    )
