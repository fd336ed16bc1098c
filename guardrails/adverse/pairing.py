"""Which medicine a reaction belongs to: the one that is suspected and near, with those named in one breath with it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from guardrails.adverse.report import Span
from guardrails.adverse.telling import are_tied

_FAR = 120.0
"""So many characters between a medicine and a reaction count as much as full suspicion does."""
_CHOICES = 6
"""So many medicines before a reaction and after it are weighed."""
_SENTENCE = 0.6
"""What each sentence between them costs."""
_AGAINST, _TIED, _UNLISTED = 0.7, 0.3, 0.4
"""What it costs to be asked for or said to be tolerated, what words that tie the two are worth, and what it costs not
to be in the table of medicines."""
_RESPONSE = re.compile(
    r"\s(?:was |were )?(?:started|commenced|given|used|in)\b(?:\s(?:and|with|for)\b|\W*$|[.,;])", re.IGNORECASE
)
_ONE_BREATH = re.compile(
    r"\s*(?:,|\+|/|&|and|plus|with|or|then given|and given|was added to|added to)(?:\s+(?:and|the|was|given"
    r"|then|also|iv|oral))*\s*"
    r"|\s*(?:and|then|,)?\s*(?:was\s+)?(?:given|added|started)\s*(?:to)?\s*",
    re.IGNORECASE,
)
_STRENGTH = re.compile(
    r"\s*\d+(?:\.\d+)?\s?(?:mg|mcg|g|ml|units?)\b(?:\s(?:daily|bd|tds|od|bid|weekly))?", re.IGNORECASE
)
_SPARED = re.compile(
    r"\b(?:fine on|alongside|tolerat\w+|without (?:any )?(?:trouble|problems?)|switch(?:ed)? to|swap(?:ped)? (?:to|for)"
    r"|instead|chang\w+ to|give"
    r"|replaced by|can (?:i|we|he|she) (?:have|use|give|take)|restart with|alternative)\W+(?:\w+\W+){0,2}$",
    re.IGNORECASE,
)
_TOLERATED = re.compile(
    r"(?:\s(?:and|or|,)\s?\w+)?\s(?:without (?:any )?(?:trouble|problems?|issues?)|fine\b|well\b"
    r"|with no (?:trouble|problems?))",
    re.IGNORECASE,
)


# Words that suspect several medicines at once, wherever each was named: "I blame both", "an interaction?".
_TOGETHER = re.compile(
    r"\b(?:interact(?:ions?|ed|ing)?|both (?:of (?:them|these)|drugs|meds|medicines|tablets|started|are|were)"
    r"|(?:blame|suspect|suspecting|due to|from|caused by) both|the (?:combination|combo)"
    r"|the two (?:of (?:them|these)|together|drugs|medicines|tablets)|one or the other|either of (?:them|these)"
    r"|taken together|in combination)\b",
    re.IGNORECASE,
)
_BESIDE = 160
"""How many characters around a reaction such words are looked for in, within its sentence and those beside it."""


@dataclass(frozen=True, slots=True)
class Named:
    """A medicine of the text: its name, its place, and how much the net suspects it (0 where no net judged).

    `proposed`: the text asks for it, and nobody has taken it yet. `listed`: the table of medicines has it.
    """

    name: str
    span: Span
    suspected: float
    proposed: bool = False
    listed: bool = True


def pairs(
    text: str, events: Sequence[Span], medicines: Sequence[Named], sentences: Sequence[Span]
) -> Iterator[tuple[Named, Span]]:
    """Each reaction with the medicine that is most likely suspected of it, and with those joined to that one."""
    order = sorted(medicines, key=lambda one: one.span)
    starts = [one.span[0] for one in order]
    for event in events:
        at = bisect_left(starts, event[0])
        near = order[max(0, at - _CHOICES) : at + _CHOICES]
        best = max(near, key=lambda one: _likely(text, one, event, sentences), default=None)
        if best is not None:
            best = _by_name(text, near, best)
            yield best, event
            joined = list(_joined(text, near, near.index(best)))
            yield from ((other, event) for other in joined)
            if _TOGETHER.search(text, max(0, event[0] - _BESIDE), event[1] + _BESIDE):
                others = (one for one in near if one is not best and one not in joined)
                yield from (
                    (one, event) for one in others if one.listed and not one.proposed and not _spared(text, one)
                )


def _likely(text: str, medicine: Named, event: Span, sentences: Sequence[Span]) -> float:
    between = max(0, event[0] - medicine.span[1], medicine.span[0] - event[1])
    apart = abs(_place(medicine.span, sentences) - _place(event, sentences))
    against = _AGAINST * (medicine.proposed + _spared(text, medicine)) + _UNLISTED * (not medicine.listed)
    if event[1] <= medicine.span[0] and _RESPONSE.match(text, medicine.span[1]):
        against += _AGAINST
    tied = _TIED if are_tied(text, medicine.span, event) else 0.0
    return medicine.suspected + tied - between / _FAR - _SENTENCE * apart - against


def _spared(text: str, medicine: Named) -> bool:
    """Whether the text says that this one is tolerated, or comes in the place of another."""
    before = text[max(0, medicine.span[0] - 50) : medicine.span[0]]
    return _SPARED.search(before) is not None or _TOLERATED.match(text, medicine.span[1]) is not None


def _place(span: Span, sentences: Sequence[Span]) -> int:
    return bisect_right(sentences, span[0], key=lambda one: one[0])


def _by_name(text: str, near: Sequence[Named], best: Named) -> Named:
    """The medicine itself where an everyday word is explained: "her blood pressure tablet (indapamide)"."""
    at = near.index(best) + 1
    explained = not best.listed and at < len(near) and near[at].listed
    return near[at] if explained and text[best.span[1] : near[at].span[0]].strip() == "(" else best


def _joined(text: str, near: Sequence[Named], at: int) -> Iterator[Named]:
    """The medicines named in one breath with this one ("warfarin plus clarithromycin")."""
    for step in (1, -1):
        here = at
        while 0 <= here + step < len(near) and _in_one_breath(text, near[here], near[here + step]):
            here += step
            if near[here].listed and not near[here].proposed and not _RESPONSE.match(text, near[here].span[1]):
                yield near[here]


def _in_one_breath(text: str, one: Named, other: Named) -> bool:
    first, second = sorted((one.span, other.span))
    start = first[1]
    if found := _STRENGTH.match(text, start, second[0]):
        start = found.end()
    return _ONE_BREATH.fullmatch(text, start, second[0]) is not None
