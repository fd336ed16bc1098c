"""Who a text is about and who tells it: age, sex, pregnancy, weight, the reporter, and where one patient ends."""

from __future__ import annotations

import re
from itertools import pairwise

from guardrails.adverse.report import PatientWords, Reporter, Span, Words
from guardrails.adverse.signs import in_span, signs
from retrieval.sentences import sentences

_UNITS = {"y": "a", "m": "mo", "w": "wk", "d": "d"}
_AGE = re.compile(
    r"\b(?P<n>\d{1,3})[\s-]*(?P<unit>years?|yrs?|months?|mo|weeks?|wks?|days?)[\s-]*(?:old\b|of age\b)"
    r"|\b(?P<yo>\d{1,3})\s?(?:y/?o\b|yo[fm]\b|yr\b(?=\s(?:male|female|man|woman)))"
    r"|\b(?P<short>\d{1,3})\s?(?:yo?\s?)?(?P<sex>[MF])\b(?![a-z'’])"
    r"|\b(?:aged|age:?|i'?m|is|am|(?:woman|man|girl|boy|lady|gentleman|patient) of|gentleman,"
    r"|lady,)\s(?P<aged>\d{1,3})\b"
    r"(?!\s?(?:mg|mcg|g\b|ml|%|units?|tablets?|times|mmol|kg|weeks|months|days|hours|/|\.\d|x\b))"
    r"|\b(?:girl|boy|man|woman|lady)\s(?P<after>\d{1,3})\b(?!\s?(?:mg|weeks|months|days))",
    re.IGNORECASE,
)
_NUMBERS = ("n", "yo", "short", "aged", "after")
_OLDEST = 120
_WEIGHT = re.compile(r"\b(\d{1,3}(?:\.\d+)?)\s?kgs?\b(?!\s?/)", re.IGNORECASE)
_CHANGED = re.compile(r"(?:\b(?:gain|lost|lose|put on|up|down|by)\w*|/)\s*$", re.IGNORECASE)
_DENIED = re.compile(r"\b(?:not|never|no longer|isn't|wasn't)\s+(?:\w+\s)?$", re.IGNORECASE)
_LETTER = {"m": "male", "f": "female"}
_OF_PARENT = re.compile(
    r"m(?:other|um|om)|father|dad|maternal|she|hers?|wife|pregnant|breast-?fe\w+|postpartum", re.IGNORECASE
)
_GROUPS = ("neonate", "infant", "child", "adolescent", "elderly")
_WHO = (Reporter.LITERATURE, Reporter.RELATIVE, Reporter.CLINICIAN, Reporter.PATIENT)


_THE_OTHER = re.compile(r"\bthe (?:other|second|third)(?:,\s*(?:\[NAME\]|aged?\b|a\s)|\s*\[NAME\]|:)", re.IGNORECASE)
"""A patient who is only told apart by a name or an age behind: "the other, [NAME], …"."""


def parts_by_patient(text: str) -> tuple[int, ...]:
    """Where another patient may begin, 0 first: "Patient 2:", "another patient", "and my father", another age."""
    headings = [sign.span[0] for sign in signs("people", text, "heading")]
    cuts = {*headings[1:], *(sign.span[0] for sign in signs("people", text, "next"))}
    cuts |= {found.start() for found in _THE_OTHER.finditer(text)}
    cuts |= _by_person(text)
    if not cuts:
        cuts = _by_age(text)
    return (0, *sorted(at for at in cuts if at > 0))


def _by_person(text: str) -> set[int]:
    """Where another relative is named than the one before, or "and I" after a relative."""
    found = [(sign.span[0], _last_word(text, sign.span)) for sign in signs("people", text, "person")]
    return {start for (_, before), (start, person) in pairwise(found) if person != before}


def _last_word(text: str, span: Span) -> str:
    return text[slice(*span)].lower().split()[-1]


def _by_age(text: str) -> set[int]:
    cuts, last = set(), ""
    for start, end in sentences(text):
        found = _AGE.search(text, start, end)
        if found and last and found.group().lower() != last:
            cuts.add(start)
        last = found.group().lower() if found else last
    return cuts


def patient_words(text: str, span: Span) -> PatientWords:
    """What this stretch of the text says of its patient.

    Raises:
        RuleInvalid: the table of people cannot be read.
    """
    said = {kind: place for kind, place in _said(text, span).items() if not _DENIED.search(text[: place[0]][-25:])}
    pregnancy = next((Words(kind, said[kind]) for kind in ("pregnant", "breastfeeding") if kind in said), None)
    return PatientWords(_age(text, span, said), _sex(text, span, said), pregnancy, _weight(text, span))


def _said(text: str, span: Span) -> dict[str, Span]:
    """The first place of each kind of people.yaml in the stretch."""
    found: dict[str, Span] = {}
    for sign in in_span("people", text, span):
        found.setdefault(sign.kind, sign.span)
    return found


def _age(text: str, span: Span, said: dict[str, Span]) -> Words | None:
    for found in _AGE.finditer(text, *span):
        number = int(next(found.group(name) for name in _NUMBERS if found.group(name)))
        unit = _UNITS[(found.group("unit") or "y")[0].lower()]
        if unit != "a" or number <= _OLDEST:
            return Words(f"{number} {unit}", found.span())
    return next((Words(group, said[group]) for group in _GROUPS if group in said), None)


def _sex(text: str, span: Span, said: dict[str, Span]) -> Words | None:
    for found in _AGE.finditer(text, *span):
        if letter := found.group("sex"):
            return Words(_LETTER[letter.lower()], (found.end() - 1, found.end()))
    baby = "neonate" in said or "infant" in said
    for sign in in_span("people", text, span):
        # The mother of a baby is not the patient.
        if sign.kind in _LETTER.values() and not (baby and _OF_PARENT.fullmatch(text, *sign.span)):
            return Words(sign.kind, sign.span)
    return None


def _weight(text: str, span: Span) -> Words | None:
    for found in _WEIGHT.finditer(text, *span):
        if not _CHANGED.search(text[max(0, found.start() - 12) : found.start()]):
            return Words(f"{found.group(1)} kg", found.span())
    return None


def reporter_words(text: str, span: Span) -> Words:
    """Who tells it, and by which words; `UNKNOWN` with an empty place where nothing says so.

    A relative says "my mother", a clinician "pt" or "my patient" or writes in shorthand, a patient "I". What the
    stretch itself says counts first, then the whole text.
    """
    for start, end in (span, (0, len(text))):
        said = _said(text, (start, end))
        for reporter in _WHO:
            if place := said.get(reporter.value):
                return Words(reporter.value, place)
    return Words(Reporter.UNKNOWN.value, (span[0], span[0]))
