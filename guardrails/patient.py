"""What is known about the patient. Every field is optional; unknown is never guessed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from guardrails.errors import PatientInvalid

_DAYS_IN_YEAR = Decimal("365.25")
_UNITS_IN_A_YEAR = {"a": Decimal(1), "mo": Decimal(12), "wk": _DAYS_IN_YEAR / 7, "d": _DAYS_IN_YEAR}
_NO_LONGER_PREGNANT = Decimal(60)
"""Years. Menopause is mostly at 45 to 55 (WHO, “Menopause”); a later pregnancy follows treatment, so it is told."""
SEXES = ("female", "male")
HEPATIC_CLASSES = ("A", "B", "C")
_RANGES: dict[str, tuple[str, Decimal, Decimal, str]] = {
    "age": ("age", Decimal(0), Decimal(125), "years"),
    "weight": ("weight", Decimal("0.2"), Decimal(700), "kg"),
    "height": ("height", Decimal(20), Decimal(275), "cm"),
    "creatinine": ("serum creatinine", Decimal("0.05"), Decimal(40), "mg/dL"),
    "creatinine_clearance": ("creatinine clearance", Decimal(0), Decimal(400), "mL/min"),
    "egfr": ("eGFR", Decimal(0), Decimal(400), "mL/min/1.73 m2"),
}
"""The least and the most that a person can have; anything else is a slip, and no dose is worked out of it."""


@dataclass(frozen=True, slots=True)
class Patient:
    """One person, as far as known.

    Age in years, weight in kg, height in cm, serum creatinine in mg/dL, creatinine clearance in mL/min, eGFR in
    mL/min/1.73 m2 where the laboratory reports it. `sex` is female or male, as the formulas for the kidneys use it;
    `hepatic_class` the Child-Pugh class A, B or C. `allergies` are names of medicines or classes, `medicines` what the
    patient takes now, with or without its dose ("co-codamol 30/500 two tablets qds"), and `conditions` facts that no
    other field holds, in the words of the rules ("opioid-naive").

    Raises:
        PatientInvalid: a value that no person can have; the message says which and what is possible.
    """

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

    def __post_init__(self) -> None:
        for field, (name, least, most, unit) in _RANGES.items():
            _refuse_impossible(name, getattr(self, field), least, most, unit)
        if self.sex is not None and self.sex not in SEXES:
            raise PatientInvalid("The sex is female or male, as the formulas for kidney function use it, or unknown.")
        if self.hepatic_class is not None and self.hepatic_class not in HEPATIC_CLASSES:
            raise PatientInvalid("The hepatic class is the Child-Pugh class A, B or C, or unknown.")
        if self.pregnant and self.sex == "male":
            raise PatientInvalid("A patient cannot be both male and pregnant; correct one of the two.")

    @property
    def could_be_pregnant(self) -> bool:
        """Whether a pregnancy has to be thought of: not of a man, nor from 60 years on unless it is told."""
        if self.sex == "male":
            return False
        return bool(self.pregnant) or self.age is None or self.age < _NO_LONGER_PREGNANT

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is known."""
        return self == Patient()


def _refuse_impossible(name: str, value: Decimal | None, least: Decimal, most: Decimal, unit: str) -> None:
    if value is None:
        return
    if not value.is_finite() or not least <= value <= most:
        raise PatientInvalid(f"The {name} must be between {least} and {most} {unit}.")


def years(value: Decimal, unit: str) -> Decimal:
    """An age in years from one in years (a), months (mo), weeks (wk) or days (d); the units are UCUM's.

    Raises:
        PatientInvalid: another unit.
    """
    if unit not in _UNITS_IN_A_YEAR:
        raise PatientInvalid("An age is given in years (a), months (mo), weeks (wk) or days (d).")
    return value / _UNITS_IN_A_YEAR[unit]
