"""The review desk as a page of its own at /review: a frame, and one component through which review.js calls Python.

The page holds only the address of what it shows. Every call is judged by who is behind it (`ui.access`), and text from
people or documents is escaped.
"""

from __future__ import annotations

from pathlib import Path

import gradio as gr

from assistant.people import MEANINGS, Meaning
from ui.markup import icon, text
from ui.review.answers import Answers
from ui.review.tools import ReviewTools
from ui.triage.frame import Reply, framed

HERE = Path(__file__).parent
PATH = "/review"
SHEETS = ("triage/triage.css", "review/review.css")


def build_review(tools: ReviewTools) -> gr.Blocks:
    """The desk as Gradio blocks; `ui.serve` mounts it at `PATH` with the style sheets `SHEETS`."""
    answers = Answers(tools)
    replies: dict[str, Reply] = {
        "queue": answers.queue,
        "turn": answers.turn,
        "find": answers.find,
        "check": answers.check,
        "decide": answers.decide,
        "agreement": answers.agreement,
    }
    return framed("Review · pharmassist", head(), frame(), dialog(), HERE / "review.js", replies)


def head() -> str:
    """Name, the two views, and the way back to the chat."""
    return (
        f'<header class="top triage-top"><span class="logo">{icon("pill")}</span><h1>pharmassist</h1>'
        '<nav aria-label="Views">'
        '<button type="button" data-action="view" data-view="queue" aria-current="page">Queue</button>'
        '<button type="button" data-action="view" data-view="agreement" aria-current="false">Agreement</button></nav>'
        '<span class="who">Review desk</span><a href="/loop/">The loop</a><a href="/">Ask a question</a></header>'
    )


def frame() -> str:
    """The two halves, still empty."""
    return (
        '<div class="board review-board"><section class="queue" aria-label="Queue">'
        '<p class="nothing padded">Loading…</p></section><div class="pane" aria-label="Turn">'
        '<p class="nothing padded">Choose a turn on the left.</p></div></div>'
    )


def dialog() -> str:
    """The dialog for a signature."""
    return (
        '<div class="dialog"><dialog aria-labelledby="ask-title"><form method="dialog"><h2 id="ask-title">Sign your '
        'decision</h2><p class="faint">This is about a dose. Your signature says:</p>'
        f'<p class="meaning">{text(MEANINGS[Meaning.DATA_REVIEWED].words)}</p>'
        '<label for="ask-user">User name</label><input id="ask-user" name="user_name" autocomplete="username" '
        'maxlength="100"><label for="ask-password">Password</label><input id="ask-password" name="password" '
        'type="password" autocomplete="current-password" maxlength="256" required><div class="buttons">'
        '<button type="button" class="act" data-action="cancel">Cancel</button>'
        '<button type="submit" class="act primary-act">Sign and save</button></div></form></dialog></div>'
    )
