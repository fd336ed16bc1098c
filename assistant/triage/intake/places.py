"""A text with its identifiers masked, and where each place of the original lies in it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from guardrails.masking.kinds import Identifier

Identify = Callable[[str], Sequence[Identifier]]
"""Finds what identifies a patient: `guardrails.identifiers.Masker.identifiers`."""


@dataclass(frozen=True, slots=True)
class Masked:
    """`text` has a placeholder such as [DATE] for each identifier; `cuts` has the start, end, new start and new end of
    each."""

    text: str
    cuts: tuple[tuple[int, int, int, int], ...] = ()

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Where characters [start, end) of the original are now; what lies in an identifier is its placeholder."""
        return self._moved(start, at_end=False), self._moved(end, at_end=True)

    def part(self, start: int, end: int) -> Masked:
        """Characters [start, end) of the original as a masked text of their own."""
        new_start, new_end = self.place(start, end)
        own = [cut for cut in self.cuts if cut[0] >= start and cut[1] <= end]
        moved = tuple((a - start, b - start, c - new_start, d - new_start) for a, b, c, d in own)
        return Masked(self.text[new_start:new_end], moved)

    def _moved(self, at: int, *, at_end: bool) -> int:
        # An end belongs to what is before it, a start to what is after it.
        before = bisect_right([cut[0] for cut in self.cuts], at - 1 if at_end else at) - 1
        if before < 0:
            return at
        _, end, new_start, new_end = self.cuts[before]
        if at_end:
            return new_end if at <= end else at - end + new_end
        return new_start if at < end else at - end + new_end


def masked(text: str, identify: Identify) -> Masked:
    """Mask what identifies a patient, once, before anything of the text is kept."""
    parts: list[str] = []
    cuts: list[tuple[int, int, int, int]] = []
    at = length = 0
    for one in identify(text):
        placeholder = f"[{one.kind.value}]"
        new_start = length + one.start - at
        parts += [text[at : one.start], placeholder]
        length, at = new_start + len(placeholder), one.end
        cuts.append((one.start, one.end, new_start, length))
    return Masked("".join((*parts, text[at:])), tuple(cuts))
