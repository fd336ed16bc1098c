"""Body size for dosing: ideal and adjusted body weight, and body surface area. Exact decimals, units in the names."""

from __future__ import annotations

from decimal import Decimal

_CM_PER_INCH = Decimal("2.54")
_FIVE_FEET = Decimal("152.4")
_DEVINE = {"male": Decimal(50), "female": Decimal("45.5")}
OBESE_FROM = Decimal("1.2")
"""Share of the ideal weight above which the adjusted weight is used."""


def ideal_weight(height_cm: Decimal, sex: str) -> Decimal | None:
    """Ideal body weight in kg; None below 152.4 cm (5 ft), where the formula is not defined.

    Devine BJ. Gentamicin therapy. Drug Intell Clin Pharm 1974;8:650: 50 kg (men) or 45.5 kg (women) and 2.3 kg for
    every inch over 5 ft.
    """
    if height_cm < _FIVE_FEET or sex not in _DEVINE:
        return None
    return _DEVINE[sex] + Decimal("2.3") * (height_cm - _FIVE_FEET) / _CM_PER_INCH


def adjusted_weight(actual_kg: Decimal, ideal_kg: Decimal) -> Decimal:
    """Ideal weight and 40 % of what is above it, in kg.

    Winter MA, Guhr KN, Berg GM. Impact of various body weights and serum creatinine concentrations on the bias and
    accuracy of the Cockcroft-Gault equation. Pharmacotherapy 2012;32:604-612.
    """
    return ideal_kg + Decimal("0.4") * (actual_kg - ideal_kg)


def surface_area(height_cm: Decimal, weight_kg: Decimal) -> Decimal:
    """Body surface area in m2: the root of height × weight / 3600. Mosteller RD. N Engl J Med 1987;317:1098."""
    return (height_cm * weight_kg / 3600).sqrt()
