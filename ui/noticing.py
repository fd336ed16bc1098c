"""Makes flags of what a question reports: reactions to medicines and special situations, for pharmacovigilance."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from assistant.conversation import Flag, FlagKind, Question
from guardrails.adverse.report import AdverseFindings
from guardrails.adverse_event import AdverseEvents


def noticed(adverse: AdverseEvents, question: Question, screened: bool) -> tuple[Flag, ...]:
    """A flag for every reaction and special situation that the question reports; kept before anything is answered.

    Of a question that could not be screened only the medicine and the event are kept, no other word, and only where
    rules know both: the net might take a name for one. Where the net could not be used, each flag says so.
    """
    judge = adverse if screened else replace(adverse, nets=None)
    found, now = judge.screen(question.text), datetime.now(UTC)
    by_rules = f" ({found.fault})" if found.fault else ""
    return tuple(
        Flag(uuid4().hex, question.id, FlagKind.ADVERSE_EVENT, f"{comment}{by_rules}", "", now, "machine")
        for comment in _comments(found, screened)
    )


def _comments(found: AdverseFindings, screened: bool) -> Iterator[str]:
    for mention in found.mentions:
        yield f"{mention.event} reported with {mention.medicine}{_quoted(mention.quote, screened)}"
    for one in found.situations:
        yield f"{one.kind.value.capitalize()} reported with {one.medicine}{_quoted(one.quote, screened)}"


def _quoted(quote: str, screened: bool) -> str:
    return f": “{quote}”" if screened else " (the question could not be screened and was not kept)"
