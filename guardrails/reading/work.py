"""The clause that is being read, and how its words are added to a dose."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from guardrails.dose import Limit
from guardrails.numerals import Token, is_word
from guardrails.reading.drafting import Draft, add_people, add_route, add_timing
from guardrails.reading.marks import Kind, Mark

OTHER_ACTION = re.compile(
    r"increas|decreas|reduc|titrat|adjust|monitor|check|measur|assess|review|test|level|count|symptom|\beat|drink"
    r"|chang|rotat|replac|visit|occur|experienc|half-li|eliminat|wash|until|\bif\b|\bunless\b|studie|trial",
    re.IGNORECASE,
)
FARTHEST = 12


@dataclass(slots=True)
class Assembly:
    """The clause that is being read: what was understood so far, and what waits for its amount.

    Words before `cut` say nothing of the next amount; `cut_before` is where it stood before a bare number, which may
    turn out to count products ("a maximum of two 500 mg tablets").
    """

    text: str
    masked: str
    tokens: Sequence[Token]
    marks: Sequence[Mark]
    drafts: list[Draft] = field(default_factory=list)
    waiting: list[Mark] = field(default_factory=list)
    understood: list[tuple[int, int]] = field(default_factory=list)
    route: str = ""
    people: str = ""
    open: bool = False
    follows: bool = False
    cut: int = 0
    cut_before: int = 0
    doubts: list[str] = field(default_factory=list)

    def start(self, at: int) -> int:
        """The character at which this token begins."""
        return self.tokens[at].start

    def between(self, first: int, after: int) -> str:
        """The text between two tokens."""
        return self.text[self.tokens[first].end : self.tokens[after].start] if first >= 0 else ""

    def gap(self, one: int, other: int) -> tuple[str, ...]:
        """The words from one token up to another, in lower case."""
        return tuple(token.text.lower() for token in self.tokens[one:other])


def attach(work: Assembly, draft: Draft, mark: Mark) -> None:
    """Add one mark to a dose: a route, frequency, patient …"""
    said = draft.statement
    if mark.kind is Kind.ROUTE:
        add_route(draft, mark.text, mark.first > 0 and is_word(work.tokens, mark.first - 1, "or", "/"), mark.after)
    elif mark.kind is Kind.NEEDED:
        draft.set(replace(said, as_needed=True), mark.after)
    elif mark.kind is Kind.ONCE:
        limited = said.limit is not Limit.NONE and mark.first < draft.first
        draft.set(replace(said, per=("{dose}",)) if limited else replace(said, once=True), mark.after)
    elif mark.kind is Kind.PEOPLE:
        add_people(draft, mark.text, mark.after)
    elif mark.kind is Kind.TOTAL:
        draft.set(replace(said, per=said.per if mark.text in said.per else (*said.per, mark.text)), mark.after)
    elif mark.kind is Kind.TIMING and mark.timing is not None:
        joined = mark.first > 0 and is_word(work.tokens, mark.first - 1, "and", "&", "plus")
        add_timing(draft, mark.timing, mark.after, work.tokens[mark.first].text.lower(), joined)
