"""The words that limit a number (maximum, at least …) and those that say which change it belongs to (start …)."""

from __future__ import annotations

import re
from enum import StrEnum


class Bound(StrEnum):
    """What a number limits. `PLAIN` where no word says so."""

    PLAIN = "exactly"
    AT_MOST = "at most"
    AT_LEAST = "at least"
    LESS = "less than"
    MORE = "more than"
    OVER = "over"
    WITHIN = "within"


_WINDOW = 140
"""Characters before a number in which its bound may stand; "the maximum recommended daily dose in adults is" fits."""

# In the order in which they are tried: a longer phrase before the shorter one that is inside it.
_BEFORE = re.compile(
    r"(?P<AT_MOST>\b(?:less|fewer|lower|younger)\s+than\s+or\s+equal\s+to"
    r"|\b(?:maxim(?:um|al)|max\b|highest|up to|at most|at or (?:below|under)|ceiling|limit(?:ed)?\s+to)|≤|<="
    r"|\bcap(?:ped)?\s+(?:at|of)\b|\bupper\s+limit\b"
    r"|\b(?:no|not|never)\s+(?:to\s+be\s+|be\s+)?(?:more|greater|higher|longer|older|larger|above|over|beyond)\b(?:\s+than)?"
    r"|\b(?:not|never|without)\s+(?:to\s+)?(?:be\s+)?exceed\w*(?:\s+(?:the|a)(?:\s+\w+){0,2}\s+max\w*(?:\s+\w+){0,3}?\s+of\b)?"
    r"|\b(?:not|never)\s+(?:to\s+)?(?:go|rise|be\s+(?:taken|given|raised|increased|dosed))\s+(?:to\s+|at\s+)?"
    r"(?:above|beyond|(?:more|higher|greater)\s+than)\b|\b(?:not|never)\s+(?:to\s+)?go\s+over\b"
    r"|\blimit(?:ed|ing)?\s+(?:[\w-]+\s+){1,3}?to(?=\s*$)"
    r"|\b(?:not|never)\s+(?:be\s+)?(?:take|taken|taking|give|given|use|used|receive|administer(?:ed)?)\s+more\s+than\b)"
    r"|(?P<AT_LEAST>\b(?:greater|more|higher|older)\s+than\s+or\s+equal\s+to"
    r"|\bfrom\s+(?:the\s+)?age\s+(?:of\s+)?$"
    r"|\b(?:at least|at or above|minim(?:um|al))\b|≥|>="
    r"|\b(?:no|not)\s+(?:to\s+be\s+|be\s+)?(?:less|fewer|lower|younger|shorter|sooner|earlier|smaller)\s+than\b)"
    r"|(?P<LESS>\b(?:less|fewer|lower|younger|shorter|smaller)\s+than\b|\bbelow\b|\bunder\b(?!\s+the\b)|<)"
    r"|(?P<MORE>\b(?:more|greater|higher|older|longer|larger)\s+than\b|\babove\b|\bbeyond\b"
    r"|\bexceed\w*|\bin excess of\b|>)"
    r"|(?P<OVER>\bover\b)"
    r"|(?P<WITHIN>\bwithin\b)",
    re.IGNORECASE,
)
# "4 g (maximum)" and "4 g is the maximum daily dose", but not "0.3 mg/kg (maximum 20 mg)".
_ENDS = r"(?:\s+(?:recommended|total|daily|single|dose|dosage))*(?=\s*(?:[),.;]|\Z))"
_ADVERB = r"(?:of age\s+|in age\s+)?"
_AFTER = re.compile(
    r"\s*,?\s*(?:"
    rf"{_ADVERB}(?P<AT_LEAST>(?:or|and)\s+(?:more|older|above|over|up|greater|higher|longer|heavier)\b"
    rf"|\(?(?:is\s+|as\s+)?(?:the\s+|a\s+)?minimum\b{_ENDS})"
    r"|(?P<NAMED>is\s+the\s+(?:recommended\s+|total\s+|daily\s+|usual\s+|absolute\s+)*(?:maxim(?:um|al)|highest)\s+"
    r"(?:(?:recommended|human|total|daily|single|usual)\s+)*dos(?:e|age)\s+(?:of|for|in)\b)"
    rf"|{_ADVERB}(?P<AT_MOST>(?:or|and)\s+(?:less|younger|below|under|fewer|lower|shorter)\b"
    rf"|\(?(?:is\s+|as\s+)?(?:the\s+|a\s+)?(?:recommended\s+|total\s+|daily\s+|usual\s+|absolute\s+)*(?:max(?:imum)?|highest)\b{_ENDS}"
    r"|(?:(?!and\b|or\b|but\b)[A-Za-z]{1,20}\s+){0,5}?(?:should|must|may|can|is|are)\s+(?:not|never)\s+(?:to\s+)?be\s+exceeded\b))",
    re.IGNORECASE,
)
_CHANGE = re.compile(
    r"\b(?:(?P<start>start\w*|initi(?:al|ate|ation)\w*|initiating|begin\w*|began|begun)"
    r"|(?P<maintain>mainten\w*|maintain\w*)"
    r"|(?P<load>loading)"
    r"|(?P<increase>increas\w*|(?:go|goes|going|went|gone)\s+up|rais(?:e|ed|ing)|escalat\w*|doubl(?:e|ed|ing))"
    r"|(?P<decrease>decreas\w*|(?:go|goes|going|went|gone)\s+down|reduc\w*|lower(?:ed|ing)?(?!\s+(?:respir|urin|limb|leg|extrem|abdom|back|body|airway))|cut"
    r"|taper\w*|halv\w*)"
    r"|(?P<stop>stop\w*|discontinu\w*|withdr[ae]w\w*|withh[eo]ld\w*|interrupt\w*|ceas\w*))\b(?!\s+than)",
    re.IGNORECASE,
)
_NAMED_DOSE = re.compile(
    r"\s+(?:\w+\s+)?(?:(?P<load>loading)|(?P<start>starting|initial)|(?P<maintain>maintenance))\s+dos", re.IGNORECASE
)
_STEP = re.compile(
    r"\b(by|to)\s+(?:(?:about|approximately|approx\.?|a|an|another|up to)\s+)*$",
    re.IGNORECASE,
)
BOUND_WORDS = _BEFORE
"""Any word that bounds a number after it."""

_CLAUSE = re.compile(r"[;\n]|(?<!approx)[.!?](?=\s)")


def clause_ends(text: str) -> list[int]:
    """Positions after which words no longer belong to a number that follows."""
    return [found.end() for found in _CLAUSE.finditer(text)]


def bound_of(text: str, before: tuple[int, int], after: tuple[int, int]) -> tuple[Bound, tuple[int, int]]:
    """The bound of the number between the two stretches of text, and the place of the words that set it."""
    following = _AFTER.match(text, after[0])
    if following and following.end() <= after[1]:
        return _named(following)
    found = _last(_BEFORE, text, before)
    return _named(found) if found else (Bound.PLAIN, (0, 0))


def _last(pattern: re.Pattern[str], text: str, place: tuple[int, int]) -> re.Match[str] | None:
    """The match nearest to the end of the place, no further from it than the window."""
    found = list(pattern.finditer(text, max(place[0], place[1] - _WINDOW), place[1]))
    return found[-1] if found else None


def _named(found: re.Match[str]) -> tuple[Bound, tuple[int, int]]:
    name = str(found.lastgroup)
    return Bound.AT_MOST if name == "NAMED" else Bound[name], found.span(name)


def change_of(text: str, before: tuple[int, int]) -> str:
    """The change that the number belongs to: the last such word before it, and whether it is by or to that amount."""
    named = _NAMED_DOSE.match(text, before[0])
    found = _last(_CHANGE, text, (named.end(), before[1]) if named else before)
    if found is None:
        return ""
    step = _STEP.search(text, found.end(), before[1])
    return f"{found.lastgroup} {step.group(1).lower()}" if step else str(found.lastgroup)


def change_after(text: str, end: int) -> str:
    """The change that the words behind a number name: "300 mg loading dose"."""
    found = _NAMED_DOSE.match(text, end)
    return str(found.lastgroup) if found else ""


def changes_in(text: str) -> frozenset[str]:
    """Every change that the text speaks of: start, maintain, load, increase, decrease, stop."""
    return frozenset(str(found.lastgroup) for found in _CHANGE.finditer(text))


_NOUN = re.compile(r"\b(?:maxim(?:um|al)|minim(?:um|al)|max|highest|ceiling)\b", re.IGNORECASE)
_STRENGTH = re.compile(
    r"\s+(?:film[- ]coated\s+|oral\s+|chewable\s+)?(?:tab(?:let)?s?|cap(?:sule)?s?|caplets?|vials?|pens?"
    r"|patch(?:es)?)\b",
    re.IGNORECASE,
)
_INSIDE = re.compile(r"\bor\s+(more|fewer|less)\b", re.IGNORECASE)
_DOSE_UNITS = frozenset({"ng", "mcg", "mg", "g", "mL"})
_FAR = 200
"""Characters before a number in which a noun such as "maximum" may bound it, past ages and strengths."""


def of_whom(text: str, unit: str, end: int) -> bool:
    """Whether the amount that ends here is an age, a clearance or the strength of a product: no maximum is its own."""
    is_strength = unit in _DOSE_UNITS and bool(_STRENGTH.match(text, end))
    return is_strength or unit.partition("/")[0] in {"yr", "mo"} or unit.startswith("mL/min")


def bound_at(
    text: str, before: tuple[int, int], after: tuple[int, int], noun_from: int
) -> tuple[Bound, tuple[int, int]]:
    """The bound of an amount. "Maximum dose in children 6 to 11 years: 5 tablets" bounds the tablets, not the years.

    `noun_from` is where such a noun may stand for this amount, -1 where none may bound it.
    """
    inside = _INSIDE.search(text, before[1], after[0])
    if inside:
        return (Bound.AT_LEAST if inside.group(1).lower() == "more" else Bound.AT_MOST), (0, 0)
    bound, cue = bound_of(text, before, after)
    if noun_from < 0:
        return (Bound.PLAIN, (0, 0)) if _NOUN.search(text, *cue) else (bound, cue)
    if bound is Bound.PLAIN and noun_from < before[0]:
        nouns = list(_NOUN.finditer(text, max(noun_from, before[1] - _FAR), before[0]))
        if nouns:
            return bound_of(text, nouns[-1].span(), (after[1], after[1]))
    return bound, cue
