"""Whether a report is valid: the four minimum criteria, and a drafted question for each that is missing.

A missing criterion is a follow-up, never a rejection: nothing here closes a case.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from assistant.triage.case import Case
from assistant.triage.judgement import MinimumCriterion, Validity
from assistant.triage.people_in_case import PatientFacts, Reporter
from assistant.triage.product import ProductRole
from guardrails.rule_file import read_rule_file

FILE = Path(__file__).resolve().parent / "rules" / "validity.yaml"

_SUSPECTED = frozenset({ProductRole.SUSPECT, ProductRole.INTERACTING})


class Questions(BaseModel):
    """The drafted question for each criterion."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    version: str
    questions: dict[MinimumCriterion, str]


@cache
def shipped_questions() -> Questions:
    """The questions that ship. Raises `guardrails.errors.RuleInvalid`."""
    return read_rule_file(FILE, Questions, "list of follow-up questions")


def validity(case: Case) -> Validity:
    """Which criteria the fields of the case meet, and the questions for the others."""
    facts = {
        MinimumCriterion.REPORTER: any(map(_is_identifiable, case.reporters)),
        MinimumCriterion.PATIENT: _is_known(case.patient),
        MinimumCriterion.PRODUCT: any(each.role in _SUSPECTED and each.name.strip() for each in case.products),
        MinimumCriterion.EVENT: any(each.verbatim.strip() or each.term for each in case.events),
    }
    missing = tuple(criterion for criterion, met in facts.items() if not met)
    questions = shipped_questions().questions
    return Validity(
        tuple(criterion for criterion, met in facts.items() if met),
        missing,
        tuple(questions[criterion] for criterion in missing),
    )


def _is_identifiable(reporter: Reporter) -> bool:
    """A qualification, a name, initials or an address is enough (GVP VI.B.2 a); a country alone is none of these."""
    known = (reporter.qualification, reporter.name.strip(), reporter.organisation.strip(), reporter.city.strip())
    return any(known)


def _is_known(patient: PatientFacts) -> bool:
    """One of initials, an identification, a birth date, an age, an age group or the sex is enough (GVP VI.B.2 b)."""
    if patient.pregnant or patient.gestation_at_onset is not None:
        return True
    known = (patient.birth, patient.age, patient.age_group, patient.sex)
    return bool(patient.identification.strip()) or any(value is not None for value in known)
