"""A medicine of a case (E2B section G), with each of its courses of dosing."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from assistant.triage.people_in_case import Measure
from assistant.triage.terms import Term
from assistant.triage.when import PartialDate


class ProductRole(StrEnum):
    """What the medicine has to do with the events (G.k.1)."""

    SUSPECT = "suspect"
    CONCOMITANT = "concomitant"
    INTERACTING = "interacting"
    NOT_ADMINISTERED = "not administered"


class ActionTaken(StrEnum):
    """What was done with the medicine because of the events (G.k.8)."""

    WITHDRAWN = "withdrawn"
    REDUCED = "dose reduced"
    INCREASED = "dose increased"
    NOT_CHANGED = "dose not changed"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not applicable"


class Challenge(StrEnum):
    """How a withdrawal (dechallenge) or a second exposure (rechallenge) of one event ended.

    For a rechallenge E2B G.k.9.i.4 has 1 done and recurred, 2 done and not recurred, 3 done and outcome unknown,
    4 not done; for a dechallenge `RECURRED` means that the event did not get better, `NOT_RECURRED` that it did.
    """

    RECURRED = "recurred"
    NOT_RECURRED = "not recurred"
    DONE_UNKNOWN = "done, outcome unknown"
    NOT_DONE = "not done"


@dataclass(frozen=True, slots=True)
class Substance:
    """An active substance of the product with its strength (G.k.2.3.r)."""

    id: str
    name: str
    strength: Measure | None = None


@dataclass(frozen=True, slots=True)
class Dosing:
    """One course of the medicine (G.k.4.r).

    `amount` is one dose; `interval_count` and `interval_unit` (UCUM: h, d, wk) say how often: 500 mg per 8 h is
    Measure(500, mg), 8, h. `text` is the dose in the reporter's words.
    """

    id: str
    text: str = ""
    amount: Measure | None = None
    interval_count: Decimal | None = None
    interval_unit: str = ""
    start: PartialDate | None = None
    end: PartialDate | None = None
    duration: Measure | None = None
    batch: str = ""
    form: str = ""
    route: str = ""
    parent_route: str = ""


@dataclass(frozen=True, slots=True)
class Indication:
    """Why it was taken (G.k.7.r): verbatim, and coded where a dictionary has it."""

    id: str
    verbatim: str
    term: Term | None = None


@dataclass(frozen=True, slots=True)
class Product:
    """A medicine as reported. `ingredient` is the lower-case ingredient of the index where the name was recognised.

    `concept` is an identifier of the ingredient in a dictionary (RxNorm, UNII), "" where none is known;
    `additional` are codes of G.k.10.r by their words ("overdose", "medication error").
    """

    id: str
    name: str
    role: ProductRole = ProductRole.SUSPECT
    ingredient: str = ""
    concept: str = ""
    substances: tuple[Substance, ...] = ()
    dosings: tuple[Dosing, ...] = ()
    indications: tuple[Indication, ...] = ()
    action: ActionTaken | None = None
    cumulative_dose: Measure | None = None
    gestation_at_exposure: Measure | None = None
    country_obtained: str = ""
    authorisation: str = ""
    """The number of the authorisation or application, for example NDA 020702."""
    authorisation_country: str = ""
    holder: str = ""
    blinded: bool | None = None
    additional: tuple[str, ...] = ()
    comment: str = ""
