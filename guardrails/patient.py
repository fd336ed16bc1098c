"""What is known about the patient. Every field is optional; unknown is never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Patient:
    """Age in years, weight in kg, height in cm, creatinine clearance in mL/min, serum creatinine in mg/dL."""

    age: Decimal | None = None
    weight: Decimal | None = None
    height: Decimal | None = None
    sex: str | None = None
    creatinine: Decimal | None = None
    creatinine_clearance: Decimal | None = None
    hepatic_class: str | None = None
    pregnant: bool | None = None
    breastfeeding: bool | None = None
    allergies: tuple[str, ...] = ()
    medicines: tuple[str, ...] = ()
