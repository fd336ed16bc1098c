"""Screens a question before anything else sees it: masks identifiers, notices an emergency, declines harm.

What is masked here is masked before it is stored, logged, searched or sent to a model. Each step is a plain function of
its own, so that it can be run and timed as a rail; `together` says what follows from all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from guardrails.errors import NetUnavailable
from guardrails.identifiers import Masker
from guardrails.masking.tagger import TagNets
from guardrails.screening import disguise, emergency, harm, injection, scope
from guardrails.screening.injection import Parted
from guardrails.verdict import CheckRun
from retrieval.errors import EncoderError

NET = Path(__file__).resolve().parent / "nets" / "intake"
"""The learned net that judges requests: `clinical`, `urgent`, `harmful`, `instruction` or `out_of_scope`."""


class DeclinedFor(StrEnum):
    """Why a question is not answered: it asks for harm, is about something else, or only gives instructions.

    `FAULT`: it was masked and can be kept, but another rail has no result.
    """

    HARM = "harm"
    SCOPE = "scope"
    INSTRUCTION = "instruction"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Screened:
    """A question made safe to keep.

    `text` is masked and without instructions to the assistant; `masked` names the kinds of what was masked ("DATE"), in
    order. `notices` are sentences to show before the answer. `declined` says in one sentence why nothing is answered,
    or is empty; `reason` is its kind. `checks` are the rails that ran, with their times.
    """

    text: str
    notices: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()
    declined: str = ""
    reason: DeclinedFor | None = None
    checks: tuple[CheckRun, ...] = ()


@dataclass(frozen=True, slots=True)
class Masked:
    """A question without what identifies a patient, and the kinds of what was masked, in order."""

    text: str
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opinion:
    """The learned net's probabilities for one question, and where its opinion of harm begins to count."""

    harmful: float
    elsewhere: float
    threshold: float
    urgent: float = 0.0
    instruction: float = 0.0


NO_OPINION = Opinion(0.0, 0.0, 1.1)
_REMEMBERED = 64
"""How many opinions are kept: each question is asked about in several steps."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Whether a request is declined: the sentence that says so, and its kind; "" and None where it is answered."""

    declined: str = ""
    reason: DeclinedFor | None = None


class IntakeNets(TagNets, Protocol):
    """What intake needs of learned nets; `retrieval.nets.Nets` is one."""

    def score(self, texts: Sequence[str], folder: Path) -> NDArray[np.float32]:
        """Calibrated probabilities (len(texts), labels)."""


class Intake:
    """The steps of intake with the learned nets. Build it once and share it between threads.

    Without nets only rules and tables of signs judge: for tests, and for what is told apart in benchmarks.
    """

    def __init__(self, nets: IntakeNets | None) -> None:
        self._masker = Masker(nets)
        self._opinion: Callable[[str], Opinion] = (
            (lambda _text: NO_OPINION) if nets is None else lru_cache(_REMEMBERED)(partial(opinion_of, nets=nets))
        )

    def mask(self, text: str) -> Masked:
        """The question without what identifies a patient, and without what cannot be stored.

        Raises:
            NetUnavailable: the tagger cannot be used; the text must not be kept.
        """
        clean, kinds = self._masker.masked(storable(text))
        return Masked(clean, tuple(kind.value for kind in kinds))

    def part(self, text: str) -> Parted:
        """The question without the instructions to the assistant in it, found by signs and by the learned net.

        Raises:
            NetUnavailable: the net cannot be used; the question must then be refused.
            RuleInvalid: a table of signs cannot be read.
        """
        return injection.part_judged(injection.part(text), lambda part: self._opinion(part).instruction)

    def notices(self, text: str) -> tuple[str, ...]:
        """The urgent advice to show above the answer, by signs or by the learned net.

        Raises:
            NetUnavailable: the net cannot be used; the question must then be refused.
            RuleInvalid: a table of signs cannot be read.
        """
        return emergency.notices(text, self._opinion(text).urgent)

    def judge(self, text: str, parted: Parted) -> Judged:
        """Whether the request is declined, by signs and by the learned net.

        Raises:
            NetUnavailable: the net cannot be used; the question must then be refused.
            RuleInvalid: a table of signs cannot be read.
        """
        return judge_request(text, parted, self._opinion(parted.question or text))

    def screen(self, text: str) -> Screened:
        """Run every step on a question.

        Raises:
            NetUnavailable: a net cannot be used; the question must then be refused, and not be kept.
            RuleInvalid: a table of signs cannot be read.
        """
        clean = self.mask(text)
        parted = self.part(clean.text)
        return together(clean, parted, self.judge(clean.text, parted), self.notices(clean.text))


def screen(text: str) -> Screened:
    """What rules and tables of signs alone make of a question, without the learned nets.

    Raises:
        RuleInvalid: a table of signs cannot be read.
    """
    return _by_signs().screen(text)


@cache
def _by_signs() -> Intake:
    return Intake(None)


def storable(text: str) -> str:
    """The text as it can be kept: words in code (base64, hexadecimal) stand in clear.

    Left out is what no database and no network connection can carry (NUL, other controls, half characters) and what
    nobody can see (characters without a width).
    """
    kept = (
        sign
        for sign in text
        if sign in "\n\t" or not (sign < " " or "\x7f" <= sign < "\xa0" or "\ud800" <= sign <= "\udfff")
    )
    return disguise.in_clear(disguise.seen("".join(kept)))


def find_injections(text: str) -> Parted:
    """The question without the instructions to the assistant that signs find in it; `Intake.part` asks the net too.

    Raises:
        RuleInvalid: the table of signs cannot be read.
    """
    return injection.part(text)


def judge_request(text: str, parted: Parted, opinion: Opinion = NO_OPINION) -> Judged:
    """Whether the request is declined. Harm is looked for in the whole text; the rest in what remains of it.

    Raises:
        RuleInvalid: a table of signs cannot be read.
    """
    if declined := harm.declined(text, opinion.harmful, opinion.threshold):
        return Judged(declined, DeclinedFor.HARM)
    if parted.found and not parted.question:
        return Judged(injection.DECLINED, DeclinedFor.INSTRUCTION)
    if declined := scope.out_of_scope(parted.question, opinion.elsewhere):
        return Judged(declined, DeclinedFor.SCOPE)
    return Judged()


def opinion_of(text: str, nets: IntakeNets) -> Opinion:
    """What the learned net thinks of a question.

    Raises:
        NetUnavailable: its weights are missing or do not fit, or it gave a value that is not a number.
    """
    try:
        card = nets.card(NET)
        row = dict(zip(card.labels, nets.score([text], NET)[0], strict=True))
        opinion = Opinion(
            float(row["harmful"]),
            float(row["out_of_scope"]),
            card.threshold,
            float(row["urgent"]),
            float(row["instruction"]),
        )
    except (EncoderError, KeyError, ValueError) as fault:
        raise NetUnavailable("The learned net that judges requests cannot be used, so nothing is answered.") from fault
    if not all(map(math.isfinite, (opinion.harmful, opinion.elsewhere, opinion.urgent, opinion.instruction))):
        raise NetUnavailable("The learned net that judges requests gave no number, so nothing is answered.")
    return opinion


def together(masked: Masked, parted: Parted, judged: Judged, urgent: tuple[str, ...]) -> Screened:
    """What follows from the steps: urgent advice stands first, and a question that is declined keeps it."""
    if judged.declined:
        return Screened(masked.text, urgent, masked.kinds, judged.declined, judged.reason)
    ignored = (injection.IGNORED,) if parted.found else ()
    text = parted.question if parted.found else masked.text
    return Screened(text, (*urgent, *ignored), masked.kinds)
