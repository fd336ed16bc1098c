"""The rules of the starter corpus at work: right doses pass, and the same doses tenfold do not.

The doses are those of the labels, written as clinicians write them, without age or indication unless it matters.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache

import pytest

from guardrails.dosing import DoseContext, check_question
from guardrails.patient import Patient
from guardrails.rulebook import Rulebook
from guardrails.verdict import Severity
from retrieval.medicines import Medicines

RIGHT = """
acetaminophen 1 g qid prn
acetaminophen 650 mg every 4 hours
paracetamol 500 mg qds
alemtuzumab 30 mg IV three times per week
allopurinol 300 mg daily
allopurinol 100 mg od for gout
amiodarone 400 mg bd
amiodarone 200 mg daily
amoxicillin 500 mg tds
amoxicillin 1 g tds
amoxicillin 875 mg bd
apixaban 5 mg bd
apixaban 10 mg bd for 7 days
apixaban 2.5 mg bd
atorvastatin 80 mg nocte
baclofen 20 mg tds
carbamazepine 400 mg bd
carbamazepine 200 mg tds for trigeminal neuralgia
ciprofloxacin 500 mg bd
ciprofloxacin 750 mg bd
clopidogrel 75 mg od
clopidogrel 300 mg stat then 75 mg daily
corticotropin 80 units daily
dalfampridine 10 mg bd
digoxin 125 mcg daily
digoxin 250 micrograms od
dimethyl fumarate 240 mg bd
diroximel fumarate 462 mg bd
fluoxetine 20 mg om
fluoxetine 60 mg daily for bulimia
fluoxetine 80 mg daily for OCD
glatiramer 20 mg sc daily
glatiramer acetate 40 mg SC three times weekly
haloperidol 5 mg tds
ibuprofen 400 mg tds
ibuprofen 800 mg tds
ibuprofen 200 mg q4h
interferon beta-1a 30 mcg IM weekly
interferon beta-1a 44 mcg SC three times weekly
interferon beta-1b 0.25 mg SC every other day
levothyroxine 100 mcg daily
levothyroxine 200 mcg om
lisinopril 10 mg od
lisinopril 40 mg daily for heart failure
lithium carbonate 600 mg tds
lithium 300 mg tds
metformin 850 mg tds
metformin 1 g bd
methotrexate 15 mg once weekly
methotrexate 7.5 mg PO weekly for RA
methotrexate 2.5 mg orally twice weekly for mycosis fungoides
monomethyl fumarate 190 mg bd
naproxen 500 mg bd
naproxen 250 mg q8h
natalizumab 300 mg IV every 4 weeks
ocrelizumab 600 mg IV every 6 months
ocrelizumab 300 mg IV then 300 mg two weeks later
ofatumumab 2000 mg IV weekly
ofatumumab 20 mg SC monthly
omeprazole 20 mg od
omeprazole 40 mg bd
ozanimod 0.92 mg daily
peginterferon beta-1a 125 mcg SC every 14 days
phenytoin 300 mg daily
phenytoin 100 mg tds
ponesimod 20 mg od
prednisone 60 mg daily
prednisone 5 mg od
sertraline 50 mg od
sertraline 200 mg daily
sildenafil 50 mg prn
sildenafil 100 mg before sex
sildenafil 20 mg tds
simvastatin 40 mg nocte
siponimod 2 mg od
spironolactone 25 mg od
spironolactone 100 mg bd
teriflunomide 14 mg od
tramadol 50 mg qds
tramadol 100 mg every 6 hours
tramadol ER 300 mg od
ublituximab 450 mg IV every 24 weeks
warfarin 5 mg daily
warfarin 10 mg od
""".strip().splitlines()

# Doses whose tenfold is right in another use, and therefore no more than the label allows.
TENFOLD_RIGHT = {
    "methotrexate 2.5 mg orally twice weekly for mycosis fungoides",  # 25 mg twice weekly is below 75 mg a week
    "prednisone 5 mg od",  # 50 mg is a usual initial dose; the label has no maximum
    "spironolactone 25 mg od",  # 250 mg is below the 400 mg of primary hyperaldosteronism
}
_OF_LIMITS = frozenset(
    f"dose.{name}"
    for name in ("single-max", "daily-max", "weekly-max", "interval", "weekly", "rate", "course", "duration")
) | {"dose.tenfold", "dose.unit-confusion"}


@cache
def _context() -> DoseContext:
    return DoseContext(Rulebook.load(), Medicines.load(), Patient())


def _over(text: str) -> list[str]:
    """The limits that a question's dose is said to pass."""
    found = check_question(text, _context())
    return [one.version for one in found if one.rule in _OF_LIMITS and one.severity is not Severity.INFORM]


@pytest.mark.parametrize("text", RIGHT)
def test_a_right_dose_passes_no_limit(text: str) -> None:
    assert _over(text) == []


@pytest.mark.parametrize("text", [text for text in RIGHT if text not in TENFOLD_RIGHT])
def test_ten_times_a_right_dose_passes_one(text: str) -> None:
    tenfold = re.sub(r"(?<![\w.-])(\d+(?:\.\d+)?)(?= ?(?:mg|g|mcg|micrograms|units)\b)", _times_ten, text)
    assert tenfold != text
    assert _over(tenfold) != []


def _times_ten(number: re.Match[str]) -> str:
    return f"{(Decimal(number[1]) * 10).normalize():f}"


# A thousandfold: the unit is mistaken. And daily where weekly is meant.
SLIPS = [
    "digoxin 125 mg daily",
    "levothyroxine 100 mg daily",
    "interferon beta-1a 30 mg IM weekly",
    "methotrexate 15 mg daily",
    "methotrexate 2.5 mg bd for psoriasis",
    "natalizumab 300 mg IV weekly",
    "peginterferon beta-1a 125 mcg SC weekly",
    "dalfampridine 10 mg tds",
]


@pytest.mark.parametrize("text", SLIPS)
def test_a_slip_of_unit_or_frequency_passes_a_limit(text: str) -> None:
    assert _over(text) != []
