"""What the ledger notes of a case beside the case itself: its lines of history and the texts that were kept. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from assistant.chain import Deed, digest
from assistant.triage.changes import Change, history_hash
from assistant.triage.worklist import SourceText

HISTORY_HASH = "history_hash"
"""The fact that holds the hash of the lines of history that were written with the entry."""

TEXT_HASH = "text:"
"""How the fact begins that holds the hash of a kept text; its id follows."""


def with_hashes(deed: Deed, changes: Sequence[Change], texts: Sequence[SourceText]) -> Deed:
    """The deed with what proves that neither its lines of history nor the texts kept with it were changed later."""
    facts = {f"{TEXT_HASH}{each.id}": text_hash(each) for each in texts}
    if changes:
        facts[HISTORY_HASH] = history_hash(changes)
    return replace(deed, facts={**deed.facts, **facts})


def text_hash(text: SourceText) -> str:
    """SHA-256 of a text as it is kept, with its name and the hash of the original."""
    return digest({"name": text.name, "original": text.sha256, "text": text.text})
