"""Reads for whom a dose is, from the words of a text: age, weight, kidneys, liver, sex, pregnancy, lactation.

Only what the words say: "adults" is from 18 years on, "children" below 18, "the elderly" from 65. Grades of renal
impairment are those of FDA, Pharmacokinetics in Patients with Impaired Renal Function (guidance, March 2024): mild 60
to 89, moderate 30 to 59, severe below 30 mL/min.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from guardrails.patient import years


@dataclass(frozen=True, slots=True)
class Interval:
    """From `low` (included) to `high` (excluded); None is open."""

    low: Decimal | None = None
    high: Decimal | None = None

    def holds(self, value: Decimal) -> bool:
        """Whether the value lies inside."""
        return (self.low is None or value >= self.low) and (self.high is None or value < self.high)

    def meets(self, other: Interval) -> bool:
        """Whether the two have a value in common."""
        below = self.high is not None and other.low is not None and self.high <= other.low
        above = self.low is not None and other.high is not None and self.low >= other.high
        return not below and not above

    def is_within(self, other: Interval) -> bool:
        """Whether every value of this one lies in the other."""
        low = other.low is None or (self.low is not None and self.low >= other.low)
        return low and (other.high is None or (self.high is not None and self.high <= other.high))


@dataclass(frozen=True, slots=True)
class Whom:
    """The people that a dose is for. Ages in years, weights in kg, kidney function in mL/min; None: nothing is said."""

    age: Interval | None = None
    weight: Interval | None = None
    kidneys: Interval | None = None
    hepatic: frozenset[str] = frozenset()
    dialysis: bool | None = None
    sex: str | None = None
    pregnant: bool | None = None
    breastfeeding: bool | None = None


_N = r"(\d+(?:[.,]\d+)?)"
_BARE_AGE = re.compile(r"\b(?:age|aged|ages)\s+(?:of\s+)?(\d+)(?!\s*(?:to\b|[-–\d]|years?|months?|weeks?|days?))", re.I)
_AGE_UNIT = r"\s*[- ]?(years?|yrs?|y|months?|mo|weeks?|wks?|days?)\b"
_KG = r"\s*kg\b(?!\s*/)"
_RENAL = r"\s*(?:ml|mL)\s*/\s*min"
_TO = r"\s*(?:to|-|–|and|through)\s*"
_LESS = r"(?:under|below|less than|younger than|lighter than|lower than|<)\s*"
_MOST = r"(?:≤|<=|up to|at most|less than or equal to|no more than|no older than|\bto)\s*"
_MORE = r"(?:over|above|more than|older than|greater than|heavier than|exceeding|>)\s*"
_LEAST = r"(?:≥|>=|at least|from|greater than or equal to|or more)\s*"
_OR_MORE = r"\s*(?:of age)?\s*(?:and|or)\s*(?:older|over|above|up|more|greater|higher|heavier)\b"
_OR_LESS = r"\s*(?:of age)?\s*(?:and|or)\s*(?:younger|under|below|less|fewer|lower|lighter)\b"
_UNIT_CODES = {"y": "a", "m": "mo", "w": "wk", "d": "d"}


def _spans_of(unit: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """The ways to write a span of one measure, the longest first."""
    first = rf"{_N}(?:{unit})?"
    written = (
        ("between", rf"(?:[≥>]=?\s*)?{first}(?:\s*(?:of age)?){_TO}(?:[≤<]=?\s*|less than\s*)?{_N}{unit}"),
        ("least", rf"{_LEAST}{_N}{unit}"),
        ("most", rf"{_MOST}{_N}{unit}"),
        ("least", rf"{_N}{unit}{_OR_MORE}"),
        ("most", rf"{_N}{unit}{_OR_LESS}"),
        ("less", rf"{_LESS}{_N}{unit}"),
        ("more", rf"{_MORE}{_N}{unit}"),
        ("exactly", rf"{_N}{unit}"),
    )
    return tuple((kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in written)


_AGES, _WEIGHTS = _spans_of(_AGE_UNIT), _spans_of(_KG)
_KIDNEYS = _spans_of(rf"(?:{_RENAL})?")
_KIDNEY_WORDS = re.compile(r"\b(?:cr ?cl|clcr|creatinine clearance|e?gfr|glomerular filtration rate|clearance)\b", re.I)
_GRADES = (
    (re.compile(r"\bmild[^.;,]{0,30}\b(?:renal|kidney)", re.I), Interval(Decimal(60), Decimal(90))),
    (re.compile(r"\bmoderate[^.;,]{0,30}\b(?:renal|kidney)", re.I), Interval(Decimal(30), Decimal(60))),
    (re.compile(r"\bsevere[^.;,]{0,30}\b(?:renal|kidney)", re.I), Interval(Decimal(0), Decimal(30))),
    (re.compile(r"\bnormal (?:renal|kidney)", re.I), Interval(Decimal(60))),
    (re.compile(r"\bend[- ]stage (?:renal|kidney)", re.I), Interval(Decimal(0), Decimal(15))),
    (re.compile(r"\b(?:renal|kidney) (?:impairment|insufficiency|failure|disease)", re.I), Interval(None, Decimal(90))),
)
ADULTS, CHILDREN = Interval(Decimal(18)), Interval(Decimal(0), Decimal(18))
_GROUPS = (
    (re.compile(r"\b(?:adults?|men|man|wom[ae]n)\b", re.I), ADULTS),
    (re.compile(r"\b(?:elderly|geriatric|older (?:adults|people|patients))\b", re.I), Interval(Decimal(65))),
    (re.compile(r"\b(?:neonat\w*|newborns?)\b", re.I), Interval(Decimal(0), years(Decimal(28), "d"))),
    (re.compile(r"\binfants?\b", re.I), Interval(Decimal(0), Decimal(1))),
    (re.compile(r"\b(?:adolescents?|teenagers?)\b", re.I), Interval(Decimal(12), Decimal(18))),
    (
        re.compile(
            r"\b(?:child(?![- ]pugh)|children|p(?:a)?ediatrics?|kids?|toddlers?|bab(?:y|ies)|boys?|girls?)\b", re.I
        ),
        CHILDREN,
    ),
)
_HEPATIC = re.compile(r"\b(?:hepatic|liver|cirrho\w*|child[- ]pugh)\b", re.I)
_CLASSES = re.compile(r"child[- ]pugh\s*(?:class(?:es)?\s*)?\(?([ABC])\b(?:\s*(?:,|or|and|/|to|-)\s*([ABC])\b)?", re.I)
_HEPATIC_GRADES = (
    ("A", re.compile(r"\bmild[^.;,]{0,20}\b(?:hepatic|liver)", re.I)),
    ("B", re.compile(r"\bmoderate[^.;,]{0,20}\b(?:hepatic|liver)", re.I)),
    ("C", re.compile(r"\bsevere[^.;,]{0,20}\b(?:hepatic|liver)", re.I)),
)
_NO = r"(?<!not )(?<!non-)(?<!non)"
_DIALYSIS = re.compile(rf"\b{_NO}(?:haemo|hemo)?dialys\w*", re.I)
_PREGNANT = re.compile(rf"\b{_NO}pregnan\w*", re.I)
_NURSING = re.compile(rf"\b{_NO}(?:breast[- ]?fe\w*|lactat\w*|nursing)", re.I)
_FEMALE, _MALE = re.compile(r"\b(?:women|woman|females?)\b", re.I), re.compile(r"\b(?:men|man|males?)\b", re.I)


@lru_cache(maxsize=4096)
def whom(text: str) -> Whom:
    """Whom the words are about; a field that they do not speak of is None or empty."""
    female, male = bool(_FEMALE.search(text)), bool(_MALE.search(text))
    return Whom(
        age=_age(text),
        weight=_hull(_read(text, _WEIGHTS)),
        kidneys=_kidneys(text),
        hepatic=_hepatic(text),
        dialysis=True if _DIALYSIS.search(text) else None,
        sex=None if female == male else "female" if female else "male",
        pregnant=True if _PREGNANT.search(text) else None,
        breastfeeding=True if _NURSING.search(text) else None,
    )


def group_age(text: str) -> Interval | None:
    """The ages of the one group that the words name ("in adults"); None where they name none, or several."""
    named = [group for pattern, group in _GROUPS if pattern.search(text)]
    return named[0] if len(named) == 1 else None


def _age(text: str) -> Interval | None:
    """Ages in figures win over words; "children of 10 years and older" ends at 18, "adults and children …" does not."""
    figures = _read(_BARE_AGE.sub(r"\1 years", text), _AGES)
    named = [group for pattern, group in _GROUPS if pattern.search(text)]
    if not figures:
        return _hull(named)
    found = _hull(figures)
    if found is None or found.high is not None or ADULTS in named:
        return found
    young = found.low is not None and found.low < 18
    return Interval(found.low, Decimal(18)) if young and named and all(one.high for one in named) else found


def _kidneys(text: str) -> Interval | None:
    word = _KIDNEY_WORDS.search(text)
    if word:
        found = _hull(_read(text[word.end() : word.end() + 60], _KIDNEYS)[:1])
        if found is not None:
            return found
    return next((grade for pattern, grade in _GRADES if pattern.search(text)), None)


def _hepatic(text: str) -> frozenset[str]:
    if not _HEPATIC.search(text):
        return frozenset()
    classes = {found.upper() for match in _CLASSES.finditer(text) for found in match.groups() if found}
    graded = {grade for grade, pattern in _HEPATIC_GRADES if pattern.search(text)}
    return frozenset(classes or graded or "ABC")


def _read(text: str, patterns: Iterable[tuple[str, re.Pattern[str]]]) -> list[Interval]:
    """Every span, each stretch of text once."""
    found: list[Interval] = []
    for kind, pattern in patterns:
        for match in pattern.finditer(text):
            found.append(_interval(kind, match))
        text = pattern.sub(lambda each: " " * len(each.group()), text)
    return found


def _interval(kind: str, match: re.Match[str]) -> Interval:
    numbers = [group for group in match.groups() if group and group[0].isdigit()]
    words = [group for group in match.groups() if group and group[0].isalpha()]
    unit = _UNIT_CODES.get(words[-1][0].lower(), "a") if words else ""
    sizes = [_size(number, unit) for number in numbers]
    step = years(Decimal(1), unit) if unit else Decimal(0)
    low, high = sizes[0], sizes[-1]
    ends = {
        "between": Interval(low, high + (step or Decimal("0.001"))),
        "least": Interval(low),
        "more": Interval(low),
        "most": Interval(None, low + (step or Decimal("0.001"))),
        "less": Interval(None, low),
        "exactly": Interval(low, low + (step or Decimal("0.001"))),
    }
    return ends[kind]


def _size(number: str, unit: str) -> Decimal:
    value = Decimal(number.replace(",", "."))
    return years(value, unit) if unit else value


def _hull(found: Iterable[Interval]) -> Interval | None:
    """The smallest span that holds them all."""
    spans = list(found)
    if not spans:
        return None
    lows, highs = [one.low for one in spans if one.low is not None], [one.high for one in spans if one.high is not None]
    low = min(lows) if len(lows) == len(spans) else None
    return Interval(low, max(highs) if len(highs) == len(spans) else None)
