"""Signs as data: the little language of `guardrails/rules/intake/*.yaml`, and the reader that refuses anything else.

A sign is a row of words that must follow one another in one sentence:

    {taken} ... [of] {whose}      {name}   one phrase of a word list of the same file
                                  ...      up to sixty characters of the same sentence in between
                                  [word]   may be missing
                                  a/b      either
                                  word*    the word with any ending
                                  <n>      a number, in figures or in words
    <nn>     a number of ten or more, without a unit of dose or time after it

Case does not matter. A table's `unless` lists signs that make its own signs count for nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from guardrails.errors import RuleInvalid

FOLDER = Path(__file__).resolve().parent.parent / "rules" / "intake"

_NUMBER = (
    r"(?:\d[\d.,]{0,9}|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|forty|fifty|sixty|ninety"
    r"|a hundred|dozens?(?: of)?)"
)
_TEN_OR_MORE = (
    r"(?:(?:\d\d[\d,]{0,8}|\d,\d{3})(?!\d)"
    r"|ten|eleven|twelve|fifteen|sixteen|twenty|thirty|forty|fifty|sixty|ninety|a hundred|dozens?(?: of)?)"
    r"(?!\s?(?:[mk]?g|mcg|[µμ]g|micrograms?|milligrams?|grams?|ml|units?|iu|%|years?|months?|weeks?|days?|hours?|mins?)\b)"
)
_GAP = r"[^.?!;\n]{0,60}?(?<!\w)"
_BETWEEN = r"[\s,'’\"”“:()-]+"
_AFTER_NUMBER = r"[\s,'’\"”“:()-]*"


class _Kind(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    say: str
    signs: tuple[str, ...]
    unless: tuple[str, ...] = ()


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    words: Mapping[str, tuple[str, ...]] = {}
    kinds: tuple[_Kind, ...]


@dataclass(frozen=True, slots=True)
class Sign:
    """Where one kind of a table was found in a text. `say` is what is shown for it."""

    kind: str
    say: str
    span: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Compiled:
    kind: str
    say: str
    signs: re.Pattern[str]
    unless: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Table:
    """One file of signs, ready to search with."""

    id: str
    version: str
    _kinds: tuple[_Compiled, ...]

    def find(self, text: str) -> tuple[Sign, ...]:
        """Every sign of every kind in the text, in the order of the table, then of the text."""
        return tuple(self._found(text))

    def says(self, kind: str) -> str:
        """The sentence of a kind.

        Raises:
            KeyError: the table has no such kind.
        """
        return {each.kind: each.say for each in self._kinds}[kind]

    def _found(self, text: str) -> Iterator[Sign]:
        text = _small(text)
        for each in self._kinds:
            if each.unless is not None and each.unless.search(text):
                continue
            for hit in each.signs.finditer(text):
                yield Sign(each.kind, each.say, hit.span())


def _small(text: str) -> str:
    """The text in small letters, as long as before: the few capitals that would grow stay as they are."""
    small = text.lower()
    return (
        small if len(small) == len(text) else "".join(low if len(low := sign.lower()) == 1 else sign for sign in text)
    )


@cache
def table(name: str, folder: Path = FOLDER) -> Table:
    """The table `name`.yaml, read and compiled once.

    Raises:
        RuleInvalid: the file cannot be read, or a sign in it is not in the language.
    """
    try:
        read = _File.model_validate(yaml.safe_load((folder / f"{name}.yaml").read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as fault:
        raise RuleInvalid(
            f"The table of signs {name}.yaml cannot be read: {' '.join(str(fault).split())[:200]}"
        ) from fault
    kinds = (
        _Compiled(
            kind.id, kind.say, _any(kind.signs, read, name), _any(kind.unless, read, name) if kind.unless else None
        )
        for kind in read.kinds
    )
    return Table(read.id, read.version, tuple(kinds))


def _any(signs: tuple[str, ...], read: _File, name: str) -> re.Pattern[str]:
    try:
        # Words begin where a word begins, so this is said once, and small letters let `re` skip by the first letter.
        return re.compile(rf"(?<!\w)(?:{'|'.join(_pattern(sign, read.words) for sign in signs)})")
    except (KeyError, re.error) as fault:
        raise RuleInvalid(f"The table of signs {name}.yaml uses what the language has not: {fault}") from fault


def _pattern(sign: str, words: Mapping[str, tuple[str, ...]]) -> str:
    """A sign as a regular expression. Each part brings the space before it, so that one that is missing leaves none."""
    made, joint = "", ""
    for part in sign.split():
        if part == "...":
            joint = _GAP
            continue
        optional = part.startswith("[") and part.endswith("]")
        core = _part(part[1:-1] if optional else part, words)
        if not optional:
            made, joint = f"{made}{joint}{core}", _AFTER_NUMBER if part in {"<n>", "<nn>"} else _BETWEEN
        elif joint == _BETWEEN:
            made += f"(?:{joint}{core})?"
        else:
            # Nothing stands before it, or a gap: then it brings the space after it.
            made, joint = f"{made}{joint}(?:{core}{_BETWEEN})?", ""
    return made


def _part(part: str, words: Mapping[str, tuple[str, ...]]) -> str:
    return rf"(?:{'|'.join(_choice(choice, words) for choice in part.split('/'))})"


def _choice(choice: str, words: Mapping[str, tuple[str, ...]]) -> str:
    if choice == "<nn>":
        return _TEN_OR_MORE
    if choice.startswith("<n>"):
        # "<n>yo" is one word: "4yo".
        return rf"{_NUMBER}{re.escape(choice[3:])}" + (r"(?!\w)" if choice[3:] else "")
    if choice.startswith("{") and choice.endswith("}"):
        return rf"(?:{'|'.join(_pattern(phrase, words) for phrase in words[choice[1:-1]])})"
    if set(choice) & set("{}[]<>"):
        raise KeyError(choice)
    return _word(choice)


def _word(word: str) -> str:
    stem = re.escape(word.lower().rstrip("*")).replace("'", "['’]?")
    ending = r"\w*" if word.endswith("*") else ""
    return rf"{stem}{ending}(?!\w)"
