"""What the pages of the desk, the review and the loop share: their frame, and the way from a script to Python."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeAlias

import gradio as gr

from assistant.errors import AssistantError
from assistant.people import Person
from ui.access import person_of
from ui.triage.reply import BoardReply

SHARED = Path(__file__).parent / "frame.js"
"""What every script of a page begins with."""
Reply: TypeAlias = Callable[[Person, object], BoardReply]


def framed(title: str, head: str, board: str, dialog: str, script: Path, replies: Mapping[str, Reply]) -> gr.Blocks:
    """A page as Gradio blocks: its head, its still empty board, its dialog, and the functions that `script` calls."""
    blocks: gr.Blocks = gr.Blocks(title=title, analytics_enabled=False, fill_height=True, fill_width=True)
    with blocks:
        _html(head, "head")
        _html(board, "board")
        _html('<div class="say" role="status" aria-live="polite" hidden></div>', "say")
        _html(dialog, "ask")
        _bridge(script, replies)
    return blocks


def _html(value: str, elem_id: str) -> gr.HTML:
    return gr.HTML(value, elem_id=elem_id, apply_default_css=False, js_on_load=None)


def _bridge(script: Path, replies: Mapping[str, Reply]) -> gr.HTML:
    """The component without a face whose functions the script calls. Gradio hands each of them the request."""
    functions = [_called(name, reply) for name, reply in replies.items()]
    words = "\n".join(path.read_text(encoding="utf-8") for path in (SHARED, script))
    return gr.HTML("", elem_id="triage-bridge", apply_default_css=False, js_on_load=words, server_functions=functions)


def _called(name: str, reply: Reply) -> Callable[[object, gr.Request], BoardReply]:
    """The function that the script knows by this name."""

    def call(sent: object, request: gr.Request) -> BoardReply:
        return _for(request, reply, sent)

    call.__name__ = name
    return call


def _for(request: gr.Request, reply: Reply, sent: object) -> BoardReply:
    """The reply for the person behind the request; for nobody, the sentence that says so."""
    try:
        person = person_of(request)
    except AssistantError as error:
        return BoardReply(error=str(error))
    return reply(person, sent)
