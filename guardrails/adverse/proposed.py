"""Tells a medicine that is asked for ("can she have X", "X dose?") from one that is taken."""

from __future__ import annotations

import re

from guardrails.adverse.report import Span

# How it is asked for: "can she have X", "is X ok", "X dose?", "X or Y better".
_PROPOSED_BEFORE = re.compile(
    r"(?:\b(?:can|could|should|may|shall|would|to|ok to|safe to)\s+(?:i|we|she|he|they|you|the patient|my \w+"
    r"|pt)?\s*(?:also\s)?"
    r"(?:have|give|use|take|start|restart|try|add|get|prescribe|commence|begin|switch to|swap to|be given|be)"
    r"|\b(?:dose|dosing|alternative|timing) of|\b(?:switch|swap|change|convert)\w* (?:him |her |them )?(?:to"
    r"|for)|\badd|\binstead of"
    r"|(?:^|[,.;?!:]\s*|\b(?:and|so|then)\s)(?:is|are|would|will|has|consider|loaded with|treated with"
    r"|started her on|started him on|need)"
    r")"
    r"\s+(?:(?:a|an|the|some|any|iv|oral|low dose|my|her|his|regular|topical|intravenous|two|one"
    r"|\d+ ?mg)\s+)*(?:\w+ (?:or|and|vs) )?$",
    re.IGNORECASE,
)
_PROPOSED_AFTER = re.compile(
    r"\s*(?:\d\S*\s?(?:mg|mcg|g|units|%)?\s*)?(?:\w+ing\s|iv\s|oral\s|starting\s|loading\s|maintenance\s"
    r"|therapeutic\s|(?:or|and|vs)\s\w+\s?)*"
    r"(?:ok\b|okay|safe|enough|better|dose|doses|dosing|prophylaxis|instead|suitable|allowed|suit|help|via\b"
    r"|settings|pca\b|please|how much|interact"
    r"|for (?:how long|(?:her|him|me)\b(?!\s\w))|\?)",
    re.IGNORECASE,
)
# "Switched to X and got …": taken after all.
_TAKEN = re.compile(
    r"\s*(?:,|and|then|but)\s+(?:then\s|now\s|i\s|he\s|she\s|has\s)?(?:got|gets|had|has|have|developed|felt"
    r"|became|started"
    r"|ended|made|threw|came|broke|went|my|his|her)\b",
    re.IGNORECASE,
)
_REACHES = 60


def is_proposed(text: str, medicine: Span, sentence: Span) -> bool:
    """Whether the words around the medicine ask for it, or for its dose."""
    before = text[max(sentence[0], medicine[0] - _REACHES) : medicine[0]]
    if _TAKEN.match(text, medicine[1], sentence[1]):
        return False
    return bool(_PROPOSED_BEFORE.search(before) or _PROPOSED_AFTER.match(text, medicine[1], sentence[1]))
