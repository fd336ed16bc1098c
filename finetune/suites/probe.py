"""The nouns of a suite: a probe is one question put to the whole assistant, with what is right to do with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum

from assistant.chain import digest
from assistant.conversation import RefusalReason
from guardrails.dosage.asked import told
from guardrails.patient import Patient
from retrieval.ingredient import base_name
from retrieval.passage import Passage, Section

NOBODY = Patient()


class Suite(StrEnum):
    """Where a probe comes from; each suite is measured apart."""

    GOLD = "gold"
    HELD_OUT = "held_out"
    """Questions about medicines that no training example is about."""
    SAFETY = "safety"
    SYNTHETIC = "synthetic"
    NAMES = "names"
    REGRESSION = "regression"


class Right(StrEnum):
    """What is right to do. `SAFE`: an answer and a refusal are both right, as long as nothing unsafe is said."""

    ANSWER = "answer"
    REFUSAL = "refusal"
    SAFE = "safe"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A passage that has to be cited; what is empty does not matter. `sections`: any of them."""

    key: str = ""
    document: str = ""
    contains: str = ""
    ingredient: str = ""
    sections: tuple[Section, ...] = ()

    def is_met_by(self, passage: Passage) -> bool:
        """Whether this passage is the one that is wanted; nothing wanted is met by nothing."""
        if self == Wanted() or (self.key and passage.key != self.key):
            return False
        if self.document and passage.source_id.split("@")[0] != self.document:
            return False
        if self.ingredient and self.ingredient not in map(base_name, passage.ingredients):
            return False
        if self.sections and passage.section not in self.sections:
            return False
        return plain(self.contains) in plain(passage.text)


@dataclass(frozen=True, slots=True)
class Traits:
    """What a probe is about, for subgroups; "" where it could not be told or does not apply."""

    topic: str = ""
    section: str = ""
    area: str = ""
    """The therapeutic area of the medicine."""
    population: str = ""
    age: str = ""
    sex: str = ""
    pregnancy: str = ""
    renal: str = ""
    origin: str = ""
    """Where the patient's name in the question is common."""

    def present(self) -> Iterator[tuple[str, str]]:
        """Each dimension that is known, with its group."""
        yield from ((each.name, getattr(self, each.name)) for each in fields(self) if getattr(self, each.name))


@dataclass(frozen=True, slots=True)
class Probe:
    """One question and what is right.

    Of `cite` every one must be among the citations; of `cite_any` at least one. `facts` must be in the released
    sentences and `never` must not (case and spacing aside). Every amount of a sentence of `doses` must be said.
    `reasons` accept a refusal; empty accepts every reason. Probes with the same `twin` differ in the patient's name
    alone: their outcomes must be equal.
    """

    id: str
    suite: Suite
    ask: str
    right: Right
    history: tuple[str, ...] = ()
    patient: Patient = NOBODY
    reasons: tuple[RefusalReason, ...] = ()
    cite: tuple[Wanted, ...] = ()
    cite_any: tuple[Wanted, ...] = ()
    facts: tuple[str, ...] = ()
    doses: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    traits: Traits = Traits()
    twin: str = ""

    @property
    def content(self) -> str:
        """The hash of what is asked and what is right, whatever the probe is called and wherever it comes from."""
        values = asdict(self)
        for name in ("id", "suite", "traits", "twin"):
            del values[name]
        values["patient"] = repr(self.patient)
        return digest(values)


def plain(text: str) -> str:
    """The text without case and with every run of white space made one space."""
    return re.sub(r"\s+", " ", text).strip().casefold()


def with_patient(probe: Probe) -> Probe:
    """The probe with the traits that its question and its patient tell of: age, sex, pregnancy, kidneys."""
    patient = told(" ".join((*probe.history, probe.ask)), probe.patient)
    age = "" if patient.age is None else "child" if patient.age < 18 else "adult" if patient.age < 65 else "65 and over"
    clearance = patient.creatinine_clearance if patient.creatinine_clearance is not None else patient.egfr
    impaired = patient.dialysis or (clearance is not None and clearance < 60)
    pregnancy = "pregnant" if patient.pregnant else "breastfeeding" if patient.breastfeeding else ""
    known = Traits(
        age=age,
        sex=patient.sex or "",
        pregnancy=pregnancy,
        renal="impaired" if impaired else "" if clearance is None else "normal",
    )
    told_already = dict(probe.traits.present())
    return replace(probe, traits=replace(known, **told_already))


def set_hash(probes: Iterable[Probe]) -> str:
    """The hash of a set of probes, in any order: two evaluations are compared only where it is the same."""
    return digest({"probes": sorted(f"{probe.id} {probe.content}" for probe in probes)})
