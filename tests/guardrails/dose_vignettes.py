"""Clinical vignettes for the dose checks: what a clinician types, about whom, and what must or must not be raised.

The files of `tests/guardrails/vignettes/` hold a list each. An expectation is written "KIND of MEDICINE", with several
kinds where more than one warning is right ("daily-max or renal of enoxaparin"); KIND is the rule name of a finding
without its "dose.", MEDICINE the id of its rule file or a word of its explanation. It must be found at warn or worse,
or at any severity where "(inform)" follows. Where nothing is expected, nothing may be raised at warn or worse save what
`allow` names. `says` and `says_not` are pieces of the explanations.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from guardrails import abbreviations
from guardrails.dosing import DoseContext, check_question
from guardrails.patient import Patient, years
from guardrails.rulebook import shipped
from guardrails.verdict import Finding, Severity
from retrieval.medicines import Medicines

FOLDER = Path(__file__).parent / "vignettes"
KNOWN = FOLDER / "known_failures.yaml"
_UMOL_PER_MG_DL = Decimal("88.4")
"""Micromoles per litre of creatinine in one mg/dL: its molar mass is 113.1 g/mol."""


class _Person(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    age: int | str | None = None
    weight: Decimal | None = None
    height: Decimal | None = None
    sex: str | None = None
    creatinine: Decimal | str | None = None
    creatinine_clearance: Decimal | None = None
    egfr: Decimal | None = None
    hepatic_class: str | None = None
    pregnant: bool | None = None
    breastfeeding: bool | None = None
    allergies: tuple[str, ...] = ()
    medicines: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()

    def patient(self) -> Patient:
        """The patient of the checks: ages in years, creatinine in mg/dL."""
        fields = self.model_dump(exclude={"age", "creatinine"})
        return Patient(**fields, age=_age(self.age), creatinine=_creatinine(self.creatinine))


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    question: str
    written: bool = False
    patient: _Person = _Person()
    expect: tuple[str, ...]
    allow: tuple[str, ...] = ()
    not_expected: tuple[str, ...] = ()
    says: tuple[str, ...] = ()
    says_not: tuple[str, ...] = ()
    why: str


@dataclass(frozen=True, slots=True)
class Expectation:
    """One finding that is looked for: any of the kinds, of the medicine where one is named."""

    text: str
    kinds: tuple[str, ...]
    of: str
    severities: tuple[Severity, ...]

    @classmethod
    def read(cls, text: str) -> Expectation:
        """From "daily-max or renal of enoxaparin (inform)"."""
        rest = text.removesuffix("(inform)").strip()
        kinds, _, medicine = rest.partition(" of ")
        severities = tuple(Severity) if text.endswith("(inform)") else (Severity.BLOCK, Severity.WARN)
        return cls(text, tuple(kinds.split(" or ")), medicine, severities)

    def is_met(self, finding: Finding) -> bool:
        """Whether the finding is the one that is looked for."""
        kind = finding.rule.removeprefix("dose.")
        named = finding.version.startswith(f"{self.of}/") or self.of in finding.explanation.lower()
        return kind in self.kinds and finding.severity in self.severities and named


@dataclass(frozen=True, slots=True)
class Vignette:
    """One question about one patient, and what the checks owe it. `group` is the file that holds it."""

    id: str
    group: str
    question: str
    written: bool
    patient: Patient
    expect: tuple[Expectation, ...]
    allow: tuple[Expectation, ...]
    not_expected: tuple[Expectation, ...]
    says: tuple[str, ...]
    says_not: tuple[str, ...]

    @property
    def is_ordinary(self) -> bool:
        """Whether nothing may be raised."""
        return not self.expect


def load() -> tuple[Vignette, ...]:
    """Every vignette, by file."""
    paths = sorted(path for path in FOLDER.glob("*.yaml") if path != KNOWN)
    return tuple(_vignette(row, path.stem) for path in paths for row in yaml.safe_load(path.read_text("utf-8")))


def known_failures() -> dict[str, str]:
    """Ids of the vignettes that fail today, with the reason."""
    failing: dict[str, str] = yaml.safe_load(KNOWN.read_text("utf-8")) or {}
    return failing


def findings_of(vignette: Vignette) -> tuple[Finding, ...]:
    """What the shipped rules raise; of a text that is `written` by us, the abbreviations of the unsafe list."""
    if vignette.written:
        return tuple(replace(one, rule="dose.abbreviation") for one in abbreviations.find(vignette.question))
    return check_question(vignette.question, DoseContext(shipped(), _medicines(), vignette.patient))


def faults(vignette: Vignette, findings: Iterable[Finding]) -> tuple[str, ...]:
    """What is missing and what is too much; empty where all is as it should be."""
    found = tuple(findings)
    missing = [f"missing: {one.text}" for one in vignette.expect if not any(map(one.is_met, found))]
    loud = [one for one in found if one.severity is not Severity.INFORM]
    wrong = [one for one in loud if any(each.is_met(one) for each in vignette.not_expected)]
    if vignette.is_ordinary:
        wrong = [one for one in loud if not any(each.is_met(one) for each in vignette.allow)]
    said = " ".join(one.explanation for one in found)
    unsaid = [f"not said: {piece}" for piece in vignette.says if piece not in said]
    missaid = [f"said: {piece}" for piece in vignette.says_not if piece in said]
    return (*missing, *(f"raised: {one.rule} {one.version}: {one.explanation}" for one in wrong), *unsaid, *missaid)


def _vignette(row: object, group: str) -> Vignette:
    read = _Row.model_validate(row)
    expect, allow, not_expected = (
        tuple(map(Expectation.read, texts)) for texts in (read.expect, read.allow, read.not_expected)
    )
    patient = read.patient.patient()
    lists = (expect, allow, not_expected, read.says, read.says_not)
    return Vignette(read.id, group, read.question, read.written, patient, *lists)


def _age(value: int | str | None) -> Decimal | None:
    if value is None or isinstance(value, int):
        return None if value is None else Decimal(value)
    number, _, unit = value.partition(" ")
    return years(Decimal(number), unit)


def _creatinine(value: Decimal | str | None) -> Decimal | None:
    if isinstance(value, str):
        return Decimal(value.removesuffix(" umol/L")) / _UMOL_PER_MG_DL
    return value


@cache
def _medicines() -> Medicines:
    return Medicines.load()
