"""Finds special situations by the signs of `situations.yaml`, each with the medicine named nearest to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from guardrails.adverse.pairing import Named
from guardrails.adverse.report import Situation, SituationMention, Span
from guardrails.adverse.signs import in_span
from retrieval.sentences import sentences


def situations(text: str, medicines: Sequence[Named]) -> tuple[SituationMention, ...]:
    """Every special situation told of, one for each kind and sentence, in the order of the text.

    A text that names no medicine at all tells of none: "I am pregnant" is no exposure.

    Raises:
        RuleInvalid: the table of situations cannot be read.
    """
    if not medicines:
        return ()
    return tuple(each for span in sentences(text) for each in _in_sentence(text, span, medicines))


def _in_sentence(text: str, span: Span, medicines: Sequence[Named]) -> Iterator[SituationMention]:
    first: dict[str, Span] = {}
    for sign in in_span("situations", text, span):
        first.setdefault(sign.kind, sign.span)
    for kind, place in first.items():
        inside = [one for one in medicines if span[0] <= one.span[0] < span[1]]
        nearest = min(inside or medicines, key=lambda one: abs(one.span[0] - place[0]))
        yield SituationMention(Situation(kind), place, text[slice(*span)], nearest.name, nearest.span)
