"""The words that the page has for closed sets of values. A test fails if a value has no words."""

from __future__ import annotations

from assistant.conversation import FlagKind, RefusalReason, Step

STEP_WORDS = {
    Step.SCREENING: "Reading the question",
    Step.SEARCHING: "Searching the sources",
    Step.DRAFTING: "Drafting",
    Step.CHECKING: "Checking every sentence",
    Step.REVISING: "Drafting again what failed its checks",
    Step.SAVING: "Saving",
}

REFUSAL_TITLES = {
    RefusalReason.NOT_ABOUT_MEDICINES: "not about a medicine",
    RefusalReason.HARMFUL: "it asks for help to harm somebody",
    RefusalReason.INSTRUCTION: "it is an instruction and not a question",
    RefusalReason.MEDICINE_NOT_INDEXED: "the medicine is not among the sources",
    RefusalReason.NO_EVIDENCE: "the sources do not say",
    RefusalReason.WHICH_MEDICINE: "it is not clear which medicine is meant",
    RefusalReason.NOTHING_SUPPORTED: "no sentence could be proven",
    RefusalReason.EMPTY_QUESTION: "the question is empty",
    RefusalReason.CHECK_FAILED: "a check could not be completed",
    RefusalReason.GENERATOR_FAILED: "no draft could be made",
    RefusalReason.INDEX_UNAVAILABLE: "the index cannot be reached",
    RefusalReason.INDEX_EMPTY: "there are no sources yet",
    RefusalReason.STORAGE_FAILED: "the turn could not be saved",
    RefusalReason.INTERNAL_ERROR: "something failed",
}

FLAG_WORDS = {
    FlagKind.INACCURATE: "Inaccurate",
    FlagKind.UNSAFE: "Unsafe",
    FlagKind.CITATION: "Wrong or missing citation",
    FlagKind.OUTDATED: "Outdated",
    FlagKind.OTHER: "Other",
    FlagKind.ADVERSE_EVENT: "Possible adverse reaction",
    FlagKind.ESCALATED: "Withheld for a person to look at",
}

CHOICES = tuple(kind for kind in FlagKind if kind not in {FlagKind.ADVERSE_EVENT, FlagKind.ESCALATED})
"""What a person can choose; adverse reactions and withheld sentences are noticed by the machine."""
