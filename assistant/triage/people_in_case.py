"""Who a case is about and who told it: the patient (E2B section D), a parent, and the reporters (C.2).

Names never stand here as they were written: text is masked before it is stored, and what stays is [PERSON] or nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from assistant.triage.terms import Term
from assistant.triage.when import PartialDate


class Sex(StrEnum):
    """Biological sex as reported; unknown is None."""

    MALE = "male"
    FEMALE = "female"


class AgeGroup(StrEnum):
    """The group that the reporter named (E2B D.2.3)."""

    FOETUS = "foetus"
    NEONATE = "neonate"
    INFANT = "infant"
    CHILD = "child"
    ADOLESCENT = "adolescent"
    ADULT = "adult"
    ELDERLY = "elderly"


class Qualification(StrEnum):
    """What the reporter is (E2B C.2.r.4)."""

    PHYSICIAN = "physician"
    PHARMACIST = "pharmacist"
    OTHER_PROFESSIONAL = "other health professional"
    LAWYER = "lawyer"
    CONSUMER = "consumer"


@dataclass(frozen=True, slots=True)
class Measure:
    """A number with its UCUM unit, for example 71 a (years), 500 mg or 2 h."""

    value: Decimal
    unit: str


@dataclass(frozen=True, slots=True)
class Condition:
    """One entry of the medical history (D.7.1.r). `name` is verbatim; `continuing` None where unknown."""

    id: str
    name: str
    term: Term | None = None
    start: PartialDate | None = None
    end: PartialDate | None = None
    continuing: bool | None = None
    comment: str = ""
    family: bool = False


@dataclass(frozen=True, slots=True)
class PastMedicine:
    """A medicine of the past (D.8.r), with why it was taken and what it did."""

    id: str
    name: str
    start: PartialDate | None = None
    end: PartialDate | None = None
    indication: Term | None = None
    reaction: Term | None = None


@dataclass(frozen=True, slots=True)
class CauseOfDeath:
    """A cause, as reported (D.9.2.r) or as the autopsy found it (D.9.4.r)."""

    id: str
    text: str
    term: Term | None = None
    from_autopsy: bool = False


@dataclass(frozen=True, slots=True)
class Parent:
    """The parent in a parent-child or foetus report (D.10)."""

    identification: str = ""
    birth: PartialDate | None = None
    age: Measure | None = None
    last_period: PartialDate | None = None
    weight_kg: Decimal | None = None
    height_cm: Decimal | None = None
    sex: Sex | None = None
    history: tuple[Condition, ...] = ()
    history_text: str = ""
    past_medicines: tuple[PastMedicine, ...] = ()


@dataclass(frozen=True, slots=True)
class PatientFacts:
    """The patient as far as reported (section D). Every field optional; unknown is never guessed.

    `identified` says that a person is behind the report although no detail is known ("a patient of mine"): it alone
    meets the criterion of an identifiable patient only together with an age, sex or other detail, see `validity`.
    `age` is the age at onset. `identification` is initials or a code after masking, often "".
    """

    identified: bool = False
    identification: str = ""
    birth: PartialDate | None = None
    age: Measure | None = None
    age_group: AgeGroup | None = None
    gestation_at_onset: Measure | None = None
    sex: Sex | None = None
    weight_kg: Decimal | None = None
    height_cm: Decimal | None = None
    pregnant: bool | None = None
    breastfeeding: bool | None = None
    last_period: PartialDate | None = None
    history: tuple[Condition, ...] = ()
    history_text: str = ""
    past_medicines: tuple[PastMedicine, ...] = ()
    concomitant_therapies: bool | None = None
    died: PartialDate | None = None
    causes_of_death: tuple[CauseOfDeath, ...] = ()
    autopsy: bool | None = None
    parent: Parent | None = None
    race: str = ""
    """FDA.D.11: a code of the NCI thesaurus, as the FDA element table lists them."""
    ethnicity: str = ""


@dataclass(frozen=True, slots=True)
class Reporter:
    """A primary source (C.2.r). `name` is masked; `may_be_contacted` None where nobody asked."""

    id: str
    qualification: Qualification | None = None
    country: str = ""
    """ISO 3166-1 alpha-2."""
    name: str = ""
    organisation: str = ""
    city: str = ""
    state: str = ""
    may_be_contacted: bool | None = None
    primary: bool = False
