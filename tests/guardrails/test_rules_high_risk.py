"""The rules of the high-risk medicines beyond the starter corpus: all groups are there, and well-known limits hold.

The sanity table goes through the real dose reader and the real limits: on one side of each limit nothing is found to
block or to warn of, on the other that very limit is.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal as D
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from guardrails.dosage.context import DoseContext
from guardrails.dosage.limits import breaches
from guardrails.dosage.spoken import Surroundings, spoken
from guardrails.patient import Patient
from guardrails.rulebook import FOLDER, CautionKind, LimitKind, MedicineRules, Rulebook, read_rules
from guardrails.verdict import Severity
from retrieval.classes import TABLE
from tests.guardrails.claims import medicines

CORPUS = FOLDER.parents[2] / "retrieval" / "corpus"
BEYOND = sorted({path.stem for path in FOLDER.glob("*.yaml")} - {path.stem for path in CORPUS.glob("*.md")})
GROUPS = {
    # The groups that the rules must cover, and the medicines of each that have a file
    "opioids with morphine equivalents": [
        "morphine",
        "oxycodone",
        "hydrocodone",
        "hydromorphone",
        "codeine",
        "fentanyl",
        "methadone",
        "buprenorphine",
        "tapentadol",
        "oxymorphone",
        "meperidine",
    ],
    "insulins": [
        "insulin-glargine",
        "insulin-degludec",
        "insulin-lispro",
        "insulin-aspart",
        "insulin-nph",
        "insulin-regular",
    ],
    "anticoagulants and antiplatelets": [
        "rivaroxaban",
        "dabigatran",
        "edoxaban",
        "enoxaparin",
        "heparin",
        "dalteparin",
        "fondaparinux",
        "ticagrelor",
        "prasugrel",
    ],
    "aminoglycosides and vancomycin": ["gentamicin", "tobramycin", "amikacin", "vancomycin"],
    "colchicine": ["colchicine"],
    "nsaids": ["ketorolac", "meloxicam", "celecoxib", "indomethacin"],
    "chemotherapy given orally": [
        "temozolomide",
        "mercaptopurine",
        "hydroxyurea",
        "chlorambucil",
        "capecitabine",
        "imatinib",
    ],
    "potassium and magnesium": ["potassium-chloride", "magnesium-sulfate"],
    "sedatives": [
        "diazepam",
        "lorazepam",
        "midazolam",
        "alprazolam",
        "clonazepam",
        "zolpidem",
        "temazepam",
        "phenobarbital",
        "tizanidine",
    ],
    "antiepileptics": [
        "valproate",
        "lamotrigine",
        "levetiracetam",
        "topiramate",
        "oxcarbazepine",
        "gabapentin",
        "pregabalin",
        "lacosamide",
    ],
    "heart": [
        "flecainide",
        "sotalol",
        "dofetilide",
        "diltiazem",
        "verapamil",
        "metoprolol",
        "propranolol",
        "furosemide",
        "amlodipine",
        "clonidine",
        "sodium-nitroprusside",
    ],
    "psychiatry": [
        "clozapine",
        "olanzapine",
        "quetiapine",
        "citalopram",
        "escitalopram",
        "venlafaxine",
        "duloxetine",
        "bupropion",
        "amitriptyline",
    ],
}
EQUIVALENCE = {
    # CDC 2022: milligrams of oral morphine per milligram (fentanyl: per microgram an hour)
    "codeine": "0.15",
    "fentanyl": "2.4",
    "hydrocodone": "1",
    "hydromorphone": "5",
    "methadone": "4.7",
    "morphine": "1",
    "oxycodone": "1.5",
    "oxymorphone": "3",
    "tapentadol": "0.4",
}
LIMITS = yaml.safe_load((Path(__file__).parent / "high_risk_limits.yaml").read_text(encoding="utf-8"))


@cache
def rulebook() -> Rulebook:
    return Rulebook.load()


def found(text: str, patient: Patient) -> dict[str, Severity]:
    """The limits that the doses of a text pass."""
    context = DoseContext(rulebook(), medicines(), patient)
    said = spoken(text, Surroundings(), context)
    assert said
    assert not any(one.statement.unread for one in said)
    passed = [breach for one in said for of in one.ingredients for breach in breaches(one, of, context.rulebook)]
    return {f"{one.applied.rules.id}/{one.applied.limit.id}": one.severity for one in passed}


@cache
def rules(name: str) -> MedicineRules:
    return read_rules(FOLDER / f"{name}.yaml")


def test_there_are_at_least_sixty_beyond_the_starter_corpus() -> None:
    assert len(BEYOND) >= 60


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_is_there(group: str) -> None:
    assert not set(GROUPS[group]) - set(BEYOND)


@pytest.mark.parametrize("row", LIMITS, ids=lambda row: row["limit"])
def test_a_limit_has_two_sides(row: Mapping[str, Any]) -> None:
    fields = row.get("patient", {})
    age, weight, clearance = (D(fields[one]) if one in fields else None for one in ("age", "weight", "clearance"))
    patient = Patient(
        age=age,
        weight=weight,
        creatinine_clearance=clearance,
        hepatic_class=fields.get("hepatic_class"),
        medicines=tuple(fields.get("medicines", ())),
    )
    assert not [one for one, severity in found(row["keeps"], patient).items() if severity is not Severity.INFORM]
    assert row["limit"] in found(row["passes"], patient)


def test_the_table_is_large_enough() -> None:
    assert len({row["limit"] for row in LIMITS}) >= 60


@pytest.mark.parametrize("name", BEYOND)
def test_an_ingredient_is_found_by_its_name(name: str) -> None:
    for ingredient in rules(name).ingredients:
        assert [mention.ingredients for mention in medicines().find(ingredient)] == [(ingredient,)]


@pytest.mark.parametrize("name", BEYOND)
def test_every_other_medicine_that_is_named_is_known(name: str) -> None:
    classes = {word for each in yaml.safe_load(TABLE.read_text(encoding="utf-8"))["classes"] for word in each["names"]}
    book = rules(name)
    named = {word for rule in book.cautions for word in (*rule.with_, *rule.when.medicines)}
    named |= {word for limit in book.limits for word in limit.when.medicines}
    for word in (named | set(book.lookalikes)) - classes:
        assert [mention.ingredients for mention in medicines().find(word) if mention.exact] == [(word,)]


@pytest.mark.parametrize("name", BEYOND)
def test_what_was_read_in_a_copy_is_marked_so(name: str) -> None:
    for source in rules(name).sources.values():
        assert source.document or not source.verified


@pytest.mark.parametrize(("name", "factor"), EQUIVALENCE.items())
def test_the_morphine_equivalents_are_those_of_the_guideline(name: str, factor: str) -> None:
    (equivalence,) = rules(name).equivalence
    assert equivalence.factor == D(factor)
    assert (equivalence.route, equivalence.unit) == (("transdermal", "ug/h") if name == "fentanyl" else ("oral", "mg"))


def test_an_opioid_without_a_ceiling_is_never_blocked_by_its_daily_dose() -> None:
    for name in ("morphine", "oxycodone", "hydromorphone", "oxymorphone", "methadone", "hydrocodone"):
        daily = [limit for limit in rules(name).limits if limit.kind is LimitKind.DAILY_MAX]
        assert not [limit for limit in daily if limit.severity is Severity.BLOCK]


CAUTIONS = [
    # (file, kind, the other medicine or class, severity)
    ("morphine", CautionKind.CONTRAINDICATION, "maoi", Severity.BLOCK),
    ("ketorolac", CautionKind.CONTRAINDICATION, "nsaid", Severity.BLOCK),
    ("ketorolac", CautionKind.ALLERGY, "nsaid", Severity.BLOCK),
    ("citalopram", CautionKind.CONTRAINDICATION, "pimozide", Severity.BLOCK),
    ("colchicine", CautionKind.INTERACTION, "clarithromycin", Severity.WARN),
    ("mercaptopurine", CautionKind.INTERACTION, "allopurinol", Severity.BLOCK),
    ("alprazolam", CautionKind.CONTRAINDICATION, "ketoconazole", Severity.BLOCK),
    ("alprazolam", CautionKind.INTERACTION, "opioid", Severity.WARN),
    ("tizanidine", CautionKind.CONTRAINDICATION, "ciprofloxacin", Severity.BLOCK),
    ("celecoxib", CautionKind.ALLERGY, "sulfonamide", Severity.BLOCK),
    ("gentamicin", CautionKind.ALLERGY, "aminoglycoside", Severity.BLOCK),
    ("leflunomide", CautionKind.CONTRAINDICATION, "teriflunomide", Severity.BLOCK),
    ("ondansetron", CautionKind.CONTRAINDICATION, "apomorphine", Severity.BLOCK),
]


@pytest.mark.parametrize(("name", "kind", "other", "severity"), CAUTIONS)
def test_the_cautions_that_everybody_knows_are_there(
    name: str, kind: CautionKind, other: str, severity: Severity
) -> None:
    assert [one for one in rules(name).cautions if one.kind is kind and other in one.with_ and one.severity is severity]


def test_no_file_says_what_another_file_is_about() -> None:
    """Only the two human insulins share an ingredient; they are told apart by their form."""
    seen: dict[str, str] = {}
    for name in BEYOND:
        for ingredient in rules(name).ingredients:
            assert ingredient == "insulin human" or ingredient not in seen
            seen[ingredient] = name
