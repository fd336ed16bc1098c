"""Units of doses: how people write them, the UCUM code (unitsofmeasure.org), and how we write them.

Only notations that mean one thing after a number. "G" after a number is a gauge and "M" a metre or a million: neither
is here. Times ("hours", "days") are words in a sentence and stay what they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# What we write = UCUM code: notations. Where the two differ, an official list of unsafe abbreviations is the reason.
_TABLE = """
kg = kg: kg kgs Kg KG kilogram kilograms kilogramme kilogrammes
g = g: g gm gms Gm gram grams gramme grammes
mg = mg: mg mgs MG Mg mgm milligram milligrams milligramme milligrammes
mcg = ug: mcg mcgs MCG Mcg µg μg ug microgram micrograms microgramme microgrammes
ng = ng: ng nanogram nanograms
L = L: L liter liters litre litres
dL = dL: dL dl deciliter deciliters decilitre decilitres
mL = mL: mL ml ML mls mLs cc ccs milliliter milliliters millilitre millilitres
mol = mol: mol moles
mmol = mmol: mmol mmols millimole millimoles
mEq = meq: mEq meq mEqs milliequivalent milliequivalents
units = [arb'U]: U u units Units
unit = [arb'U]: unit
international_units = [iU]: IU iu I.U.
mmHg = mm[Hg]: mmHg mmhg
% = %: % percent per_cent
"""


def _parsed() -> tuple[dict[str, str], dict[str, str]]:
    safe, codes = {}, {}
    for line in _TABLE.strip().splitlines():
        head, _, notations = line.partition(": ")
        written, _, code = head.partition(" = ")
        for notation in (one.replace("_", " ") for one in notations.split()):
            safe[notation], codes[notation] = written.replace("_", " "), code
    return safe, codes


_SAFE, _CODES = _parsed()
SAFE: Mapping[str, str] = MappingProxyType(_SAFE)
"""Every notation to how we write it."""
CODES: Mapping[str, str] = MappingProxyType(_CODES)
"""Every notation to its UCUM code."""
