"""A person's signature that a frozen dataset may be trained on: bound to the dataset's hash, stored with its entry."""

from __future__ import annotations

from assistant.accounts import Accounts
from assistant.chain import digest
from assistant.ledger import Ledger
from assistant.people import Meaning, Signature
from assistant.signing import keep_signature, recorded_signatures_of
from finetune.errors import SnapshotInvalid
from finetune.example import Snapshot


def dataset_record(snapshot: Snapshot) -> str:
    """How signatures name a dataset."""
    return f"dataset {snapshot.id}"


def dataset_hash(snapshot: Snapshot) -> str:
    """What a signature under a dataset is bound to: its id is the hash of all of it."""
    return digest({"dataset": snapshot.id, "files": dict(snapshot.files)})


def approve(
    snapshot: Snapshot, ledger: Ledger, accounts: Accounts, user_name: str, password: str, shown: str = ""
) -> Signature:
    """Sign that a dataset may be trained on. `shown` is the hash of what the signer was shown.

    Raises:
        SnapshotInvalid: what was shown is not what is there now.
        SignInFailed, NotAllowed: the password is wrong, or no role allows it.
    """
    hashed = dataset_hash(snapshot)
    if shown and shown != hashed:
        raise SnapshotInvalid("The dataset was changed since it was shown; read its sheet again before you sign.")
    signature = accounts.sign(user_name, password, Meaning.DATASET_APPROVED, dataset_record(snapshot), hashed)
    with ledger.writing(f"the signature under the {dataset_record(snapshot)}") as connection:
        keep_signature(connection, signature)
    return signature


def approval_of(snapshot: Snapshot, ledger: Ledger) -> Signature | None:
    """The first signature that allows training on the dataset as it is, None where there is none."""
    hashed = dataset_hash(snapshot)
    signed = recorded_signatures_of(ledger, dataset_record(snapshot))
    return next((e for e in signed if e.record_hash == hashed and e.meaning is Meaning.DATASET_APPROVED), None)
