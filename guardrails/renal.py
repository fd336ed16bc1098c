"""Kidney function: creatinine clearance (Cockcroft-Gault) and eGFR (CKD-EPI 2021; bedside Schwartz for children).

Creatinine is in mg/dL everywhere, standardised (IDMS). Nothing is worked out where a value that the formula needs is
unknown: the answer is None, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from guardrails.body import OBESE_FROM, adjusted_weight, ideal_weight
from guardrails.patient import Patient

ADULT = Decimal(18)
_MICROMOLES_PER_MG_DL = Decimal("88.4")
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value, its unit, the formula with its numbers, and where the formula is from."""

    value: Decimal
    unit: str
    arithmetic: str
    source: str


@dataclass(frozen=True, slots=True)
class DosingWeight:
    """A weight in kg, and which one it is: actual, ideal or adjusted."""

    value: Decimal
    choice: str


def creatinine_from_micromoles(micromoles_per_litre: Decimal) -> Decimal:
    """Serum creatinine in mg/dL from µmol/L (1 mg/dL is 88.4 µmol/L)."""
    return micromoles_per_litre / _MICROMOLES_PER_MG_DL


def dosing_weight(patient: Patient) -> DosingWeight | None:
    """The weight for Cockcroft-Gault: actual below the ideal weight, ideal up to 120 % of it, adjusted above.

    Winter MA et al. Pharmacotherapy 2012;32:604-612. Without height or sex, or below 5 ft, the actual weight.
    """
    if patient.weight is None:
        return None
    ideal = ideal_weight(patient.height, patient.sex) if patient.height and patient.sex else None
    if ideal is None or patient.weight < ideal:
        return DosingWeight(patient.weight, "actual")
    if patient.weight <= OBESE_FROM * ideal:
        return DosingWeight(ideal, "ideal")
    return DosingWeight(adjusted_weight(patient.weight, ideal), "adjusted")


def cockcroft_gault(patient: Patient) -> Estimate | None:
    """Creatinine clearance of an adult in mL/min: (140 - age) × weight / (72 × creatinine), × 0.85 for women.

    Cockcroft DW, Gault MH. Nephron 1976;16:31-41. None for children, and where age, weight, sex or creatinine is not
    known.
    """
    weight = dosing_weight(patient)
    if patient.age is None or patient.age < ADULT or not patient.creatinine or weight is None or not patient.sex:
        return None
    female = patient.sex == "female"
    years = max(Decimal(0), 140 - patient.age)
    value = years * weight.value / (72 * patient.creatinine) * (Decimal("0.85") if female else 1)
    shown = f"(140 − {_plain(patient.age)}) × {_plain(weight.value)} kg ({weight.choice} weight) "
    shown += f"/ (72 × {_plain(patient.creatinine)} mg/dL)" + (" × 0.85" if female else "")
    arithmetic = f"{shown} = {_plain(value)} mL/min"
    return Estimate(value, "mL/min", arithmetic, "Cockcroft-Gault, Nephron 1976;16:31")


def ckd_epi_2021(patient: Patient) -> Estimate | None:
    """The eGFR of an adult in mL/min/1.73 m2, without race.

    142 × min(Scr/κ, 1)^α × max(Scr/κ, 1)^-1.200 × 0.9938^age (× 1.012 for women), κ 0.7 and α -0.241 for women, κ 0.9
    and α -0.302 for men. Inker LA et al. N Engl J Med 2021;385:1737-1749. None for children and where age, sex or
    creatinine is unknown.
    """
    if patient.age is None or patient.age < ADULT or not patient.creatinine or not patient.sex:
        return None
    female = patient.sex == "female"
    kappa, alpha = (Decimal("0.7"), Decimal("-0.241")) if female else (Decimal("0.9"), Decimal("-0.302"))
    ratio, one = patient.creatinine / kappa, Decimal(1)
    value = 142 * min(ratio, one) ** alpha * max(ratio, one) ** Decimal("-1.200") * Decimal("0.9938") ** patient.age
    value *= Decimal("1.012") if female else one
    arithmetic = f"creatinine {_plain(patient.creatinine)} mg/dL, {_plain(patient.age)} years, {patient.sex}: "
    arithmetic += f"{_plain(value)} mL/min/1.73 m2"
    return Estimate(value, "mL/min/1.73 m2", arithmetic, "CKD-EPI 2021, N Engl J Med 2021;385:1737")


def schwartz(patient: Patient) -> Estimate | None:
    """The eGFR of a child from 1 year in mL/min/1.73 m2: 0.413 × height / creatinine.

    Schwartz GJ et al. J Am Soc Nephrol 2009;20:629-637. None for others and where age, height or creatinine is unknown.
    """
    if patient.age is None or not 1 <= patient.age < ADULT or not patient.creatinine or not patient.height:
        return None
    value = Decimal("0.413") * patient.height / patient.creatinine
    arithmetic = f"0.413 × {_plain(patient.height)} cm / {_plain(patient.creatinine)} mg/dL"
    arithmetic += f" = {_plain(value)} mL/min/1.73 m2"
    return Estimate(value, "mL/min/1.73 m2", arithmetic, "bedside Schwartz, J Am Soc Nephrol 2009;20:629")


def clearance(patient: Patient) -> Estimate | None:
    """The creatinine clearance: as given, else by Cockcroft-Gault."""
    if patient.creatinine_clearance is not None:
        given = patient.creatinine_clearance
        return Estimate(given, "mL/min", f"creatinine clearance {_plain(given)} mL/min", "as given")
    return cockcroft_gault(patient)


def filtration(patient: Patient) -> Estimate | None:
    """The eGFR: as given, else by CKD-EPI 2021 for adults and bedside Schwartz for children."""
    if patient.egfr is not None:
        return Estimate(patient.egfr, "mL/min/1.73 m2", f"eGFR {_plain(patient.egfr)} mL/min/1.73 m2", "as given")
    return ckd_epi_2021(patient) or schwartz(patient)


def _plain(value: Decimal) -> str:
    """At most two decimals, without zeros at the end."""
    text = f"{value.quantize(_CENT):f}"
    return text.rstrip("0").rstrip(".")
