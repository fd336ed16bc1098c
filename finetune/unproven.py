"""Finds what a released sentence says and its sources do not: amounts, doses, medicines, routes and negations.

It is the evaluation's own look, by plainer means than those of the guardrails that released the sentence. It is made to
find the errors that harm (docs/measurements.md says which it finds) and to leave faithful rewordings alone; it does not
see every error of meaning, for which there are the written questions and the reviewers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from finetune.dosed import Dosed, amounts_missing, doses_of
from finetune.suites.probe import plain
from guardrails.claim import Claim
from guardrails.compared import places_of_amounts
from guardrails.dose import Limit
from guardrails.polarity import cues
from guardrails.wording import OPPOSITES, POPULATIONS, ROUTES, content_words, implied, outside, stems
from retrieval.ingredient import base_name
from retrieval.medicines import Medicines
from retrieval.passage import Passage
from retrieval.sentences import sentences

_TURNS = frozenset({"not", "avoid", "contraindicated", "without", "except", "unless"})
"""Kinds of words without which a statement says the opposite."""
_TELLING = ROUTES | OPPOSITES | POPULATIONS
_MOST = 0.6
"""The part of its words that a sentence shares with one that it was taken from."""


def unproven(claim: Claim, cited: Sequence[Passage], medicines: Medicines) -> tuple[str, ...]:
    """What of the sentence no cited passage says, one sentence each; () for what is word for word in one of them."""
    text = claim.text
    if any(plain(text) in plain(passage.text) for passage in cited):
        return ()
    sources = [f"{passage.title}. {' '.join(passage.heading)}. {passage.text}" for passage in cited]
    return (
        *(f"“{amount}” is not in what “{text}” cites" for amount in amounts_missing(text, sources)),
        *(f"a dose of “{text}” is not so in what it cites: {why}" for why in _other_doses(text, cited, medicines)),
        *(f"“{name}” of “{text}” is not in what it cites" for name in _other_medicines(text, cited, medicines)),
        *(f"“{word}” of “{text}” is not in what it cites" for word in _other_words(text, sources)),
        *(f"“{text}” turns what it cites: “{said}”" for said in _turned(text, cited)),
    )


def _other_doses(text: str, cited: Sequence[Passage], medicines: Medicines) -> Iterator[str]:
    """Doses whose amount the passages state only with another schedule, or only as a limit."""
    stated = [one for passage in cited for one in doses_of(passage.text, medicines)]
    for dose in doses_of(text, medicines):
        near = [one for one in stated if (one.low, one.high, one.per) == (dose.low, dose.high, dose.per)]
        if dose.unread or not near or any(one.unread for one in near):
            continue
        if not any(_same_schedule(dose, one) for one in near):
            yield "another schedule"
        elif not any(_same_limit(dose, one) for one in near):
            yield "another limit"


def _same_schedule(one: Dosed, other: Dosed) -> bool:
    return one.schedule is None or one.schedule == other.schedule


def _same_limit(one: Dosed, other: Dosed) -> bool:
    return one.limit is other.limit or {one.limit, other.limit} == {Limit.NONE, Limit.MINIMUM}


def _other_medicines(text: str, cited: Sequence[Passage], medicines: Medicines) -> Iterator[str]:
    known = {base_name(name) for passage in cited for name in passage.ingredients}
    for passage in cited:
        known |= _ingredients(f"{passage.title}. {passage.text}", medicines)
    for mention in medicines.find(text):
        if mention.exact and not set(mention.ingredients) & known:
            yield mention.surface


def _ingredients(text: str, medicines: Medicines) -> set[str]:
    return {ingredient for mention in medicines.find(text) for ingredient in mention.ingredients}


def _other_words(text: str, sources: Collection[str]) -> Iterator[str]:
    """Routes, people and words with an opposite (increase, before, higher) that the sources do not use."""
    said = implied(frozenset[str]().union(*map(stems, sources)))
    # "at most" and "below" of an amount are compared with the amounts.
    own = outside(content_words(text), places_of_amounts(text))
    yield from (word.text for word in own if word.stem in _TELLING and word.stem not in said)


def _turned(text: str, cited: Sequence[Passage]) -> Iterator[str]:
    """A sentence of the sources that this one was taken from, where one of the two denies and the other does not."""
    own = stems(text)
    told = [part for passage in cited for part in _statements(passage.text)]
    taken = [each for each in told if len(stems(each) & own) >= _MOST * len(stems(each))]
    taken = taken or [each for each in told if len(stems(each) & own) >= _MOST * len(own)]
    if taken and _denies(text) not in map(_denies, taken):
        yield taken[0]


def _statements(text: str) -> Iterator[str]:
    """The sentences of a text, and of those with a semicolon each part."""
    for start, end in sentences(text):
        yield from filter(str.strip, text[start:end].split(";"))


def _denies(text: str) -> bool:
    return any(cue.kind in _TURNS for cue in cues(text))
