"""How alike two values of one field are, as one of a few named levels. None: one of them is not reported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from rapidfuzz.distance import OSA

from assistant.triage.duplicates.event_words import is_known
from assistant.triage.duplicates.fingerprint import SKETCH, Day, Fingerprint


@dataclass(frozen=True, slots=True)
class Rarity:
    """How rare an ingredient or a reaction is among the cases, in bits: 1 of 1,024 cases is 10 bits."""

    suspects: Mapping[str, float]
    events: Mapping[str, float]
    unseen: float

    def of_suspect(self, name: str) -> float:
        """The bits of an ingredient."""
        return self.suspects.get(name, self.unseen)

    def of_event(self, name: str) -> float:
        """The bits of a reaction."""
        return self.events.get(name, self.unseen)


_SHARED_BITS = (4.0, 7.0, 10.0)
"""Where the rarity of what two cases share passes from one level to the next."""


def compared(one: Fingerprint, other: Fingerprint, rarity: Rarity) -> dict[str, str | None]:
    """The level of every field, in the order in which they are shown."""
    levels: dict[str, str | None] = {
        "medicines": _medicines(one, other, rarity),
        "events": _events(one, other, rarity),
        **{field: read(one, other) for field, read in _PLAIN.items()},
    }
    # A birth date says all that an age does; counting both would count one thing twice.
    if levels["birth"] is not None:
        levels["age"] = None
    return levels


def _initials(one: Fingerprint, other: Fingerprint) -> str | None:
    if not one.initials or not other.initials:
        return None
    if one.initials == other.initials:
        return "same"
    if sorted(one.initials) == sorted(other.initials) or OSA.distance(one.initials, other.initials) == 1:
        return "one letter off"
    return "different"


def _days(one: Day | None, other: Day | None) -> str | None:
    """Compared as far as both are known: a year alone can only agree as a year."""
    if one is None or other is None:
        return None
    if not (one[1] and other[1]):
        return "same year" if one[0] == other[0] else "far"
    if not (one[2] and other[2]):
        return "same month" if one[:2] == other[:2] else "same year" if one[0] == other[0] else "far"
    if one == other:
        return "same"
    if one[0] == other[0] and (one[1], one[2]) == (other[2], other[1]):
        return "day and month swapped"
    apart = abs(_ordinal(one) - _ordinal(other))
    if apart <= 3:
        return "within 3 days"
    if _wrong_parts(one, other) == 1:
        return "one part differs"
    return "within 31 days" if apart <= 31 else "same year" if one[0] == other[0] else "far"


def _wrong_parts(one: Day, other: Day) -> int:
    return sum(mine != theirs for mine, theirs in zip(one, other, strict=True))


def _ordinal(day: Day) -> int:
    return date(*day).toordinal()


def _age(one: Fingerprint, other: Fingerprint) -> str | None:
    if one.age is None or other.age is None:
        return None
    apart = abs(one.age - other.age)
    if apart < (0.5 if min(one.age, other.age) >= 2 else 0.1):
        return "same"
    if apart <= (1.0 if min(one.age, other.age) >= 2 else 0.25):
        return "within 1 year"
    if apart <= 5 and (_is_round(one.age) or _is_round(other.age)):
        return "rounded"
    return "within 5 years" if apart <= 5 else "far"


def _is_round(age: float) -> bool:
    return age >= 10 and age % 5 == 0


def _weight(one: Fingerprint, other: Fingerprint) -> str | None:
    if one.weight is None or other.weight is None:
        return None
    apart = abs(one.weight - other.weight)
    return "same" if apart < 0.6 else "within 5 %" if apart <= 0.05 * max(one.weight, other.weight) else "different"


def _same_word(field: str) -> Callable[[Fingerprint, Fingerprint], str | None]:
    def read(one: Fingerprint, other: Fingerprint) -> str | None:
        mine, theirs = getattr(one, field), getattr(other, field)
        return None if not mine or not theirs else "same" if mine == theirs else "different"

    return read


def _literature(one: Fingerprint, other: Fingerprint) -> str | None:
    if not one.literature or not other.literature:
        return None
    return "same" if one.literature & other.literature else "different"


def _received(one: Fingerprint, other: Fingerprint) -> str | None:
    if one.received is None or other.received is None:
        return None
    apart = abs(one.received - other.received)
    return next((f"within {most} days" for most in (30, 120, 365) if apart <= most), "far")


def _text(one: Fingerprint, other: Fingerprint) -> str | None:
    """Jaccard similarity of the texts, as their sketches estimate it."""
    if len(one.sketch) < 5 or len(other.sketch) < 5:
        return None
    smallest = frozenset(sorted(one.sketch | other.sketch)[:SKETCH])
    share = len(smallest & one.sketch & other.sketch) / len(smallest)
    return next((name for least, name in ((0.6, "same"), (0.25, "alike"), (0.08, "partly")) if share >= least), "other")


def _shared(name: str, bits: float) -> str:
    return f"{name}, rarity {sum(bits >= edge for edge in _SHARED_BITS)}"


def _medicines(one: Fingerprint, other: Fingerprint, rarity: Rarity) -> str | None:
    if not one.suspects or not other.suspects:
        return None
    both = one.suspects & other.suspects
    if both:
        whole = "same" if one.suspects == other.suspects else "shared"
        return _shared(whole, sum(map(rarity.of_suspect, both)))
    # A medicine that one reporter suspects another only lists beside it.
    return "listed by the other" if one.suspects & other.medicines or other.suspects & one.medicines else "different"


def _events(one: Fingerprint, other: Fingerprint, rarity: Rarity) -> str | None:
    if not one.events or not other.events:
        return None
    both = one.events & other.events
    if both:
        whole = "same" if one.events == other.events else "shared"
        return _shared(whole, sum(map(rarity.of_event, both)))
    if any(_resemble(mine, theirs) for mine in one.events for theirs in other.events):
        return "resembling"
    # Words that no table knows may be the same reaction in another language: they do not disprove.
    return "different" if any(map(is_known, one.events)) and any(map(is_known, other.events)) else None


def _resemble(mine: str, theirs: str) -> bool:
    """Whether the words are nearly the same, or one holds a long word of the other: hepatitis, hepatitis toxic."""
    if {word for word in mine.split() if len(word) > 5} & {word for word in theirs.split() if len(word) > 5}:
        return True
    return OSA.normalized_similarity(mine, theirs) >= 0.8


_PLAIN: Mapping[str, Callable[[Fingerprint, Fingerprint], str | None]] = {
    "onset": lambda one, other: _days(one.onset, other.onset),
    "start": lambda one, other: _days(one.start, other.start),
    "birth": lambda one, other: _days(one.birth, other.birth),
    "initials": _initials,
    "age": _age,
    "sex": _same_word("sex"),
    "weight": _weight,
    "outcome": _same_word("outcome"),
    "country": _same_word("country"),
    "qualification": _same_word("qualification"),
    "sender": _same_word("sender"),
    "literature": _literature,
    "received": _received,
    "text": _text,
}
FIELDS = ("medicines", "events", *_PLAIN)
"""Every field that is compared."""
