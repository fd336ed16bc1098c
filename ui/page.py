"""The frame around a conversation as HTML: header, list of conversations, empty page, notes under the question box."""

from __future__ import annotations

from collections.abc import Sequence

from assistant.conversation import Conversation
from assistant.people import Person
from ui.markup import count, day, icon, text
from ui.status import Status

EXAMPLES = (
    "Metformin: maximum daily dose for adults?",
    "Can ciprofloxacin be given with tizanidine?",
    "Warfarin interactions that raise the bleeding risk",
    "Paracetamol overdose: what does the label say?",
)
"""Questions that the starter sources can answer."""

LONGEST_TITLE = 90


def header(status: Status, person: Person | None = None, *, desk: bool = False) -> str:
    """Name, purpose, one line about what stands behind the answers, who is signed in, and the ways to the desks."""
    to_review = '<a class="to-desk" href="/review/">Review desk</a>'
    to_desk = f'{to_review}<a class="to-desk" href="/triage/">Pharmacovigilance desk</a>' if desk else ""
    return (
        '<header class="top"><button type="button" class="quiet rail-toggle" data-action="rail" aria-expanded="false" '
        f'aria-controls="rail">{icon("menu")}<span class="sr-only">Conversations</span></button>'
        f'<span class="logo">{icon("pill")}</span><h1>pharmassist</h1>'
        f'<span class="purpose">Medicines questions, answered from drug labels only</span>'
        f'<span class="status">{_status_line(status)}</span>{to_desk}{_who(person) if person else ""}</header>'
    )


def _who(person: Person) -> str:
    return (
        f'<form class="who" method="post" action="/sign-out"><a href="/password" title="Change the password">'
        f'{text(person.name)}</a><button type="submit" class="quiet">Sign out</button></form>'
    )


def _status_line(status: Status) -> str:
    made_by = " + ".join(word for word in (status.model or status.generator, status.adapter) if word)
    newest = f" · newest of {day(status.newest)}" if status.newest else ""
    return f'<span class="roomy">{text(made_by)} · </span>{count(status.sources, "source")}{newest}'


def rail(conversations: Sequence[Conversation], current: str) -> str:
    """The new-conversation button and the earlier conversations, newest first."""
    items = "".join(_conversation(item, item.id == current) for item in conversations)
    earlier = f'<h2 class="rail-title">Earlier</h2><ul class="rail-list">{items}</ul>' if items else ""
    return (
        '<nav class="rail" aria-label="Conversations"><button type="button" class="primary wide" data-action="new">'
        f"{icon('plus')}New conversation</button>{earlier}</nav>"
    )


def _conversation(item: Conversation, current: bool) -> str:
    title = item.title if len(item.title) <= LONGEST_TITLE else item.title[:LONGEST_TITLE].rstrip() + "…"
    mark = ' aria-current="page"' if current else ""
    return (
        f'<li><button type="button" class="rail-item" data-action="open" data-conversation="{text(item.id)}"{mark}>'
        f'<span class="rail-name">{text(title)}</span>'
        f'<span class="rail-when">{day(item.started_at.astimezone().date())} · {count(item.turns, "question")}</span>'
        "</button></li>"
    )


def welcome(examples: Sequence[str] = EXAMPLES) -> str:
    """The empty page: what this is for, what it will not do, and questions to start with."""
    buttons = "".join(
        f'<li><button type="button" class="example" data-action="example">{text(question)}</button></li>'
        for question in examples
    )
    return (
        '<div class="thread is-empty" data-conversation="" data-turns="0"><div class="welcome">'
        "<h2>Ask about a medicine</h2>"
        "<p>Dosing, interactions, contraindications, reactions, pregnancy, overdose. Every sentence of an answer is "
        "checked against the label it cites, and opens the exact passage. What the sources do not say is not "
        f'answered.</p><ul class="examples" aria-label="Example questions">{buttons}</ul></div></div>'
    )


def problem(words: str) -> str:
    """A message beside the question box that is read aloud at once; empty words leave nothing."""
    body = f"{icon('warning')}<span>{text(words)}</span>" if words else ""
    return f'<div class="problem" role="alert">{body}</div>'


def fineprint() -> str:
    """What every reader must know, and the keys."""
    return (
        '<p class="fineprint"><span>For health professionals. Read the cited passage before you act on a sentence.'
        '</span><span class="keys"><span><kbd>Enter</kbd> sends</span><span><kbd>Shift</kbd>+<kbd>Enter</kbd> new line'
        "</span><span><kbd>/</kbd> to ask</span><span><kbd>Esc</kbd> closes the source</span></span></p>"
    )


def panel_frame() -> str:
    """The empty source panel; its inside is filled when a citation is chosen."""
    return (
        '<aside class="panel" id="source-panel" aria-label="Source" hidden><div class="panel-bar"><span>Source</span>'
        f'<button type="button" class="quiet" data-action="close" aria-label="Close the source">{icon("close")}'
        '</button></div><div class="panel-body" aria-live="polite"></div></aside>'
    )
