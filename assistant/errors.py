"""Everything that answering can raise on purpose.

AssistantError
├── GeneratorError: no usable draft; another generator may still make one
│   ├── GeneratorUnavailable: the model server cannot be reached, fails, or refuses the request
│   ├── GeneratorTimeout: the model server was silent, or writing, for longer than the settings allow
│   ├── DraftMalformed: the reply is not the list of claims that was asked for
│   └── DraftTruncated: the reply was cut off before its end
├── StorageError: the database cannot do what it should
│   ├── DatabaseUnreachable: it cannot be opened, created or reached
│   ├── DatabaseTooNew: a newer version of pharmassist made it
│   ├── SaveFailed: a record was not saved, and nothing of it is there
│   ├── ReadFailed: what is stored cannot be read
│   └── UnknownTurn: a flag names a turn that is not stored
├── ServingInvalid: what says which model answers cannot be read or written
├── PeopleError: a person cannot do what was asked
│   ├── SignInFailed: the user name or the password is not right, or the account is disabled or has to wait
│   ├── NotAllowed: no role of the person allows it
│   │   └── SignatureNeeded: it may be done, once the person signs for it
│   ├── AccountInvalid: a user name, name, password or role that an account cannot have
│   └── UnknownPerson: there is no account of this user name
└── ReviewError: a review of a turn cannot be recorded as it is
    ├── ReviewInvalid: its parts contradict each other or the turn, or something is missing
    ├── ReviewChanged: somebody else reviewed the turn meanwhile, or the person did before; nothing was saved
    └── CorrectionRefused: the right answer as written is not released by the guardrails
"""

from __future__ import annotations


class AssistantError(Exception):
    """The root. Its text is one sentence for people: what is wrong and, where something can be done, what."""


class GeneratorError(AssistantError):
    """No usable draft."""


class GeneratorUnavailable(GeneratorError):
    """The model server cannot be reached, fails, or refuses the request."""


class GeneratorTimeout(GeneratorError):
    """The model server was silent, or writing, for longer than the settings allow."""


class DraftMalformed(GeneratorError):
    """The reply is not the list of claims that was asked for."""


class DraftTruncated(GeneratorError):
    """The reply was cut off before its end."""


class StorageError(AssistantError):
    """The database cannot do what it should."""


class DatabaseUnreachable(StorageError):
    """It cannot be opened, created or reached."""


class DatabaseTooNew(StorageError):
    """A newer version of pharmassist made it; nothing was changed."""


class SaveFailed(StorageError):
    """A record was not saved, and nothing of it is there."""


class ReadFailed(StorageError):
    """What is stored cannot be read."""


class UnknownTurn(StorageError):
    """A flag names a turn that is not stored."""


class ServingInvalid(AssistantError):
    """What says which model answers cannot be read or written."""


class PeopleError(AssistantError):
    """A person cannot do what was asked."""


class SignInFailed(PeopleError):
    """The user name or the password is not right, or the account is disabled or has to wait. It never says which."""


class NotAllowed(PeopleError):
    """No role of the person allows it."""


class SignatureNeeded(NotAllowed):
    """It may be done, once the person signs for it."""


class AccountInvalid(PeopleError):
    """A user name, name, password or role that an account cannot have."""


class UnknownPerson(PeopleError):
    """There is no account of this user name."""


class ReviewError(AssistantError):
    """A review of a turn cannot be recorded as it is."""


class ReviewInvalid(ReviewError):
    """Its parts contradict each other or the turn, or something is missing."""


class ReviewChanged(ReviewError):
    """Somebody else reviewed the turn meanwhile, or the person did before; nothing was saved."""


class CorrectionRefused(ReviewError):
    """The right answer as written is not released by the guardrails. Its text lists each finding."""
