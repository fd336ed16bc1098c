"""Numbers as medical English writes them: figures, fractions, words. The first half of `guardrails.quantities`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from guardrails.units import FRACTIONS, LARGE_NUMBERS, SMALL_NUMBERS, TENS

LONGEST_NUMBER = 24
"""Characters; a longer run of digits is no amount and is compared as it is written."""


class Token(NamedTuple):
    """A word, number or sign of a text: `text[start:end]`."""

    kind: str
    text: str
    start: int
    end: int


_TOKEN = re.compile(
    r"(?P<code>(?<![A-Za-z])[A-Z]{2,}[A-Za-z]*-\d+\w*)"
    r"|(?P<every>(?i:\bq\.?\s?(?=\d)))"
    r"|(?P<daily>(?i:\b(?:b\.?i\.?d|t\.?i\.?d|q\.?i\.?d|t\.?d\.?s|q\.?d\.?s|b\.?d|q\.?d|o\.?d)\b\.?))"
    r"|(?P<number>(?:\d{1,3}(?:[,\u00a0\u2009\u202f]\d{3})+(?!\d)|\d+)(?:\.\d+)?|(?<![\w.])\.\d+)"
    r"|(?P<fraction>[½¼¾⅛])"
    r"|(?P<unit>°\s?[CcFf]\b|m\^2|(?i:mm\shg|per\scent|degrees\s(?:c|f|celsius|fahrenheit)|international\sunits?)\b)"
    r"|(?P<word>[^\W\d_½¼¾⅛]+(?:\d[^\W_]*)?)"
    r"|(?P<sign>[^\w\s]|_)"
)
_SEPARATORS = re.compile(r"[,\s]")
_HALVES = frozenset({("1", "2"), ("1", "4"), ("3", "4"), ("1", "8")})


def tokens_of(text: str) -> list[Token]:
    """The words, numbers and signs of a text, in order."""
    return [Token(found.lastgroup or "", found.group(), found.start(), found.end()) for found in _TOKEN.finditer(text)]


def is_word(tokens: Sequence[Token], at: int, *words: str) -> bool:
    """Whether one of these words (lower case) stands at this token."""
    return at < len(tokens) and (tokens[at].text in words or tokens[at].text.lower() in words)


def number_at(tokens: Sequence[Token], at: int) -> tuple[Decimal, int] | None:
    """The number at this token and the position after it."""
    if at >= len(tokens):
        return None
    token = tokens[at]
    if token.kind == "number":
        return figures(tokens, at)
    if token.text.lower() in FRACTIONS:
        return FRACTIONS[token.text.lower()], at + 1
    return _spelled(tokens, at)


def figures(tokens: Sequence[Token], at: int) -> tuple[Decimal, int] | None:
    """The number that the figures at this token begin; None where they are too long to be an amount."""
    if len(tokens[at].text) > LONGEST_NUMBER:
        return None
    text = tokens[at].text
    value = Decimal(text if text.isdecimal() else _SEPARATORS.sub("", text))
    if _is_half(tokens, at):
        return value / Decimal(tokens[at + 2].text), at + 3
    if at + 1 < len(tokens) and tokens[at + 1].kind == "fraction":
        return value + FRACTIONS[tokens[at + 1].text], at + 2
    if at + 1 < len(tokens) and tokens[at + 1].kind == "number" and _is_half(tokens, at + 1):
        return value + Decimal(tokens[at + 1].text) / Decimal(tokens[at + 3].text), at + 4
    if at + 1 < len(tokens) and tokens[at + 1].text.lower() in LARGE_NUMBERS:
        return value * LARGE_NUMBERS[tokens[at + 1].text.lower()], at + 2
    return value, at + 1


def _is_half(tokens: Sequence[Token], at: int) -> bool:
    """Whether "1/2", "1/4", "3/4" or "1/8" stands here, and not as part of a longer run such as a date."""
    if at + 1 >= len(tokens) or tokens[at + 1].text != "/":
        return False
    parts = [token.text for token in tokens[at : at + 4]]
    return len(parts) >= 3 and parts[1] == "/" and (parts[0], parts[2]) in _HALVES and parts[3:] != ["/"]


def _spelled(tokens: Sequence[Token], at: int) -> tuple[Decimal, int] | None:
    """ "twenty-one", "two hundred and fifty", "one and a half", "two million"."""
    total, part, after = Decimal(0), Decimal(-1), at
    while after < len(tokens):
        word = tokens[after].text.lower()
        if word in SMALL_NUMBERS and (part < 0 or _joins(tokens, after, part)):
            part = max(part, Decimal(0)) + SMALL_NUMBERS[word]
        elif word in LARGE_NUMBERS and after > at:
            total, part = (total + max(part, Decimal(0))) * LARGE_NUMBERS[word], Decimal(-1)
        elif not (after > at and word in {"-", "and"} and _continues(tokens, after, part)):
            break
        after += 1
    if after == at:
        return None
    return _and_a_half(tokens, total + max(part, Decimal(0)), after)


def _joins(tokens: Sequence[Token], at: int, part: Decimal) -> bool:
    """Whether "one" joins "twenty" here."""
    before = tokens[at - 1].text.lower()
    return (before in TENS or before == "-") and part % 10 == 0 and SMALL_NUMBERS[tokens[at].text.lower()] < 10


def _continues(tokens: Sequence[Token], at: int, part: Decimal) -> bool:
    """Whether the hyphen of "twenty-one" or the "and" of "hundred and fifty" is part of the number."""
    following = tokens[at + 1].text.lower() if at + 1 < len(tokens) else ""
    if tokens[at].text == "-":
        return tokens[at - 1].text.lower() in TENS and following in SMALL_NUMBERS and SMALL_NUMBERS[following] < 10
    return part < 0 and tokens[at - 1].text.lower() in LARGE_NUMBERS and following in SMALL_NUMBERS


def _and_a_half(tokens: Sequence[Token], value: Decimal, after: int) -> tuple[Decimal, int]:
    words = [token.text.lower() for token in tokens[after : after + 4]]
    for joint in (["and", "a", "half"], ["and", "one", "-", "half"], ["and", "one", "half"]):
        if words[: len(joint)] == joint:
            return value + FRACTIONS["half"], after + len(joint)
    for joint in (["-", "half"], ["half"], ["-", "quarter"], ["quarter"]):
        if value == 1 and words[: len(joint)] == joint:
            return FRACTIONS[joint[-1]], after + len(joint)
    return value, after
