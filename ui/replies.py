"""What the page asks for between questions: a source, its context, text to copy, a file, a flag to keep.

Each function takes what the browser sent, which is parsed before it is believed, and returns a `Reply` whose `error`
is one sentence for the reader. Nothing here raises for a bad request or for records that fail.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from assistant.conversation import Answer, Flag, FlagKind, Override, Turn
from assistant.errors import AssistantError
from assistant.people import May, Person, require
from retrieval.errors import RetrievalError
from retrieval.passage import Passage
from ui import panel
from ui.assessment import LONGEST_REASON, override_line
from ui.export import ReadSource, answer_text, conversation_markdown, file_name
from ui.flagging import LONGEST_COMMENT, flag_list
from ui.kept import Kept, flags_of
from ui.markup import text
from ui.numbering import numbers

UNREADABLE = "The page sent something that could not be read. Reload it and try again."
GONE = "This turn is not in the records any more, so its sources cannot be opened."


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back to the page: HTML to show, or text to keep under a file name, or what went wrong."""

    html: str = ""
    text: str = ""
    name: str = ""
    error: str = ""


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CitationAt(_Request):
    """One citation of one claim of one turn, counted from 0; `whole` asks for the whole document around it."""

    turn: str = Field(max_length=100)
    claim: int = Field(ge=0, lt=1000)
    citation: int = Field(ge=0, lt=1000)
    whole: bool = False


class TurnAt(_Request):
    """One turn."""

    turn: str = Field(max_length=100)


class ConversationAt(_Request):
    """One conversation."""

    conversation: str = Field(max_length=100)


class FlagSent(_Request):
    """A filled-in flag form."""

    turn: str = Field(max_length=100)
    kind: FlagKind
    comment: str = Field(default="", max_length=LONGEST_COMMENT)
    corrected: str = Field(default="", max_length=LONGEST_COMMENT)


class OverrideSent(_Request):
    """A filled-in override form; `claim` is null for a warning about the question."""

    turn: str = Field(max_length=100)
    claim: int | None = Field(ge=0, lt=1000)
    rule: str = Field(max_length=100)
    version: str = Field(max_length=200)
    reason: str = Field(max_length=LONGEST_REASON)


RequestT = TypeVar("RequestT", bound=_Request)


@dataclass(frozen=True, slots=True)
class Replies:
    """The functions of the page for one person, over the records and the index's documents."""

    kept: Kept
    read_source: ReadSource
    person: Person

    def source(self, sent: object) -> Reply:
        """The source panel of one citation."""
        return self._answered(May.ASK, CitationAt, sent, self._source)

    def context(self, sent: object) -> Reply:
        """The passage of one citation in its document."""
        return self._answered(May.ASK, CitationAt, sent, self._context)

    def copy(self, sent: object) -> Reply:
        """One answer as text with its citations."""
        return self._answered(May.ASK, TurnAt, sent, self._copy)

    def export(self, sent: object) -> Reply:
        """A conversation as a Markdown file."""
        return self._answered(May.ASK, ConversationAt, sent, self._export)

    def flag(self, sent: object) -> Reply:
        """Keep one flag; the reply lists every flag on the turn."""
        return self._answered(May.FLAG, FlagSent, sent, self._flag)

    def override(self, sent: object) -> Reply:
        """Keep the override of one warning; the reply is the line that stands in its place."""
        return self._answered(May.OVERRIDE, OverrideSent, sent, self._override)

    def _source(self, at: CitationAt) -> Reply:
        cited = _cited(self.kept.turn(at.turn), at)
        if cited is None:
            return Reply(error=GONE)
        number, quotes, passage = cited
        source = self.read_source(passage.source_id)
        newer = self.read_source(source.superseded_by) if source and source.superseded_by else None
        address = f'data-turn="{text(at.turn)}" data-claim="{at.claim}" data-citation="{at.citation}"'
        return Reply(html=panel.source_panel(number, quotes, passage, source, address, newer))

    def _context(self, at: CitationAt) -> Reply:
        cited = _cited(self.kept.turn(at.turn), at)
        if cited is None:
            return Reply(error=GONE)
        _, quotes, passage = cited
        return Reply(html=panel.context(quotes, passage, self.read_source(passage.source_id), at.whole))

    def _copy(self, at: TurnAt) -> Reply:
        turn = self.kept.turn(at.turn)
        return Reply(text=answer_text(turn, self.read_source)) if turn else Reply(error=GONE)

    def _export(self, at: ConversationAt) -> Reply:
        turns = self.kept.turns(at.conversation)
        markdown = conversation_markdown(turns, flags_of(self.kept, turns), self.read_source)
        return Reply(text=markdown, name=file_name(turns)) if turns else Reply(error="There is nothing to export yet.")

    def _flag(self, sent: FlagSent) -> Reply:
        now, by = datetime.now(UTC), self.person.user_name
        flag = Flag(uuid4().hex, sent.turn, sent.kind, sent.comment.strip(), sent.corrected.strip(), now, by)
        self.kept.save_flag(flag)
        return Reply(html=flag_list(self.kept.flags(sent.turn)))

    def _override(self, sent: OverrideSent) -> Reply:
        if not sent.reason.strip():
            return Reply(error="Say why before the warning is overridden.")
        made = (sent.rule, sent.version, sent.reason.strip(), datetime.now(UTC), self.person.user_name)
        override = Override(uuid4().hex, sent.turn, sent.claim, *made)
        self.kept.save_override(override)
        return Reply(html=override_line(override))

    def _answered(self, needs: May, kind: type[RequestT], sent: object, reply: Callable[[RequestT], Reply]) -> Reply:
        try:
            require(self.person, needs)
            return reply(kind.model_validate(sent))
        except ValidationError:
            return Reply(error=UNREADABLE)
        except (AssistantError, RetrievalError) as error:
            return Reply(error=str(error))


def _cited(turn: Turn | None, at: CitationAt) -> tuple[int, tuple[str, ...], Passage] | None:
    """The number of a cited passage, all that this claim quotes from it, and the passage; None where there is none."""
    if turn is None or not isinstance(turn.outcome, Answer) or at.claim >= len(turn.outcome.claims):
        return None
    citations = turn.outcome.claims[at.claim].claim.citations
    if at.citation >= len(citations):
        return None
    key = citations[at.citation].key
    passage = next(passage for passage in turn.outcome.passages if passage.key == key)
    quotes = tuple(citation.quote for citation in citations if citation.key == key)
    return numbers(turn.outcome.claims)[key], quotes, passage
