"""What a draft is made from, and what can make one.

A generator yields every `Claim` as soon as it is complete, so that it can be checked and shown while the next is being
written, and returns the whole `Draft` at its end.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Protocol, TypeAlias

from assistant.conversation import Draft, Question
from assistant.errors import GeneratorError
from guardrails.claim import Claim
from retrieval.passage import Passage, Section

log = logging.getLogger(__name__)

Drafting: TypeAlias = Generator[Claim, None, Draft]


@dataclass(frozen=True, slots=True)
class Objection:
    """A sentence of an earlier draft that failed its checks, and why."""

    text: str
    why: str


@dataclass(frozen=True, slots=True)
class DraftRequest:
    """The question (its identifiers already masked), the passages that may be cited, and what search recognised.

    `similarities` holds each passage's cosine to the question, -1..1, where search knows it; else it is empty.
    `objections` are what was wrong with an earlier draft; empty for a first one.
    """

    question: Question
    passages: tuple[Passage, ...]
    medicines: tuple[str, ...]
    sections: tuple[Section, ...]
    similarities: tuple[float, ...] = ()
    objections: tuple[Objection, ...] = ()


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

    @property
    def revises(self) -> bool:
        """Whether it can make something better of objections than the same draft again."""

    def draft(self, request: DraftRequest) -> Drafting:
        """Yield each claim when it is complete and return the whole draft; raises a leaf of `GeneratorError`."""


class WithFallback:
    """Lets a backup take over where the primary fails, at its start or in the middle, and says so in the draft."""

    def __init__(self, primary: DraftGenerator, backup: DraftGenerator) -> None:
        self._primary = primary
        self._backup = backup

    @property
    def name(self) -> str:
        """The primary's: what is asked for, not what had to be used."""
        return self._primary.name

    @property
    def model(self) -> str:
        """The primary's."""
        return self._primary.model

    @property
    def adapter(self) -> str:
        """The primary's."""
        return self._primary.adapter

    @property
    def revises(self) -> bool:
        """The primary's."""
        return self._primary.revises

    def draft(self, request: DraftRequest) -> Drafting:
        """Yield the primary's claims for as long as it can go on, then what the backup adds to them.

        Raises only what the backup raises; anything but a `GeneratorError` of the primary is a defect and passes.
        """
        kept: list[Claim] = []
        drafting = self._primary.draft(request)
        try:
            while True:
                try:
                    claim = next(drafting)
                except StopIteration as end:
                    whole: Draft = end.value
                    return whole
                kept.append(claim)
                yield claim
        except GeneratorError as error:
            log.warning("%s failed (%s); %s takes over", self._primary.name, error, self._backup.name)
            reason = str(error)
        finally:
            drafting.close()
        return (yield from self._take_over(request, kept, reason))

    def _take_over(self, request: DraftRequest, kept: list[Claim], reason: str) -> Drafting:
        said = [*kept]
        drafting = self._backup.draft(request)
        while True:
            try:
                claim = next(drafting)
            except StopIteration as end:
                backup: Draft = end.value
                return self._told(backup, tuple(said), bool(kept), reason)
            if not _repeats(claim, kept):
                said.append(claim)
                yield claim

    def _told(self, backup: Draft, said: tuple[Claim, ...], mixed: bool, reason: str) -> Draft:
        """One draft of what both said, and one sentence on why the backup was needed."""
        because = f"The answer was {'completed' if mixed else 'made'} without the model, because {reason}."
        if not mixed:
            return replace(backup, claims=said, fallback=because)
        both = f"{self._primary.name}, then {backup.generator}"
        return Draft(said, both, self._primary.model, self._primary.adapter, because)


def _repeats(claim: Claim, kept: list[Claim]) -> bool:
    """Whether the same was said before, in the same words.

    A kept claim with the same quote but other words is no reason to leave this one out: it may have been withheld, and
    then this is the sentence that is missing.
    """
    return any(_words(claim) == _words(earlier) and claim.citations == earlier.citations for earlier in kept)


def _words(claim: Claim) -> list[str]:
    return claim.text.casefold().split()
