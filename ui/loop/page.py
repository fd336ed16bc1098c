"""The loop as a page of its own at /loop: a frame, and one component through which loop.js calls Python."""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from ui.loop.answers import Answers
from ui.markup import icon
from ui.triage.frame import Reply, framed

HERE = Path(__file__).parent
PATH = "/loop"
SHEETS = ("triage/triage.css", "loop/loop.css")


def build_loop(answers: Answers) -> gr.Blocks:
    """The page as Gradio blocks; `ui.serve` mounts it at `PATH` with the style sheets `SHEETS`."""
    board = '<div class="board loop-board"><p class="nothing padded">Loading…</p></div>'
    replies: dict[str, Reply] = {"show": answers.show, "sign": answers.sign, "reject": answers.reject}
    return framed("Loop · pharmassist", head(), board, dialog(), HERE / "loop.js", replies)


def head() -> str:
    """Name, and the ways to the other pages."""
    return (
        f'<header class="top triage-top"><span class="logo">{icon("pill")}</span><h1>pharmassist</h1>'
        '<span class="who">From reviewed answers to a signed release</span>'
        '<a href="/review/">Review desk</a> <a href="/">Ask a question</a></header>'
    )


def dialog() -> str:
    """The dialog for a signature, and for the reason of a rejection."""
    return (
        '<div class="dialog"><dialog aria-labelledby="ask-title"><form method="dialog"><h2 id="ask-title">Sign</h2>'
        '<div data-part="why" hidden><label for="ask-why">Reason</label>'
        '<textarea id="ask-why" name="why" rows="3" maxlength="1000"></textarea></div>'
        '<div data-part="sign"><p class="faint">Your signature says:</p><p class="meaning" data-words></p>'
        '<label for="ask-user">User name</label><input id="ask-user" name="user_name" autocomplete="username" '
        'maxlength="100"><label for="ask-password">Password</label><input id="ask-password" name="password" '
        'type="password" autocomplete="current-password" maxlength="256"></div><div class="buttons">'
        '<button type="button" class="act" data-action="cancel">Cancel</button>'
        '<button type="submit" class="act primary-act">Go on</button></div></form></dialog></div>'
    )
