"""What is judged of a case. Machines propose; only a person commits, and every judgement says who and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from assistant.triage.product import Challenge
from assistant.triage.terms import Span


class Criterion(StrEnum):
    """The six criteria of seriousness of ICH E2A (E2B E.i.3.2a to f), and the FDA's own for devices (FDA.E.i.3.2h)."""

    DEATH = "results in death"
    LIFE_THREATENING = "life-threatening"
    HOSPITALISATION = "hospitalisation or prolonged hospitalisation"
    DISABILITY = "persistent or significant disability"
    CONGENITAL_ANOMALY = "congenital anomaly or birth defect"
    MEDICALLY_IMPORTANT = "other medically important condition"
    REQUIRED_INTERVENTION = "required intervention"


@dataclass(frozen=True, slots=True)
class Seriousness:
    """One criterion that an event meets, with the words that say so.

    `rule` names the rule and its version where a machine proposes it. `set_by` is "machine" or a person; a criterion
    counts for the clock as soon as it is proposed (the cautious side), and for an export once `confirmed`.
    """

    criterion: Criterion
    quoted: Span | None = None
    rule: str = ""
    set_by: str = "machine"
    confirmed: bool = False


class Listed(StrEnum):
    """Whether a label lists the event. Unknown counts as unexpected."""

    EXPECTED = "expected"
    UNEXPECTED = "unexpected"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Expectedness:
    """One event against one product's reference text at one version.

    `id` is "e1/p1". `label_id` is the id of the `retrieval.passage.Source`, `label_version` its effective date or
    version, `quoted` the label's words, `reason` one sentence for people.
    """

    id: str
    event_id: str
    product_id: str
    listed: Listed = Listed.UNKNOWN
    label_id: str = ""
    label_version: str = ""
    quoted: str = ""
    reason: str = ""
    set_by: str = "machine"
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """How an event stood when a report of it was written: what a clock of a market asks of it. `id` is the event's.

    What nobody judged of expectedness and causality counts as unexpected and suspected; `serious` and `fatal` (or
    life-threatening) say only what is stated.
    """

    id: str
    serious: bool
    fatal: bool
    unexpected: bool
    suspected: bool


class NaranjoAnswer(StrEnum):
    """An answer to one of Naranjo's ten questions."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


class WhoUmc(StrEnum):
    """The categories of the WHO-UMC system."""

    CERTAIN = "certain"
    PROBABLE = "probable/likely"
    POSSIBLE = "possible"
    UNLIKELY = "unlikely"
    CONDITIONAL = "conditional/unclassified"
    UNASSESSABLE = "unassessable/unclassifiable"


@dataclass(frozen=True, slots=True)
class NaranjoItem:
    """One of the ten items: `number` 1 to 10, the answer, the points that it gives, and why it was answered so."""

    number: int
    answer: NaranjoAnswer
    points: int
    reason: str


@dataclass(frozen=True, slots=True)
class Causality:
    """Whether one product caused one event. `committed_by` is "" while it is only a proposal of the machine.

    `id` is "e1/p1". `naranjo` has ten items or none, `score` is their sum. E2B G.k.9.i.2.r takes `source` and
    `category`; `dechallenge` and `rechallenge` are kept here because E2B keeps them per event and product.
    """

    id: str
    event_id: str
    product_id: str
    category: WhoUmc | None = None
    naranjo: tuple[NaranjoItem, ...] = ()
    score: int | None = None
    reasons: tuple[str, ...] = ()
    dechallenge: Challenge | None = None
    rechallenge: Challenge | None = None
    proposed_by: str = "machine"
    committed_by: str = ""
    committed_at: datetime | None = None
    source: str = ""
    """Who assessed (G.k.9.i.2.r.1): reporter, sender, or a name of an organisation."""


class Special(StrEnum):
    """Situations that are kept with or without a reaction."""

    OVERDOSE = "overdose"
    MEDICATION_ERROR = "medication error"
    MISUSE = "misuse"
    ABUSE = "abuse"
    OFF_LABEL = "off-label use"
    OCCUPATIONAL = "occupational exposure"
    PREGNANCY = "exposure in pregnancy"
    BREASTFEEDING = "exposure through breastfeeding"
    LACK_OF_EFFECT = "lack of effect"
    PRODUCT_COMPLAINT = "product complaint"


@dataclass(frozen=True, slots=True)
class SpecialSituation:
    """A situation with the words that say so; `product_id` "" where it is not known which medicine."""

    id: str
    kind: Special
    product_id: str = ""
    quoted: Span | None = None


class MinimumCriterion(StrEnum):
    """The four things without which a report is not valid (EU GVP VI.B.2)."""

    REPORTER = "identifiable reporter"
    PATIENT = "identifiable patient"
    PRODUCT = "suspected medicine"
    EVENT = "suspected reaction"


@dataclass(frozen=True, slots=True)
class Validity:
    """Which of the four minimum criteria are met, and the drafted questions for those that are not."""

    met: tuple[MinimumCriterion, ...]
    missing: tuple[MinimumCriterion, ...]
    questions: tuple[str, ...]

    @property
    def is_valid(self) -> bool:
        """Whether all four are met."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class Deadline:
    """When one market wants the report. Computed from the case by `clock`, never stored as a truth of its own.

    `day_zero` is the local day in `zone` (IANA) on which the clock (re)started, `due` the last local day, `due_at`
    the end of that day as a UTC instant; `rule` and `basis` name the rule of rules/markets.yaml and its regulation.
    """

    market: str
    rule: str
    basis: str
    days: int
    zone: str
    day_zero: date
    due: date
    due_at: datetime
    reason: str = ""
