"""Limits that change keep no name: otherwise people would sign under one that used to mean something else."""

from __future__ import annotations

from assistant.chain import EntryKind
from assistant.ledger import Ledger
from finetune.errors import ReleaseRefused
from finetune.gate import GateReport


def require_known_limits(report: GateReport, ledger: Ledger) -> None:
    """Raise `ReleaseRefused` where a candidate was judged by other limits under the name that this report has."""
    for entry in ledger.entries(kind=EntryKind.RELEASE):
        facts = entry.deed.facts
        if facts.get("gate") == report.gate and facts.get("limits", report.gate_hash) != report.gate_hash:
            raise ReleaseRefused(
                f"Candidates were judged by other limits that are called {report.gate} too (entry {entry.number} of "
                "the ledger); give the changed limits a new version."
            )
