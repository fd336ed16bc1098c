"""Splits a plain text with `[key]` markers into claims: one per sentence, with the passages that its markers name.

A marker belongs to the sentence in which it stands, or after whose full stop it follows; at the start of a line it
belongs to the sentence after it. A sentence without a marker becomes a claim without a citation, which is withheld:
nothing that was written is left out, and nothing is cited for its neighbour. The quotes are empty
(`guardrails.support` finds them). Linear in the length of the text; any text at all is split.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass

from guardrails.claim import Claim
from retrieval.passage import Citation
from retrieval.sentences import sentences

LONGEST_KEY = 100
_KEY = rf"[A-Za-z0-9][\w.@:/#-]{{0,{LONGEST_KEY - 1}}}"
_KEYS = re.compile(_KEY)
_ONE = rf"\[[ \t]{{0,3}}{_KEY}(?:[ \t]{{0,3}}[,;][ \t]{{0,3}}{_KEY})*[ \t]{{0,3}}\]"
_MARKER = re.compile(rf"[ \t]{{0,3}}{_ONE}(?:[ \t]{{0,3}}{_ONE})*")
_BULLET = re.compile(r"[ \t]*(?:[-*•·‣▪–—]|#{1,6})[ \t]+")
_ITEM = re.compile(r"[ \t]*(\d{1,2})[.)][ \t]+(?=[^\W\d])")
_EMPHASIS = re.compile(r"\*\*|__")


@dataclass(frozen=True, slots=True)
class _Marked:
    """The text of a draft without its markers, and the keys with the place at which each stood."""

    text: str
    keys: tuple[tuple[int, str], ...]


def split(text: str) -> tuple[Claim, ...]:
    """The claims of a text in order; white space, bullets, item numbers and emphasis are not part of them."""
    marked = _without_markers("\n".join(_plain_lines(text)))
    spans = [span for span in sentences(marked.text) if any(sign.isalnum() for sign in marked.text[slice(*span)])]
    cited: list[list[str]] = [[] for _ in spans]
    starts = [start for start, _ in spans]
    for at, key in marked.keys:
        place = _sentence_at(at, marked.text, starts)
        if place is not None and key not in cited[place]:
            cited[place].append(key)
    return tuple(
        Claim(marked.text[start:end], tuple(Citation(key, "") for key in keys))
        for (start, end), keys in zip(spans, cited, strict=True)
    )


def _plain_lines(text: str) -> list[str]:
    """The lines without bullets, and without the numbers of a list that counts from one."""
    lines, expected = [], 1
    for line in _EMPHASIS.sub("", text).splitlines():
        bare = line[bullet.end() :] if (bullet := _BULLET.match(line)) else line
        item = _ITEM.match(bare)
        if item and int(item.group(1)) == expected:
            bare, expected = bare[item.end() :], expected + 1
        elif bare.strip() and not item:
            expected = 1 if not line.startswith((" ", "\t")) else expected
        lines.append(bare)
    return lines


def _without_markers(text: str) -> _Marked:
    parts: list[str] = []
    keys: list[tuple[int, str]] = []
    length = after = 0
    for found in _MARKER.finditer(text):
        before = text[after : found.start()]
        parts.append(before)
        length += len(before)
        keys += [(length, key) for key in _KEYS.findall(found.group())]
        after = found.end()
        gap = _gap(text, found)
        parts.append(gap)
        length += len(gap)
    parts.append(text[after:])
    return _Marked("".join(parts), tuple(keys))


def _gap(text: str, found: re.Match[str]) -> str:
    """What stays in the place of a marker, so that two words or numbers never become one."""
    following = text[found.end() : found.end() + 1]
    return " " if following and not following.isspace() and following not in ".,;:!?)" else ""


def _sentence_at(at: int, text: str, starts: list[int]) -> int | None:
    """The sentence of a marker: the one that holds the last word before it on its line, else the next one."""
    line = text.rfind("\n", 0, at) + 1
    if any(sign.isalnum() for sign in text[line:at]):
        last = at - 1
        while last > line and text[last].isspace():
            last -= 1
        return max(0, bisect_right(starts, last) - 1) if starts else None
    place = bisect_right(starts, max(line, at - 1))
    place = place - 1 if place and starts[place - 1] >= line else place
    return place if place < len(starts) else (len(starts) - 1 if starts else None)
