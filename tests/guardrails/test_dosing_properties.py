"""Properties of the dose checks: any text is judged, notations of one dose alike, and knowing more blocks more."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from guardrails.patient import Patient
from guardrails.verdict import Finding, Severity
from tests.guardrails.dosing_rules import claim, question

_NAMES = [
    "metformin",
    "acetaminophen",
    "methotrexate",
    "omeprazole",
    "levothyroxine",
    "codeine",
    "naproxen",
    "vancomycin",
]
_HOW = ["once daily", "twice daily", "every 4 hours", "every 6 hours", "once weekly", "three times a day", "as needed"]
_UNITS = ["mg", "mcg", "g"]
_WHOM = ["", "Adults: ", "Children 10 years and older: ", "In patients with CrCl < 30 mL/min: ", "Elderly patients: "]


def _between(least: str, most: str) -> st.SearchStrategy[Decimal | None]:
    return st.none() | st.decimals(Decimal(least), Decimal(most), allow_nan=False, places=1)


_patients = st.builds(
    Patient,
    age=_between("0", "100"),
    weight=_between("1", "150"),
    height=_between("50", "200"),
    sex=st.sampled_from([None, "female"]),
    creatinine=_between("0.3", "9"),
    egfr=_between("5", "120"),
    hepatic_class=st.sampled_from([None, "A", "C"]),
    pregnant=st.sampled_from([None, True, False]),
    breastfeeding=st.sampled_from([None, True]),
    allergies=st.sampled_from([(), ("naproxen",), ("penicillin",)]),
    medicines=st.sampled_from([(), ("warfarin",), ("clopidogrel 75 mg daily", "ibuprofen")]),
)
_numbers = st.sampled_from(["0.1", "1", "5", "40", "100", "500", "850", "1000", "2500", "5000"])
_doses = st.builds(
    lambda whom, name, number, unit, how: f"{whom}{name} {number} {unit} {how}.",
    st.sampled_from(_WHOM), st.sampled_from(_NAMES), _numbers, st.sampled_from(_UNITS), st.sampled_from(_HOW),
)  # fmt: skip


def _rules(found: tuple[Finding, ...]) -> set[tuple[str, Severity]]:
    return {(one.rule, one.severity) for one in found}


def _blocks(found: tuple[Finding, ...]) -> bool:
    return any(one.severity is Severity.BLOCK for one in found)


@given(text=st.text(max_size=200), patient=_patients)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_text_is_judged_without_raising(text: str, patient: Patient) -> None:
    claim(text, patient)
    claim(text, patient, quote="Metformin 500 mg daily.")
    question(text, patient)


@given(text=_doses, patient=_patients)
@settings(max_examples=200, deadline=None)
def test_any_dose_is_judged_without_raising(text: str, patient: Patient) -> None:
    for found in (claim(text, patient, about=()), question(text, patient)):
        assert all(one.explanation.endswith(".") and one.rule for one in found)


@given(
    name=st.sampled_from(_NAMES),
    milligrams=st.integers(1, 9999),
    how=st.sampled_from(_HOW),
    whom=st.sampled_from(_WHOM),
    patient=_patients,
)
@settings(max_examples=200, deadline=None)
def test_a_dose_is_judged_alike_in_every_unit(
    name: str, milligrams: int, how: str, whom: str, patient: Patient
) -> None:
    written = [f"{milligrams} mg", f"{Decimal(milligrams) / 1000:f} g", f"{milligrams * 1000} mcg"]
    found = [_rules(claim(f"{whom}{name} {amount} {how}.", patient, about=())) for amount in written]
    assert found[0] == found[1] == found[2]


@given(text=_doses, patient=_patients)
@settings(max_examples=300, deadline=None)
def test_what_is_blocked_for_anybody_is_blocked_for_a_patient(text: str, patient: Patient) -> None:
    """Knowing the patient lifts a block only where the dose is for others, or where another limit is the patient's."""
    if not _blocks(claim(text, about=())):
        return
    found = claim(text, patient, about=())
    assert _blocks(found) or "dose.population" in {one.rule for one in found} or _has_own_limit(text, patient)


def _has_own_limit(text: str, patient: Patient) -> bool:
    """The made-up rules bound these by age or body only: outside of those ages there is no limit to pass."""
    young = patient.age is not None and patient.age < 18
    return young and text.lower().count("metformin") + text.count("acetaminophen") > 0


@given(text=_doses, patient=_patients, data=st.data())
@settings(max_examples=200, deadline=None)
def test_an_illness_more_never_releases(text: str, patient: Patient, data: st.DataObject) -> None:
    """Worse kidneys or liver, pregnancy, an allergy or a medicine more: a block stays."""
    sicker = data.draw(
        st.sampled_from(
            [
                replace(patient, allergies=(*patient.allergies, "naproxen")),
                replace(patient, medicines=(*patient.medicines, "warfarin")),
                replace(patient, hepatic_class=patient.hepatic_class or "C"),
                replace(patient, pregnant=True, sex="female"),
                replace(patient, breastfeeding=True),
            ]
        )
    )
    if _blocks(claim(text, patient, about=())):
        assert _blocks(claim(text, sicker, about=()))


@given(text=_doses, patient=_patients)
@settings(max_examples=100, deadline=None)
def test_a_question_is_never_blocked(text: str, patient: Patient) -> None:
    assert not _blocks(question(text, patient))
