"""The loop as a page of its own at /loop: a frame, and one component through which loop.js calls Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import gradio as gr

from assistant.errors import AssistantError
from assistant.people import Person
from ui.access import person_of
from ui.loop.answers import Answers
from ui.markup import icon
from ui.triage.reply import BoardReply

HERE = Path(__file__).parent
PATH = "/loop"
SHEETS = ("triage/triage.css", "loop/loop.css")


def build_loop(answers: Answers) -> gr.Blocks:
    """The page as Gradio blocks; `ui.serve` mounts it at `PATH` with the style sheets `SHEETS`."""
    blocks: gr.Blocks = gr.Blocks(
        title="Loop · pharmassist", analytics_enabled=False, fill_height=True, fill_width=True
    )
    with blocks:
        _html(head(), "head")
        _html('<div class="board loop-board"><p class="nothing padded">Loading…</p></div>', "board")
        _html('<div class="say" role="status" aria-live="polite" hidden></div>', "say")
        _html(dialog(), "ask")
        _bridge(answers)
    return blocks


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


def _html(value: str, elem_id: str) -> gr.HTML:
    return gr.HTML(value, elem_id=elem_id, apply_default_css=False, js_on_load=None)


def _bridge(answers: Answers) -> gr.HTML:
    """The component without a face whose functions loop.js calls. Gradio hands each of them the request."""

    def show(sent: object, request: gr.Request) -> BoardReply:
        return _for(request, answers.show, sent)

    def sign(sent: object, request: gr.Request) -> BoardReply:
        return _for(request, answers.sign, sent)

    def reject(sent: object, request: gr.Request) -> BoardReply:
        return _for(request, answers.reject, sent)

    script = (HERE / "loop.js").read_text(encoding="utf-8")
    functions = [show, sign, reject]
    return gr.HTML("", elem_id="triage-bridge", apply_default_css=False, js_on_load=script, server_functions=functions)


def _for(request: gr.Request, reply: Callable[[Person, object], BoardReply], sent: object) -> BoardReply:
    """The reply for the person behind the request; for nobody, the sentence that says so."""
    try:
        person = person_of(request)
    except AssistantError as error:
        return BoardReply(error=str(error))
    return reply(person, sent)
