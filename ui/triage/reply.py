"""What goes back to triage.js, and how a known failure becomes one sentence in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from assistant.errors import AssistantError
from assistant.triage.errors import TriageError
from guardrails.errors import GuardrailError
from retrieval.errors import RetrievalError

UNREADABLE = "The page sent something that could not be read. Reload it and try again."


@dataclass(frozen=True, slots=True)
class BoardReply:
    """HTML to show, a sentence to say, the id of a case to go to, or what went wrong."""

    html: str = ""
    said: str = ""
    name: str = ""
    error: str = ""


SentT = TypeVar("SentT", bound=BaseModel)


def answered(kind: type[SentT], sent: object, reply: Callable[[SentT], BoardReply]) -> BoardReply:
    """The reply, or the one sentence that says why there is none."""
    try:
        return reply(kind.model_validate(sent))
    except ValidationError:
        return BoardReply(error=UNREADABLE)
    except (AssistantError, TriageError, GuardrailError, RetrievalError) as error:
        return BoardReply(error=str(error))
