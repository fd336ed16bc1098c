"""Units in UCUM, and exact conversion between them. The one door to pint, which is loaded when first needed."""

from __future__ import annotations

from decimal import Decimal
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from guardrails.dose import Quantity, Range
from guardrails.errors import UnitMismatch

if TYPE_CHECKING:
    from pint import UnitRegistry

_CODES = {
    "mcg": "ug",
    "µL": "uL",
    "µmol": "umol",
    "mEq": "meq",
    "mOsm": "mosm",
    "unit": "[arb'U]",
    "IU": "[iU]",
    "mmHg": "mm[Hg]",
    "°C": "Cel",
    "°F": "[degF]",
    "yr": "a",
    "drop": "[drp]",
    "teaspoon": "[tsp_us]",
    "tablespoon": "[tbs_us]",
}
_PLAIN = "kg g mg ng pg L dL mL mol mmol nmol m2 mm cm kcal % s min h d wk mo"
_FORMS_WORDS = """
    tablet capsule caplet pill puff inhalation actuation spray patch suppository lozenge sachet vial ampoule syringe
    pen injection infusion dose
"""
FORMS = frozenset(_FORMS_WORDS.split())
"""Things that are counted, in the notation of `guardrails.units`; `{tablet}` in UCUM."""

CODES: dict[str, str] = _CODES | {name: name for name in _PLAIN.split()} | {form: f"{{{form}}}" for form in FORMS}
"""The notation of `guardrails.units` to the UCUM code."""

_MASS_LIKE_WORDS = """
    g mg ug ng pg mol mmol umol nmol meq [arb'U] [iU] %
"""
MASS_LIKE = frozenset(_MASS_LIKE_WORDS.split())
VOLUMES = frozenset({"L", "dL", "mL", "uL", "[tsp_us]", "[tbs_us]"})
TIMES = frozenset({"s", "min", "h", "d", "wk", "mo", "a"})
_PINT = {
    "ug": "microgram",
    "uL": "microliter",
    "umol": "micromole",
    "meq": "milliequivalent",
    "a": "year",
    "d": "day",
    "wk": "week",
    "mo": "month",
    "[arb'U]": "arbitrary_unit",
    "[iU]": "international_unit",
    "[drp]": "drop_ucum",
    "[tsp_us]": "teaspoon_ucum",
    "[tbs_us]": "tablespoon_ucum",
    "m2": "meter**2",
    "%": "percent",
    "1": "dimensionless",
    "": "dimensionless",
}
_KNOWN = frozenset(CODES.values()) | _PINT.keys()


@cache
def _registry() -> UnitRegistry[Decimal]:
    """Pint with exact decimals. A spoon and a drop keep units of their own: their size is no fact of medicine."""
    from pint import UnitRegistry

    registry: UnitRegistry[Decimal] = UnitRegistry(non_int_type=Decimal, cache_folder=None)
    for name in ("equivalent", "arbitrary_unit", "international_unit", "drop_ucum", *sorted(f"one_{f}" for f in FORMS)):
        registry.define(f"{name} = [{name}]")
    registry.define("teaspoon_ucum = 5 * milliliter")
    registry.define("tablespoon_ucum = 15 * milliliter")
    return registry


def _name(code: str) -> str:
    """Pint's name of one UCUM atom; an annotation on an atom ("kg{ideal}") does not change its size."""
    if code.startswith("{"):
        return f"one_{code[1:-1]}"
    bare = code.partition("{")[0]
    if bare not in _KNOWN:
        raise UnitMismatch(f"“{code}” is not a unit that doses are written in")
    return _PINT.get(bare, bare)


def _expression(unit: str) -> str:
    parts = [part.strip("()") for part in unit.split("/")]
    factors = [[atom if atom.isdecimal() else _name(atom) for atom in part.split(".")] for part in parts]
    return "/".join("(" + "*".join(factor) + ")" for factor in factors)


@lru_cache(maxsize=4096)
def _factor(unit: str, target: str) -> Decimal:
    import pint

    registry = _registry()
    try:
        ratio = registry.parse_expression(_expression(unit)) / registry.parse_expression(_expression(target))
        return Decimal((Decimal(1) * ratio).to("dimensionless").magnitude)
    except (pint.errors.DimensionalityError, pint.errors.UndefinedUnitError) as error:
        raise UnitMismatch(f"{unit} cannot be converted to {target}") from error


def convert(quantity: Quantity, unit: str) -> Quantity:
    """The same quantity in another UCUM unit, exactly ("0.5 g" is "500 mg").

    A teaspoon is 5 mL and a tablespoon 15 mL, as medicine spoons are. Units of activity are never converted.

    Raises:
        UnitMismatch: the units measure different things, or one of them is unknown.
    """
    return quantity if quantity.unit == unit else Quantity(quantity.value * _factor(quantity.unit, unit), unit)


def is_rising(span: Range) -> bool:
    """Whether a range runs from less to more; two units that cannot be compared do not."""
    if span.high is None:
        return True
    try:
        return span.low.value < convert(span.high, span.low.unit).value
    except UnitMismatch:
        return False
