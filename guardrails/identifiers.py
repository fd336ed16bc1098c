"""Finds what identifies a patient in a clinician's question: one recogniser per kind, each a pattern with its reason.

This is the first version: patterns and cues. It finds most numbers, dates, addresses and cued names, and misses bare
surnames, cities and unusual given names. The kinds follow the eighteen identifiers of HIPAA, 45 CFR 164.514(b)(2); a
year alone, an age below 90, a dose, a laboratory value and an eponym are none of them and stay as they are.

Presidio's pattern recognisers were not used here: importing them takes seconds, and a question is screened at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from guardrails.names import GIVEN_NAMES


class Kind(StrEnum):
    """What was recognised; the value is the placeholder's word."""

    EMAIL = "EMAIL"
    URL = "URL"
    IP = "IP ADDRESS"
    SSN = "SSN"
    PHONE = "PHONE"
    RECORD = "RECORD NUMBER"
    DATE = "DATE"
    ADDRESS = "ADDRESS"
    PLACE = "PLACE"
    AGE = "AGE 90+"
    NAME = "NAME"


@dataclass(frozen=True, slots=True)
class Identifier:
    """A stretch of text that identifies somebody: `text[start:end]`."""

    kind: Kind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Recogniser:
    """A pattern whose group `value` is the identifier, and a test that a match must pass besides."""

    kind: Kind
    pattern: re.Pattern[str]
    accept: Callable[[re.Match[str]], bool] = lambda _found: True


_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?"
    r"|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DAY = r"(?:0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?"
_YEAR = r"(?:(?:19|20)\d\d|['’]\d\d\b)"
# "May 10 mg be given?" and "10/12/25 mg" are doses.
_NO_UNIT = r"(?![\d/]|\s?(?:mg|mcg|µg|g|kg|ml|mL|L|mEq|units?|IU|%|tablets?|capsules?|mmol|times|h|hours?)\b)"
_TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Doctor|Prof|Professor|Nurse)\.?"
_CAPITAL = r"[A-ZÀ-Þ][a-zà-ÿ'’]+(?:[A-Z][a-z]+)?"
_INITIAL = r"[A-Z]\."
_PERSON = rf"(?:{_CAPITAL}|{_INITIAL})(?:[- ](?:{_CAPITAL}|{_INITIAL}|[A-Z]\b)){{0,2}}"
_CUED_PERSON = rf"(?:{_PERSON}|[A-Z]{{2,}}(?:,?\s[A-Z]{{2,}}){{0,2}})"
_RECORD_CUE = (
    r"(?i:MRN|medical\s+record|record|hospital|chart|account|acct|case|patient|pt|member(?:ship)?|subscriber|policy"
    r"|insurance|beneficiary|health\s+plan|plan|NHS|CHI|passport|licen[cs]e|ID)"
)
_STREET = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Place|Close|Crescent|Terrace|Square)"
)
_SITE = (
    r"(?:Hospitals?|Hosp\b|Clinic|Medical\s+Group|Infirmary|Hospice|Health\s+System"
    r"|(?:Medical|Med\.|Health|Cancer|Trauma)\s+Cent(?:er|re))"
)
_PLACE_WORD = r"(?:St\.|Med\.|[A-ZÀ-Þ][A-Za-z'’&]*[a-zà-ÿ](?:-[A-Z][a-z]+)?)"
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
_ORDINARY = frozenset(_ORDINARY_WORDS.split())


def _is_valid_ip(found: re.Match[str]) -> bool:
    return all(int(part) <= 255 for part in found["value"].split("."))


def _is_no_trial(found: re.Match[str]) -> bool:
    """Trial registers, articles and drug codes are public numbers."""
    return not re.match(r"#?(?:NCT|ISRCTN|PMID|PMC|NDC|EU|ICD|COVID|SARS)", found["value"])


def _is_given_name(found: re.Match[str]) -> bool:
    return found["given"].lower() in GIVEN_NAMES


def _is_no_ordinary_word(found: re.Match[str]) -> bool:
    return found["value"].split()[0].lower() not in _ORDINARY


def _is_month_and_day(found: re.Match[str]) -> bool:
    first, second = int(found["a"]), int(found["b"])
    return 1 <= min(first, second) <= 12 and 1 <= max(first, second) <= 31


RECOGNISERS: tuple[Recogniser, ...] = (
    # ward7@example.org
    Recogniser(Kind.EMAIL, re.compile(r"(?<![\w.+-])(?P<value>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5})")),
    Recogniser(Kind.URL, re.compile(r"(?P<value>\b(?:https?://|www\.)[^\s<>\"')\]]+)", re.IGNORECASE)),
    Recogniser(Kind.IP, re.compile(r"(?<![\d.])(?P<value>(?:\d{1,3}\.){3}\d{1,3})(?![\d.]*\d)"), _is_valid_ip),
    # 123-45-6789
    Recogniser(Kind.SSN, re.compile(r"(?<![\w-])(?P<value>\d{3}[- ]\d{2}[- ]\d{4})(?![\w-])")),
    # (555) 123-4567, +44 20 7946 0958, 020 7946 0958; ten digits in threes and fours are also a UK NHS number
    Recogniser(
        Kind.PHONE,
        re.compile(r"(?<![\w.-])(?P<value>(?:\+?\d{1,3}[ .-])?(?:\(\d{3}\)\s?|\d{3}[ .-])\d{3}[ .-]\d{4})(?![\w-])"),
    ),
    Recogniser(Kind.PHONE, re.compile(r"(?<![\w.])(?P<value>\+\d{1,3}(?:[ .-]?\d{2,4}){2,5})(?!\w)")),
    Recogniser(Kind.PHONE, re.compile(r"(?<![\w.,])(?P<value>0\d{2,4}[ -]\d{3,4}[ -]?\d{3,4})(?!\w)")),
    Recogniser(
        Kind.PHONE,
        re.compile(
            r"\b(?i:phone|tel|telephone|mobile|cell|fax|call)\b[\s.:#]{0,3}(?P<value>\(?\+?\d[\d ().-]{5,18}\d)"
        ),
    ),
    # MRN: 98765432, patient ID ABCD1234, insurance HPN-987654
    Recogniser(
        Kind.RECORD,
        re.compile(
            rf"\b{_RECORD_CUE}(?:\s*(?i:number|numbers|no\.?|num|id|is|\#|:|-)){{0,3}}\s*[:#]?\s*"
            r"(?P<value>#?(?=[\w-]*\d[\w-]*\d[\w-]*\d)[A-Z0-9][A-Z0-9-]{3,20})\b(?!\s?(?:mg|mcg|g|mL|units))"
        ),
        _is_no_trial,
    ),
    # The same without a cue: letters, then a long number
    Recogniser(Kind.RECORD, re.compile(r"(?P<value>(?:#|\b)[A-Z]{1,6}-?\d{5,12}\b)"), _is_no_trial),
    Recogniser(Kind.RECORD, re.compile(r"(?P<value>#[A-Z]{0,5}-?\d{4,12}\b)")),
    Recogniser(
        Kind.RECORD,
        re.compile(r"(?<![\w.,/-])(?P<value>\d{8,12})(?![\d.,/-]*\d)(?!\s?(?:units|IU|CFU|copies|cells))\b"),
    ),
    # 04/14/2023, 14.04.2023, 2023-04-14
    Recogniser(
        Kind.DATE,
        re.compile(rf"(?<![\w./-])(?P<value>(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})/(?:{_YEAR}|\d\d)){_NO_UNIT}"),
        _is_month_and_day,
    ),
    Recogniser(
        Kind.DATE,
        re.compile(rf"(?<![\w./-])(?P<value>(?P<a>\d{{1,2}})[.-](?P<b>\d{{1,2}})[.-]{_YEAR})(?!\d)"),
        _is_month_and_day,
    ),
    Recogniser(
        Kind.DATE,
        re.compile(r"(?<![\w-])(?P<value>(?:19|20)\d\d[-/.](?P<a>\d\d)[-/.](?P<b>\d\d))(?!\d)"),
        _is_month_and_day,
    ),
    # April 2nd, 2022; 2 April 2022; Sep 9; April 2022
    Recogniser(Kind.DATE, re.compile(rf"\b(?P<value>{_MONTH}\s+{_DAY}(?:,?\s+{_YEAR})?)\b{_NO_UNIT}")),
    Recogniser(Kind.DATE, re.compile(rf"\b(?P<value>{_DAY}-{_MONTH}-{_YEAR})(?!\d)")),
    Recogniser(Kind.DATE, re.compile(rf"\b(?P<value>{_DAY}\s+(?:of\s+)?{_MONTH}(?:,?\s+{_YEAR})?)\b")),
    Recogniser(Kind.DATE, re.compile(rf"\b(?P<value>{_MONTH},?\s+{_YEAR})\b")),
    Recogniser(
        Kind.DATE, re.compile(rf"\b(?i:DOB|date of birth|born(?: on| in)?)[\s:]*(?P<value>{_YEAR}|[\d/.-]{{6,10}})\b")
    ),
    # 12 Acorn Street; SW1A 1AA; CA 94305
    Recogniser(
        Kind.ADDRESS,
        re.compile(
            rf"(?<!\w)(?P<value>\d{{1,5}}\s+(?:[A-Z][a-z]+\s+){{1,3}}{_STREET}\b\.?(?:,?\s+(?:Apt|Unit)\.?\s*\w+)?)"
        ),
    ),
    Recogniser(Kind.ADDRESS, re.compile(r"\b(?P<value>[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2})\b")),
    Recogniser(Kind.ADDRESS, re.compile(r"\b(?P<value>[A-Z]{2}\s\d{5}(?:-\d{4})?)\b(?!\s?(?:mg|units|IU))")),
    # St. Mary's Hospital
    Recogniser(
        Kind.PLACE,
        re.compile(rf"\b(?P<value>(?:(?:St\.|[A-Z][\w'’&-]+)\s+){{1,4}}{_SITE})\b"),
        _is_no_ordinary_word,
    ),
    # 93-year-old, aged 97: only the number
    Recogniser(
        Kind.AGE, re.compile(r"\b(?P<value>9\d|1[0-3]\d)(?=[- ]?(?:years?|yrs?)[- ]?old\b|[- ]?y/?o\b|\s?yo\b)", re.I)
    ),
    Recogniser(
        Kind.AGE,
        re.compile(r"\b(?:aged?|age of|age is)\s*:?\s*(?P<value>9\d|1[0-3]\d)\b(?!\s?(?:days|weeks|months))", re.I),
    ),
    # Mrs Jones; Dr. Emily Clark
    Recogniser(Kind.NAME, re.compile(rf"\b{_TITLE}\s+(?P<value>{_CUED_PERSON})"), _is_no_ordinary_word),
    # "seen at Johns Hopkins", "lives in Boston", "referred to Kaiser Permanente"
    Recogniser(
        Kind.PLACE,
        re.compile(
            r"\b(?:at|visited|(?:admitted|referred|transferred|presented|presenting)\s+to|discharged\s+from"
            r"|(?:lives|living|resid(?:es|ing)|hospitali[sz]ed)\s+(?:in|near|at))\s+(?:the\s+|our\s+)?"
            rf"(?P<value>{_PLACE_WORD}(?:(?:\s+|,\s){_PLACE_WORD})*)"
        ),
        _is_no_ordinary_word,
    ),
    Recogniser(Kind.PLACE, re.compile(rf"\b(?P<value>St\.?\s{_CAPITAL}['’]s)(?!\s+[Ww]ort)")),
    # male, Henry B., and female, Anna,
    Recogniser(
        Kind.NAME,
        re.compile(
            rf"\b(?i:male|female|man|woman|boy|girl|patient|pt|yo|old|y/o|infant|child|is)\b,?\s+(?P<value>{_CAPITAL}"
            rf"(?:[- ](?:{_CAPITAL}|[A-Z]\b\.?)){{1,2}})(?=\s*[,(;.?]|\s(?:who|seen|admitted|is|was|with|on|at)\b)"
        ),
        _is_no_ordinary_word,
    ),
    Recogniser(
        Kind.NAME,
        re.compile(
            rf"\b(?:male|female|man|woman|boy|girl|patient|pt),\s+(?P<value>(?P<given>{_CAPITAL}))(?=\s*[,(;.?])"
        ),
        _is_given_name,
    ),
    # Sam T.
    Recogniser(Kind.NAME, re.compile(rf"\b(?P<value>{_CAPITAL}\s{_INITIAL})(?=[\s,;?)]|$)"), _is_no_ordinary_word),
    # named Thomas B.; name is Ann T.; Patient: John H.; my patient Mary
    Recogniser(
        Kind.NAME,
        re.compile(
            rf"\b(?i:named|called|name\s+is|name|surname|patient|pt|client|for|regarding)\s*:?\s+(?P<value>{_PERSON})"
        ),
        lambda found: _is_named(found),
    ),
    # my patient mary, typed without capitals
    Recogniser(
        Kind.NAME,
        re.compile(
            r"\b(?i:named|name\s+is|my\s+patient|patient\s+named)\s+(?P<value>(?P<given>[a-z]+)(?:\s(?!is|has|was|on|who|and|had|with|takes)[a-z]+)?)\b"
        ),
        _is_given_name,
    ),
    # Mary Johnson; Henry B.
    Recogniser(
        Kind.NAME,
        re.compile(rf"\b(?P<value>(?P<given>{_CAPITAL})[- ](?:{_CAPITAL}|{_INITIAL})(?:[- ](?:{_CAPITAL}))?)"),
        _is_given_name,
    ),
)


def _is_named(found: re.Match[str]) -> bool:
    """After a weak cue ("patient", "for") a capital may start a medicine: a given name or an initial must follow."""
    words = found["value"].split()
    strong = re.match(r"(?i)(named|name\s+is|surname)", found.group()) is not None
    known = words[0].lower() in GIVEN_NAMES
    return words[0].lower() not in _ORDINARY and (strong or known or bool(re.search(r"\s[A-Z]\.$", found["value"])))


def identifiers(text: str) -> tuple[Identifier, ...]:
    """Every identifier in the text, in order and without overlaps; where two overlap, the longer one counts."""
    found = sorted(_candidates(text), key=lambda one: (one.start - one.end, one.start))
    kept: list[Identifier] = []
    for one in found:
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return tuple(sorted(kept, key=lambda one: one.start))


def _candidates(text: str) -> Iterator[Identifier]:
    for recogniser in RECOGNISERS:
        for found in recogniser.pattern.finditer(text):
            if recogniser.accept(found):
                yield Identifier(recogniser.kind, *found.span("value"))


def masked(text: str) -> tuple[str, tuple[Kind, ...]]:
    """The text with a placeholder such as [DATE] for each identifier, and the kinds in order."""
    parts, at = [], 0
    found = identifiers(text)
    for one in found:
        parts += [text[at : one.start], f"[{one.kind.value}]"]
        at = one.end
    return "".join((*parts, text[at:])), tuple(one.kind for one in found)
