"""The nouns of a conversation. A `Draft` is never an `Answer`: screens accept `Answer | Refusal` only.

An `Answer` holds `CheckedClaim`s, whose constructor refuses a claim that its checks did not release, so that an
unchecked draft cannot be shown by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from guardrails.claim import Claim
from guardrails.patient import Patient
from guardrails.verdict import CheckRun, Decision, Finding, Verdict
from retrieval.passage import Citation, Passage


class RefusalReason(StrEnum):
    """Why nothing is answered. Each has its own words on the screen and its own next step."""

    NOT_ABOUT_MEDICINES = "not_about_medicines"
    HARMFUL = "harmful"
    INSTRUCTION = "instruction"
    MEDICINE_NOT_INDEXED = "medicine_not_indexed"
    NO_EVIDENCE = "no_evidence"
    WHICH_MEDICINE = "which_medicine"
    NOTHING_SUPPORTED = "nothing_supported"
    EMPTY_QUESTION = "empty_question"
    CHECK_FAILED = "check_failed"
    GENERATOR_FAILED = "generator_failed"
    INDEX_UNAVAILABLE = "index_unavailable"
    INDEX_EMPTY = "index_empty"
    STORAGE_FAILED = "storage_failed"
    INTERNAL_ERROR = "internal_error"


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked. `id` is the turn's id; `history` holds the conversation's earlier questions, oldest first;
    `asked_by` is the asker's user name, empty where nobody is known."""

    id: str
    conversation_id: str
    text: str
    asked_at: datetime
    history: tuple[str, ...] = ()
    patient: Patient = field(default_factory=Patient)
    asked_by: str = ""


@dataclass(frozen=True, slots=True)
class Draft:
    """Unchecked claims from a generator. `fallback` says why another generator than the one asked for made it."""

    claims: tuple[Claim, ...]
    generator: str
    model: str
    adapter: str = ""
    fallback: str = ""


@dataclass(frozen=True, slots=True)
class CheckedClaim:
    """A claim that its checks released. The constructor refuses one that they did not."""

    claim: Claim
    verdict: Verdict

    def __post_init__(self) -> None:
        if self.verdict.decision is not Decision.RELEASE or not self.claim.citations or not self.verdict.checks:
            raise ValueError("only a released claim with a citation and a check that ran can be shown")


@dataclass(frozen=True, slots=True)
class WithheldClaim:
    """A claim that failed, kept so that the user is told and a reviewer can look.

    `decision` is `ESCALATE` where a person is asked to look: source and dose rules disagree, for example.
    """

    claim: Claim
    findings: tuple[Finding, ...]
    decision: Decision = Decision.WITHHOLD
    checks: tuple[CheckRun, ...] = ()

    def __post_init__(self) -> None:
        if self.decision is Decision.RELEASE:
            raise ValueError("a released claim is not withheld")


@dataclass(frozen=True, slots=True)
class Basis:
    """What an answer or refusal rests on: the versions of everything that made it, and what was not known."""

    generator: str = ""
    model: str = ""
    adapter: str = ""
    prompt_version: str = ""
    rules_version: str = ""
    index_version: str = ""
    code_version: str = ""
    fallback: str = ""
    not_known: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two retrieved sources that do not agree. Both are shown; nobody averages them.

    `about` says in a few words what they disagree on; `statements` are their own words, each with its passage's key.
    """

    about: str
    statements: tuple[Citation, ...]
    titles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assessment:
    """What the dose rules make of the question and the patient, shown before the claims.

    `alerts` are findings about the question and the patient, never of severity block: a question is not withheld.
    `calculations` spell out arithmetic ("15 mg/kg × 12 kg = 180 mg"). `asked_for` names what would matter and is not
    known. `conflicts` are contradictions between retrieved sources.
    """

    alerts: tuple[Finding, ...] = ()
    calculations: tuple[str, ...] = ()
    asked_for: tuple[str, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """Checked claims with the passages that they cite. At least one claim; every citation resolves to a passage."""

    question: Question
    claims: tuple[CheckedClaim, ...]
    passages: tuple[Passage, ...]
    withheld: tuple[WithheldClaim, ...]
    basis: Basis
    seconds: float
    notices: tuple[str, ...] = ()
    """What must be read before the claims, for example urgent advice."""
    assessment: Assessment = Assessment()

    def __post_init__(self) -> None:
        keys = {passage.key for passage in self.passages}
        cited = {citation.key for checked in self.claims for citation in checked.claim.citations}
        if not self.claims or not cited <= keys:
            raise ValueError("an answer needs at least one claim, and every citation must resolve to a passage")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Nothing is answered: the reason, what is missing in one sentence, and what to do next."""

    question: Question
    reason: RefusalReason
    explanation: str
    next_step: str
    withheld: tuple[WithheldClaim, ...] = ()
    basis: Basis = Basis()
    seconds: float = 0.0
    notices: tuple[str, ...] = ()
    assessment: Assessment = Assessment()


class Step(StrEnum):
    """The steps that a screen can show while an answer is made."""

    SCREENING = "screening"
    SEARCHING = "searching"
    DRAFTING = "drafting"
    CHECKING = "checking"
    REVISING = "revising"
    SAVING = "saving"


@dataclass(frozen=True, slots=True)
class Progress:
    """A step has begun. `detail` is a short text for people, for example "12 passages from 3 sources"."""

    step: Step
    detail: str = ""


Outcome: TypeAlias = Answer | Refusal
Event: TypeAlias = Progress | Assessment | CheckedClaim | WithheldClaim | Answer | Refusal


@dataclass(frozen=True, slots=True)
class Turn:
    """One question and how it ended, as stored."""

    id: str
    conversation_id: str
    outcome: Answer | Refusal
    saved_at: datetime


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation as listed: its title is the first question."""

    id: str
    title: str
    started_at: datetime
    turns: int


class FlagKind(StrEnum):
    """What is wrong with a turn; `ADVERSE_EVENT` and `ESCALATED` are the machine's own, all others are a person's.

    `ESCALATED`: a sentence was withheld although its source says so, and a person must look.
    """

    INACCURATE = "inaccurate"
    UNSAFE = "unsafe"
    CITATION = "citation"
    OUTDATED = "outdated"
    OTHER = "other"
    ADVERSE_EVENT = "adverse_event"
    ESCALATED = "escalated"


@dataclass(frozen=True, slots=True)
class Flag:
    """A mark on a turn, by a person or (adverse events) by the machine. `corrected` is their own answer."""

    id: str
    turn_id: str
    kind: FlagKind
    comment: str
    corrected: str
    made_at: datetime
    made_by: str


@dataclass(frozen=True, slots=True)
class Override:
    """A clinician's decision to go on in spite of a warning, with the reason. Never changed, never deleted.

    `rule` and `version` are those of the finding and together name the warning (a version says which limit of which
    file); `claim` is the position of the sentence that carried it, None for an alert about the question.
    """

    id: str
    turn_id: str
    claim: int | None
    rule: str
    version: str
    reason: str
    made_at: datetime
    made_by: str

    def __post_init__(self) -> None:
        if not self.reason.strip():
            raise ValueError("a warning is overridden with a reason, or not at all")


@dataclass(frozen=True, slots=True)
class OverrideRate:
    """How often a rule's warnings were shown, and how many of those were overridden."""

    rule: str
    shown: int
    overridden: int
