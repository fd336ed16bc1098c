"""How likely two cases are the same: a probability, and for every field the bits for or against it, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from assistant.triage.duplicates.compare import Rarity, compared
from assistant.triage.duplicates.fingerprint import Fingerprint
from assistant.triage.duplicates.weights import Weights, article_weights, open_weights

_NAMES = {
    "medicines": "suspected medicines", "events": "reactions", "onset": "onset of the reaction",
    "start": "start of the medicine", "birth": "birth date", "initials": "initials", "age": "age", "sex": "sex",
    "weight": "weight", "outcome": "outcome", "country": "country", "qualification": "kind of reporter",
    "sender": "organisation of the reporter", "literature": "literature reference", "received": "day of receipt",
    "text": "wording of the report",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FieldLikeness:
    """What one field says: its level of agreement, and the bits for (above 0) or against (below 0) one patient.

    `level` is None, and the bits 0, where one of the two cases does not report it.
    """

    field: str
    level: str | None
    bits: float

    @property
    def words(self) -> str:
        """One line for people."""
        name = _NAMES.get(self.field, self.field)
        if self.level is None:
            return f"{name}: not compared, it is not reported in both"
        return f"{name}: {self.level} ({self.bits:+.1f} bits)"


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two cases compared: the probability that they are one, the log2 odds that it stands for, and every field.

    `prior` is what the odds start from, so that `odds` is `prior` plus the bits of all fields.
    """

    one: str
    other: str
    probability: float
    odds: float
    prior: float
    fields: tuple[FieldLikeness, ...]
    same_article: bool = False


def odds_of(levels: Mapping[str, str | None], weights: Weights) -> float:
    """The log2 odds that a pair with these levels is one patient's one reaction."""
    return weights.prior + sum(weights.of(field, level) for field, level in levels.items())


def probability_of(odds: float) -> float:
    """Log2 odds as a probability."""
    return 1 / (1 + 2 ** -max(-500.0, min(500.0, odds)))


def likeness(one: Fingerprint, other: Fingerprint, rarity: Rarity) -> Likeness:
    """Compare two cases."""
    levels = compared(one, other, rarity)
    article = levels["literature"] == "same"
    weights = article_weights() if article else open_weights()
    fields = tuple(FieldLikeness(field, level, weights.of(field, level)) for field, level in levels.items())
    odds = odds_of(levels, weights)
    return Likeness(one.id, other.id, probability_of(odds), odds, weights.prior, fields, article)
