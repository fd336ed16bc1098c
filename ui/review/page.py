"""The review desk as a page of its own at /review: a frame, and one component through which review.js calls Python.

The page holds only the address of what it shows. Every call is judged by who is behind it (`ui.access`), and text from
people or documents is escaped.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gradio as gr

from assistant.errors import AssistantError
from assistant.people import MEANINGS, Meaning, Person
from ui.access import person_of
from ui.markup import icon, text
from ui.review.answers import Answers
from ui.review.tools import ReviewTools
from ui.triage.reply import BoardReply

HERE = Path(__file__).parent
PATH = "/review"
SHEETS = ("triage/triage.css", "review/review.css")


def build_review(tools: ReviewTools) -> gr.Blocks:
    """The desk as Gradio blocks; `ui.serve` mounts it at `PATH` with the style sheets `SHEETS`."""
    blocks: gr.Blocks = gr.Blocks(
        title="Review · pharmassist", analytics_enabled=False, fill_height=True, fill_width=True
    )
    with blocks:
        _html(head(), "head")
        _html(frame(), "board")
        _html('<div class="say" role="status" aria-live="polite" hidden></div>', "say")
        _html(dialog(), "ask")
        _bridge(Answers(tools))
    return blocks


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


def _html(value: str, elem_id: str) -> gr.HTML:
    return gr.HTML(value, elem_id=elem_id, apply_default_css=False, js_on_load=None)


def _bridge(answers: Answers) -> gr.HTML:
    """The component without a face whose functions review.js calls. Gradio hands each of them the request."""

    def queue(sent: object, request: gr.Request) -> BoardReply:
        return _for(request, answers.queue, sent)

    def turn(sent: object, request: gr.Request) -> BoardReply:
        return _for(request, answers.turn, sent)

    def find(sent: object, request: gr.Request) -> BoardReply:
        return _for(request, answers.find, sent)

    def check(sent: object, request: gr.Request) -> BoardReply:
        return _for(request, answers.check, sent)

    def decide(sent: object, request: gr.Request) -> BoardReply:
        return _for(request, answers.decide, sent)

    def agreement(sent: object, request: gr.Request) -> BoardReply:
        return _for(request, answers.agreement, sent)

    functions = [queue, turn, find, check, decide, agreement]
    script = (HERE / "review.js").read_text(encoding="utf-8")
    return gr.HTML("", elem_id="triage-bridge", apply_default_css=False, js_on_load=script, server_functions=functions)


def _for(request: gr.Request, reply: Callable[[Person, object], BoardReply], sent: object) -> BoardReply:
    """The reply for the person behind the request; for nobody, the sentence that says so."""
    try:
        person = person_of(request)
    except AssistantError as error:
        return BoardReply(error=str(error))
    return reply(person, sent)
