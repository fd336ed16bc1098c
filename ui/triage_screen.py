"""Finds reactions in a text, as the desk takes it: the rules of `guardrails.adverse_event` as reports by patient."""

from __future__ import annotations

from guardrails.adverse.report import AdverseFindings, AdverseMention, AdverseReport, PatientWords, Reporter, Words
from guardrails.adverse_event import notice
from retrieval.medicines import Medicines


def screened(text: str, medicines: Medicines) -> AdverseFindings:
    """What the text reports, as one patient's."""
    found = tuple(
        AdverseMention(each.medicine, each.medicine_span, each.event, each.event_span, each.quote)
        for each in notice(text, medicines)
    )
    if not found:
        return AdverseFindings()
    teller = Words(Reporter.UNKNOWN.value, (0, 0))
    return AdverseFindings((AdverseReport((0, len(text)), PatientWords(), teller, found),))
