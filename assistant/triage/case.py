"""The case and its events. Its parts live beside it: `people_in_case` (patient, reporters), `product`, `judgement`
(seriousness, expectedness, causality, deadlines), `terms` (coded terms, spans), `states` (the table of moves), `when`
(partial dates).

A case is a value: a change makes a new one, and `casebook` writes down what differs, who changed it and why. Items of
a list carry an id that is unique in their list and never used again (e1, p1, d1 …); history and evidence name a field
by a path such as "patient.age", "events[e1].outcome" or "products[p2].dosings[d1].amount".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from assistant.triage.judgement import Causality, Expectedness, Seriousness, SpecialSituation, Standing
from assistant.triage.people_in_case import Measure, PatientFacts, Reporter
from assistant.triage.product import Product
from assistant.triage.states import State
from assistant.triage.terms import Evidence, Term
from assistant.triage.when import PartialDate


class EventOutcome(StrEnum):
    """How the event was at the last observation (E.i.7)."""

    RECOVERED = "recovered"
    RECOVERING = "recovering"
    NOT_RECOVERED = "not recovered"
    RECOVERED_WITH_SEQUELAE = "recovered with sequelae"
    FATAL = "fatal"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Event:
    """A reaction or event (E.i). `verbatim` is the reporter's words; `term` the coded term, `language` ISO 639-2."""

    id: str
    verbatim: str
    term: Term | None = None
    language: str = "eng"
    translation: str = ""
    onset: PartialDate | None = None
    end: PartialDate | None = None
    duration: Measure | None = None
    outcome: EventOutcome | None = None
    seriousness: tuple[Seriousness, ...] = ()
    judged_not_serious_by: str = ""
    """The person who decided that no criterion is met; "" while nobody has, and then the event is not judged."""
    highlighted: bool | None = None
    confirmed_by_professional: bool | None = None
    country: str = ""

    @property
    def is_serious(self) -> bool:
        """Whether at least one criterion is met, proposed ones included."""
        return bool(self.seriousness)


@dataclass(frozen=True, slots=True)
class TestResult:
    """A test (F.r): structured value with unit, a coded result, or free text."""

    id: str
    name: str
    term: Term | None = None
    day: PartialDate | None = None
    result: str = ""
    """positive, negative, borderline or inconclusive (F.r.3.1)."""
    value: Decimal | None = None
    qualifier: str = ""
    """"<", ">", "<=", ">=" or ""."""
    unit: str = ""
    text: str = ""
    normal_low: str = ""
    normal_high: str = ""
    comment: str = ""
    more_available: bool | None = None

    __test__ = False


class SourceOrigin(StrEnum):
    """Where a report came from."""

    CHAT = "chat"
    FILE = "file"
    LITERATURE = "literature"
    E2B = "e2b"
    ANSWER = "answer of a gateway"
    PERSON = "entered by a person"


@dataclass(frozen=True, slots=True)
class Source:
    """One place from which a case was told; its masked text is kept by the casebook under this id.

    Chat: `turn_id`, `conversation_id` and `flag_id`. File: `name` and the SHA-256 of the original. `start` and `end`
    are this patient's part of the text (characters), because one source may hold several patients; (0, 0) is all.
    """

    id: str
    origin: SourceOrigin
    name: str = ""
    sha256: str = ""
    turn_id: str = ""
    conversation_id: str = ""
    flag_id: str = ""
    start: int = 0
    end: int = 0


class ReceiptKind(StrEnum):
    """What came in."""

    INITIAL = "initial"
    FOLLOW_UP = "follow-up"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Information received: at which moment (UTC), and the local day in `zone` (IANA), which is what a clock counts
    from. `significant` follow-up restarts the clock; an administrative correction does not. `tells_serious`: it is
    known to have said that an event is serious (a merged duplicate's receipt, whose words stand in another case).
    """

    id: str
    kind: ReceiptKind
    at: datetime
    day: date
    zone: str
    source_id: str
    significant: bool = True
    tells_serious: bool = False


class ReportType(StrEnum):
    """C.1.3."""

    SPONTANEOUS = "spontaneous"
    STUDY = "study"
    OTHER = "other"
    UNKNOWN = "not available to sender"


@dataclass(frozen=True, slots=True)
class Study:
    """The study (C.5) of a report from one."""

    name: str = ""
    number: str = ""
    type: str = ""
    """clinical trial, individual patient use or other study (C.5.4)."""
    registrations: tuple[str, ...] = ()
    ind: str = ""
    pre_anda: str = ""


@dataclass(frozen=True, slots=True)
class Submission:
    """A report of this case that was written for one market. `receipts` are the ids of the receipts that it reports,
    whose clocks it stops unless it was `rejected`, and `events` how each event stood in it; `message` is the message
    number (N.2.r.1), `acknowledged` the code of the answer or "".
    """

    id: str
    market: str
    at: datetime
    by: str
    version: int
    receipts: tuple[str, ...]
    message: str = ""
    file: str = ""
    sha256: str = ""
    acknowledged: str = ""
    rejected: bool = False
    events: tuple[Standing, ...] = ()


class NullFlavour(StrEnum):
    """Why a field is empty, in the codes of E2B."""

    NO_INFORMATION = "NI"
    MASKED = "MSK"
    UNKNOWN = "UNK"
    NOT_APPLICABLE = "NA"
    ASKED_UNKNOWN = "ASKU"
    NOT_ASKED = "NASK"


@dataclass(frozen=True, slots=True)
class Unknown:
    """A field that is empty for a stated reason; `id` is the field's path."""

    id: str
    why: NullFlavour


@dataclass(frozen=True, slots=True)
class KeptElement:
    """An element of an imported E2B report that no field holds, kept so that an export loses nothing.

    `id` is its number with positions ("G.k[1].2.1.1b"), `number` its number ("G.k.2.1.1b").
    """

    id: str
    number: str
    value: str
    null_flavour: str = ""


class LinkKind(StrEnum):
    """How two cases belong together."""

    DUPLICATE_OF = "duplicate of"
    """On the case that was merged: its master."""
    MASTER_OF = "master of"
    """On the master: a case that was merged under it."""
    SAME_SOURCE = "same source"
    """Another patient of one source."""
    RELATED = "related"
    """Mother and child, for example."""


@dataclass(frozen=True, slots=True)
class CaseLink:
    """A link to another case; `id` is the other case's id."""

    id: str
    kind: LinkKind
    note: str = ""


@dataclass(frozen=True, slots=True)
class Narrative:
    """Section H. `text` is empty until a person or `narrative` wrote one."""

    text: str = ""
    reporter_comment: str = ""
    sender_comment: str = ""
    diagnoses: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One patient, at least one event or special situation, and everything that people decided about it.

    `version` is 1 at opening and rises by one with each saved change. `label` is the number that people use
    ("2026-00042"), unique in one casebook. `markets` are ids of rules/markets.yaml that want this case.
    `worldwide_id` and `other_ids` are those of an imported report (C.1.8.1, C.1.9.1.r); `literature` C.4.r.1.
    """

    id: str
    label: str
    version: int
    state: State
    opened_at: datetime
    receipts: tuple[Receipt, ...]
    sources: tuple[Source, ...]
    owner: str = ""
    markets: tuple[str, ...] = ()
    report_type: ReportType = ReportType.SPONTANEOUS
    study: Study | None = None
    literature: tuple[str, ...] = ()
    worldwide_id: str = ""
    other_ids: tuple[str, ...] = ()
    country: str = ""
    """Where the event happened, ISO 3166-1 alpha-2."""
    patient: PatientFacts = field(default_factory=PatientFacts)
    reporters: tuple[Reporter, ...] = ()
    products: tuple[Product, ...] = ()
    events: tuple[Event, ...] = ()
    tests: tuple[TestResult, ...] = ()
    special: tuple[SpecialSituation, ...] = ()
    expectedness: tuple[Expectedness, ...] = ()
    causality: tuple[Causality, ...] = ()
    narrative: Narrative = field(default_factory=Narrative)
    evidence: tuple[Evidence, ...] = ()
    unknowns: tuple[Unknown, ...] = ()
    links: tuple[CaseLink, ...] = ()
    kept: tuple[KeptElement, ...] = ()
    submissions: tuple[Submission, ...] = ()
    valid_from: str = ""
    """The receipt with which the four minimum criteria were first met; "" is the first one."""
    asked_to_close: str = ""
    """Who proposed to close it as not valid; a second person decides."""

    @property
    def is_serious(self) -> bool:
        """Whether any event meets a criterion, proposed ones included."""
        return any(event.is_serious for event in self.events)

    @property
    def master(self) -> str:
        """The id of the case under which this one was merged, or ""."""
        return next((link.id for link in self.links if link.kind is LinkKind.DUPLICATE_OF), "")
