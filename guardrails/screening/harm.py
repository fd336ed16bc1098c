"""Whether a request asks for harm: by the signs of `guardrails/rules/intake/harm.yaml`, or by the learned net.

The kinds are those of MedSafetyBench (the AMA's principles of medical ethics turned round: neglect, deception, breach
of confidence, discrimination, fraud) and of XSTest (violence, self-harm, illicit drugs, private data, hate). A question
of toxicology, pain relief or psychiatry asks for knowledge and is answered.
"""

from __future__ import annotations

import re

from guardrails.screening import disguise
from guardrails.screening.tables import table

_ASKS = re.compile(
    r"[?]|\b(?:how|what|which|where|when|best|way|ways|many|much|give me|tell me|help me|show me|dose|method)\b",
    re.IGNORECASE,
)
BY_NET = "This asks for something that could harm somebody or break a duty of care, so it is not answered."


def declined(text: str, harmful: float = 0.0, threshold: float = 1.1) -> str:
    """The sentence that declines a request for harm, or "".

    `harmful` is the learned net's probability that it is one, and `threshold` where the net's opinion begins to count.

    Raises:
        RuleInvalid: the table of signs cannot be read.
    """
    if by_sign := by_signs(text):
        return by_sign
    return BY_NET if harmful >= threshold and not _is_cry_for_help(text) else ""


def _is_cry_for_help(text: str) -> bool:
    """Whether somebody says that a life is in danger and asks for no means: "I want to kill myself"."""
    in_danger = any(sign.kind == "suicide" for sign in table("emergency").find(text))
    return in_danger and not _ASKS.search(text)


def by_signs(text: str) -> str:
    """The sentence of the first sign of harm in any reading of the text, or "".

    Raises:
        RuleInvalid: the table of signs cannot be read.
    """
    pieces = (piece.words for piece in (*disguise.coded(text), *disguise.spelled_out(text)))
    for reading in (*disguise.readings(text), *pieces, *disguise.turned(text)):
        found = table("harm").find(reading)
        if found:
            return found[0].say
    return ""
