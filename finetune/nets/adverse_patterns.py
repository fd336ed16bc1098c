"""Fills the patterns of `adverse_data/` in, keeping where the medicine and the reaction of each text stand.

`[a|b]` chooses one, `{name}` is filled from slots.yaml, `{Name}` likewise with a capital. `{D}` is a medicine and `{E}`
a reaction that are marked; `{d}`, `{e}` and `{c}` are a medicine, a reaction and an illness that are not.
"""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import yaml
from pydantic import BaseModel, ConfigDict

from finetune.nets.adverse_words import FOLDER, Words
from finetune.nets.rows import TagRow

NOTHING, MEDICINE, HAPPENED, KNOWN = "nothing", "medicine", "happened", "known"
LABELS = (NOTHING, MEDICINE, HAPPENED, KNOWN)
"""What a token is: nothing, a suspected medicine, a reaction that happened, a reaction stated in general."""

_CHOICE = re.compile(r"\[([^\[\]]*)\]")
_SLOT = re.compile(r"\{(\w+)\}")
_EVERYDAY = {"E_past": "lay_past", "E_ing": "lay_ing", "E_adj": "lay_adj", "E_bare": "lay_bare", "E_sign": "sign"}
Piece = tuple[str, str]


class Patterns(BaseModel):
    """One file of patterns, one a line, by what they tell."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    happened: str
    known: str
    nothing: str

    def of(self, kind: str) -> tuple[str, ...]:
        """The patterns of one kind."""
        return tuple(line.strip() for line in str(getattr(self, kind)).splitlines() if line.strip())


class _Slots(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    slots: Mapping[str, str]


@dataclass(frozen=True)
class Writer:
    """Writes texts of one register ("cases" or "chats")."""

    words: Words
    chats: bool

    def row(self, pattern: str, kind: str, chance: random.Random) -> TagRow:
        """A text made of the pattern, typed as people of this register type."""
        lead, tail = self._around(kind, chance)
        pieces = self._filled(lead + pattern + tail, kind, chance)
        return _row(_typed(pieces, self.chats, chance))

    def _around(self, kind: str, chance: random.Random) -> tuple[str, str]:
        if self.chats:
            return ("{chat_lead}" if chance.random() < 0.2 else "", ".{chat_tail}" if chance.random() < 0.25 else "")
        lead = "{case_lead}" if chance.random() < 0.12 else ""
        return lead, "{case_tail}" if chance.random() < (0.2 if kind != KNOWN else 0.05) else ""

    def _filled(self, pattern: str, kind: str, chance: random.Random) -> list[Piece]:
        text = _chosen(pattern, chance)
        made: list[Piece] = []
        at = 0
        for found in _SLOT.finditer(text):
            made.append((text[at : found.start()], NOTHING))
            made += self._slot(found.group(1), kind, chance)
            at = found.end()
        return [*made, (text[at:], NOTHING)]

    def _slot(self, name: str, kind: str, chance: random.Random) -> list[Piece]:
        if name in ("D", "d"):
            return [(self.words.medicine(chance), MEDICINE if name == "D" else NOTHING)]
        if name in ("E", "e") or name in _EVERYDAY:
            return self._event(name, NOTHING if name == "e" else kind, chance)
        if name == "c":
            return [(self.words.illness(chance), NOTHING)]
        if name == "adj":
            return [(chance.choice(self.words.adjectives) + " ", NOTHING)]
        known = _slots()
        if name in known:
            return self._filled(chance.choice(known[name]), kind, chance)
        pieces = self._filled(chance.choice(known[name.lower()]), kind, chance)
        return _capital(pieces)

    def _event(self, name: str, label: str, chance: random.Random) -> list[Piece]:
        everyday = _EVERYDAY.get(name, "lay_noun")
        if name in _EVERYDAY or (self.chats and chance.random() < 0.5):
            pieces = self._filled(chance.choice(_slots()[everyday]), label, chance)
            text = "".join(piece for piece, _ in pieces)
        else:
            text = self.words.reaction(chance)
        return [(text, label)]


@cache
def patterns(name: str) -> Patterns:
    """The patterns of a register: "cases" or "chats"."""
    return Patterns.model_validate(yaml.safe_load((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")))


@cache
def _slots() -> Mapping[str, tuple[str, ...]]:
    held = _Slots.model_validate(yaml.safe_load((FOLDER / "slots.yaml").read_text(encoding="utf-8")))
    return {name: _parts(words) for name, words in held.slots.items()}


def _parts(words: str) -> tuple[str, ...]:
    """The choices of a slot: split where a bar stands outside all brackets."""
    made, depth = [""], 0
    for sign in words:
        depth += (sign == "[") - (sign == "]")
        if sign == "|" and depth == 0:
            made.append("")
        else:
            made[-1] += sign
    return tuple(made)


def _chosen(pattern: str, chance: random.Random) -> str:
    while found := _CHOICE.search(pattern):
        pattern = pattern[: found.start()] + chance.choice(found.group(1).split("|")) + pattern[found.end() :]
    return pattern


def _capital(pieces: list[Piece]) -> list[Piece]:
    for at, (text, label) in enumerate(pieces):
        if text:
            return [*pieces[:at], (text[0].upper() + text[1:], label), *pieces[at + 1 :]]
    return pieces


def _typed(pieces: list[Piece], chats: bool, chance: random.Random) -> list[Piece]:
    """In small letters, with a capital, with a full stop or without, and with slips of the finger in chats."""
    kind = chance.random()
    if kind < (0.4 if chats else 0.06):
        pieces = [(text.lower(), label) for text, label in pieces]
    elif kind < 0.97:
        pieces = _capital(pieces)
    if chats:
        pieces = [(_slipped(text, chance) if label != MEDICINE else text, label) for text, label in pieces]
    if not chats and chance.random() < 0.85:
        pieces = [*pieces, (".", NOTHING)]
    return pieces


def _slipped(text: str, chance: random.Random) -> str:
    if len(text) < 8 or chance.random() > 0.06:
        return text
    at = chance.randrange(1, len(text) - 2)
    return text[:at] + text[at + 1] + text[at] + text[at + 2 :] if text[at : at + 2].isalpha() else text


def _row(pieces: Sequence[Piece]) -> TagRow:
    text, spans = "", []
    for piece, label in pieces:
        if label != NOTHING and piece.strip():
            lead = len(piece) - len(piece.lstrip())
            spans.append((len(text) + lead, len(text) + len(piece.rstrip()), label))
        text += piece
    return TagRow(text, tuple(spans))


def joined(rows: Sequence[TagRow], between: str = " ") -> TagRow:
    """Several texts as one, each keeping its marks."""
    text, spans = "", []
    for row in rows:
        text = text + between if text else text
        spans += [(start + len(text), end + len(text), label) for start, end, label in row.spans]
        text += row.text
    return TagRow(text, tuple(spans))
