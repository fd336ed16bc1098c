"""What of a patient may be kept: free text masked, and no age over 89.

HIPAA's Safe Harbor, 45 CFR 164.514(b)(2)(i)(C), lets ages over 89 stand only as one group of "90 or older". The dose
is worked out with the true age while the question is answered; what is stored afterwards says 90.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from assistant.conversation import Answer, Refusal, WithheldClaim
from guardrails.patient import Patient
from guardrails.verdict import Finding

OLDEST = Decimal(90)
OLDEST_WORDS = "90+"


def masked_patient(patient: Patient, mask: Callable[[str], str]) -> Patient:
    """The patient with every free text masked; whatever `mask` raises passes, and then nothing may be kept."""
    return replace(
        patient,
        allergies=tuple(mask(one) for one in patient.allergies),
        medicines=tuple(mask(one) for one in patient.medicines),
        conditions=tuple(mask(one) for one in patient.conditions),
    )


def storable(outcome: Answer | Refusal) -> Answer | Refusal:
    """The outcome as it may be kept: of a patient over 89 the age stands nowhere, in no field and no arithmetic."""
    return _without_age(outcome) if _is_over_89(outcome.question.patient) else outcome


def _is_over_89(patient: Patient) -> bool:
    return patient.age is not None and patient.age >= OLDEST


def _without_age(outcome: Answer | Refusal) -> Answer | Refusal:
    patient = outcome.question.patient
    age = re.compile(rf"(?<![\d.,]){re.escape(f'{patient.age:f}')}(?![\d.,]*\d)")

    def covered(text: str) -> str:
        return age.sub(OLDEST_WORDS, text)

    def found(findings: tuple[Finding, ...]) -> tuple[Finding, ...]:
        return tuple(replace(one, explanation=covered(one.explanation)) for one in findings)

    def withheld(item: WithheldClaim) -> WithheldClaim:
        return replace(item, findings=found(item.findings))

    made = outcome.assessment
    kept = replace(
        outcome,
        question=replace(outcome.question, patient=replace(patient, age=OLDEST)),
        withheld=tuple(withheld(item) for item in outcome.withheld),
        assessment=replace(
            made, alerts=found(made.alerts), calculations=tuple(covered(line) for line in made.calculations)
        ),
    )
    if not isinstance(kept, Answer):
        return kept
    verdicts = [replace(item.verdict, findings=found(item.verdict.findings)) for item in kept.claims]
    claims = tuple(replace(item, verdict=verdict) for item, verdict in zip(kept.claims, verdicts, strict=True))
    return replace(kept, claims=claims)
