"""What the machine proposes about a new case: it is the first report, more about a known one, or a duplicate.

A person decides. Two patients of one source are never proposed as one; a shared report number is stronger than any
likeness, and where it meets another patient the proposal says so instead of choosing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from assistant.triage.duplicates.fingerprint import Fingerprint
from assistant.triage.duplicates.index import DuplicateIndex
from assistant.triage.duplicates.score import Likeness, likeness
from assistant.triage.duplicates.weights import shipped

WORTH_A_LOOK = 0.05
"""From this probability on a case is shown beside the new one, although nothing is proposed about it."""
_MOST_SHOWN = 10


class Proposal(StrEnum):
    """What a case is, beside another."""

    INITIAL = "initial"
    FOLLOW_UP = "follow-up"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Resemblance:
    """One known case beside the new one, what is proposed about the two, and why, in a sentence."""

    likeness: Likeness
    proposal: Proposal
    reason: str


@dataclass(frozen=True, slots=True)
class DuplicateCheck:
    """The proposal for one case. `beside` are the known cases worth a look, the likeliest first.

    `compared` is how many cases were compared; `too_common` how many keys were shared by too many cases to be followed.
    """

    case: str
    proposal: Proposal
    beside: tuple[Resemblance, ...]
    compared: int
    too_common: int = 0

    @property
    def of(self) -> str:
        """The id of the case that it follows or repeats, or ""."""
        return self.beside[0].likeness.other if self.proposal is not Proposal.INITIAL else ""


def check(case: Fingerprint, index: DuplicateIndex) -> DuplicateCheck:
    """Compare a case with every case of the index that shares a key with it; the case itself is left out.

    Raises:
        IndexUnusable: the index cannot be read.
    """
    found = index.candidates(case)
    rarity = index.rarity()
    seen = [_judged(case, other, likeness(case, other, rarity)) for other in found.cases if other.id != case.id]
    shown = [each for each in seen if each.proposal is not Proposal.INITIAL or _is_worth_a_look(each)]
    shown.sort(key=lambda each: (each.proposal is Proposal.INITIAL, -each.likeness.odds, each.likeness.other))
    first = shown[0].proposal if shown else Proposal.INITIAL
    return DuplicateCheck(case.id, first, tuple(shown[:_MOST_SHOWN]), len(seen), found.too_common)


def check_all(index: DuplicateIndex) -> Iterator[Resemblance]:
    """Every pair of the index that is proposed as duplicate or follow-up, each once.

    Raises:
        IndexUnusable: the index cannot be read.
    """
    rarity = index.rarity()
    for one, other in index.pairs():
        judged = _judged(one, other, likeness(one, other, rarity))
        if judged.proposal is not Proposal.INITIAL:
            yield judged


def _is_worth_a_look(each: Resemblance) -> bool:
    return each.likeness.probability >= WORTH_A_LOOK


def _judged(case: Fingerprint, other: Fingerprint, alike: Likeness) -> Resemblance:
    if case.source and case.source == other.source and case.place != other.place:
        return Resemblance(alike, Proposal.INITIAL, "Another patient of the same source; never merged by the machine.")
    if case.numbers & other.numbers:
        return Resemblance(alike, *_same_number(case, other, alike))
    if _is_relative(alike):
        return Resemblance(alike, Proposal.INITIAL, "Sex and initials both differ: a twin or a relative, perhaps.")
    if alike.probability < shipped().threshold:
        return Resemblance(alike, Proposal.INITIAL, "Alike in part, but not enough to be proposed as one.")
    if _adds(case, other) and case.sender and case.sender == other.sender:
        return Resemblance(alike, Proposal.FOLLOW_UP, "The same reporter tells more about what seems to be one case.")
    return Resemblance(alike, Proposal.DUPLICATE, "The same patient, medicine and reaction, as far as both tell.")


def _is_relative(alike: Likeness) -> bool:
    """Whether two marks of the person differ at once; families share birth date, medicine, day and reporter."""
    levels = {each.field: each.level for each in alike.fields}
    return levels["sex"] == "different" and levels["initials"] in ("different", "one letter off")


def _same_number(case: Fingerprint, other: Fingerprint, alike: Likeness) -> tuple[Proposal, str]:
    against = {each.field for each in alike.fields if each.level in ("different", "far")}
    if len(against & {"sex", "birth", "initials", "age", "medicines"}) >= 2:
        return Proposal.FOLLOW_UP, (
            "They carry the same report number, but the patient differs: check whether the number was used twice."
        )
    if _adds(case, other):
        return Proposal.FOLLOW_UP, "It carries the same report number and tells more, or was received later."
    return Proposal.DUPLICATE, "It carries the same report number and tells nothing new: the report was sent twice."


def _adds(case: Fingerprint, other: Fingerprint) -> bool:
    """Whether the case was received later or holds a value that the other does not."""
    if case.received and other.received and case.received != other.received:
        return case.received > other.received
    if not (case.events <= other.events and case.medicines <= other.medicines):
        return True
    single = ("initials", "birth", "age", "sex", "weight", "onset", "start", "outcome")
    return any(getattr(case, each) and getattr(case, each) != getattr(other, each) for each in single)
