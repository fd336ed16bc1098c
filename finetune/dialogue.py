"""An example as the messages that a model is trained on. The only place, so that training and serving cannot drift."""

from __future__ import annotations

from assistant.prompt import Message, answer_prompt, inert, render
from assistant.reply import write_reply
from finetune.example import Example

REFUSED = write_reply(())
"""What a model should write where no passage answers the question."""
_REPLY = '[{"citations":'


def messages(example: Example) -> tuple[Message, ...]:
    """What the model sees, and last what it should write.

    An example with evidence, or whose answer is a reply in our format, is rendered by the prompt that serving uses. An
    imported chat without either is its turns as they were: history alternates between user and assistant, and the
    question follows.
    """
    if is_grounded(example):
        asked = render(answer_prompt(), example.question, example.medicines, example.evidence)
        return (*asked, Message("assistant", example.answer))
    earlier = len(example.history)
    turns = (
        Message("assistant" if (earlier - place) % 2 else "user", inert(text))
        for place, text in enumerate(example.history)
    )
    return (*turns, Message("user", inert(example.question)), Message("assistant", example.answer))


def is_grounded(example: Example) -> bool:
    """Whether the example is one of ours: evidence to answer from, or an answer in the reply's format."""
    return bool(example.evidence) or is_reply(example.answer)


def is_reply(answer: str) -> bool:
    """Whether an answer is in the format of `assistant.reply`."""
    return answer == REFUSED or answer.startswith(_REPLY)
