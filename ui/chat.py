"""The chat page: a question in, checked sentences one by one, then the finished turn with its sources.

What is where: the records hold every conversation, the page holds only the id of the one it shows (so a restarted
server or a reloaded page loses nothing), and this file moves text between the two. HTML is made in `ui.render` and
`ui.page`; clicks come from `chat.js`, through the events and functions of the one `bridge` component.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TypeAlias
from uuid import uuid4

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from assistant.conversation import Answer, Event, Outcome, Question, Refusal, Turn
from assistant.errors import AssistantError
from guardrails.errors import PatientInvalid
from guardrails.patient import Patient
from ui import page, patient_form, render
from ui.export import ReadSource
from ui.kept import Kept, flags_of, overrides_of
from ui.replies import Replies, Reply
from ui.serve import serve
from ui.status import Status

__all__ = ["Status", "build_chat", "serve"]

Ask: TypeAlias = Callable[[Question], Iterator[Event]]

LONGEST_QUESTION = 4000
"""Characters. A longer text is a document, not a question, and is refused before anything reads it."""

AT_ONCE = 4
"""Questions answered at the same time; further ones wait their turn."""

TOO_LONG = (
    "This question has {length:,} characters; the limit is {limit:,}. Shorten it to the clinical question. "
    "Your text is still in the box."
)
EMPTY = "Type a question first."
BUSY = "The answer before this one is still being made. Your text stays in the box; send it when that is done."
FAILED = "The question could not be answered because something failed. It is back in the box; the log has the details."
UNREAD = "The earlier conversations could not be read: {why}"
STOPPED = "Stopped. Your question is back in the box."


@dataclass(frozen=True, slots=True)
class Page:
    """The components of one page. `conversation`, `pending` and `facts` (of the patient) are hidden; the browser holds
    their values."""

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


@dataclass(frozen=True, slots=True)
class Chat:
    """What the page does, over a way to ask and the records."""

    ask: Ask
    kept: Kept

    def open(self, conversation: str) -> tuple[str, str, str, str, str, str]:
        """(thread, rail, problem, conversation id, patient line, patient facts) of a conversation; a new one where the
        id is not known."""
        try:
            known = conversation if re.fullmatch(r"[0-9A-Za-z-]{1,100}", conversation or "") else uuid4().hex
            turns = self.kept.turns(known)
            patient = turns[-1].outcome.question.patient if turns else Patient()
            shown = (patient_form.bar(patient), patient_form.dump(patient))
            return self._thread(known, turns), self._rail(known), page.problem(""), known, *shown
        except AssistantError as error:
            words = page.problem(UNREAD.format(why=error))
            return page.welcome(), page.rail((), ""), words, uuid4().hex, patient_form.bar(Patient()), ""

    def describe(self, sent: object, facts: str) -> tuple[str, str]:
        """(patient line, patient facts) after the form was sent; what no person can have changes nothing."""
        try:
            patient = patient_form.read(sent)
        except PatientInvalid as error:
            return patient_form.bar(patient_form.load(facts), str(error)), facts
        return patient_form.bar(patient), patient_form.dump(patient)

    def begin(self, words: str, pending: str) -> tuple[str, str, str, str]:
        """(box, pending, live, problem): take the question from the box, or say why not and leave it there."""
        refused = _why_not(words, pending)
        if refused:
            # The box is left alone where it holds these words already: writing them back could undo what is typed next.
            return words if refused == BUSY else gr.skip(), gr.skip(), gr.skip(), page.problem(refused)
        return "", words.strip(), render.live(words.strip(), ()), page.problem("")

    def answer(self, pending: str, conversation: str, facts: str = "") -> Iterator[tuple[str, str, str, str]]:
        """(live, thread, rail, pending) after every event; at the end the turn moves from live to the thread."""
        if not pending:
            yield gr.skip(), gr.skip(), gr.skip(), ""
            return
        earlier = tuple(turn.outcome.question.text for turn in self.kept.turns(conversation))
        patient = patient_form.load(facts)
        question = Question(uuid4().hex, conversation, pending, datetime.now(UTC), earlier, patient)
        events: list[Event] = []
        for event in self.ask(question):
            if isinstance(event, Answer | Refusal):
                yield render.live("", ()), self._finished(question, event), self._rail(conversation), ""
                return
            events.append(event)
            yield render.live(pending, events), gr.skip(), gr.skip(), pending
        raise RuntimeError("the assistant ended without an answer or a refusal")

    def _thread(self, conversation: str, turns: Sequence[Turn]) -> str:
        if not turns:
            return page.welcome()
        return render.thread(conversation, turns, flags_of(self.kept, turns), overrides_of(self.kept, turns))

    def _rail(self, conversation: str) -> str:
        try:
            return page.rail(self.kept.conversations(), conversation)
        except AssistantError:
            return page.rail((), conversation)

    def _finished(self, question: Question, outcome: Outcome) -> str:
        """The thread with this outcome at its end, even where the records failed and hold no such turn."""
        try:
            turns = self.kept.turns(question.conversation_id)
            flags, overrides = flags_of(self.kept, turns), overrides_of(self.kept, turns)
        except AssistantError:
            turns, flags, overrides = (), {}, {}
        if all(turn.id != question.id for turn in turns):
            turns = (*turns, Turn(question.id, question.conversation_id, outcome, datetime.now(UTC)))
        return render.thread(question.conversation_id, turns, flags, overrides)


def build_chat(ask: Ask, records: Kept, read_source: ReadSource, status: Status) -> gr.Blocks:
    """The page as Gradio blocks; `serve` serves it. `ask` must end in an `Answer` or `Refusal`.

    `read_source` gives a document by its id with its full text. Nothing is loaded from outside this machine.
    """
    # Gradio would compute usage statistics over pandas after every event, whether or not anybody may see them.
    os.environ.setdefault("GRADIO_ANALYTICS_CACHE_FREQUENCY", str(sys.maxsize))
    chat = Chat(ask, records)
    blocks: gr.Blocks = gr.Blocks(title="pharmassist", analytics_enabled=False, fill_height=True, fill_width=True)
    with blocks:
        laid_out = _layout(status, Replies(records, read_source))
        _wire_questions(laid_out, chat)
        _wire_conversations(blocks, laid_out, chat)
    return blocks


def _why_not(words: str, pending: str) -> str:
    if not words.strip():
        return EMPTY
    if len(words) > LONGEST_QUESTION:
        return TOO_LONG.format(length=len(words), limit=LONGEST_QUESTION)
    return BUSY if pending else ""


def _layout(status: Status, replies: Replies) -> Page:
    _html(page.header(status), "top")
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
    return Page(thread, live, rail, problem, box, send, stop, patient, *hidden, _bridge(replies))


def _html(value: str, elem_id: str) -> gr.HTML:
    """HTML of ours. The template stays Gradio's default, which inserts the value once and evaluates nothing in it."""
    return gr.HTML(value, elem_id=elem_id, apply_default_css=False, js_on_load=None)


def _question_box() -> gr.Textbox:
    return gr.Textbox(
        lines=1, max_lines=8, label="Your question", show_label=False, container=False, autofocus=True,
        placeholder="Ask about a medicine", elem_id="box",
    )  # fmt: skip


def _bridge(replies: Replies) -> gr.HTML:
    """The component without a face through which `chat.js` calls the functions of `Replies` and starts events."""

    def source(sent: object) -> Reply:
        return replies.source(sent)

    def context(sent: object) -> Reply:
        return replies.context(sent)

    def copy(sent: object) -> Reply:
        return replies.copy(sent)

    def export(sent: object) -> Reply:
        return replies.export(sent)

    def flag(sent: object) -> Reply:
        return replies.flag(sent)

    def override(sent: object) -> Reply:
        return replies.override(sent)

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


def _wire_questions(laid_out: Page, chat: Chat) -> None:
    taken = [laid_out.box, laid_out.pending, laid_out.live, laid_out.problem]
    shown = [laid_out.live, laid_out.thread, laid_out.rail, laid_out.pending]
    sent = partial(gr.on, [laid_out.box.submit, laid_out.send.click])

    def example(pending: str, event: gr.EventData) -> tuple[str, str, str, str]:
        return chat.begin(str(event.question), pending)

    begun = [
        _quietly(sent, chat.begin, [laid_out.box, laid_out.pending], taken),
        _quietly(laid_out.bridge.example, example, [laid_out.pending], taken),
    ]
    asked = [laid_out.pending, laid_out.conversation, laid_out.facts]
    kept = [laid_out.pending, laid_out.box]
    limits = {"concurrency_limit": AT_ONCE, "concurrency_id": "ask"}
    running = [_quietly(each.then, chat.answer, asked, shown, **limits) for each in begun]
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


def _wire_conversations(blocks: gr.Blocks, laid_out: Page, chat: Chat) -> None:
    shown = [laid_out.thread, laid_out.rail, laid_out.problem, laid_out.conversation]
    shown += [laid_out.patient, laid_out.facts]

    def chosen(event: gr.EventData) -> tuple[str, str, str, str, str, str]:
        return chat.open(str(event.conversation))

    def described(facts: str, event: gr.EventData) -> tuple[str, str]:
        return chat.describe(event.patient, facts)

    _quietly(laid_out.bridge.patient, described, [laid_out.facts], [laid_out.patient, laid_out.facts])

    _quietly(laid_out.bridge.open, chosen, [], shown)
    _quietly(laid_out.bridge.fresh, partial(chat.open, ""), [], shown)
    # The address of the page names its conversation, so that a reload or a bookmark comes back to it.
    _quietly(blocks.load, chat.open, [laid_out.conversation], shown, js="() => [window.location.hash.slice(1)]")
