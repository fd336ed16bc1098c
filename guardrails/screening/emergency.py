"""Whether somebody needs help before any answer: the notices that are shown first.

The signs are in `guardrails/rules/intake/emergency.yaml`. They lean towards people who describe what is happening. A
general question about overdose, anaphylaxis or suicide raises nothing: a notice that is always there is not read.
"""

from __future__ import annotations

from guardrails.screening.tables import table


def notices(text: str) -> tuple[str, ...]:
    """The sentences to show above the answer, each once, in the order of the table.

    Raises:
        RuleInvalid: the table cannot be read.
    """
    return tuple(dict.fromkeys(sign.say for sign in table("emergency").find(text)))


def notice(kind: str) -> str:
    """The sentence of one kind of emergency ("overdose", "suicide", ...).

    Raises:
        KeyError: there is no such kind.
    """
    return table("emergency").says(kind)
