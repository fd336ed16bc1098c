"""The board as a page of its own at /triage: a frame, and one component through which triage.js calls Python.

The page holds only the address of what it shows; the casebook holds everything else. HTML is made in the `triage_`
files, every call is judged by who is behind it (`ui.access`), and text from people or documents is escaped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import gradio as gr

from assistant.people import MEANINGS, Meaning, Person
from assistant.triage.duplicates.index import DuplicateIndex
from ui.markup import icon, text
from ui.triage.acts import act as act_on
from ui.triage.answers import Answers
from ui.triage.every_act import ACTS
from ui.triage.files import Files
from ui.triage.frame import Reply, framed
from ui.triage.papers import Papers
from ui.triage.pieces import Pieces, Resembling
from ui.triage.reply import BoardReply
from ui.triage.signals import Signals
from ui.triage.taking import TakingIn
from ui.triage.together import Together
from ui.triage.tools import TriageTools

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Board:
    """The two halves of the board: what it shows, and what people do on it."""

    answers: Answers
    files: Files
    papers: Papers
    together: Together
    tools: TriageTools

    def act(self, person: Person, sent: object) -> BoardReply:
        """One act on a case page."""
        return act_on(self.tools, ACTS, person, sent)


def board(tools: TriageTools) -> Board:
    """The board over its tools. Raises `IndexUnusable` where the index of duplicates cannot be opened."""
    pieces = Pieces(tools, Resembling(tools, DuplicateIndex(tools.duplicates)))
    answers = Answers(tools, pieces, Signals(tools.desk.book.cases, tools.sets), TakingIn(tools))
    return Board(answers, Files(tools), Papers(tools), Together(tools), tools)


def build_triage(desk: Board) -> gr.Blocks:
    """The board as Gradio blocks; `ui.serve` mounts it at /triage."""
    board = '<div class="board"><p class="nothing padded">Loading…</p></div>'
    return framed("Triage · pharmassist", head(), board, dialog(), HERE / "triage.js", _replies(desk))


def head() -> str:
    """Name, the two views, and the way back to the chat."""
    return (
        f'<header class="top triage-top"><span class="logo">{icon("pill")}</span><h1>pharmassist</h1>'
        '<nav aria-label="Views">'
        '<button type="button" data-action="view" data-view="list" aria-current="page">Worklist</button>'
        '<button type="button" data-action="view" data-view="signals" aria-current="false">Signals</button></nav>'
        '<span class="who">Pharmacovigilance desk</span><a href="/">Ask a question</a></header>'
    )


def dialog() -> str:
    """The one dialog: a reason, and where it is needed a signature with its meaning and the password again."""
    meanings = "".join(
        f'<p class="meaning" data-meaning-of="{meaning.value}">{text(MEANINGS[meaning].words)}</p>'
        for meaning in Meaning
    )
    return (
        '<div class="dialog"><dialog aria-labelledby="ask-title"><form method="dialog"><h2 id="ask-title">Say why</h2>'
        '<label for="ask-why">Reason</label><textarea id="ask-why" name="why" rows="3" maxlength="1000" required>'
        f'</textarea><div data-signing><p class="faint">Your signature says:</p>{meanings}'
        '<label for="ask-user">User name</label><input id="ask-user" name="user_name" autocomplete="username" '
        'maxlength="100"><label for="ask-password">Password</label><input id="ask-password" name="password" '
        'type="password" autocomplete="current-password" maxlength="256"></div><div class="buttons">'
        '<button type="button" class="act" data-action="cancel">Cancel</button>'
        '<button type="submit" class="act primary-act">Go on</button></div></form></dialog></div>'
    )


def _replies(desk: Board) -> Mapping[str, Reply]:
    """The functions that triage.js calls, by the names that it knows them by."""
    shown, papers, together = desk.answers, desk.papers, desk.together
    return {
        "worklist": shown.worklist,
        "case": shown.case,
        "piece": shown.piece,
        "codes": shown.codes,
        "signals": shown.signals,
        "assign": shown.assign,
        "take_in": shown.take_in,
        "decide": shown.decide,
        "act": desk.act,
        "take_file": desk.files.take,
        "acknowledge": desk.files.acknowledge,
        "form": papers.form,
        "listing": papers.listing,
        "check_together": together.check,
        "export_together": together.export,
    }
