"""Units and number words, as medical English writes them, each with the one notation that comparisons use.

Nothing is converted: "0.5 g" and "500 mg" stay different. Only notations of the same unit are made equal.
"""

from __future__ import annotations

from decimal import Decimal

_UNITS = """
kg: kg kgs kilogram kilograms kilogramme kilogrammes
g: g gm gms gram grams gramme grammes
mg: mg mgs milligram milligrams milligramme milligrammes
mcg: mcg mcgs µg μg ug microgram micrograms microgramme microgrammes
ng: ng nanogram nanograms
pg: pg picogram picograms
L: l liter liters litre litres
dL: dl deciliter deciliters decilitre decilitres
mL: ml mls milliliter milliliters millilitre millilitres cc
µL: µl μl ul microliter microliters microlitre microlitres
mol: mol mole moles
mmol: mmol mmols millimole millimoles
µmol: µmol μmol umol micromol micromole micromoles
nmol: nmol nanomole nanomoles
mEq: meq meqs milliequivalent milliequivalents
mOsm: mosm mosmol
unit: u unit units
IU: iu international-units international-unit
mmHg: mmhg mm-hg
m2: m2 m² m^2
mm: mm millimeter millimeters millimetre millimetres
cm: cm centimeter centimeters centimetre centimetres
kcal: kcal kilocalorie kilocalories
%: % percent per-cent
°C: °c degrees-c degrees-celsius
°F: °f degrees-f degrees-fahrenheit
s: s sec secs second seconds
min: min mins minute minutes
h: h hr hrs hour hours hourly
d: d day days daily
wk: wk wks week weeks weekly
mo: mo mos month months monthly
yr: yr yrs year years yearly annually
x: x times time
-fold: fold
tablet: tab tabs tablet tablets
capsule: cap caps capsule capsules
caplet: caplet caplets
pill: pill pills
drop: drop drops gtt
puff: puff puffs
inhalation: inhalation inhalations
actuation: actuation actuations
spray: spray sprays
patch: patch patches
suppository: suppository suppositories
lozenge: lozenge lozenges
sachet: sachet sachets packet packets
vial: vial vials
ampoule: ampoule ampoules ampule ampules
syringe: syringe syringes
pen: pen pens
injection: injection injections
infusion: infusion infusions
dose: dose doses
teaspoon: teaspoon teaspoons teaspoonful teaspoonfuls tsp
tablespoon: tablespoon tablespoons tablespoonful tablespoonfuls tbsp
cycle: cycle cycles
course: course courses
"""

UNITS: dict[str, str] = {
    notation: name
    for name, _, notations in (line.partition(":") for line in _UNITS.strip().splitlines())
    for notation in notations.split()
}
"""Every notation in lower case, two-word units joined by a hyphen, to the notation that comparisons use."""

TIME_WORDS = frozenset({"hourly", "daily", "weekly", "monthly", "yearly", "annually"})
"""Units that stand for "per" that time when they follow another unit or a number of times."""

_ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_ONES += ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ORDINALS = ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"]

SMALL_NUMBERS: dict[str, Decimal] = {word: Decimal(value) for value, word in enumerate(_ONES)} | {
    word: Decimal(10 * value) for value, word in enumerate(_TENS, start=2)
}
TENS = frozenset(_TENS)
LARGE_NUMBERS: dict[str, Decimal] = {
    "hundred": Decimal(100),
    "thousand": Decimal(1000),
    "million": Decimal(1_000_000),
    "billion": Decimal(1_000_000_000),
}
FRACTIONS: dict[str, Decimal] = {
    "½": Decimal("0.5"),
    "¼": Decimal("0.25"),
    "¾": Decimal("0.75"),
    "⅛": Decimal("0.125"),
    "half": Decimal("0.5"),
    "quarter": Decimal("0.25"),
}
REPETITIONS: dict[str, Decimal] = {"once": Decimal(1), "twice": Decimal(2), "thrice": Decimal(3)}
ORDINALS: dict[str, Decimal] = {word: Decimal(value) for value, word in enumerate(_ORDINALS, start=1)}
TIMES_A_DAY: dict[str, Decimal] = {
    **dict.fromkeys(("qd", "od"), Decimal(1)),
    **dict.fromkeys(("bid", "bd"), Decimal(2)),
    **dict.fromkeys(("tid", "tds"), Decimal(3)),
    **dict.fromkeys(("qid", "qds"), Decimal(4)),
}
"""Abbreviations of prescriptions, without their full stops."""
