"""Drafts the questions to a reporter: the missing minimum criteria first, then what would change a judgement.

A draft is sent by nobody: a person copies it, changes it, or leaves it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from assistant.triage.case import Case, Event
from assistant.triage.product import Product, ProductRole
from assistant.triage.validity import validity
from guardrails.rule_file import read_rule_file

FILE = Path(__file__).resolve().parent / "rules" / "follow_up.yaml"
_SUSPECTED = frozenset({ProductRole.SUSPECT, ProductRole.INTERACTING})


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class EventQuestions(_Shape):
    """What is asked of an event."""

    onset: str
    outcome: str


class ProductQuestions(_Shape):
    """What is asked of a suspect or interacting medicine."""

    dosing: str
    start: str
    action: str
    indication: str


class FollowUpWords(_Shape):
    """The whole file."""

    id: str
    version: str
    opening: str
    closing: str
    event: EventQuestions
    product: ProductQuestions


@dataclass(frozen=True, slots=True)
class FollowUpQuestion:
    """One drafted question, and the field that the answer would fill."""

    path: str
    text: str


@cache
def follow_up_words() -> FollowUpWords:
    """The words that ship. Raises `guardrails.errors.RuleInvalid`."""
    return read_rule_file(FILE, FollowUpWords, "list of follow-up questions")


def questions(case: Case) -> tuple[FollowUpQuestion, ...]:
    """What the reporter can be asked; nothing that the case already says."""
    found = validity(case)
    missing = tuple(
        FollowUpQuestion(criterion.value, text) for criterion, text in zip(found.missing, found.questions, strict=True)
    )
    suspects = [product for product in case.products if product.role in _SUSPECTED]
    of_events = tuple(each for event in case.events for each in _of_event(event))
    return (*missing, *of_events, *(each for product in suspects for each in _of_product(product)))


def letter(case: Case) -> str:
    """The draft as one text; "" where there is nothing to ask."""
    asked = questions(case)
    if not asked:
        return ""
    words = follow_up_words()
    lines = (f"{number}. {each.text}" for number, each in enumerate(asked, start=1))
    return "\n".join((words.opening.format(label=case.label), "", *lines, "", words.closing))


def _of_event(event: Event) -> Iterator[FollowUpQuestion]:
    words, path = follow_up_words().event, f"events[{event.id}]"
    if event.onset is None:
        yield FollowUpQuestion(f"{path}.onset", words.onset.replace("{name}", event.verbatim))
    if event.outcome is None:
        yield FollowUpQuestion(f"{path}.outcome", words.outcome.replace("{name}", event.verbatim))


def _of_product(product: Product) -> Iterator[FollowUpQuestion]:
    words, path = follow_up_words().product, f"products[{product.id}]"
    asked = (
        ("dosings", words.dosing, any(each.text or each.amount for each in product.dosings)),
        ("dosings", words.start, any(each.start for each in product.dosings)),
        ("action", words.action, product.action is not None),
        ("indications", words.indication, bool(product.indications)),
    )
    for field, text, is_known in asked:
        if not is_known:
            yield FollowUpQuestion(f"{path}.{field}", text.replace("{name}", product.name))
