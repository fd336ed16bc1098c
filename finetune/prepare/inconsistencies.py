"""Step find inconsistencies: the same question with answers that cannot both hold, for a person to decide.

Answers that differ in their words alone are only reported. Where their amounts differ so that neither holds all of the
other's, or one says "not" where the other, in nearly the same words, does not, every row of the question is held back.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

import polars as pl

STEP = "find inconsistencies"
_AMOUNT = re.compile(r"(?<![\w.])\d+(?:[.,]\d+)*(?: ?(?:%|[A-Za-zµμ]+(?:/[A-Za-z]+)*))?")
_NEGATION = re.compile(r"\b(?:no|not|never|avoid|cannot|contra-?indicated|\w+n['’]t)\b", re.IGNORECASE)
_WORD = re.compile(r"[a-z]{2,}")
_ALIKE = 0.6
"""The share of common words from which two answers say the same thing, but for a "not"."""
_MOST = 24
"""Answers of one question that are compared in pairs; of more, each is compared with the first."""


class Kind(StrEnum):
    """What does not go together."""

    WORDING = "answers in other words"
    AMOUNTS = "answers with other amounts"
    POLARITY = "one answer denies what another says"
    RULE = "against a dose rule"
    EVIDENCE = "against its evidence"


HOLDING = frozenset({Kind.AMOUNTS, Kind.POLARITY, Kind.RULE, Kind.EVIDENCE})
"""What holds a row back until a person has decided."""


@dataclass(frozen=True, slots=True)
class Inconsistency:
    """What was found: the rows by ordinal and id, what is wrong, and what a person should read. Texts are masked."""

    kind: Kind
    ordinals: tuple[int, ...]
    ids: tuple[str, ...]
    question: str
    answers: tuple[str, ...]
    explanation: str

    @property
    def holds(self) -> bool:
        """Whether its rows wait for a person."""
        return self.kind in HOLDING


def asked_twice(rows: pl.DataFrame) -> pl.Series:
    """The ordinals of rows whose question has several answers; `rows` hold ordinal, question_key and exact."""
    several = pl.col("exact").n_unique().over("question_key") > 1
    return rows.filter(several)["ordinal"]


def contradictions(rows: pl.DataFrame) -> Iterator[Inconsistency]:
    """What does not go together among rows (ordinal, id, question_key, question, answer) of the same questions."""
    for (_,), group in rows.sort("ordinal").group_by("question_key", maintain_order=True):
        kind = worst(group["answer"].to_list())
        yield Inconsistency(
            kind, tuple(group["ordinal"]), tuple(group["id"]), group["question"][0], tuple(group["answer"]),
            f"{group.height} rows ask the same: {kind.value}.",
        )  # fmt: skip


def worst(answers: Sequence[str]) -> Kind:
    """The worst that is wrong between any two of the answers."""
    pairs = combinations(answers, 2) if len(answers) <= _MOST else ((answers[0], other) for other in answers[1:])
    found = {between(one, other) for one, other in pairs}
    return next((kind for kind in (Kind.AMOUNTS, Kind.POLARITY) if kind in found), Kind.WORDING)


def between(one: str, other: str) -> Kind:
    """What is wrong between two answers to the same question."""
    amounts, others = _amounts(one), _amounts(other)
    if amounts and others and not (amounts <= others or others <= amounts):
        return Kind.AMOUNTS
    if bool(_NEGATION.search(one)) is not bool(_NEGATION.search(other)) and _alike(_words(one), _words(other)):
        return Kind.POLARITY
    return Kind.WORDING


def _amounts(text: str) -> frozenset[str]:
    return frozenset(found.group().replace(",", "").replace(" ", "").lower() for found in _AMOUNT.finditer(text))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(_NEGATION.sub(" ", text).lower()))


def _alike(one: Collection[str], other: Collection[str]) -> bool:
    both = len(set(one) & set(other))
    return both >= _ALIKE * (len(one) + len(other) - both)
