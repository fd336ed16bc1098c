"""What a text tells of reactions to medicines: one report for each patient in it, every value with its place.

Spans are pairs (start, end) in characters of the text that was screened.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

Span = tuple[int, int]


class Reporter(StrEnum):
    """Who tells it. `LITERATURE`: the text reads as a published case; `UNKNOWN`: it does not say."""

    PATIENT = "patient"
    CLINICIAN = "clinician"
    RELATIVE = "relative"
    LITERATURE = "literature"
    UNKNOWN = "unknown"


class Situation(StrEnum):
    """What pharmacovigilance collects although no reaction need have followed (EU GVP VI.B.6)."""

    OVERDOSE = "overdose"
    MEDICATION_ERROR = "medication error"
    MISUSE = "misuse or abuse"
    OFF_LABEL = "off-label use"
    PREGNANCY = "exposure in pregnancy"
    BREASTFEEDING = "exposure through breastfeeding"
    LACK_OF_EFFECT = "lack of effect"
    PRODUCT_COMPLAINT = "product complaint"


@dataclass(frozen=True, slots=True)
class Words:
    """A value and the words that it was read from: "67 a" from "67 yo"; `value` is in the terms of the field."""

    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class PatientWords:
    """What the text says of one patient; None is not said.

    `age` is a number and a UCUM unit of time ("67 a", "8 mo"), or an age group ("child", "elderly"); `sex` is "female"
    or "male"; `pregnancy` is "pregnant" or "breastfeeding"; `weight` is in kilograms ("72 kg").
    """

    age: Words | None = None
    sex: Words | None = None
    pregnancy: Words | None = None
    weight: Words | None = None


@dataclass(frozen=True, slots=True)
class AdverseMention:
    """A medicine and an event reported together; `quote` is the sentence, or two, that says so.

    `certainty` is the learned net's probability that it happened to somebody, or None where rules alone judged.
    """

    medicine: str
    medicine_span: Span
    event: str
    event_span: Span
    quote: str
    certainty: float | None = None


@dataclass(frozen=True, slots=True)
class SituationMention:
    """A special situation: its kind, the words that say so, and the medicine ("" and None where none is named)."""

    kind: Situation
    span: Span
    quote: str
    medicine: str = ""
    medicine_span: Span | None = None


@dataclass(frozen=True, slots=True)
class AdverseReport:
    """What is told of one patient. `span` is the stretch of the text that speaks of this patient."""

    span: Span
    patient: PatientWords
    reporter: Words
    mentions: tuple[AdverseMention, ...] = ()
    situations: tuple[SituationMention, ...] = ()


@dataclass(frozen=True, slots=True)
class AdverseFindings:
    """All that one text reports, patient by patient.

    `fault` is one sentence where the learned net could not be used and rules alone judged, and "" otherwise.
    """

    reports: tuple[AdverseReport, ...] = ()
    fault: str = ""

    @property
    def mentions(self) -> tuple[AdverseMention, ...]:
        """Every pair of medicine and event, whichever patient it is told of."""
        return tuple(mention for report in self.reports for mention in report.mentions)

    @property
    def situations(self) -> tuple[SituationMention, ...]:
        """Every special situation, whichever patient it is told of."""
        return tuple(one for report in self.reports for one in report.situations)
