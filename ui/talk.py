"""What the chat page does for one person: takes a question, shows its answer as it is made, opens a conversation.

Nothing here knows of Gradio's events; `ui/chat.py` lays the page out and connects both.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeAlias
from uuid import uuid4

import gradio as gr

from assistant.conversation import Answer, Event, Outcome, Question, Refusal, Turn
from assistant.errors import AssistantError
from assistant.people import May, Person, require
from guardrails.errors import PatientInvalid
from guardrails.patient import Patient
from ui import page, patient_form, render
from ui.kept import Kept, flags_of, overrides_of

Ask: TypeAlias = Callable[[Question], Iterator[Event]]

Opened: TypeAlias = tuple[str, str, str, str, str, str]
"""(thread, rail, problem, conversation id, patient line, patient facts)."""

LONGEST_QUESTION = 4000
"""Characters. A longer text is a document, not a question, and is refused before anything reads it."""

TOO_LONG = (
    "This question has {length:,} characters; the limit is {limit:,}. Shorten it to the clinical question. "
    "Your text is still in the box."
)
EMPTY = "Type a question first."
BUSY = "The answer before this one is still being made. Your text stays in the box; send it when that is done."
FAILED = "The question could not be answered because something failed. It is back in the box; the log has the details."
UNREAD = "The earlier conversations could not be read: {why}"
NOT_ALLOWED = "None of your roles allows asking questions. An administrator gives roles."
STOPPED = "Stopped. Your question is back in the box."


@dataclass(frozen=True, slots=True)
class Chat:
    """What the page does for one person, over a way to ask and the records."""

    ask: Ask
    kept: Kept
    person: Person

    def open(self, conversation: str) -> Opened:
        """(thread, rail, problem, conversation id, patient line, patient facts) of a conversation; a new one where the
        id is not known."""
        try:
            require(self.person, May.ASK)
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
        refused = _why_not(words, pending) if self.person.may(May.ASK) else NOT_ALLOWED
        if refused:
            # The box is left alone where it holds these words already: writing them back could undo what is typed next.
            return words if refused == BUSY else gr.skip(), gr.skip(), gr.skip(), page.problem(refused)
        return "", words.strip(), render.live(words.strip(), ()), page.problem("")

    def answer(self, pending: str, conversation: str, facts: str = "") -> Iterator[tuple[str, str, str, str]]:
        """(live, thread, rail, pending) after every event; at the end the turn moves from live to the thread."""
        if not pending:
            yield gr.skip(), gr.skip(), gr.skip(), ""
            return
        require(self.person, May.ASK)
        earlier = tuple(turn.outcome.question.text for turn in self.kept.turns(conversation))
        patient = patient_form.load(facts)
        question = Question(
            uuid4().hex, conversation, pending, datetime.now(UTC), earlier, patient, self.person.user_name
        )
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


def _why_not(words: str, pending: str) -> str:
    if not words.strip():
        return EMPTY
    if len(words) > LONGEST_QUESTION:
        return TOO_LONG.format(length=len(words), limit=LONGEST_QUESTION)
    return BUSY if pending else ""
