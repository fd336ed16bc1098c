"""Masks what identifies a patient in a clinician's text: all eighteen classes of HIPAA, 45 CFR 164.514(b)(2)(i).

Three kinds of recognisers run inside Presidio's engine: its own for addresses on the net, cards and telephones; our
rules with their cues; and a learned tagger for what no rule shows. A word that is a medicine, an eponym or a public
body stays, unless a title or the tagger's near-certainty makes it a person. A year, a country, a day of the week, an
age below 90, a dose and a laboratory value identify nobody and stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from guardrails.masking.engine import Engine, rules
from guardrails.masking.kinds import Identifier, Kind
from guardrails.masking.known import Kept, kept
from guardrails.masking.tagger import Tagger, TagNets

__all__ = ["Identifier", "Kind", "Masker", "identifiers", "masked"]


class Masker:
    """Finds and masks; with nets also what only the tagger sees. Build it once: the first use imports Presidio."""

    def __init__(self, nets: TagNets | None) -> None:
        self._tagger = Tagger(nets) if nets else None
        self._engine = Engine(rules, *([self._tagger.find] if self._tagger else []))

    def identifiers(self, text: str) -> tuple[Identifier, ...]:
        """Every identifier in the text, in order and without overlaps.

        Raises:
            NetUnavailable: the tagger cannot be used; the text must not be kept.
        """
        found = [one for one in self._engine.find(text) if one.start < one.end]
        known = kept(text) if found else ()
        return _merged([one for one in found if not _is_kept(one, known)])

    def masked(self, text: str) -> tuple[str, tuple[Kind, ...]]:
        """The text with a placeholder such as [DATE] for each identifier, and the kinds in order.

        Raises:
            NetUnavailable: the tagger cannot be used; the text must not be kept.
        """
        parts, at = [], 0
        found = self.identifiers(text)
        for one in found:
            parts += [text[at : one.start], f"[{one.kind.value}]"]
            at = one.end
        return "".join((*parts, text[at:])), tuple(one.kind for one in found)


@cache
def _by_rules() -> Masker:
    return Masker(None)


def identifiers(text: str) -> tuple[Identifier, ...]:
    """What rules alone find, without the tagger."""
    return _by_rules().identifiers(text)


def masked(text: str) -> tuple[str, tuple[Kind, ...]]:
    """The text as rules alone mask it, without the tagger, and the kinds in order."""
    return _by_rules().masked(text)


def _is_kept(one: Identifier, known: Iterable[Kept]) -> bool:
    """Whether what was found lies inside something known, and is not certain enough to be masked all the same."""
    return any(word.start <= one.start and one.end <= word.end and one.certainty < word.unless for word in known)


def _merged(found: Sequence[Identifier]) -> tuple[Identifier, ...]:
    """Overlapping stretches become one, so that nothing of either shows; its kind is that of the longest."""
    made: list[Identifier] = []
    longest: list[int] = []
    # Of two kinds for the same stretch the one that says more than "record number" counts.
    for one in sorted(found, key=lambda each: (each.start, -each.end, each.kind is Kind.RECORD)):
        size = one.end - one.start
        if made and one.start < made[-1].end:
            last = made[-1]
            kind = one.kind if size > longest[-1] else last.kind
            made[-1] = Identifier(kind, last.start, max(last.end, one.end), max(last.certainty, one.certainty))
            longest[-1] = max(longest[-1], size)
        else:
            made.append(one)
            longest.append(size)
    return tuple(made)
