"""Who sends reports (C.3) and what is decided about one export: the receiver, whether it is expedited, an amendment."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from assistant.triage.e2b.errors import E2bError


@dataclass(frozen=True, slots=True)
class Sender:
    """The organisation and the person that send reports. `code` stands in identifiers (US-ACME-2026-000042) and has no
    hyphen; `identifier` is the one agreed with the receiver (N.1.3, a DUNS number for example); `type` is C.3.1.
    """

    organisation: str
    code: str
    identifier: str
    country: str
    type: str = "1"
    department: str = ""
    title: str = ""
    given_name: str = ""
    middle_name: str = ""
    family_name: str = ""
    street: str = ""
    city: str = ""
    state: str = ""
    postcode: str = ""
    telephone: str = ""
    fax: str = ""
    email: str = ""

    def __post_init__(self) -> None:
        if not self.code or "-" in self.code or not self.identifier or len(self.country) != 2:
            raise E2bError("the sender needs a short code without hyphens, an identifier and a country of two letters")


class Receiver(StrEnum):
    """Where a report goes; the value is N.2.r.3, and `batch_of` says which batch takes it."""

    CDER = "CDER"
    CDER_IND = "CDER_IND"
    CBER_IND = "CBER_IND"
    CDER_BA_BE = "CDER_IND_EXEMPT_BA_BE"


def batch_of(receiver: str) -> str:
    """N.1.4 for a receiver of N.2.r.3; another regulator receives the batch itself."""
    if receiver == Receiver.CDER:
        return "ZZFDA"
    return "ZZFDA_PREMKT" if receiver in set(Receiver) else receiver


def is_premarket(receiver: str) -> bool:
    """Whether a report goes to the FDA's premarket route."""
    return batch_of(receiver) == "ZZFDA_PREMKT"


class Amendment(StrEnum):
    """C.1.11.1: take a report back, or correct it without new information."""

    NULLIFICATION = "1"
    AMENDMENT = "2"


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person decides for one export.

    `created` is the moment of creation with its zone. `expedited` None lets the case decide: serious, and an event that
    no label lists or that nobody compared. `local_type` is FDA.C.1.7.1 where the usual one (1 expedited, 2 not) is not
    right. Birth dates leave masked (MSK) unless `show_birth` is set.
    """

    sender: Sender
    created: datetime
    receiver: str = Receiver.CDER.value
    expedited: bool | None = None
    local_type: str = ""
    combination: bool = False
    amendment: Amendment | None = None
    reason: str = ""
    show_birth: bool = False

    def __post_init__(self) -> None:
        if self.created.tzinfo is None:
            raise E2bError("the moment of creation needs a time zone")

    def at(self, moment: datetime) -> Choices:
        """The same choices at another moment."""
        return replace(self, created=moment)
