"""The patient as JSON: what programs send and pages hold, parsed before it is believed."""

from __future__ import annotations

from decimal import Decimal

from pydantic import BaseModel, ConfigDict

from guardrails.patient import Patient


class PatientFacts(BaseModel):
    """What is known of the patient, as `guardrails.patient.Patient` has it. An unknown field is an error: a misspelt
    weight must not be an unknown weight."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    age: Decimal | None = None
    weight: Decimal | None = None
    height: Decimal | None = None
    sex: str | None = None
    creatinine: Decimal | None = None
    creatinine_clearance: Decimal | None = None
    egfr: Decimal | None = None
    hepatic_class: str | None = None
    dialysis: bool | None = None
    pregnant: bool | None = None
    breastfeeding: bool | None = None
    allergies: tuple[str, ...] = ()
    medicines: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()

    def patient(self) -> Patient:
        """The patient; raises `PatientInvalid` for what no person can have."""
        return Patient(**dict(self))
