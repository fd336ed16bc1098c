"""What one record says, whatever shape it has: a question with its answer, or a chat in one of its usual forms.

Read are our own examples, question and answer, instruction and output (Alpaca), prompt and completion, `messages`, and
`conversations` (ShareGPT). A chat becomes one example for each answer in it, with what was said before as history.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

_QUESTIONS = ("question", "instruction", "prompt", "query", "input")
_ANSWERS = ("answer", "output", "completion", "response", "chosen")
_GROUPS = ("group", "patient", "patient_id", "conversation_id", "session_id")
_ROLES = {
    **dict.fromkeys(("user", "human", "prompter"), "user"),
    **dict.fromkeys(("assistant", "gpt", "bot", "model", "chatgpt"), "assistant"),
    **dict.fromkeys(("system", "developer"), "system"),
}
MOST_TURNS = 200
"""Answers of one chat; a longer one is no conversation with a clinician."""


@dataclass(frozen=True, slots=True)
class Said:
    """A question, its answer, and what was said before, oldest first, the last of it by the assistant."""

    question: str
    answer: str
    history: tuple[str, ...] = ()


class Unreadable(ValueError):
    """A record that says no question with an answer; its text is the reason that is counted."""


def said(record: Mapping[str, object]) -> tuple[Said, ...]:
    """The examples of a record. Raises `Unreadable`."""
    for name in ("messages", "conversations"):
        turns = record.get(name)
        if turns is not None:
            if not isinstance(turns, Sequence) or isinstance(turns, str):
                raise Unreadable(f"“{name}” is no list")
            return _of_chat(list(_turns(turns)))
    question, answer = _first(record, _QUESTIONS), _first(record, _ANSWERS)
    if question is None or answer is None:
        raise Unreadable("no question or no answer")
    context = record.get("input")
    if "instruction" in record and isinstance(context, str) and context.strip():
        question = f"{question}\n\n{context}"
    return (Said(question, answer, texts(record.get("history"))),)


def group_of(record: Mapping[str, object]) -> str:
    """What names the patient or conversation of a record, "" where nothing does."""
    for name in _GROUPS:
        value = record.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            return str(value).strip()
    return ""


def texts(value: object) -> tuple[str, ...]:
    """A list of texts. Raises `Unreadable` where it is something else."""
    if value is None or value == "":
        return ()
    if not isinstance(value, Sequence) or isinstance(value, str) or not all(isinstance(one, str) for one in value):
        raise Unreadable("a list of texts is none")
    return tuple(value)


def _first(record: Mapping[str, object], names: Sequence[str]) -> str | None:
    for name in names:
        value = record.get(name)
        if isinstance(value, str):
            return value
        if value is not None:
            raise Unreadable(f"“{name}” is no text")
    return None


def _turns(turns: Sequence[object]) -> Iterator[tuple[str, str]]:
    for turn in turns:
        if not isinstance(turn, Mapping):
            raise Unreadable("a turn of the chat is no object")
        role, text = turn.get("role", turn.get("from")), turn.get("content", turn.get("value"))
        if not isinstance(role, str) or not isinstance(text, str) or role.lower() not in _ROLES:
            raise Unreadable("a turn of the chat has no role or no text")
        yield _ROLES[role.lower()], text


def _of_chat(turns: Sequence[tuple[str, str]]) -> tuple[Said, ...]:
    spoken = [turn for turn in turns if turn[0] != "system"]
    roles = [role for role, _ in spoken]
    if len(spoken) < 2 or len(spoken) > 2 * MOST_TURNS:
        raise Unreadable("the chat has no answer" if len(spoken) < 2 else "the chat is too long")
    if any(role != ("user", "assistant")[place % 2] for place, role in enumerate(roles)):
        raise Unreadable("question and answer do not take turns in the chat")
    said_so_far = tuple(text for _, text in spoken)
    return tuple(
        Said(said_so_far[at - 1], said_so_far[at], said_so_far[: at - 1]) for at in range(1, len(said_so_far), 2)
    )
