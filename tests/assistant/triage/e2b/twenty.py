"""Twenty cases as people enter them by hand at the board. Nobody in them exists, and no product does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from assistant.triage.case import (
    Case,
    Event,
    EventOutcome,
    Narrative,
    NullFlavour,
    ReportType,
    Study,
    TestResult,
    Unknown,
)
from assistant.triage.judgement import Criterion, Special, SpecialSituation
from assistant.triage.people_in_case import (
    AgeGroup,
    CauseOfDeath,
    Condition,
    Measure,
    Parent,
    PastMedicine,
    PatientFacts,
    Qualification,
    Reporter,
    Sex,
)
from assistant.triage.product import ActionTaken, Dosing, Indication, Product, ProductRole, Substance
from assistant.triage.states import State
from assistant.triage.terms import Term
from assistant.triage.when import PartialDate

VOMITING, HEADACHE, RASH, DEATH = ("99000002", "99000001", "99000003", "99000004")
PLAIN = Case(
    "", "", 0, State.CANDIDATE, datetime(2026, 3, 5, tzinfo=UTC), (), (),
    country="US",
    patient=PatientFacts(identified=True, age=Measure(Decimal(67), "a"), sex=Sex.FEMALE),
    reporters=(Reporter("q1", Qualification.PHYSICIAN, "US", primary=True),),
    products=(Product("p1", "Lunarine", ingredient="lunarine"),),
    events=(Event("e1", "vomiting", onset=PartialDate(2026, 3, 1), outcome=EventOutcome.RECOVERED),),
    narrative=Narrative("A patient took Lunarine and vomited."),
)  # fmt: skip
Code = dict[str, str]
Criteria = dict[str, tuple[Criterion, ...]]


def meddra(code: str) -> Term:
    return Term("MedDRA", "29.0", code, "a term", "ann", True)


def _patient(**facts: object) -> Case:
    return replace(PLAIN, patient=replace(PLAIN.patient, **facts))  # type: ignore[arg-type]


def _product(**facts: object) -> Case:
    return replace(PLAIN, products=(replace(PLAIN.products[0], **facts),))  # type: ignore[arg-type]


def _event(**facts: object) -> Case:
    return replace(PLAIN, events=(replace(PLAIN.events[0], **facts),))  # type: ignore[arg-type]


def _fatal() -> Case:
    return replace(
        _patient(
            died=PartialDate(2026, 3, 3),
            autopsy=True,
            causes_of_death=(
                CauseOfDeath("c1", "liver failure", meddra(DEATH)),
                CauseOfDeath("a1", "necrosis", meddra(DEATH), True),
            ),
        ),
        events=(Event("e1", "liver failure", outcome=EventOutcome.FATAL, onset=PartialDate(2026, 2)),),
    )


def _polypharmacy() -> Case:
    dose = Dosing(
        "d1", "one tablet each morning", Measure(Decimal("2.5"), "mg"), Decimal(1), "d", PartialDate(2026, 1),
        PartialDate(2026, 3, 1), batch="LOT7", form="tablet", route="oral",
    )  # fmt: skip
    return replace(
        PLAIN,
        products=(
            Product(
                "p1", "Lunarine", dosings=(dose,), action=ActionTaken.WITHDRAWN, country_obtained="US",
                authorisation="NDA 099999", authorisation_country="US", holder="Acme",
                substances=(Substance("a1", "lunarine", Measure(Decimal("2.5"), "mg")),),
                indications=(Indication("i1", "migraine", meddra(HEADACHE)),),
            ),
            Product("p2", "Moonex", ProductRole.INTERACTING, action=ActionTaken.NOT_CHANGED),
            Product("p3", "Sunol", ProductRole.CONCOMITANT),
        ),
    )  # fmt: skip


def _several_events() -> Case:
    return replace(
        PLAIN,
        events=(
            replace(PLAIN.events[0], end=PartialDate(2026, 3, 2)),
            Event("e2", "Ausschlag", None, "deu", "rash", outcome=EventOutcome.RECOVERING, highlighted=True),
            Event("e3", "headache", duration=Measure(Decimal("1.5"), "h"), confirmed_by_professional=False),
        ),
    )  # fmt: skip


def _parent_child() -> Case:
    parent = Parent(
        identification="[PERSON]", age=Measure(Decimal(31), "a"), sex=Sex.FEMALE, weight_kg=Decimal("61.5"),
        last_period=PartialDate(2025, 6, 1), history=(Condition("h1", "asthma", meddra(RASH)),),
        past_medicines=(PastMedicine("m1", "Sunol", PartialDate(2024)),),
    )  # fmt: skip
    return _patient(age=None, age_group=AgeGroup.NEONATE, gestation_at_onset=Measure(Decimal(32), "wk"), parent=parent)


def _tests() -> Case:
    return replace(
        PLAIN,
        tests=(
            TestResult(
                "t1", "ALT", meddra(RASH), PartialDate(2026, 3, 2), "", Decimal(210), ">", "U/L", "", "7", "56",
            ),
            TestResult("t2", "hepatitis serology", day=PartialDate(2026, 3), result="negative"),
            TestResult("t3", "ultrasound", text="steatosis", more_available=True, comment="repeat in a month"),
        ),
    )  # fmt: skip


def _study() -> Case:
    return replace(
        PLAIN,
        report_type=ReportType.STUDY,
        study=Study("Lunarine outcomes", "LUN-3", "other study", ("NCT00000001",)),
    )


def _overdose() -> Case:
    return replace(
        _product(additional=("Medication error",)), special=(SpecialSituation("x1", Special.OVERDOSE, "p1"),)
    )


def _history() -> Case:
    return _patient(
        history=(
            Condition("h1", "asthma", meddra(RASH), PartialDate(1999), continuing=True, comment="mild", family=True),
            Condition("h2", "an old fracture"),
        ),
        history_text="Smokes.",
        past_medicines=(PastMedicine("m1", "Sunol", None, None, meddra(HEADACHE), meddra(RASH)),),
        concomitant_therapies=True,
    )


def _unknowns() -> Case:
    return replace(
        _event(onset=None),
        unknowns=(
            Unknown("events[e1].onset", NullFlavour.ASKED_UNKNOWN),
            Unknown("patient.sex", NullFlavour.NOT_ASKED),
            Unknown("reporters[q1].country", NullFlavour.UNKNOWN),
        ),
        patient=PatientFacts(identified=True, age_group=AgeGroup.ADULT),
        reporters=(Reporter("q1", Qualification.CONSUMER, primary=True),),
    )


def _pregnancy() -> Case:
    exposed = _product(gestation_at_exposure=Measure(Decimal(8), "wk"), cumulative_dose=Measure(Decimal(400), "mg"))
    return replace(
        exposed, patient=replace(PLAIN.patient, age=Measure(Decimal(29), "a"), last_period=PartialDate(2025, 12))
    )


_NIGHT = PartialDate(2026, 3, 1, 23, 59, 30, "-0500")
_ALL: Criteria = {"e1": tuple(Criterion)}
_HOSPITAL: Criteria = {"e1": (Criterion.HOSPITALISATION,)}
TWENTY: dict[str, tuple[Callable[[], Case], Criteria]] = {
    "plain, not serious": (lambda: PLAIN, {}),
    "hospital": (lambda: PLAIN, _HOSPITAL),
    "every criterion": (lambda: PLAIN, _ALL),
    "fatal with autopsy": (_fatal, {"e1": (Criterion.DEATH,)}),
    "polypharmacy": (_polypharmacy, _HOSPITAL),
    "several events, one foreign": (_several_events, {"e2": (Criterion.MEDICALLY_IMPORTANT,)}),
    "parent and child": (_parent_child, {"e1": (Criterion.CONGENITAL_ANOMALY,)}),
    "tests": (_tests, _HOSPITAL),
    "observational study": (_study, _HOSPITAL),
    "overdose and error": (_overdose, {"e1": (Criterion.LIFE_THREATENING,)}),
    "history": (_history, {}),
    "little is known": (_unknowns, _HOSPITAL),
    "literature": (lambda: replace(PLAIN, literature=("Doe J. A case of vomiting. 2026;1:2-3.",)), _HOSPITAL),
    "imported before": (
        lambda: replace(PLAIN, worldwide_id="DE-OTHER-77", other_ids=("Other Pharma: DE-OTHER-77",)), _HOSPITAL,
    ),
    "a consumer abroad": (
        lambda: replace(
            PLAIN, country="DE", reporters=(Reporter("q1", Qualification.CONSUMER, "DE", "[PERSON]", city="Ulm"),),
        ),
        {},
    ),
    "two reporters": (
        lambda: replace(
            PLAIN, reporters=(*PLAIN.reporters, Reporter("q2", Qualification.PHARMACIST, "US", organisation="Ward 4")),
        ),
        {},
    ),
    "race and ethnicity": (
        lambda: _patient(race="C41260", ethnicity="C41222", birth=PartialDate(1959, 4, 1)), _HOSPITAL,
    ),
    "pregnancy": (_pregnancy, {}),
    "a night in the records": (
        lambda: _event(onset=_NIGHT, end=PartialDate(2026, 3, 2, 1), outcome=None), _HOSPITAL,
    ),
    "unusual letters": (
        lambda: replace(
            _event(verbatim="Übelkeit & <Schwindel> 嘔吐", language="deu", translation="nausea and dizziness"),
            narrative=Narrative("Ein Fall: 5 < 7 & „Zitat“\nzweite Zeile", "so sagt er", "gut", (meddra(VOMITING),)),
        ),
        _HOSPITAL,
    ),
}  # fmt: skip
