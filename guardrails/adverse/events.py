"""Finds by rules the words of a text that name a reaction, and those that are said not to have happened."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from guardrails.adverse.report import Span
from guardrails.adverse.signs import in_span, signs

# Endings that name a disorder (hyponatraemia, neutropenia, myalgia), beside the words of events.yaml.
_ENDING = re.compile(
    r"\b[a-z]{2,}(?:itis|osis|penia|a?emia|uria|algia|opathy|rrhage|plegia|lysis|toxicity|spasm|o?edema"
    r"|rrh[o]?ea|trophy"
    r"|megaly|plasia|paresis|aesthesia|esthesia|phobia|pnoea|pnea|ectasia|sclerosis)\b",
    re.IGNORECASE,
)
_HOW = """
    severe acute bad terrible horrible constant persistent dry generalised generalized new massive mild fatal chronic
    sudden itchy painful recurrent profound
"""
_WHERE = """
    abdominal aortic bilateral biliary bowel brain bronchial cardiac cerebral colonic corneal coronary cutaneous
    digital duodenal facial gastric gastrointestinal genital gi hepatic intestinal intracerebral intracranial kidney lip
    liver lung mouth muscle nasal ocular oesophageal esophageal oral pancreatic peptic pericardial peripheral pleural
    pulmonary rectal renal respiratory retinal retroperitoneal scalp skin subarachnoid subdural tongue uterine vaginal
    vascular venous ventricular
"""
# What a reaction is like and where it sits belong to it: a gastric ulcer is not any ulcer.
_QUALIFIED = re.compile(rf"(?:\b(?:{'|'.join((_HOW + _WHERE).split())})\s+)+$", re.IGNORECASE)
# A denial goes on over a list, and ends at a new statement.
_ENDS_DENIAL = re.compile(
    r"[.;!?\n]|\b(?:but|however|except|apart|although|reports?|since|now|then|until)\b", re.IGNORECASE
)
_DENIAL_REACHES = 60
_EXCLUDED = re.compile(
    r"\W*(?:\w+\W+){0,3}?(?:excluded|ruled out|unlikely|unrelated|not (?:related|from|due)|never came"
    r"|before (?:he|she|i|they)\b)",
    re.IGNORECASE,
)


def event_words(text: str, span: Span, without: Sequence[Span] = ()) -> tuple[Span, ...]:
    """Where a stretch of the text names reactions, in order and not overlapping; places in `without` do not count."""
    start, end = span
    found = [sign.span for sign in in_span("events", text, span)]
    found += [one.span() for one in _ENDING.finditer(text, start, end)]
    free = sorted((one for one in set(found) if not shares(one, without)), key=_first_longest)
    made: list[Span] = []
    for one in free:
        if not made or one[0] >= made[-1][1]:
            made.append(one)
    whole = [widened(text, one, start) for one in made]
    # "Gastrointestinal" is a word for a reaction, and in "gastrointestinal bleed" only its place.
    return tuple(one for at, one in enumerate(whole) if at + 1 == len(whole) or whole[at + 1][0] > one[0])


def widened(text: str, event: Span, start: int = 0) -> Span:
    """The event with the words before it that say how it is or where, not before `start`."""
    return event[0] - _qualified(text, start, event[0]), event[1]


def _first_longest(span: Span) -> tuple[int, int]:
    return span[0], -span[1]


def _qualified(text: str, start: int, at: int) -> int:
    found = _QUALIFIED.search(text, max(start, at - 40), at)
    return at - found.start() if found else 0


def shares(span: Span, others: Sequence[Span]) -> bool:
    """Whether a stretch shares a character with one of the others, which are in order and do not overlap."""
    at = bisect_right(others, span[0], key=lambda one: one[0])
    return any(start < span[1] and span[0] < end for start, end in others[max(0, at - 1) : at + 1])


def is_denied(text: str, event: Span, sentence: Span) -> bool:
    """Whether the sentence says that this did not happen ("no rash or fever", "DVT ruled out")."""
    before = text[max(sentence[0], event[0] - _DENIAL_REACHES) : event[0]]
    denials = signs("telling", before + " ", "denied")
    if denials and not _ENDS_DENIAL.search(before[denials[-1].span[1] :]):
        return True
    return _EXCLUDED.match(text, event[1], sentence[1]) is not None
