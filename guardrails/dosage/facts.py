"""Whether a rule holds for the people of a statement: yes, no, or open because something is not known.

What the statement itself says comes first, then the patient. Where the statement speaks of other people than the
patient (an adult dose, and the patient is a child), it is judged for those people, and `others` says so.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from functools import lru_cache

from guardrails.dosage.whom import Interval, Whom
from guardrails.patient import Patient
from guardrails.renal import clearance, filtration
from guardrails.rulebook import Span, When


class Fact(StrEnum):
    """What a rule may need to know."""

    ROUTE = "route"
    FORM = "form"
    INDICATION = "indication"
    AGE = "age"
    WEIGHT = "weight"
    KIDNEYS = "kidney function"
    LIVER = "liver function"
    DIALYSIS = "dialysis"
    SEX = "sex"
    PREGNANCY = "pregnancy"
    LACTATION = "breastfeeding"
    STATE = "condition"
    MEDICINES = "other medicines"


PARTS = frozenset({Fact.ROUTE, Fact.FORM, Fact.INDICATION, Fact.AGE, Fact.SEX})
"""Facts that divide all uses of a medicine between the limits: whichever holds, one of the limits does."""

PHASES = {"starting": "start", "loading": "load", "maintenance": "maintain"}
"""Words of `When.states` for the phase of a treatment, and the words of `DoseStatement.change`."""

_CREATININE_STATE = re.compile(r"creatinine at least (\d+(?:\.\d+)?) mg/dl")


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether a rule holds; `open` are the facts that nobody knows. It holds where nothing failed or is open."""

    failed: bool
    open: frozenset[Fact] = frozenset()

    @property
    def holds(self) -> bool:
        """Whether every condition is known to be met."""
        return not self.failed and not self.open


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known where a rule is applied: the statement's people, the patient, and the words around it.

    `words` is the text in which forms and indications are looked for, in lower case. `beside` are the other ingredients
    and classes that are taken. `change` is the phase of the statement. `listed` says whether all current medicines are
    known.
    """

    whom: Whom = field(default_factory=Whom)
    patient: Patient = field(default_factory=Patient)
    routes: frozenset[str] = frozenset()
    words: str = ""
    beside: frozenset[str] = frozenset()
    change: str = ""
    listed: bool = False

    def standing(self, when: When) -> Standing:
        """Whether the conditions of a rule are met."""
        results = (
            (Fact.ROUTE, self._route(when.routes)),
            (Fact.FORM, _spoken(when.forms, self.words)),
            (Fact.INDICATION, _spoken(when.indications, self.words)),
            (Fact.AGE, _spanned(when.age, self.whom.age, self.patient.age)),
            (Fact.WEIGHT, _spanned(when.weight, self.whom.weight, self.patient.weight)),
            (Fact.KIDNEYS, self._kidneys(when)),
            (Fact.LIVER, self._liver(when.hepatic)),
            (Fact.DIALYSIS, _same(when.dialysis, self.whom.dialysis, self.patient.dialysis)),
            (Fact.SEX, _same(when.sex, self.whom.sex, self.patient.sex)),
            (Fact.PREGNANCY, self._pregnancy(when.pregnant)),
            (Fact.LACTATION, _same(when.breastfeeding, self.whom.breastfeeding, self.patient.breastfeeding)),
            (Fact.STATE, self._state(when.states)),
            (Fact.MEDICINES, self._medicines(when.medicines)),
        )
        failed = any(known is False for _, known in results)
        return Standing(failed, frozenset(fact for fact, known in results if known is None))

    def _route(self, wanted: Collection[str]) -> bool | None:
        if not wanted:
            return True
        return bool(self.routes & set(wanted)) if self.routes else None

    def _kidneys(self, when: When) -> bool | None:
        """Clearance and eGFR stand in for each other where only one is known; both are in mL/min."""
        span = when.crcl or when.egfr
        if span is None:
            return True
        return _spanned(span, self.whom.kidneys, kidneys(self.patient, when.egfr is not None))

    def _liver(self, wanted: Collection[str]) -> bool | None:
        if not wanted:
            return True
        said = self.whom.hepatic
        if said and self.patient.hepatic_class not in said:
            return True if said <= set(wanted) else None if said & set(wanted) else False
        return None if self.patient.hepatic_class is None else self.patient.hepatic_class in wanted

    def _pregnancy(self, wanted: bool | None) -> bool | None:
        if wanted and (self.whom.sex == "male" or not self.patient.could_be_pregnant):
            return False
        return _same(wanted, self.whom.pregnant, self.patient.pregnant)

    def _state(self, wanted: Collection[str]) -> bool | None:
        if not wanted:
            return True
        known = [self._phase(state) if state in PHASES else self._condition(state) for state in wanted]
        return True if True in known else None if None in known else False

    def _phase(self, state: str) -> bool | None:
        if self.change in PHASES.values():
            return self.change == PHASES[state]
        return False if state == "loading" else None

    def _condition(self, state: str) -> bool | None:
        measured = _CREATININE_STATE.fullmatch(state)
        if measured and self.patient.creatinine is not None:
            return self.patient.creatinine >= Decimal(measured[1])
        said = _spoken((state,), self.words)
        return True if said or state in {one.lower().strip() for one in self.patient.conditions} else None

    def _medicines(self, wanted: Collection[str]) -> bool | None:
        if not wanted or self.beside & set(wanted):
            return True
        return False if self.listed else None


@lru_cache(maxsize=256)
def kidneys(patient: Patient, as_filtration: bool) -> Decimal | None:
    """The kidney function in mL/min (eGFR: per 1.73 m2): as the rule measures it where known, else the other."""
    found = (filtration(patient), clearance(patient))
    wanted, other = found if as_filtration else reversed(found)
    estimate = wanted or other
    return estimate.value if estimate else None


def others(whom: Whom, patient: Patient) -> tuple[Fact, ...]:
    """In which facts the people of a statement are not the patient."""
    found = []
    if _outside(whom.age, patient.age):
        found.append(Fact.AGE)
    if _outside(whom.weight, patient.weight):
        found.append(Fact.WEIGHT)
    if _outside(whom.kidneys, kidneys(patient, False)) and _outside(whom.kidneys, kidneys(patient, True)):
        found.append(Fact.KIDNEYS)
    if whom.hepatic and patient.hepatic_class is not None and patient.hepatic_class not in whom.hepatic:
        found.append(Fact.LIVER)
    for fact, said, known in (
        (Fact.SEX, whom.sex, patient.sex),
        (Fact.PREGNANCY, whom.pregnant, patient.pregnant),
        (Fact.LACTATION, whom.breastfeeding, patient.breastfeeding),
        (Fact.DIALYSIS, whom.dialysis, patient.dialysis),
    ):
        if said is not None and known is not None and said != known:
            found.append(fact)
    return tuple(found)


def for_others(facts: Facts) -> Facts:
    """The same without the patient: the statement is about somebody else."""
    return replace(facts, patient=Patient(), listed=False)


def _outside(said: Interval | None, known: Decimal | None) -> bool:
    return said is not None and known is not None and not said.holds(known)


def _spanned(wanted: Span | None, said: Interval | None, known: Decimal | None) -> bool | None:
    """Whether a value lies in the span of a rule, from the statement's own span and the patient's value."""
    if wanted is None:
        return True
    if known is not None and (said is None or said.holds(known)):
        return wanted.holds(known)
    if said is None:
        return None
    rule = Interval(wanted.low, _end(wanted))
    return True if said.is_within(rule) else None if said.meets(rule) else False


def _end(span: Span) -> Decimal | None:
    return span.high + Decimal("0.001") if span.high is not None and span.high_included else span.high


def _same(wanted: bool | str | None, said: bool | str | None, known: bool | str | None) -> bool | None:
    if wanted is None:
        return True
    value = said if said is not None else known
    return None if value is None else value == wanted


def _spoken(wanted: Collection[str], words: str) -> bool | None:
    """Whether one of the phrases is said; what is not said is not known."""
    return True if not wanted or _phrases(tuple(wanted)).search(words) else None


@lru_cache(maxsize=2048)
def _phrases(wanted: tuple[str, ...]) -> re.Pattern[str]:
    """Each phrase as whole words, in singular or plural, hyphens and spaces being one."""
    alternatives = "|".join(re.sub(r"(?:\\-|\\ |\s)+", r"[-\\s]+", re.escape(phrase.lower())) for phrase in wanted)
    return re.compile(rf"(?<![a-z])(?:{alternatives})(?:e?s)?(?![a-z])")
