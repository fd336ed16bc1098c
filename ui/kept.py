"""What the page reads from and writes to the records; `assistant.records.Records` outside tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from assistant.conversation import Conversation, Flag, Override, Turn


class Kept(Protocol):
    """Conversations that outlive the page and the server. Every method may raise an `AssistantError`."""

    def save_flag(self, flag: Flag) -> None:
        """Keep one flag."""

    def turns(self, conversation_id: str) -> tuple[Turn, ...]:
        """The turns of a conversation, oldest first; empty for one that is not known."""

    def turn(self, turn_id: str) -> Turn | None:
        """One turn, None where there is none."""

    def conversations(self, limit: int = 50) -> tuple[Conversation, ...]:
        """The conversations, newest first."""

    def flags(self, turn_id: str | None = None) -> tuple[Flag, ...]:
        """The flags on one turn, or all."""

    def save_override(self, override: Override) -> None:
        """Keep one override of a warning that was shown."""

    def overrides(self, turn_id: str | None = None) -> tuple[Override, ...]:
        """The overrides on one turn, or all."""


def overrides_of(kept: Kept, turns: Sequence[Turn]) -> Mapping[str, tuple[Override, ...]]:
    """The overrides on each of these turns, by the turn's id."""
    return {turn.id: kept.overrides(turn.id) for turn in turns}


def flags_of(kept: Kept, turns: Sequence[Turn]) -> Mapping[str, tuple[Flag, ...]]:
    """The flags on each of these turns, by the turn's id."""
    return {turn.id: kept.flags(turn.id) for turn in turns}
