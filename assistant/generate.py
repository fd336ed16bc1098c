"""What a draft is made from, and what can make one.

A generator yields every `Claim` as soon as it is complete, so that it can be checked and shown while the next is being
written, and returns the whole `Draft` at its end.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from assistant.conversation import Draft, Question
from guardrails.claim import Claim
from retrieval.passage import Passage, Section

Drafting: TypeAlias = Generator[Claim, None, Draft]


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """The question (its identifiers already masked), the passages that may be cited, and what search recognised."""

    question: Question
    passages: tuple[Passage, ...]
    medicines: tuple[str, ...]
    sections: tuple[Section, ...]


class DraftGenerator(Protocol):
    """Writes drafts. Nothing that it writes is shown before `guardrails.judge` has released it."""

    @property
    def name(self) -> str:
        """Which kind of generator this is, as the basis card says it."""

    @property
    def model(self) -> str:
        """The model behind it, empty where there is none."""

    @property
    def adapter(self) -> str:
        """The adapter in use, empty where there is none."""

    def draft(self, request: DraftRequest) -> Drafting:
        """Yield each claim when it is complete and return the whole draft; raises a leaf of `GeneratorError`."""
