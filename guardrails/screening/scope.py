"""Whether a question is about medicines or health at all.

Leans towards yes: a question that is wrongly let in finds no source and is refused a moment later, while one that is
wrongly turned away is lost. So one word of health or one medicine keeps any question in, and a question in a few
words ("and if they forget one?") is only turned away by a sign or by a net that is nearly certain.
"""

from __future__ import annotations

from functools import cache

from guardrails.screening.tables import table
from retrieval.medicines import Medicines

CERTAIN = 0.9
"""How sure the learned net must be that a question is about something else, in a question without a word of health."""


def mentions_health(text: str) -> bool:
    """Whether the text has a word of health, or names a medicine.

    Raises:
        RuleInvalid: the table of words cannot be read.
    """
    return any(sign.kind == "health" for sign in table("scope").find(text)) or _names_medicine(text)


def out_of_scope(text: str, elsewhere: float = 0.0) -> str:
    """The sentence that declines a question about something else, or "".

    `elsewhere` is the learned net's probability that it is out of scope.

    Raises:
        RuleInvalid: the table of signs cannot be read.
    """
    if mentions_health(text):
        return ""
    signs = table("scope").find(text)
    return table("scope").says("elsewhere") if signs or elsewhere >= CERTAIN else ""


def _names_medicine(text: str) -> bool:
    return any(mention.exact for mention in _medicines().find(text))


@cache
def _medicines() -> Medicines:
    return Medicines.load()
