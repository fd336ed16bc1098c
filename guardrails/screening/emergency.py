"""Whether somebody needs help before any answer: the notices that are shown first.

The signs are in `guardrails/rules/intake/emergency.yaml`. They lean towards people who describe what is happening. A
general question about overdose, anaphylaxis or suicide raises nothing: a notice that is always there is not read.
"""

from __future__ import annotations

from guardrails.screening.tables import table

GENERAL = "If somebody is in danger now, call the emergency number or a poison centre; do not wait for this answer."
CERTAIN = 0.8
"""How sure the learned net must be that something is happening now, where no sign says so."""


def notices(text: str, urgent: float = 0.0) -> tuple[str, ...]:
    """The sentences to show above the answer, each once, in the order of the table.

    `urgent` is the learned net's probability that something is happening now. It knows no kinds: its notice is general.

    Raises:
        RuleInvalid: the table cannot be read.
    """
    found = tuple(dict.fromkeys(sign.say for sign in table("emergency").find(text)))
    return found or ((GENERAL,) if urgent >= CERTAIN else ())


def notice(kind: str) -> str:
    """The sentence of one kind of emergency ("overdose", "suicide", ...).

    Raises:
        KeyError: there is no such kind.
    """
    return table("emergency").says(kind)
