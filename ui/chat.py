"""The chat page: a question in, checked sentences one by one, then the finished turn with its sources.

What is where: the records hold every conversation, the page holds only the id of the one it shows (so a restarted
server or a reloaded page loses nothing), and this file moves text between the two. HTML is made in `ui.render` and
`ui.page`; clicks come from `chat.js`, through the events and functions of the one `bridge` component.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeAlias

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from assistant.people import May
from guardrails.patient import Patient
from ui import page, patient_form, render
from ui.access import has_signed_in, person_of
from ui.export import ReadSource
from ui.kept import Kept
from ui.replies import Replies, Reply
from ui.serve import serve
from ui.status import Status
from ui.talk import FAILED, STOPPED, Ask, Chat, Opened

__all__ = ["Status", "build_chat", "serve"]

AT_ONCE = 4
"""Questions answered at the same time; further ones wait their turn."""


@dataclass(frozen=True, slots=True)
class Page:
    """The components of one page. `conversation`, `pending` and `facts` (of the patient) are hidden; the browser holds
    their values."""

    top: gr.HTML
    thread: gr.HTML
    live: gr.HTML
    rail: gr.HTML
    problem: gr.HTML
    box: gr.Textbox
    send: gr.Button
    stop: gr.Button
    patient: gr.HTML
    conversation: gr.Textbox
    pending: gr.Textbox
    facts: gr.Textbox
    bridge: gr.HTML


ChatOf: TypeAlias = Callable[[gr.Request], Chat]
"""The chat for the person behind a request."""


def build_chat(ask: Ask, records: Kept, read_source: ReadSource, status: Status, *, desk: bool = False) -> gr.Blocks:
    """The page as Gradio blocks; `serve` serves it. `ask` must end in an `Answer` or `Refusal`.

    `read_source` gives a document by its id with its full text. Nothing is loaded from outside this machine. With
    `desk` the head leads those who may read cases to the board at /triage.
    """
    # Gradio would compute usage statistics over pandas after every event, whether or not anybody may see them.
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(sys.maxsize))
    blocks: gr.Blocks = gr.Blocks(title="pharmassist", analytics_enabled=False, fill_height=True, fill_width=True)
    with blocks:
        laid_out = _layout(status, lambda request: Replies(records, read_source, person_of(request)))

        def chat_of(request: gr.Request) -> Chat:
            return Chat(ask, records, person_of(request))

        _wire_questions(laid_out, chat_of)
        _wire_conversations(blocks, laid_out, chat_of)

        def who(request: gr.Request) -> str:
            person = person_of(request)
            to_desk = desk and person.may(May.READ_CASES)
            signed_in = person if has_signed_in(request) else None
            return page.header(status, signed_in, desk=to_desk) if signed_in or to_desk else gr.skip()

        _quietly(blocks.load, who, [], [laid_out.top])
    return blocks


def _layout(status: Status, replies: Callable[[gr.Request], Replies]) -> Page:
    top = _html(page.header(status), "top")
    with gr.Row(elem_id="desk"):
        with gr.Column(elem_id="rail-column"):
            rail = _html(page.rail((), ""), "rail")
        with gr.Column(elem_id="centre"):
            with gr.Column(elem_id="scroll"):
                thread = _html(page.welcome(), "thread")
                live = _html(render.live("", ()), "live")
            with gr.Column(elem_id="composer"):
                patient = _html(patient_form.bar(Patient()), "patient")
                problem = _html(page.problem(""), "problem")
                with gr.Row(elem_id="ask-row"):
                    box = _question_box()
                    send = gr.Button("Ask", elem_id="send", variant="primary", scale=0)
                    stop = gr.Button("Stop", elem_id="stop", scale=0)
                _html(page.fineprint(), "fineprint")
        _html(page.panel_frame(), "panel-column")
    conversation = gr.Textbox(visible="hidden", elem_id="conversation", label="conversation")
    pending = gr.Textbox(visible="hidden", elem_id="pending", label="pending")
    facts = gr.Textbox(visible="hidden", elem_id="facts", label="patient")
    hidden = (conversation, pending, facts)
    return Page(top, thread, live, rail, problem, box, send, stop, patient, *hidden, _bridge(replies))


def _html(value: str, elem_id: str) -> gr.HTML:
    """HTML of ours. The template stays Gradio's default, which inserts the value once and evaluates nothing in it."""
    return gr.HTML(value, elem_id=elem_id, apply_default_css=False, js_on_load=None)


def _question_box() -> gr.Textbox:
    return gr.Textbox(
        lines=1, max_lines=8, label="Your question", show_label=False, container=False, autofocus=True,
        placeholder="Ask about a medicine", elem_id="box",
    )  # fmt: skip


def _bridge(replies: Callable[[gr.Request], Replies]) -> gr.HTML:
    """The component without a face through which `chat.js` calls the functions of `Replies` and starts events."""

    def source(sent: object, request: gr.Request) -> Reply:
        return replies(request).source(sent)

    def context(sent: object, request: gr.Request) -> Reply:
        return replies(request).context(sent)

    def copy(sent: object, request: gr.Request) -> Reply:
        return replies(request).copy(sent)

    def export(sent: object, request: gr.Request) -> Reply:
        return replies(request).export(sent)

    def flag(sent: object, request: gr.Request) -> Reply:
        return replies(request).flag(sent)

    def override(sent: object, request: gr.Request) -> Reply:
        return replies(request).override(sent)

    script = (Path(__file__).parent / "chat.js").read_text(encoding="utf-8")
    functions = [source, context, copy, export, flag, override]
    return gr.HTML("", elem_id="bridge", apply_default_css=False, js_on_load=script, server_functions=functions)


def _quietly(
    listen: Callable[..., Dependency],
    fn: Callable[..., object],
    inputs: Sequence[Component],
    outputs: Sequence[Component],
    **more: object,
) -> Dependency:
    """Listen without Gradio's own spinners, and without offering the function as an API."""
    return listen(fn, inputs, outputs, show_progress="hidden", api_visibility="private", **more)


def _wire_questions(laid_out: Page, chat_of: ChatOf) -> None:
    taken = [laid_out.box, laid_out.pending, laid_out.live, laid_out.problem]
    shown = [laid_out.live, laid_out.thread, laid_out.rail, laid_out.pending]
    sent = partial(gr.on, [laid_out.box.submit, laid_out.send.click])

    def begin(words: str, pending: str, request: gr.Request) -> tuple[str, str, str, str]:
        return chat_of(request).begin(words, pending)

    def example(pending: str, event: gr.EventData, request: gr.Request) -> tuple[str, str, str, str]:
        return chat_of(request).begin(str(event.question), pending)

    def answer(pending: str, conversation: str, facts: str, request: gr.Request) -> Iterator[tuple[str, str, str, str]]:
        yield from chat_of(request).answer(pending, conversation, facts)

    begun = [
        _quietly(sent, begin, [laid_out.box, laid_out.pending], taken),
        _quietly(laid_out.bridge.example, example, [laid_out.pending], taken),
    ]
    asked = [laid_out.pending, laid_out.conversation, laid_out.facts]
    kept = [laid_out.pending, laid_out.box]
    limits = {"concurrency_limit": AT_ONCE, "concurrency_id": "ask"}
    running = [_quietly(each.then, answer, asked, shown, **limits) for each in begun]
    for run in running:
        _quietly(run.failure, partial(_put_back, FAILED), kept, taken)
    _quietly(laid_out.stop.click, partial(_put_back, STOPPED), kept, taken, cancels=running)


def _put_back(why: str, pending: str, box: str) -> tuple[str, str, str, str]:
    """(box, pending, live, problem) after a turn that came to nothing: its question is in the box again.

    What was typed meanwhile stays below it. A stopped turn counts as failed too and comes here twice; the second time
    nothing is pending, and the first words stay unless these say that it was stopped.
    """
    words = gr.skip() if not pending and why == FAILED else page.problem(why)
    return "\n".join(filter(None, [pending, box])), "", render.live("", ()), words


def _wire_conversations(blocks: gr.Blocks, laid_out: Page, chat_of: ChatOf) -> None:
    shown = [laid_out.thread, laid_out.rail, laid_out.problem, laid_out.conversation]
    shown += [laid_out.patient, laid_out.facts]

    def opened(conversation: str, request: gr.Request) -> Opened:
        return chat_of(request).open(conversation)

    def chosen(event: gr.EventData, request: gr.Request) -> Opened:
        return chat_of(request).open(str(event.conversation))

    def fresh(request: gr.Request) -> Opened:
        return chat_of(request).open("")

    def described(facts: str, event: gr.EventData, request: gr.Request) -> tuple[str, str]:
        return chat_of(request).describe(event.patient, facts)

    _quietly(laid_out.bridge.patient, described, [laid_out.facts], [laid_out.patient, laid_out.facts])

    _quietly(laid_out.bridge.open, chosen, [], shown)
    _quietly(laid_out.bridge.fresh, fresh, [], shown)
    # The address of the page names its conversation, so that a reload or a bookmark comes back to it.
    _quietly(blocks.load, opened, [laid_out.conversation], shown, js="() => [window.location.hash.slice(1)]")
