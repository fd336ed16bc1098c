"""The dose rules as data: what `guardrails/rules/dosing/*.yaml` may say, and the reader that refuses anything else.

One file per medicine. Every limit and caution names the source and section that it was taken from; one without a
source is not a rule, and the file is refused. Amounts are exact decimals with UCUM units. Rules are meant to be read
and edited by a pharmacist: `docs/dose-rules.md` explains the fields.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Set
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from guardrails.rule_file import read_rule_file
from guardrails.verdict import Severity
from retrieval.ingredient import base_name

FOLDER = Path(__file__).resolve().parent / "rules" / "dosing"


class LimitKind(StrEnum):
    """What a limit bounds: amounts per dose, day, week, course or lifetime; times for intervals and durations."""

    SINGLE_MAX = "single_max"
    SINGLE_MIN = "single_min"
    DAILY_MAX = "daily_max"
    DAILY_MIN = "daily_min"
    WEEKLY_MAX = "weekly_max"
    COURSE_MAX = "course_max"
    LIFETIME_MAX = "lifetime_max"
    INTERVAL_MIN = "interval_min"
    """The shortest time between two doses, in h, d or wk. `7 d` for a medicine taken once weekly only."""
    DOSES_PER_DAY_MAX = "doses_per_day_max"
    """A bare count, unit `1`."""
    DURATION_MAX = "duration_max"
    RATE_MAX = "rate_max"
    """The fastest giving, as `10 mg/min` or `1 mg/kg/h`."""


class CautionKind(StrEnum):
    """What a caution without a number is about."""

    CONTRAINDICATION = "contraindication"
    ALLERGY = "allergy"
    PREGNANCY = "pregnancy"
    LACTATION = "lactation"
    INTERACTION = "interaction"
    RENAL = "renal"
    HEPATIC = "hepatic"
    AGE = "age"
    ROUTE = "route"
    ADMINISTRATION = "administration"


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


def _span(value: object) -> object:
    """Read "18 a..", "..30", "2 a..12 a": from (included) to (excluded), either open; "..=60 kg" includes the end."""
    if not isinstance(value, str):
        return value
    low, dots, high = value.partition("..")
    if not dots or not (low.strip() or high.strip()):
        raise ValueError(f"{value!r} is no span; write “LOW..HIGH”, “LOW..” or “..HIGH”")
    included = high.startswith("=")
    return {"low": low.strip() or None, "high": high.lstrip("=").strip() or None, "high_included": included}


_YEARS = {"a": Decimal(1), "mo": Decimal(1) / 12, "wk": Decimal(7) / Decimal("365.25"), "d": 1 / Decimal("365.25")}


def _number(value: object) -> object:
    """A bare number, or an age with its unit in years: "6 mo" is 0.5."""
    if not isinstance(value, str):
        return value
    number, _, unit = value.partition(" ")
    if unit and unit not in {*_YEARS, "kg", "mL/min"}:
        raise ValueError(f"{value!r} has an unknown unit; ages take a, mo, wk or d, weights kg, clearances mL/min")
    return Decimal(number) * _YEARS.get(unit, Decimal(1))


_Number = Annotated[Decimal, BeforeValidator(_number)]


class Span(_Strict):
    """From `low` (included) to `high` (excluded unless `high_included`); None is open."""

    low: _Number | None = None
    high: _Number | None = None
    high_included: bool = False

    def holds(self, value: Decimal) -> bool:
        """Whether the value lies in the span."""
        below = self.high is None or value < self.high or (self.high_included and value == self.high)
        return (self.low is None or value >= self.low) and below


_Span = Annotated[Span, BeforeValidator(_span)]


class When(_Strict):
    """For whom and for what a rule holds; a field that is not given holds for all.

    Ages in years, weights in kg, `crcl` (Cockcroft-Gault) in mL/min, `egfr` in mL/min/1.73 m2. `routes` are words of
    `guardrails.dose.DoseStatement.route`; `forms` and `indications` are words or phrases as labels write them, in lower
    case. `states` are facts that no `Patient` field holds ("opioid-naive", "cyp2c19 poor metaboliser"); "starting",
    "loading" and "maintenance" are phases of a treatment. `medicines` are ingredients, or class names of
    `retrieval/corpus/classes.yaml`, that the patient takes besides. Of several words in one field one must hold.
    """

    routes: tuple[str, ...] = ()
    forms: tuple[str, ...] = ()
    indications: tuple[str, ...] = ()
    age: _Span | None = None
    weight: _Span | None = None
    crcl: _Span | None = None
    egfr: _Span | None = None
    hepatic: tuple[str, ...] = ()
    dialysis: bool | None = None
    sex: str | None = None
    pregnant: bool | None = None
    breastfeeding: bool | None = None
    states: tuple[str, ...] = ()
    medicines: tuple[str, ...] = ()


class RuleSource(_Strict):
    """Where rules were taken from: a public document at an exact version."""

    title: str = Field(min_length=5)
    publisher: str = Field(min_length=2)
    effective: date | None
    """Date of the text; None only where the document bears none."""
    url: str = ""
    set_id: str = ""
    document: str = ""
    """A monograph of the starter corpus ("corpus/metformin.md") where the fact stands there too."""
    verified: bool = True
    """False where the text was read in a public copy that could not be compared with the publisher's own."""


class Amount(_Strict):
    """An exact number with its UCUM unit, and what it is counted per: "15 mg/kg" has per ("kg",)."""

    value: Decimal
    unit: str
    per: tuple[str, ...] = ()


def _amount(value: object) -> object:
    """Read "2550 mg", "15 mg/kg", "4 h", "1.5 mg/kg/h"."""
    if not isinstance(value, str):
        return value
    number, _, unit = value.partition(" ")
    if not unit:
        raise ValueError(f"{value!r} has no unit; write it as “2550 mg”")
    first, *per = unit.split("/")
    return {"value": Decimal(number.replace(",", "")), "unit": first, "per": tuple(per)}


_Amount = Annotated[Amount, BeforeValidator(_amount)]


class Limit(_Strict):
    """A number that must not be passed. `cap` is the absolute most of a limit per kg or per m2.

    `severity` is block where passing it is dangerous whatever the reason, warn where specialists may pass it.
    """

    id: str
    kind: LimitKind
    value: _Amount
    cap: _Amount | None = None
    when: When = When()
    severity: Severity
    text: str = Field(min_length=10)
    section: str = Field(min_length=1)
    source: str = "label"


class Caution(_Strict):
    """Something to heed that has no number: a contraindication, an interaction, an allergy.

    `with_` (written `with`) are ingredients or class names: the other medicine of an interaction, or the allergen.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    id: str
    kind: CautionKind
    with_: tuple[str, ...] = Field(default=(), alias="with")
    when: When = When()
    severity: Severity
    text: str = Field(min_length=10)
    section: str = Field(min_length=1)
    source: str = "label"


class Equivalence(_Strict):
    """Oral morphine equivalents: milligrams of oral morphine per unit of this medicine by this route."""

    route: str
    unit: str = "mg"
    factor: Decimal
    section: str
    source: str = "label"


class MedicineRules(_Strict):
    """All rules of one medicine. `ingredients` are base names as `retrieval.ingredient.base_name` gives them."""

    id: str
    version: str
    ingredients: tuple[str, ...] = Field(min_length=1)
    sources: Mapping[str, RuleSource] = Field(min_length=1)
    reviewed_by: str = ""
    candidate: bool = False
    """True for limits that were read from an ingested label and that nobody reviewed: they warn, and never loosen."""
    limits: tuple[Limit, ...] = ()
    cautions: tuple[Caution, ...] = ()
    equivalence: tuple[Equivalence, ...] = ()
    lookalikes: tuple[str, ...] = ()
    """Names that are mistaken for this one (ISMP list of confused drug names)."""

    @model_validator(mode="after")
    def _each_has_its_source(self) -> MedicineRules:
        rules: tuple[Limit | Caution, ...] = (*self.limits, *self.cautions)
        unknown = {one.source for one in (*rules, *self.equivalence)} - set(self.sources)
        if unknown:
            raise ValueError(f"no source named {', '.join(sorted(unknown))} under `sources`")
        ids = [rule.id for rule in rules]
        if len(set(ids)) != len(ids):
            raise ValueError("two rules have the same id")
        if not rules:
            raise ValueError("a file without any limit or caution is no rule file")
        if self.candidate and (self.reviewed_by or any(rule.severity is Severity.BLOCK for rule in rules)):
            raise ValueError("a candidate is not reviewed and never blocks")
        return self


class Rulebook:
    """The rules of every medicine, found by ingredient."""

    def __init__(self, medicines: Iterable[MedicineRules]) -> None:
        self.medicines = tuple(medicines)
        self._by_ingredient: dict[str, list[MedicineRules]] = defaultdict(list)
        for rules in self.medicines:
            for ingredient in rules.ingredients:
                self._by_ingredient[base_name(ingredient)].append(rules)

    @classmethod
    def load(cls, folder: Path = FOLDER) -> Rulebook:
        """Read every file of the folder. Raises `RuleInvalid`, naming the file that says what no rule may say."""
        return cls(read_rules(path) for path in sorted(folder.glob("*.yaml")))

    def of(self, ingredient: str) -> tuple[MedicineRules, ...]:
        """The rules of an ingredient, alone or in combination; empty where there are none.

        A candidate limit is left out where a rule that is no candidate bounds the same kind: it only fills gaps.
        """
        found = self._by_ingredient.get(base_name(ingredient), [])
        bounded = {limit.kind for rules in found if not rules.candidate for limit in rules.limits}
        return tuple(rules for each in found if (rules := _filling(each, bounded)) is not None)


def _filling(rules: MedicineRules, bounded: Set[LimitKind]) -> MedicineRules | None:
    if not rules.candidate:
        return rules
    limits = tuple(limit for limit in rules.limits if limit.kind not in bounded)
    return rules.model_copy(update={"limits": limits}) if limits else None


def read_rules(path: Path) -> MedicineRules:
    """One file of rules. Raises `RuleInvalid`."""
    return read_rule_file(path, MedicineRules, "file of dose rules")


@cache
def shipped() -> Rulebook:
    """The rules that come with the product, read once."""
    return Rulebook.load()
