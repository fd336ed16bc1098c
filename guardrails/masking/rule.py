"""A rule that finds one kind of identifier, and words that several rules share."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from guardrails.masking.kinds import Kind


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern whose group `value` is the identifier, and a test that a match must pass besides."""

    kind: Kind
    pattern: re.Pattern[str]
    accept: Callable[[re.Match[str]], bool] = lambda _found: True


MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
YEAR = r"(?:(?:19|20)\d\d|['’]\d\d\b)"
# "May 10 mg be given?" and "10/12/25 mg" are doses.
NO_UNIT = (
    r"(?![\d/]|\s?(?:mg|mcg|µg|g|kg|ml|mL|L|mEq|units?|IU|%|tablets?|capsules?|mmol|times|h|hours?|weeks?|days?"
    r"|doses?)\b)"
)
CAPITAL = r"[A-ZÀ-Þ][a-zà-ÿ'’]+(?:[A-Z][a-z]+)?"
INITIAL = r"[A-Z]\."
# First words of what looks like the name of a site or a person and is none.
_ORDINARY_WORDS = """
    the a an at in our this my your local outpatient inpatient community university teaching general children
    pain anticoagulation diabetes sleep memory urgent primary specialty psychiatric public private rural
    regional walk vitamin hepatitis type class grade group stage factor protein influenza child phase table
    section part step category what which how is are can does do should when patient patients with for and or
    of to stevens-johnson guillain-barr hour hours day days week weeks month months year baseline visit least
    most cycle level dose doctor dr mr mrs ms prof high low january february march april may june july august
    september october november december
"""
ORDINARY = frozenset(_ORDINARY_WORDS.split())


def is_no_ordinary_word(found: re.Match[str]) -> bool:
    """Whether the first word of the value may begin a name."""
    return found["value"].split()[0].lower() not in ORDINARY
