"""What is signed at the desk, and whether a signature is under exactly that: this case, this version, this act."""

from __future__ import annotations

from dataclasses import dataclass

from assistant.chain import digest
from assistant.people import MEANINGS, Meaning, Person, Signature
from assistant.triage.case import Case
from assistant.triage.changes import encode
from assistant.triage.errors import SignatureMissing


@dataclass(frozen=True, slots=True)
class ToSign:
    """What a signature dialog shows and `assistant.accounts.Accounts.sign` takes: the act in words, the record, and
    the hash of the case as it is together with the act.
    """

    meaning: Meaning
    act: str
    record: str
    record_hash: str


def to_sign(case: Case, meaning: Meaning, act: str) -> ToSign:
    """What has to be signed for an act on a case as it is now."""
    record = f"{subject(case)}, version {case.version}"
    return ToSign(meaning, act, record, digest({"case": encode(case), "act": act}))


def subject(case: Case) -> str:
    """How the ledger and signatures name a case."""
    return f"case {case.label}"


def case_hash(case: Case) -> str:
    """SHA-256 of the whole case at its version."""
    return digest({"case": encode(case)})


def require_signature(signature: Signature | None, person: Person, wanted: ToSign) -> Signature:
    """The signature, if it is the person's own and under what is wanted.

    Raises:
        SignatureMissing: there is none, or it says or covers something else.
    """
    said = MEANINGS[wanted.meaning].words
    if signature is None:
        raise SignatureMissing(f"This step needs your signature: “{said}”")
    if signature.person_id != person.id or signature.meaning is not wanted.meaning:
        raise SignatureMissing(f"The signature is not your own or says something else; sign: “{said}”")
    if (signature.record, signature.record_hash) != (wanted.record, wanted.record_hash):
        raise SignatureMissing("The case or the step has changed since you signed; look at it again and sign it anew.")
    return signature
