"""The words of every refusal: what is missing, and what to do next. One table per way of ending without an answer."""

from __future__ import annotations

from assistant import errors as assistant_errors
from assistant.conversation import Question, Refusal, RefusalReason, WithheldClaim
from guardrails import errors as guardrail_errors
from guardrails.intake import DeclinedFor, Screened
from retrieval import errors as retrieval_errors
from retrieval.search import SearchResult

REASONS_OF_ERRORS: dict[type[Exception], RefusalReason] = {
    retrieval_errors.IndexNotFound: RefusalReason.INDEX_EMPTY,
    retrieval_errors.IndexCorrupt: RefusalReason.INDEX_UNAVAILABLE,
    retrieval_errors.IndexBusy: RefusalReason.INDEX_UNAVAILABLE,
    retrieval_errors.IndexMismatch: RefusalReason.INDEX_UNAVAILABLE,
    retrieval_errors.IndexUnreachable: RefusalReason.INDEX_UNAVAILABLE,
    retrieval_errors.IndexFault: RefusalReason.INDEX_UNAVAILABLE,
    retrieval_errors.EncoderError: RefusalReason.INDEX_UNAVAILABLE,
    retrieval_errors.SourceRefused: RefusalReason.INDEX_UNAVAILABLE,
    guardrail_errors.CheckRaised: RefusalReason.CHECK_FAILED,
    guardrail_errors.PatientInvalid: RefusalReason.CHECK_FAILED,
    guardrail_errors.InputInvalid: RefusalReason.CHECK_FAILED,
    guardrail_errors.RailsInvalid: RefusalReason.CHECK_FAILED,
    guardrail_errors.RuleInvalid: RefusalReason.CHECK_FAILED,
    guardrail_errors.NetUnavailable: RefusalReason.CHECK_FAILED,
    guardrail_errors.UnitMismatch: RefusalReason.CHECK_FAILED,
    assistant_errors.GeneratorUnavailable: RefusalReason.GENERATOR_FAILED,
    assistant_errors.GeneratorTimeout: RefusalReason.GENERATOR_FAILED,
    assistant_errors.DraftMalformed: RefusalReason.GENERATOR_FAILED,
    assistant_errors.DraftTruncated: RefusalReason.GENERATOR_FAILED,
    assistant_errors.DatabaseUnreachable: RefusalReason.STORAGE_FAILED,
    assistant_errors.DatabaseTooNew: RefusalReason.STORAGE_FAILED,
    assistant_errors.SaveFailed: RefusalReason.STORAGE_FAILED,
    assistant_errors.ReadFailed: RefusalReason.STORAGE_FAILED,
    assistant_errors.UnknownTurn: RefusalReason.STORAGE_FAILED,
    assistant_errors.ServingInvalid: RefusalReason.GENERATOR_FAILED,
    assistant_errors.SignInFailed: RefusalReason.INTERNAL_ERROR,
    assistant_errors.NotAllowed: RefusalReason.INTERNAL_ERROR,
    assistant_errors.SignatureNeeded: RefusalReason.INTERNAL_ERROR,
    assistant_errors.AccountInvalid: RefusalReason.INTERNAL_ERROR,
    assistant_errors.UnknownPerson: RefusalReason.INTERNAL_ERROR,
    assistant_errors.ReviewInvalid: RefusalReason.INTERNAL_ERROR,
    assistant_errors.ReviewChanged: RefusalReason.INTERNAL_ERROR,
    assistant_errors.CorrectionRefused: RefusalReason.INTERNAL_ERROR,
}
"""Which refusal each leaf of the packages' error trees ends in. A test fails if a leaf is missing."""

REASONS_OF_INTAKE: dict[DeclinedFor | None, RefusalReason] = {
    DeclinedFor.HARM: RefusalReason.HARMFUL,
    DeclinedFor.SCOPE: RefusalReason.NOT_ABOUT_MEDICINES,
    DeclinedFor.INSTRUCTION: RefusalReason.INSTRUCTION,
    DeclinedFor.FAULT: RefusalReason.CHECK_FAILED,
    None: RefusalReason.CHECK_FAILED,
}
"""Which refusal each way of being declined at intake ends in."""

EXPLANATIONS: dict[RefusalReason, str] = {
    RefusalReason.NOT_ABOUT_MEDICINES: "This question is not about a medicine, so it is not answered here.",
    RefusalReason.HARMFUL: "This asks for help to harm somebody, so it is not answered.",
    RefusalReason.INSTRUCTION: "This is an instruction to the assistant and not a question, so it is not followed.",
    RefusalReason.MEDICINE_NOT_INDEXED: "The index holds no source on {what}, so there is nothing to answer from.",
    RefusalReason.NO_EVIDENCE: "No indexed source says anything about {what}.",
    RefusalReason.WHICH_MEDICINE: "It is not clear which medicine is meant{what}.",
    RefusalReason.NOTHING_SUPPORTED: "Nothing that was drafted could be proven from the sources, so nothing is shown.",
    RefusalReason.EMPTY_QUESTION: "The question is empty.",
    RefusalReason.GENERATOR_FAILED: "No draft could be made: {what}",
    RefusalReason.CHECK_FAILED: "A safety check could not be completed, so nothing is shown.",
    RefusalReason.INDEX_UNAVAILABLE: "The index of sources cannot be reached: {what}",
    RefusalReason.INDEX_EMPTY: "The index holds no sources yet.",
    RefusalReason.STORAGE_FAILED: "The turn could not be saved, so its answer is not shown.",
    RefusalReason.INTERNAL_ERROR: "Something failed while answering ({what}), so nothing is shown.",
}

NEXT_STEPS: dict[RefusalReason, str] = {
    RefusalReason.NOT_ABOUT_MEDICINES: "Ask about a medicine: its dose, use, interactions, reactions or precautions.",
    RefusalReason.HARMFUL: "If somebody is in danger, call the emergency services or a poison centre now.",
    RefusalReason.INSTRUCTION: "Ask about a medicine: its dose, use, interactions, reactions or precautions.",
    RefusalReason.MEDICINE_NOT_INDEXED: (
        "Check the spelling, or add its label with “pharmassist ingest FILE”. "
        "“pharmassist sources” lists what is indexed."
    ),
    RefusalReason.NO_EVIDENCE: "Ask in other words, add a source that covers it, or consult the full label.",
    RefusalReason.WHICH_MEDICINE: "Ask again with the medicine's generic or brand name.",
    RefusalReason.NOTHING_SUPPORTED: "Read the sources below the refusal, or ask a narrower question.",
    RefusalReason.EMPTY_QUESTION: "Type a question about a medicine.",
    RefusalReason.GENERATOR_FAILED: "Try again; “pharmassist doctor” says whether the model server is reachable.",
    RefusalReason.CHECK_FAILED: "Try again; if it happens again, tell the administrator to read the log.",
    RefusalReason.INDEX_UNAVAILABLE: "Run “pharmassist doctor”; it says what to do.",
    RefusalReason.INDEX_EMPTY: "Run “pharmassist ingest PATH” with the labels to answer from.",
    RefusalReason.STORAGE_FAILED: "Run “pharmassist doctor”, make room on the disk if it is full, and ask again.",
    RefusalReason.INTERNAL_ERROR: "Try again; the log holds the details. “pharmassist doctor” checks the installation.",
}


def refuse(question: Question, reason: RefusalReason, what: str = "") -> Refusal:
    """A refusal in the words of the tables; `what` fills the blank in the explanation."""
    return Refusal(question, reason, EXPLANATIONS[reason].format(what=what), NEXT_STEPS[reason])


def for_screening(question: Question, screened: Screened) -> Refusal:
    """The question was empty, or intake declined it (then its own words say why)."""
    if not screened.declined:
        return refuse(question, RefusalReason.EMPTY_QUESTION)
    refusal = refuse(question, REASONS_OF_INTAKE[screened.reason])
    return Refusal(question, refusal.reason, screened.declined, refusal.next_step, notices=screened.notices)


def for_missing(question: Question, found: SearchResult) -> Refusal:
    """Search found nothing good enough, and says what is missing."""
    assert found.missing is not None
    reason = RefusalReason(found.missing.kind)
    what = found.missing.what
    if reason is RefusalReason.WHICH_MEDICINE and what:
        what = f": {what}"
    if reason is RefusalReason.NO_EVIDENCE and not what:
        what = "this"
    return refuse(question, reason, what)


def for_nothing_released(question: Question, found: SearchResult, withheld: tuple[WithheldClaim, ...]) -> Refusal:
    """The draft was empty (no evidence for the question) or every claim of it was withheld."""
    if withheld:
        refusal = refuse(question, RefusalReason.NOTHING_SUPPORTED)
        return Refusal(question, refusal.reason, refusal.explanation, refusal.next_step, withheld)
    about = ", ".join(found.medicines)
    return refuse(question, RefusalReason.NO_EVIDENCE, f"this for {about}" if about else "this")


def for_error(question: Question, error: Exception, reason: RefusalReason | None = None) -> Refusal:
    """The refusal of an error. An unknown error shows its type only: its text might hold what must not be shown."""
    known = next((REASONS_OF_ERRORS[kind] for kind in type(error).__mro__ if kind in REASONS_OF_ERRORS), None)
    chosen = reason or known or RefusalReason.INTERNAL_ERROR
    return refuse(question, chosen, str(error) if known else type(error).__name__)


def corrections(found: SearchResult) -> tuple[str, ...]:
    """What a misspelt medicine was read as, to be shown before the answer."""
    return tuple(f"“{typed}” was read as {meant}." for typed, meant in found.corrections)
