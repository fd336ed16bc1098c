"""Splits the words of a text into clauses: a full stop, a semicolon or a new line that begins anew."""

from __future__ import annotations

from collections.abc import Sequence

from guardrails.numerals import Token

_SHORTENED_WORDS = """
    tab tabs cap caps max min approx hr hrs wk wks tsp tbsp inj susp mg ml kg mcg gm g mgs mls no vs dr st incl div
    supp soln amp
"""
_SHORTENED = frozenset(_SHORTENED_WORDS.split())
_ENDS = frozenset({";", "!", "?"})
_BULLETS = frozenset({"•", "-", "–", "*", "·", "●", "▪"})


def clauses(text: str, tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """The tokens of each clause, in order; the signs that end a clause are in none."""
    found: list[Sequence[Token]] = []
    begin = 0
    for at, token in enumerate(tokens):
        if at > begin and _starts_line(text, tokens, at):
            found.append(tokens[begin:at])
            begin = at
        if token.text in _ENDS or (token.text == "." and _stops(tokens, at)):
            found.append(tokens[begin:at])
            begin = at + 1
    found.append(tokens[begin:])
    return [clause for clause in found if clause]


def _starts_line(text: str, tokens: Sequence[Token], at: int) -> bool:
    gap = text[tokens[at - 1].end : tokens[at].start]
    if "\n" not in gap:
        return False
    token = tokens[at].text
    return gap.count("\n") > 1 or token in _BULLETS or (token[:1].isupper() and token[1:2].islower())


def _stops(tokens: Sequence[Token], at: int) -> bool:
    if at + 1 == len(tokens):
        return True
    following = tokens[at + 1]
    if following.start == tokens[at].end:
        return following.kind == "word" and following.text[0].isupper() and len(following.text) > 1
    before = tokens[at - 1].text.lower() if at else ""
    goes_on = following.text[:1].islower() or following.kind == "number" or following.text.isupper()
    return not (before in _SHORTENED and goes_on)
