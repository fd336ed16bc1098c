"""Splits a text into words and numbers for the dose reader, over the tokens that `guardrails.numerals` makes.

Four things are settled here: "p.o." is one word, "0,5" is a half, a misspelt "tabet" is a tablet, and a number that
can be read in two ways ("5,10", "1.500") is a doubt and not a number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from rapidfuzz.distance import OSA

from guardrails.numerals import Token, tokens_of
from guardrails.reading.lexicon import NOT_MISSPELT, SPELLABLE

DOUBT = "doubt"
"""The kind of a token that is a number in some way, but not surely which."""

_ODD_THOUSANDS = re.compile(r"(?!0)\d{1,3}\.\d{2}0")
_TIMES_OF = re.compile(r"(x)(\d{1,3})(d|days?|wks?|weeks?|months?)", re.IGNORECASE)
_TIMES = re.compile(r"(x)(\d{1,3})", re.IGNORECASE)
_PERIODS = frozenset({"day", "days", "week", "weeks", "month", "months"})
_DOTTED = frozenset({"daily", "every"})
_LISTED = frozenset({",", "and", "or", "&"})


@lru_cache(maxsize=4096)
def lexemes(text: str) -> tuple[Token, ...]:
    """The words, numbers and signs of a text, in order; positions are those of the text."""
    found: list[Token] = []
    tokens = _numbered(_undotted(tokens_of(text)))
    for at, token in enumerate(tokens):
        if token.kind != "word":
            found.append(token)
        elif token.text[0] in "xX":
            found += _parts(token, tokens[at + 1].text.lower() if at + 1 < len(tokens) else "")
        else:
            found.append(_respelled(token))
    return tuple(found)


def _touch(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Whether the tokens from first to last exist and stand without a space between them."""
    return last < len(tokens) and all(tokens[i].end == tokens[i + 1].start for i in range(first, last))


def _undotted(tokens: Sequence[Token]) -> list[Token]:
    """Join "p . o ." into "po"; "b.i.d." comes as one token already and loses its stops."""
    joined: list[Token] = []
    at = 0
    while at < len(tokens):
        token = tokens[at]
        last = at
        while _is_letter(tokens, last) and _touch(tokens, last, last + 2) and _is_dotted(tokens, last):
            last += 2
        if token.text.lower() == "q" and _touch(tokens, at, at + 2) and tokens[at + 2].kind == "daily":
            joined.append(Token("word", "q" + tokens[at + 2].text.replace(".", ""), token.start, tokens[at + 2].end))
            at += 3
            continue
        if last > at:
            stop = _touch(tokens, last, last + 1) and tokens[last + 1].text == "." and not _ends(tokens, last + 1)
            word = "".join(one.text for one in tokens[at : last + 1 : 2])
            joined.append(Token("word", word, token.start, tokens[last + stop].end))
            at = last + stop + 1
            continue
        joined.append(_bare(token) if token.kind in _DOTTED else token)
        at += 1
    return joined


def _bare(token: Token) -> Token:
    """ "b.i.d." and "q. " without stops and spaces."""
    text = token.text.replace(".", "").strip()
    return Token("word" if token.kind == "daily" else token.kind, text, token.start, token.end)


def _is_letter(tokens: Sequence[Token], at: int) -> bool:
    return tokens[at].kind == "word" and len(tokens[at].text) == 1


def _is_dotted(tokens: Sequence[Token], at: int) -> bool:
    return tokens[at + 1].text == "." and _is_letter(tokens, at + 2)


def _ends(tokens: Sequence[Token], stop: int) -> bool:
    """Whether a sentence begins after this full stop: a capital letter followed by small ones."""
    following = tokens[stop + 1].text if stop + 1 < len(tokens) else ""
    return following[:1].isupper() and following[1:2].islower()


def _numbered(tokens: Sequence[Token]) -> list[Token]:
    read: list[Token] = []
    at = 0
    while at < len(tokens):
        if tokens[at].kind != "number":
            read.append(tokens[at])
            at += 1
            continue
        last = at
        while _touch(tokens, last, last + 2) and _goes_on(tokens, last):
            last += 2
        number, after = _number(tokens, at, last + 1)
        read.append(number)
        at = after
    return read


def _goes_on(tokens: Sequence[Token], at: int) -> bool:
    """Whether the number runs on through a comma or full stop without a space."""
    return tokens[at + 1].text in {",", ".", "·", "'", "’"} and tokens[at + 2].kind == "number"


def _number(tokens: Sequence[Token], at: int, after: int) -> tuple[Token, int]:
    """The number, or doubt, that `tokens[at:after]` are, and the position after it."""
    first = tokens[at]
    text = "".join(token.text for token in tokens[at:after])
    if after == at + 1:
        if _ODD_THOUSANDS.fullmatch(text):
            return Token(DOUBT, text, first.start, first.end), after
        spaced = after < len(tokens) and tokens[after].text == "000" and tokens[after].start == first.end + 1
        if spaced and re.fullmatch(r"[1-9]\d{0,2}", text):
            return Token("number", f"{text}000", first.start, tokens[after].end), after + 1
        return first, after
    kind = "number" if _is_decimal(tokens, at, after) else DOUBT
    return Token(kind, text.replace(",", ".").replace("·", "."), first.start, tokens[after - 1].end), after


def _is_decimal(tokens: Sequence[Token], at: int, after: int) -> bool:
    """Whether "2,5", "0,125" or "1,25" is a decimal fraction and no list of two numbers."""
    whole, fraction = tokens[at].text, tokens[at + 2].text
    mark = tokens[at + 1].text
    listed = after < len(tokens) and tokens[after].text.lower() in _LISTED
    if after != at + 3 or mark not in {",", "·"} or listed or not (whole.isdecimal() and fraction.isdecimal()):
        return False
    if whole == "0":
        return len(fraction) <= 3
    return len(fraction) == 1 or (len(fraction) == 2 and fraction.endswith("5"))


def _parts(token: Token, following: str) -> tuple[Token, ...]:
    """ "x5d" is three words, and "x5" before "days" two; every other token is one."""
    found = _TIMES_OF.fullmatch(token.text) or (_TIMES.fullmatch(token.text) if following in _PERIODS else None)
    if found is None:
        return (_respelled(token),)
    kinds = ("sign", "number", "word")
    return tuple(
        Token(kind, found[i], token.start + found.start(i), token.start + found.end(i))
        for i, kind in enumerate(kinds[: len(found.groups())], start=1)
    )


def _respelled(token: Token) -> Token:
    right = spelling(token.text.lower())
    return Token(token.kind, right, token.start, token.end) if right else token


@lru_cache(maxsize=4096)
def spelling(word: str) -> str:
    """The instruction word that was meant, "" where the word is not a slip of one letter of exactly one of them."""
    if len(word) < 3 or len(word) > 9 or word in SPELLABLE or word in NOT_MISSPELT or not word.isascii():
        return ""
    near = [right for right in SPELLABLE if _is_slip(word, right)]
    return near[0] if len(near) == 1 else ""


def _is_slip(word: str, right: str) -> bool:
    if OSA.distance(word, right, score_cutoff=1) != 1 or not (word[0] == right[0] or word[:2] == right[1::-1]):
        return False
    if right == "take":
        return len(word) == 4
    swapped = sorted(word) == sorted(right)
    return swapped or (len(word) >= 5 and len(word) != len(right) and word != f"{right}s" and f"{word}s" != right)
