"""Readings of a text that hides its words: letters of other alphabets, figures for letters, spelled-out, coded.

The question itself is never changed by this; the readings are only searched for what must not be followed.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

# Characters without a width, and those that turn the direction of writing: nobody types them into a question.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064"
    "\u2066-\u206f\ufe00-\ufe0f\ufeff\U000e0000-\U000e007f]"
)
# Cyrillic and Greek letters that look like Latin ones (Unicode Technical Standard 39, confusables). Greek mu, alpha and
# beta are left out: they are written in units and names of medicines.
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕһԁӏвнкмтАВЕЗІЈКМНОРСТУХЅԌοιΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aeopcyxijshdlbhkmtABE3IJKMHOPCTYXSGoiABEZHIKMNOPTYX"
)
_FIGURES = str.maketrans("01345789@$!|", "oieastbgasil")
_WORD = re.compile(r"[^\W_]+(?:[@$!|][^\W_]+)*", re.UNICODE)
_LETTERED = re.compile(r"(?<!\w)(?:\w[ .\-_*]{1,3}){7,200}\w(?!\w)")
_CODED = re.compile(r"(?<![\w+/=-])[A-Za-z0-9+/_-]{16,2000}={0,2}(?![\w+/=])")
_HEX = re.compile(r"(?<!\w)(?:[0-9a-fA-F]{2}[ :]?){10,500}(?!\w)")
_PROSE = re.compile(r"[A-Za-z,.'?!:;()-]+(?:\s+[A-Za-z0-9,.'?!:;()%/-]+)+")
_MOST = 20


@dataclass(frozen=True, slots=True)
class Coded:
    """A stretch of the text that is code, and the words that it stands for."""

    span: tuple[int, int]
    words: str


def seen(text: str) -> str:
    """The text without characters that nobody sees."""
    return _UNSEEN.sub("", text)


def readings(text: str) -> tuple[str, ...]:
    """The text in plain letters, and with figures read as letters where that differs. Each is as long as the text."""
    plain = _plain(text)
    spelled = _WORD.sub(_without_figures, plain)
    return (plain,) if spelled == plain else (plain, spelled)


def spelled_out(text: str) -> Iterator[Coded]:
    """Words written letter by letter: "i g n o r e"."""
    for hit in islice(_LETTERED.finditer(text), _MOST):
        # Two or more spaces part the words where single ones part the letters.
        words = (re.sub(r"[\W_]", "", word) for word in re.split(r"\s{2,}", hit.group()))
        yield Coded(hit.span(), " ".join(words))


def coded(text: str) -> Iterator[Coded]:
    """Stretches in base64 or in hexadecimal that stand for readable words."""
    for pattern, decode in ((_CODED, _from_base64), (_HEX, _from_hex)):
        for hit in islice(pattern.finditer(text), _MOST):
            words = decode(hit.group())
            if _PROSE.fullmatch(words.strip()):
                yield Coded(hit.span(), words)


def in_clear(text: str) -> str:
    """The text with what stands in it in code replaced by the words that the code stands for."""
    for piece in sorted(coded(text), key=lambda each: each.span, reverse=True):
        text = f"{text[: piece.span[0]]}{piece.words}{text[piece.span[1] :]}"
    return text


def turned(text: str) -> tuple[str, str]:
    """The text read backwards, and with each letter moved by thirteen (rot13)."""
    return text[::-1], codecs.encode(text, "rot13")


def _plain(text: str) -> str:
    folded = "".join(_one(sign) for sign in text)
    return _WORD.sub(lambda word: _latin(word.group()), folded)


def _one(sign: str) -> str:
    """Full-width, bold, circled and other styled letters as plain ones; what would change the length stays."""
    if sign < "\x80":
        return sign
    plain = unicodedata.normalize("NFKC", sign)
    return plain if len(plain) == 1 else sign


def _latin(word: str) -> str:
    """A word that mixes Latin letters with others is read as Latin; one wholly in another alphabet is left alone."""
    return word.translate(_LOOKALIKES) if re.search("[A-Za-z]", word) else word


def _without_figures(word: re.Match[str]) -> str:
    letters = sum(sign.isalpha() for sign in word.group())
    return word.group().translate(_FIGURES) if 0 < letters < len(word.group()) else word.group()


def _from_base64(text: str) -> str:
    body = text.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), validate=True).decode("ascii")
    except (binascii.Error, ValueError):
        return ""


def _from_hex(text: str) -> str:
    try:
        return bytes.fromhex(re.sub("[ :]", "", text)).decode("ascii")
    except ValueError:
        return ""
