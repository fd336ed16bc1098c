"""Writes the examples of reviewed turns to a file for other programs, and says in the ledger who did."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import date
from hashlib import sha256
from pathlib import Path

from assistant.chain import Deed, EntryKind
from assistant.ledger import Ledger
from assistant.people import Person
from finetune.select import Selection
from ui.errors import NotWritten


def write_examples(path: Path, selection: Selection, person: Person, ledger: Ledger) -> str:
    """Write one JSON object a line; the SHA-256 of the file. Raises `NotWritten`.

    The ledger's entry comes first: a file that left without an entry would be worse than an entry without its file.
    """
    lines = (json.dumps(asdict(each), ensure_ascii=False, default=_plain) for each in selection.examples)
    content = "".join(f"{line}\n" for line in lines).encode()
    hashed = sha256(content).hexdigest()
    number = len(selection.examples)
    said = f"{number} examples of reviewed turns were exported; {len(selection.left_out)} turns were left out."
    facts = {"sha256": hashed, "reviews": selection.content_hash, "examples": str(number)}
    ledger.record(Deed(EntryKind.EXPORTED, person.user_name, "reviewed turns", said, facts))
    try:
        path.write_bytes(content)
    except OSError as error:
        raise NotWritten(f"{path} cannot be written: {error.strerror}.") from error
    return hashed


def _plain(value: object) -> str:
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} is no JSON")
