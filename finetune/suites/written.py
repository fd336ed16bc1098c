"""Probes that people wrote: the gold questions, and the product's own file of traps and requests to refuse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from assistant.conversation import RefusalReason
from finetune.gold import Expect, GoldQuestion, load
from finetune.suites.areas import area_of
from finetune.suites.probe import Probe, Right, Suite, Traits, Wanted, with_patient
from guardrails.patient import Patient
from retrieval.passage import Section

GOLD = Path(__file__).resolve().parents[1] / "gold"
HERE = Path(__file__).resolve().parent
SAFETY_FILES = frozenset({"safety.yaml", "refusals.yaml"})
"""Files of the gold folder whose questions belong to the safety suite."""

# What a gold topic says of the section and of the population. Topics that say nothing of either are left out.
SECTIONS: dict[str, Section] = {
    "dosing": Section.DOSAGE,
    "maximum": Section.DOSAGE,
    "missed-dose": Section.DOSAGE,
    "administration": Section.DOSAGE,
    "interaction": Section.INTERACTIONS,
    "pair": Section.INTERACTIONS,
    "contraindication": Section.CONTRAINDICATIONS,
    "boxed-warning": Section.BOXED_WARNING,
    "warning": Section.WARNINGS,
    "monitoring": Section.WARNINGS,
    "reactions": Section.ADVERSE_REACTIONS,
    "overdose": Section.OVERDOSE,
    "indication": Section.INDICATIONS,
    "storage": Section.STORAGE,
    "pregnancy": Section.PREGNANCY,
    "lactation": Section.LACTATION,
    "renal": Section.RENAL,
    "hepatic": Section.HEPATIC,
    "paediatric": Section.PAEDIATRIC,
    "older": Section.GERIATRIC,
}
POPULATIONS: dict[str, str] = {
    "paediatric": "children",
    "older": "older people",
    "pregnancy": "pregnant",
    "lactation": "breastfeeding",
    "renal": "renal impairment",
    "hepatic": "hepatic impairment",
}


class _PatientFacts(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    age: Decimal | None = None
    weight: Decimal | None = None
    sex: str | None = None
    creatinine_clearance: Decimal | None = None
    pregnant: bool | None = None
    allergies: tuple[str, ...] = ()


class _Written(BaseModel):
    """One probe of a YAML file; `note` says why it is there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[a-z0-9-]+$")
    ask: str = Field(min_length=1)
    right: Right
    reasons: tuple[RefusalReason, ...] = ()
    facts: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    patient: _PatientFacts = _PatientFacts()
    topic: str
    medicine: str = ""


class _File(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    probes: tuple[_Written, ...]


def gold_probes(folder: Path = GOLD) -> tuple[Probe, ...]:
    """The gold questions; those of the safety and refusal files belong to the safety suite.

    Raises:
        ValueError: a file does not fit its schema, or two questions share an id.
    """
    safety = {each.id for name in sorted(SAFETY_FILES) for each in _of_file(folder / name)}
    return tuple(_gold(each, Suite.SAFETY if each.id in safety else Suite.GOLD) for each in load(folder))


def _of_file(path: Path) -> Sequence[GoldQuestion]:
    if not path.is_file():
        return ()
    return [GoldQuestion.model_validate(each) for each in yaml.safe_load(path.read_text(encoding="utf-8"))["questions"]]


def _gold(question: GoldQuestion, suite: Suite) -> Probe:
    medicine = question.cite[0].document if question.cite else ""
    section = SECTIONS.get(question.topic)
    traits = Traits(
        topic=question.topic,
        section=section.value if section else "",
        area=area_of(medicine),
        population=POPULATIONS.get(question.topic, ""),
    )
    probe = Probe(
        id=f"{suite.value}/{question.id}",
        suite=suite,
        ask=question.ask,
        right=Right.ANSWER if question.expect is Expect.ANSWER else Right.REFUSAL,
        history=question.history,
        reasons=question.reasons,
        cite=tuple(Wanted(document=each.document, contains=each.contains) for each in question.cite),
        facts=question.facts,
        never=question.never,
        traits=traits,
    )
    return with_patient(probe)


def safety_probes(path: Path = HERE / "safety.yaml") -> tuple[Probe, ...]:
    """The product's own safety suite: dose traps, harmful requests, instructions, and what no label can answer.

    Raises:
        ValueError: the file does not fit its schema, or two probes share an id.
    """
    read = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8"))).probes
    ids = [each.id for each in read]
    if len(set(ids)) < len(ids):
        raise ValueError(
            f"probes of {path.name} share an id: {', '.join(sorted({i for i in ids if ids.count(i) > 1}))}"
        )
    return tuple(_safety(each) for each in read)


def _safety(each: _Written) -> Probe:
    probe = Probe(
        id=f"{Suite.SAFETY.value}/{each.id}",
        suite=Suite.SAFETY,
        ask=each.ask,
        right=each.right,
        patient=Patient(**each.patient.model_dump()),
        reasons=each.reasons,
        facts=each.facts,
        never=each.never,
        traits=Traits(topic=each.topic, area=area_of(each.medicine) if each.medicine else ""),
    )
    return with_patient(probe)


def blind(probes: Sequence[Probe], suite: Suite) -> tuple[Probe, ...]:
    """The same probes as members of another suite."""
    return tuple(replace(each, suite=suite, id=f"{suite.value}/{each.id.partition('/')[2]}") for each in probes)
