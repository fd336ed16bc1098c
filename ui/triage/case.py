"""The case page: head with clocks and moves, the source on the left, the parts of the case on the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assistant.people import May
from assistant.triage.states import State, Transition, next_states
from ui.markup import text
from ui.triage.causality import causality
from ui.triage.events import events
from ui.triage.facts import medicines, patient
from ui.triage.followup import follow_up
from ui.triage.history import history
from ui.triage.marks import attributes, do_button, due_pill, options, pill, serious_pill, state_pill
from ui.triage.output import export, narrative
from ui.triage.pairs import duplicates
from ui.triage.source import sources
from ui.triage.view import CaseView
from ui.triage.worklist import keys

PARTS: Mapping[str, tuple[str, Callable[[CaseView], str]]] = {
    "patient": ("Patient", patient),
    "medicines": ("Medicines", medicines),
    "events": ("Reactions", events),
    "causality": ("Causality", causality),
    "follow-up": ("To do", follow_up),
    "duplicates": ("Duplicates", duplicates),
    "narrative": ("Narrative", narrative),
    "export": ("Export", export),
    "history": ("History", history),
}
"""The parts of a case page in the order of the keys 1 to 9."""

BY_PARTS = frozenset({State.MERGED, State.EXPORTED, State.NOT_VALID, State.ACKNOWLEDGED, State.REJECTED})
"""Moves that are made elsewhere on the page: merging, exporting, closing as not valid, reading an acknowledgement."""

MOVES: Mapping[State, str] = {
    State.OPEN: "Open",
    State.AWAITING: "Await follow-up",
    State.ASSESSED: "Mark as assessed",
    State.CLOSED: "Close…",
}


def case_page(view: CaseView, part: str = "events") -> str:
    """The whole page; `part` is the one that is shown first."""
    shown = part if part in PARTS else "events"
    tabs = "".join(
        _tab(name, words, number, name == shown) for number, (name, (words, _)) in enumerate(PARTS.items(), 1)
    )
    bodies = "".join(
        f'<div class="part" role="tabpanel" data-part="{name}"{_unless(name == shown)}>{render(view)}</div>'
        for name, (_, render) in PARTS.items()
    )
    return (
        f'<section class="case"{_which(view)} aria-label="Case {text(view.case.label)}">{_head(view)}'
        f'<div class="halves">'
        f'<div class="left" aria-label="Source text"><h2>What was reported</h2>{sources(view.case, view.texts)}</div>'
        f'<div class="right"><div class="tabs" role="tablist">{tabs}</div><div class="parts">{bodies}</div></div></div>'
        f"{keys()}</section>"
    )


def _which(view: CaseView) -> str:
    """What triage.js sends along with every act."""
    return attributes(case=view.case.id, version=str(view.case.version), user=view.person.user_name)


def _unless(shown: bool) -> str:
    return "" if shown else " hidden"


def _tab(name: str, words: str, number: int, chosen: bool) -> str:
    return (
        f'<button type="button" role="tab" class="tab" data-action="part" data-part="{name}" '
        f'aria-selected="{"true" if chosen else "false"}">{words}<kbd aria-hidden="true">{number}</kbd></button>'
    )


def _head(view: CaseView) -> str:
    case = view.case
    clocks = "".join(
        f'<span class="clock" title="{text(each.basis)} · {text(each.reason)}"><b>{text(each.market)}</b>'
        f"{due_pill(each.due_at, view.now, view.markets)}</span>"
        for each in view.deadlines
    )
    owner = view.name(case.owner) if case.owner else "nobody"
    return (
        f'<div class="case-head"><button type="button" class="act" data-action="back">← List</button>'
        f"<h2>{text(case.label)}</h2>{state_pill(case.state)}{serious_pill(case.is_serious)}{_valid(view)}"
        f'<span class="clocks">{clocks or due_pill(None, view.now, view.markets)}</span><span class="spacer"></span>'
        f"{_owner(view, owner)}{_moves(view)}</div>"
    )


def _valid(view: CaseView) -> str:
    missing = view.validity.missing
    words = "1 criterion is missing" if len(missing) == 1 else f"{len(missing)} criteria are missing"
    return pill(words, "is-open") if missing else pill("valid", "is-done")


def _owner(view: CaseView, owner: str) -> str:
    if not view.may(May.TRIAGE):
        return f'<span class="faint">Owner: {text(owner)}</span>'
    names = options((("", "nobody"), *view.owners), view.case.owner)
    return (
        f'<label class="owner">Owner <select data-change="owner" data-action-on="{text(view.case.id)}" '
        f'aria-label="Owner">{names}</select></label>'
    )


def _moves(view: CaseView) -> str:
    if not view.may(May.TRIAGE):
        return ""
    moves = next_states(view.case.state)
    buttons = "".join(_move(view, move) for move in moves if move.end not in BY_PARTS)
    if any(move.end is State.NOT_VALID for move in moves):
        buttons += _not_valid(view)
    return f'<span class="moves">{buttons}</span>'


def _move(view: CaseView, move: Transition) -> str:
    if view.case.state is State.MERGED or (move.signature and not view.may(May.CLOSE_CASE)):
        return ""
    ask = "sign" if move.signature else "reason" if move.reason else "none"
    words = MOVES[move.end]
    if move.end is State.OPEN and view.case.state is not State.CANDIDATE:
        words = "Reopen"
    title = f"{words.rstrip('…')}: {view.case.label}"
    kind = "primary-act" if move.end is State.ASSESSED else ""
    return do_button(words, "move", ask, title, kind, to=move.end.value, meaning="case_closed")


def _not_valid(view: CaseView) -> str:
    asked, label = view.case.asked_to_close, view.case.label
    if not asked:
        title = f"Ask to close {label} as not valid"
        return do_button("Not a case…", "ask-close", "sign", title, "slight", meaning="case_closed")
    stays = do_button("It stays open", "decline-close", "reason", f"{label} stays open")
    if asked == view.person.user_name:
        return pill("you asked to close it; a second person decides", "is-open") + stays
    if not view.may(May.CONFIRM_CLOSING):
        return pill(f"{view.name(asked)} asked to close it as not valid", "is-open") + stays
    title = f"Close {label} as not valid, as {view.name(asked)} asked"
    confirm = do_button("Confirm: not a case…", "confirm-close", "sign", title, meaning="closing_confirmed")
    return stays + confirm
