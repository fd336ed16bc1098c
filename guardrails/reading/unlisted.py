"""Knows a medicine that no table lists by the shape of its name, or by its place before an amount."""

from __future__ import annotations

import re
from collections.abc import Sequence

from guardrails.numerals import Token, is_word
from guardrails.reading.amounts import COUNTED, amount_at
from guardrails.reading.ucum import MASS_LIKE, VOLUMES
from retrieval.ingredient import SALTS

STEMS = re.compile(
    r"[a-z]{2}(?:cillin|mycin|micin|conazole|prazole|nidazole|pril|sartan|olol|statin|zepam|zolam|mab|tinib|ciclib|vir"
    r"|floxacin|cycline|dipine|triptan|gliptin|gliflozin|glitazone|parin|xaban|setron|lukast|barbital|curium|semide"
    r"|thiazide|phylline|terol|asone|olone|esonide|codone|morphine|clone|profen|glutide|gabalin|oxetine|triptyline)\Z"
)
"""Stems of international names (WHO, Stem Book 2024) that no other English word ends in."""


_ORDINARY = re.compile(
    r"(?:ly|ing|ed|ions?|ment|mum|mal|doses?|dosages?)\Z|\A(?:start|begin|initiate|administer|inject|infuse|apply|"
    r"insert|instill?|inhale|swallow|dissolve|place|spray|adults?|children|increase|decrease|reduce|titrate|about|taper|"
    r"using|under|above|below|between|every|after|before|until|within|doses?|tablets?|capsules?|elderly|infants?|"
    r"maintain|continue|switch|change|repeat|bolus|extra|other|another|those|these|their|where|which|there|either|"
    r"table|figure|section|study|phase|stage|grade|class|chart|panel|cohort|option|cycle|visit|group|"
    r"usual|first|total|daily|weekly|least|often|total|range|limit|patients?|women|neonates?|initial|starter|equal)\Z"
)
"""Words before an amount that are no names."""
_ACIDS_OF_THE_BODY = frozenset({"nucleic", "gastric", "lactic", "hydrochloric"})
_OF_A_NAME = frozenset({"resistant", "sensitive", "susceptible", "allergic", "dependent", "refractory"})
DOSE_UNITS = MASS_LIKE | VOLUMES | COUNTED | {"mg.min/mL"}
"""Units of an amount that is a dose."""
Name = tuple[str, int]
"""The name in lower case, and the position after it."""


def unlisted(tokens: Sequence[Token], at: int) -> Name | None:
    """A medicine that no table lists, known by the stem of its name ("flucloxacillin") or by "co-"."""
    word = tokens[at].text.lower()
    if word == "co" and is_word(tokens, at + 1, "-") and at + 2 < len(tokens) and len(tokens[at + 2].text) > 5:
        return f"co-{tokens[at + 2].text.lower()}", at + 3
    if is_word(tokens, at + 1, "acid") and word.endswith("ic") and len(word) > 5 and word not in _ACIDS_OF_THE_BODY:
        return f"{word} acid", at + 2
    if not STEMS.search(word):
        return None
    after = at + 1
    while is_word(tokens, after, "-", "/") and after + 1 < len(tokens) and _is_second_name(tokens, after):
        word, after = f"{word}{tokens[after].text}{tokens[after + 1].text.lower()}", after + 2
    return word, after


def _is_second_name(tokens: Sequence[Token], at: int) -> bool:
    """ "piperacillin-tazobactam", but not "penicillin-resistant": what follows the hyphen here is a name too."""
    word = tokens[at + 1].text.lower()
    touch = tokens[at - 1].end == tokens[at].start and tokens[at].end == tokens[at + 1].start
    return touch and len(word) > 5 and word.isalpha() and not _ORDINARY.search(word) and word not in _OF_A_NAME


def by_place(tokens: Sequence[Token], at: int) -> Name | None:
    """The first word of an instruction, directly before an amount, is the medicine unless it is a word of dosing."""
    word = tokens[at].text.lower()
    starts = at == 0 or tokens[at - 1].text in {",", ":"}
    if not starts or at + 1 >= len(tokens) or len(word) < 5 or not word.isalpha() or _ORDINARY.search(word):
        return None
    after = at + (2 if is_part_of_name(tokens[at + 1].text) else 1)
    read = amount_at(tokens, after) if after < len(tokens) and tokens[after].kind == "number" else None
    dosed = read is not None and read.unit in DOSE_UNITS
    name = " ".join(token.text.lower() for token in tokens[at:after])
    return (name, after) if dosed else None


def is_part_of_name(word: str) -> bool:
    """ "Humulin I", "hyoscine butylbromide": a letter or a salt behind a name."""
    salt = word.lower() in SALTS or word.lower().endswith(("bromide", "chloride", "sulfate", "sulphate"))
    return salt or (len(word) == 1 and word.isupper())
