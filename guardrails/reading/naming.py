"""Says which medicine a dose is of: the nearest name that the sentence gives it, or the only one in the text."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from guardrails.numerals import is_word
from guardrails.reading.drafting import Draft
from guardrails.reading.marks import Kind, Mark
from guardrails.reading.work import Assembly
from retrieval.medicines import Mention

_BESIDE_WORDS = """
    with taking receiving plus on against than versus using alongside concomitant containing to concurrent
    concomitantly coadministered co-administered concurrently by previous prior stopping
"""
_BESIDE = frozenset(_BESIDE_WORDS.split())
_BETWEEN_WORDS = """
    of the tablet tablets capsules capsule a - ( dose doses each
"""
_BETWEEN = frozenset(_BETWEEN_WORDS.split())
_BESIDE_TEXT = re.compile(
    r"\b(?:with|taking|receiving|on|against|than|using|concomitant|by)\s+(?:\w+\s+)?\Z", re.IGNORECASE
)
_WINDOW = 40
_FARTHEST = 6
_QUALIFIERS = frozenset({"benzathine", "procaine", "liposomal", "pegylated", "conjugated", "nebulised", "micronised"})
"""Words before a name that make it another medicine."""

Named = tuple[str, tuple[str, ...], str]
"""Name, ingredients, and the reason where it is not clear."""


class Names:
    """The medicines that a text names, for its clauses to be given theirs."""

    def __init__(self, text: str, mentions: Sequence[Mention]) -> None:
        self._mentions = mentions
        self._starts = [mention.start for mention in mentions]
        different = {mention.ingredients for mention in mentions}
        beside = mentions and _BESIDE_TEXT.search(text, max(0, mentions[0].start - _WINDOW), mentions[0].start)
        self._only = mentions[0] if len(different) == 1 and not beside else None

    def within(self, start: int, end: int) -> tuple[Mention, ...]:
        """The names in `text[start:end]`, at their places in that stretch."""
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        if start == 0:
            return tuple(self._mentions[first:last])
        return tuple(
            replace(mention, start=mention.start - start, end=mention.end - start)
            for mention in self._mentions[first:last]
        )

    def of(self, work: Assembly, draft: Draft, start: int) -> Named:
        """The medicine of this draft; empty where the text does not say, with a reason where it may mean several."""
        drugs = [mark for mark in work.marks if mark.kind is Kind.DRUG]
        after = [mark for mark in drugs if mark.first >= draft.first and self._is_its_own(work, draft, mark)]
        if after:
            return self._named(work, after[:1])
        before = [mark for mark in self._not_beside(work, drugs) if mark.first < draft.last]
        if before:
            group = self._group(work, before)
            name, ingredients, unclear = self._named(work, group)
            gap = work.gap(group[-1].after, draft.first)
            others = {mark.mention.ingredients for mark in before if mark.mention is not None} - {ingredients}
            if others and (":" in gap or len(gap) > _FARTHEST):
                unclear = unclear or "which medicine is meant"
            return name, ingredients, unclear
        known = self._only is not None and not drugs and self._only.start < start
        return self._read((self._only,)) if known and self._only else ("", (), "")

    def _is_its_own(self, work: Assembly, draft: Draft, mark: Mark) -> bool:
        """Whether the name stands directly after the amount ("500 mg of amoxicillin") and before no other amount."""
        amounts = [each for each in work.marks if draft.first <= each.first < mark.first and each.read is not None]
        if not amounts or work.drafts[-1] is None:
            return False
        gap = work.gap(amounts[-1].after, mark.first)
        own = max((each.first for each in work.drafts if each.first <= mark.first), default=-1) == draft.first
        return own and set(gap) <= _BETWEEN

    def _not_beside(self, work: Assembly, drugs: Sequence[Mark]) -> list[Mark]:
        """The names that are not those of other medicines ("with clarithromycin or itraconazole")."""
        kept: list[Mark] = []
        last: Mark | None = None
        for mark in drugs:
            joined = last is not None and set(work.gap(last.after, mark.first)) <= {"and", "or", ","}
            if self._is_beside(work, mark) or (last is not None and joined and last not in kept):
                last = mark
                continue
            kept.append(mark)
            last = mark
        return kept

    def _is_beside(self, work: Assembly, mark: Mark) -> bool:
        """Whether the name is that of another medicine, which the patient takes too ("with amiodarone")."""
        return any(is_word(work.tokens, at, *_BESIDE) for at in range(max(0, mark.first - 2), mark.first))

    def _group(self, work: Assembly, before: Sequence[Mark]) -> Sequence[Mark]:
        """The last names before the amount, several where they are joined."""
        group = [before[-1]]
        for mark in reversed(before[:-1]):
            gap = work.gap(mark.after, group[0].first)
            if not set(gap) <= {"and", "or", ",", "/", "-", "("}:
                break
            group.insert(0, mark)
        return group

    def _named(self, work: Assembly, marks: Sequence[Mark]) -> Named:
        if any(mark.mention is None for mark in marks):
            unclear = "which medicine is meant" if len(marks) > 1 else ""
            return marks[0].text, (), unclear
        mentions = tuple(mark.mention for mark in marks if mark.mention is not None)
        gaps = [work.gap(one.after, other.first) for one, other in pairwise(marks)]
        if len(mentions) > 1 and any(gap not in {("/",), ("-",)} for gap in gaps):
            if len({mention.ingredients for mention in mentions}) > 1:
                return mentions[0].name or mentions[0].surface.lower(), (), "which medicine is meant"
            mentions = mentions[:1]
        name, ingredients, unclear = self._read(mentions)
        before = work.tokens[marks[0].first - 1].text.lower() if marks[0].first else ""
        return f"{before} {name}" if before in _QUALIFIERS else name, ingredients, unclear

    def _read(self, mentions: Sequence[Mention]) -> Named:
        unclear = "which medicine is meant" if any(mention.ambiguous for mention in mentions) else ""
        names = [mention.surface.lower() if mention.exact else mention.name for mention in mentions]
        ingredients = tuple(dict.fromkeys(part for mention in mentions for part in mention.ingredients))
        return "/".join(names), ingredients, unclear
