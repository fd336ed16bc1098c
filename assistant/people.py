"""Who acts: people, their roles, what each role may see and do, and signatures.

`PERMISSIONS` is the whole policy; nothing else in the product says who may do what. Accounts are stored by
`assistant/accounts.py`, decisions by `assistant/ledger.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from assistant.errors import NotAllowed


class Role(StrEnum):
    """What a person is here for. A person may hold several; what they may do is the union."""

    CLINICIAN = "clinician"
    REVIEWER = "reviewer"
    PHARMACOVIGILANCE = "pharmacovigilance"
    SAFETY_OFFICER = "safety_officer"
    MODEL_ENGINEER = "model_engineer"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


class May(StrEnum):
    """One thing that a person may see or do."""

    ASK = "ask"
    """Ask questions and read the conversations."""
    FLAG = "flag"
    """Mark an answer as wrong."""
    OVERRIDE = "override"
    """Go on in spite of a warning, with a reason."""
    REVIEW = "review"
    """Judge flags and corrected answers for the training data."""
    READ_CASES = "read_cases"
    """See the board, the cases and the signals."""
    TRIAGE = "triage"
    """Open, import, assign and edit cases, write follow-ups, decide on duplicates."""
    CODE = "code"
    """Choose the coded term of an event or a medicine."""
    COMMIT_CAUSALITY = "commit_causality"
    """Sign for a causality that the machine proposed or that differs from its proposal."""
    CLOSE_CASE = "close_case"
    """Sign for the closing of a case."""
    CONFIRM_CLOSING = "confirm_closing"
    """Be the second person who signs where a case is closed as not valid."""
    EXPORT = "export"
    """Sign for a report that leaves the desk as a file."""
    SEE_IDENTIFIERS = "see_identifiers"
    """See what identifies a patient or a reporter, where the desk keeps it."""
    TRAIN = "train"
    """Freeze datasets and train adapters."""
    APPROVE_DATA = "approve_data"
    """Sign that a frozen dataset may be trained on."""
    SIGN_RELEASE = "sign_release"
    """Be one of the two who sign that an adapter may serve."""
    CHANGE_SETTINGS = "change_settings"
    """Change how the product is set up."""
    READ_AUDIT = "read_audit"
    """Read, verify and export the ledger."""
    MANAGE_PEOPLE = "manage_people"
    """Add people, give roles, disable accounts."""


# Read as a table: each line is one role and what it may see and do. An administrator decides on no case and no
# release, and an auditor changes nothing: who sets the product up or inspects it never judges their own work. Who
# freezes a dataset and trains on it does not approve it.
PERMISSIONS: Mapping[Role, frozenset[May]] = {
    Role.CLINICIAN: frozenset({May.ASK, May.FLAG, May.OVERRIDE}),
    Role.REVIEWER: frozenset({May.ASK, May.FLAG, May.OVERRIDE, May.REVIEW}),
    Role.PHARMACOVIGILANCE: frozenset(
        {May.ASK, May.FLAG, May.READ_CASES, May.TRIAGE, May.CODE, May.COMMIT_CAUSALITY, May.CLOSE_CASE}
        | {May.CONFIRM_CLOSING, May.EXPORT, May.SEE_IDENTIFIERS}
    ),
    Role.SAFETY_OFFICER: frozenset(
        {May.ASK, May.FLAG, May.REVIEW, May.READ_CASES, May.TRIAGE, May.CODE, May.COMMIT_CAUSALITY, May.CLOSE_CASE}
        | {May.CONFIRM_CLOSING, May.EXPORT, May.SEE_IDENTIFIERS, May.APPROVE_DATA, May.SIGN_RELEASE}
        | {May.READ_AUDIT}
    ),
    Role.MODEL_ENGINEER: frozenset({May.ASK, May.FLAG, May.TRAIN, May.SIGN_RELEASE}),
    Role.AUDITOR: frozenset({May.READ_CASES, May.READ_AUDIT}),
    Role.ADMINISTRATOR: frozenset({May.CHANGE_SETTINGS, May.MANAGE_PEOPLE, May.READ_AUDIT}),
}

USER_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,31}")
"""Lower case, so that no two names differ by case alone."""


@dataclass(frozen=True, slots=True)
class Person:
    """One account. `id` and `user_name` are never given to anybody else, not even after the account is disabled."""

    id: str
    user_name: str
    name: str
    """The printed name, as a signature shows it."""
    roles: frozenset[Role]
    disabled: bool = False

    def may(self, what: May) -> bool:
        """Whether one of the roles allows it; a disabled person may nothing."""
        return not self.disabled and any(what in PERMISSIONS[role] for role in self.roles)


def require(person: Person, what: May) -> None:
    """Raise `NotAllowed` unless a role of the person allows it."""
    if not person.may(what):
        raise NotAllowed(f"{person.name} may not do this: it needs the permission “{what.value}”.")


class Meaning(StrEnum):
    """What a signature says of the record that it is bound to (21 CFR 11.50(a)(3))."""

    CAUSALITY = "causality"
    CASE_CLOSED = "case_closed"
    CLOSING_CONFIRMED = "closing_confirmed"
    REPORT_EXPORTED = "report_exported"
    DATA_REVIEWED = "data_reviewed"
    DATASET_APPROVED = "dataset_approved"
    RELEASE_APPROVED = "release_approved"


@dataclass(frozen=True, slots=True)
class SignedAct:
    """The words that a signature prints for its meaning, and what the signer must be allowed."""

    words: str
    needs: May


MEANINGS: Mapping[Meaning, SignedAct] = {
    Meaning.CAUSALITY: SignedAct("I have assessed the causality as stated.", May.COMMIT_CAUSALITY),
    Meaning.CASE_CLOSED: SignedAct("I am responsible for closing this case.", May.CLOSE_CASE),
    Meaning.CLOSING_CONFIRMED: SignedAct(
        "I have reviewed the case and confirm that it is closed as not valid.", May.CONFIRM_CLOSING
    ),
    Meaning.REPORT_EXPORTED: SignedAct("I have reviewed this report and approve it for sending.", May.EXPORT),
    Meaning.DATA_REVIEWED: SignedAct("I have reviewed this record.", May.REVIEW),
    Meaning.DATASET_APPROVED: SignedAct("I have reviewed this dataset and approve it for training.", May.APPROVE_DATA),
    Meaning.RELEASE_APPROVED: SignedAct("I approve this release for use.", May.SIGN_RELEASE),
}


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature under one record: who, when, with which meaning, and the hash of exactly what was signed.

    Made by `assistant.accounts.Accounts.sign` after the password was entered again (21 CFR 11.200(a)(1)). `record`
    names what was signed ("case 12, version 7"); `record_hash` is the SHA-256 of its canonical content, so that the
    signature cannot be carried over to another record or another version (21 CFR 11.70).
    """

    id: str
    person_id: str
    user_name: str
    name: str
    meaning: Meaning
    signed_at: datetime
    record: str
    record_hash: str

    def line(self) -> str:
        """The signature as it is shown and printed: name, time, meaning (21 CFR 11.50(b))."""
        when = self.signed_at.strftime("%Y-%m-%d %H:%M:%S UTC")
        return f"{self.name} ({self.user_name}), {when}: {MEANINGS[self.meaning].words}"
