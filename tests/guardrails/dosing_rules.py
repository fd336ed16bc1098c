"""A small rule book of made-up limits on real names: the tests of the engine do not move with the real rules."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from functools import cache

import yaml

from guardrails.claim import Claim
from guardrails.dosing import DoseContext, check_claim, check_question
from guardrails.examined import examine
from guardrails.patient import Patient
from guardrails.rulebook import MedicineRules, Rulebook
from guardrails.verdict import Finding, Severity
from retrieval.passage import Citation, Passage, Section
from tests.guardrails.claims import medicines

_SOURCES = "sources: {label: {title: Test label, publisher: Nobody, effective: 2026-01-01}}"
_RULES = (
    """
id: metformin
ingredients: [metformin]
limits:
  - {id: adult, kind: daily_max, value: 2550 mg, when: {routes: [oral], age: 18 a..}, severity: block}
  - {id: child, kind: daily_max, value: 2000 mg, when: {routes: [oral], age: 10 a..18 a}, severity: block}
  - {id: renal, kind: daily_max, value: 1000 mg, when: {egfr: 30..45}, severity: block}
  - {id: single, kind: single_max, value: 1000 mg, severity: warn}
  - {id: least, kind: daily_min, value: 500 mg, severity: warn}
cautions:
  - {id: severe, kind: contraindication, when: {egfr: ..30}, severity: block}
  - {id: liver, kind: hepatic, when: {hepatic: [A, B, C]}, severity: warn}
  - {id: young, kind: age, when: {age: ..10 a}, severity: warn}
  - {id: insulin, kind: interaction, with: [insulin glargine], severity: warn}
""",
    """
id: acetaminophen
ingredients: [acetaminophen]
limits:
  - {id: daily, kind: daily_max, value: 4 g, when: {age: 12 a..}, severity: block}
  - {id: light, kind: daily_max, value: 75 mg/kg, cap: 4 g, when: {age: ..12 a}, severity: block}
  - {id: once, kind: single_max, value: 15 mg/kg, cap: 1 g, severity: block}
  - {id: interval, kind: interval_min, value: 4 h, severity: block}
  - {id: days, kind: duration_max, value: 10 d, severity: inform}
cautions:
  - {id: liver, kind: hepatic, severity: warn}
""",
    """
id: methotrexate
ingredients: [methotrexate]
limits:
  - {id: weekly, kind: interval_min, value: 7 d, severity: block}
  - {id: most, kind: weekly_max, value: 25 mg, when: {indications: [rheumatoid arthritis, psoriasis]}, severity: block}
cautions:
  - {id: pregnant, kind: pregnancy, severity: block}
  - {id: milk, kind: lactation, severity: block}
  - {id: spine, kind: route, when: {routes: [intrathecal]}, severity: block}
lookalikes: [metolazone]
""",
    """
id: omeprazole
ingredients: [omeprazole]
limits:
  - {id: usual, kind: daily_max, value: 40 mg, severity: block}
  - {id: zollinger, kind: daily_max, value: 360 mg, when: {indications: [zollinger-ellison]}, severity: block}
cautions:
  - {id: clopidogrel, kind: interaction, with: [clopidogrel], severity: warn}
""",
    """
id: levothyroxine
ingredients: [levothyroxine]
limits:
  - {id: daily, kind: daily_max, value: 300 ug, severity: block}
  - {id: least, kind: daily_min, value: 12.5 ug, severity: warn}
""",
    """
id: insulin-glargine
ingredients: [insulin glargine]
limits:
  - {id: daily, kind: daily_max, value: "300 [arb'U]", severity: warn}
""",
    """
id: codeine
ingredients: [codeine]
limits:
  - {id: daily, kind: daily_max, value: 240 mg, severity: block}
equivalence:
  - {route: oral, factor: 0.15, section: "4"}
""",
    """
id: fentanyl
ingredients: [fentanyl]
limits:
  - {id: single, kind: single_max, value: 100 ug, when: {routes: [intramuscular]}, severity: warn}
equivalence:
  - {route: transdermal, unit: ug/h, factor: 2.4, section: "4"}
""",
    """
id: enoxaparin
ingredients: [enoxaparin]
limits:
  - {id: usual, kind: daily_max, value: 2 mg/kg, severity: block}
  - {id: renal, kind: daily_max, value: 1 mg/kg, when: {crcl: ..30, indications: [treatment]}, severity: block}
""",
    """
id: morphine
ingredients: [morphine]
limits:
  - {id: rate, kind: rate_max, value: 10 mg/h, when: {routes: [intravenous]}, severity: warn}
equivalence:
  - {route: oral, factor: 1, section: "4"}
""",
    """
id: vancomycin
ingredients: [vancomycin]
limits:
  - {id: rate, kind: rate_max, value: 10 mg/min, severity: block}
  - {id: surface, kind: daily_max, value: 2 g/m2, severity: block}
""",
    """
id: naproxen
ingredients: [naproxen]
limits:
  - {id: daily, kind: daily_max, value: 1500 mg, severity: block}
  - {id: times, kind: doses_per_day_max, value: 3 1, severity: block}
  - {id: course, kind: course_max, value: 10 g, severity: warn}
cautions:
  - {id: allergy, kind: allergy, with: [naproxen, nsaid], severity: block}
  - {id: bleeding, kind: contraindication, with: [warfarin], severity: block}
""",
)


@cache
def rulebook() -> Rulebook:
    """The made-up rules."""
    return Rulebook(_rules(text) for text in _RULES)


def _rules(text: str) -> MedicineRules:
    fields = yaml.safe_load(f"{text}\n{_SOURCES}\nversion: '1'")
    for kind in ("limits", "cautions"):
        for rule in fields.get(kind, ()):
            rule.update({"section": "2.1", "text": f"What rule {rule['id']} says."})
    return MedicineRules.model_validate(fields)


def context(patient: Patient | None = None) -> DoseContext:
    """The made-up rules, the shipped names, and a patient of whom nothing is known unless one is given."""
    return DoseContext(rulebook(), medicines(), patient or Patient())


def person(**fields: str | bool | tuple[str, ...]) -> Patient:
    """A patient from strings: numbers become decimals."""
    words = {"sex", "hepatic_class"}
    known = {
        name: Decimal(value) if isinstance(value, str) and name not in words else value
        for name, value in fields.items()
    }
    return Patient(**known)  # type: ignore[arg-type]  # each field by its own kind


def claim(
    text: str,
    patient: Patient | None = None,
    quote: str | None = None,
    section: Section = Section.DOSAGE,
    about: tuple[str, ...] = ("metformin",),
    title: str = "Tablets",
) -> tuple[Finding, ...]:
    """The findings of a claim; without another quote it is its quote word for word."""
    source = text if quote is None else quote
    passage = Passage("p1", "label@1", source, section, (), 0, len(source), about, title, None)
    examined = examine(Claim(text, (Citation("p1", source),)), {"p1": passage}, medicines())
    return check_claim(examined, context(patient))


def question(text: str, patient: Patient | None = None) -> tuple[Finding, ...]:
    """The findings of a question."""
    return check_question(text, context(patient))


def graded(findings: tuple[Finding, ...]) -> Mapping[str, Severity]:
    """Rule to its worst severity."""
    return {one.rule: one.severity for one in reversed(findings)}
