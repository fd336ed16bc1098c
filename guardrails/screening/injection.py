"""Instructions to the assistant, in a question or inside a source: they are data and are never followed.

A question that is nothing else is declined; from one that also asks something, they are taken out, and a notice says
so. In a source they mark the passage: it is not sent to a model, and a claim that rests on it is blocked.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from guardrails.examined import Examined
from guardrails.screening import disguise
from guardrails.screening.scope import mentions_health
from guardrails.screening.tables import Sign, table
from guardrails.verdict import Finding, Severity

VERSION = "1"
CERTAIN = 0.9
"""How sure the learned net must be that a text, or a sentence of it, is an instruction to the assistant."""
DECLINED = "This gives instructions to the assistant instead of asking about a medicine, so it is not answered."
IGNORED = "Instructions to the assistant in this question were ignored; only the question itself is answered."

# Marks by which chat templates of language models part their messages; no question or label holds them.
_FORGED = re.compile(
    r"<\|[a-z_]{2,20}\|>|\[/?(?:INST|SYS|SYSTEM)\]|<</?SYS>>|</?(?:system|assistant|instructions?)>"
    r"|^\s*#{1,4}\s*(?:instruction|system|assistant|response)s?\b\s*:?|^\s*(?:system|assistant)\s*:(?=\s*\w)"
    r"|(?<=[.?!]\s)(?:system|assistant|user)\s*:",
    re.IGNORECASE | re.MULTILINE,
)
# Where one clause ends and the next begins. What joins them is no part of either.
_CLAUSE_END = re.compile(
    r"[.?!;:\n]+\s*|,\s+|\s+[-–—]+\s+|\s+(?:and|but|then)\s+(?:also\s+|now\s+|please\s+)?", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"[.?!;\n]+\s*|:\s+")
_LOOSE_START = re.compile(r"^(?:[\s,.;:!\-–—\])>]|(?:and|but|then|so)\b)+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Injection:
    """An instruction to the assistant: what kind, and where it stands in the text."""

    kind: str
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Parted:
    """A question without the instructions in it. `question` is "" where nothing else was asked."""

    question: str
    found: tuple[Injection, ...]


def find(text: str) -> tuple[Injection, ...]:
    """Every instruction to the assistant in a question, in order of place.

    The text comes without unseen characters (`disguise.seen`).

    Raises:
        RuleInvalid: the table of signs cannot be read.
    """
    return tuple(sorted(set(_found(text, "injection")), key=lambda each: each.span))


@lru_cache(maxsize=4096)
def in_source(text: str) -> tuple[Injection, ...]:
    """Every instruction to an assistant in the text of a source. Instructions to patients and clinicians are none.

    Spans count characters of `disguise.seen(text)`.

    Raises:
        RuleInvalid: the table of signs cannot be read.
    """
    return tuple(sorted(set(_found(disguise.seen(text), "source-instructions")), key=lambda each: each.span))


def part(text: str) -> Parted:
    """Part a question from the instructions in it.

    Raises:
        RuleInvalid: the table of signs cannot be read.
    """
    found = find(text)
    if not found:
        return Parted(text, ())
    rest = _without(text, found)
    return Parted(rest if mentions_health(rest) else "", found)


def part_judged(parted: Parted, instruction: Callable[[str], float]) -> Parted:
    """Part what signs left of a question once more, by the learned net's probability that a text is an instruction.

    Raises:
        NetUnavailable: the net cannot be used.
        RuleInvalid: a table of signs cannot be read.
    """
    text = parted.question
    starts = [0, *(hit.end() for hit in _SENTENCE_END.finditer(text)), len(text)]
    pieces = [(a, b) for a, b in pairwise(starts) if text[a:b].strip()]
    whole = bool(text) and instruction(text) >= CERTAIN
    # A sentence that speaks of health is part of the question, unless the whole text reads as an order.
    asked = [span for span in pieces if whole or (len(pieces) > 1 and not mentions_health(text[slice(*span)]))]
    spans = [span for span in asked if instruction(text[slice(*span)].strip()) >= CERTAIN]
    if not spans and not whole:
        return parted
    rest = _cut(text, spans) if spans else ""
    found = (*parted.found, *(Injection("judged", span) for span in spans or [(0, len(text))]))
    return Parted(rest if mentions_health(rest) else "", found)


def quotes_no_instruction(examined: Examined) -> tuple[Finding, ...]:
    """A check of a claim: neither it nor a sentence that it quotes is an instruction to the assistant."""
    for text in map(disguise.seen, (examined.claim.text, *(one.text for one in examined.quoted))):
        for each in in_source(text):
            quote = text[slice(*each.span)]
            explanation = "The sentence is an instruction to the assistant, not a statement of a source."
            return (Finding("instruction", VERSION, Severity.BLOCK, explanation, (0, 0), quote),)
    return ()


def _found(text: str, name: str) -> Iterator[Injection]:
    signs = table(name)
    for reading in disguise.readings(text):
        yield from (Injection(sign.kind, sign.span) for sign in signs.find(reading))
    yield from (Injection("forged", hit.span()) for hit in _FORGED.finditer(text))
    for piece in disguise.coded(text):
        yield Injection("coded", piece.span)
    for piece in disguise.spelled_out(text):
        if _run_together(signs.find(piece.words), piece.words):
            yield Injection("coded", piece.span)
    if any(signs.find(reading) for reading in disguise.turned(text)):
        yield Injection("coded", (0, len(text)))


def _run_together(found: tuple[Sign, ...], words: str) -> bool:
    """Spelled-out words may have lost the spaces between them: "ignoreallpreviousinstructions"."""
    run = words.replace(" ", "").lower()
    return bool(found) or bool(
        re.search(r"(?:ignore|disregard|forget|reveal|print)\w*(?:instruction|prompt|rule)", run)
    )


def _without(text: str, found: tuple[Injection, ...]) -> str:
    """The text without the clauses that hold the instructions; without their words only, if nothing else is left."""
    spans = [each.span for each in found]
    ends = [0, *(hit.end() for hit in _CLAUSE_END.finditer(text)), len(text)]
    rest = _cut(text, [_clause(ends, span) for span in spans])
    return rest if mentions_health(rest) else _cut(text, spans)


def _clause(ends: list[int], span: tuple[int, int]) -> tuple[int, int]:
    return ends[bisect_right(ends, span[0]) - 1], ends[min(bisect_left(ends, span[1]), len(ends) - 1)]


def _cut(text: str, spans: list[tuple[int, int]]) -> str:
    kept, at = [], 0
    for start, end in sorted(spans):
        kept.append(text[at : max(at, start)])
        at = max(at, end)
    rest = " ".join(" ".join((*kept, text[at:])).split())
    return _LOOSE_START.sub("", re.sub(r"[,:;\-–—\s]+$", "", rest))
