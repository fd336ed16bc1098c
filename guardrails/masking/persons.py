"""Rules for names, sites and addresses: HIPAA's classes (A) and (B), where a cue or a known given name shows them."""

from __future__ import annotations

import re

from guardrails.masking.kinds import Kind
from guardrails.masking.rule import CAPITAL, INITIAL, ORDINARY, Rule, is_no_ordinary_word
from guardrails.names import GIVEN_NAMES

_TITLE = r"(?:Mr|Mrs|Ms|Miss|Mx|Dr|Doctor|Prof|Professor|Nurse)\.?"
_PERSON = rf"(?:{CAPITAL}|{INITIAL})(?:[- ](?:{CAPITAL}|{INITIAL}|[A-Z]\b)){{0,2}}"
_CUED_PERSON = rf"(?:{_PERSON}|[A-Z]{{2,}}(?:,?\s[A-Z]{{2,}}){{0,2}})"
_STREET = (
    r"(?:Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Way|Place|Close|Crescent|Terrace|Square)"
)
_SITE = (
    r"(?:Hospitals?|Hosp\b|Clinic|Medical\s+Group|Infirmary|Hospice|Health\s+System"
    r"|(?:Medical|Med\.?|Health|Cancer|Trauma)\s+(?:Cent(?:er|re)|Ctr))"
)
_PLACE_WORD = r"(?:St\.|Med\.|[A-ZÀ-Þ][A-Za-z'’&]*[a-zà-ÿ](?:-[A-Z][a-z]+)?)"


def _is_given_name(found: re.Match[str]) -> bool:
    return found["given"].lower() in GIVEN_NAMES


def _is_named(found: re.Match[str]) -> bool:
    """After a weak cue ("patient", "for") a capital may start a medicine: a given name or an initial must follow."""
    words = found["value"].split()
    strong = re.match(r"(?i)(named|name\s+is|surname)", found.group()) is not None
    known = words[0].lower() in GIVEN_NAMES
    return words[0].lower() not in ORDINARY and (strong or known or bool(re.search(r"\s[A-Z]\.$", found["value"])))


RULES: tuple[Rule, ...] = (
    # 12 Acorn Street; SW1A 1AA; CA 94305
    Rule(
        Kind.ADDRESS,
        re.compile(
            rf"(?<!\w)(?P<value>\d{{1,5}}\s+(?:[A-Z][a-z]+\s+){{1,3}}{_STREET}\b\.?(?:,?\s+(?:Apt|Unit)\.?\s*\w+)?)"
        ),
    ),
    Rule(Kind.ADDRESS, re.compile(r"\b(?P<value>(?i:p\.?\s?o\.?\s+box)\s+\d+)\b")),
    Rule(Kind.ADDRESS, re.compile(r"\b(?P<value>[A-Z]{1,2}\d[A-Z\d]?\s\d[A-Z]{2})\b")),
    Rule(Kind.ADDRESS, re.compile(r"\b(?P<value>[A-Z]{2}\s\d{5}(?:-\d{4})?)\b(?!\s?(?:mg|units|IU))")),
    Rule(
        Kind.ADDRESS,
        re.compile(r"\b(?i:zip(?:\s?code)?|postal code|postcode)\s*(?:is|:)?\s*(?P<value>[A-Z0-9][A-Z0-9 -]{2,9}\b)"),
    ),
    # St. Mary's Hospital
    Rule(
        Kind.HOSPITAL,
        re.compile(rf"\b(?P<value>(?:(?:St\.|[A-Z][\w'’&-]+)\s+){{1,4}}{_SITE})\b"),
        is_no_ordinary_word,
    ),
    # Mrs Jones; Dr. Emily Clark; MR SMITH; mr jones
    Rule(Kind.NAME, re.compile(rf"\b{_TITLE}\s+(?P<value>{_CUED_PERSON})"), is_no_ordinary_word),
    Rule(
        Kind.NAME,
        re.compile(r"\b(?:MR|MRS|MS|MISS|DR|PROF)\.?\s+(?P<value>[A-Z][A-Z'’-]+(?:\s[A-Z'’-]{2,})?)"),
        is_no_ordinary_word,
    ),
    Rule(Kind.NAME, re.compile(r"\b(?:mr|mrs|ms)\.?\s+(?P<value>[a-z][a-z'’-]+)"), is_no_ordinary_word),
    # "seen at Johns Hopkins", "lives in Boston", "referred to Kaiser Permanente"
    Rule(
        Kind.PLACE,
        re.compile(
            r"\b(?:at|visited|(?:admitted|referred|transferred|presented|presenting)\s+to|discharged\s+from"
            r"|(?:lives|living|resid(?:es|ing)|hospitali[sz]ed)\s+(?:in|near|at))\s+(?:the\s+|our\s+)?"
            rf"(?P<value>{_PLACE_WORD}(?:(?:\s+|,\s){_PLACE_WORD})*)"
        ),
        is_no_ordinary_word,
    ),
    Rule(Kind.HOSPITAL, re.compile(rf"\b(?P<value>St\.?\s{CAPITAL}['’]s)(?!\s+[Ww]ort)")),
    # male, Henry B., and female, Anna,
    Rule(
        Kind.NAME,
        re.compile(
            rf"\b(?i:male|female|man|woman|boy|girl|patient|pt|yo|old|y/o|infant|child|is)\b,?\s+(?P<value>{CAPITAL}"
            rf"(?:[- ](?:{CAPITAL}|[A-Z]\b\.?)){{1,2}})(?=\s*[,(;.?]|\s(?:who|seen|admitted|is|was|with|on|at)\b)"
        ),
        is_no_ordinary_word,
    ),
    Rule(
        Kind.NAME,
        re.compile(
            rf"\b(?:male|female|man|woman|boy|girl|patient|pt),\s+(?P<value>(?P<given>{CAPITAL}))(?=\s*[,(;.?])"
        ),
        _is_given_name,
    ),
    # Sam T.
    Rule(Kind.NAME, re.compile(rf"\b(?P<value>{CAPITAL}\s{INITIAL})(?=[\s,;?)]|$)"), is_no_ordinary_word),
    # named Thomas B.; name is Ann T.; Patient: John H.; my patient Mary
    Rule(
        Kind.NAME,
        re.compile(
            r"\b(?i:named|called|name\s+is|name|surname|patient|pt|client|for|regarding)\s*:?\s+"
            rf"(?P<value>{_PERSON})"
        ),
        _is_named,
    ),
    # my patient mary, typed without capitals
    Rule(
        Kind.NAME,
        re.compile(
            r"\b(?i:named|name\s+is|my\s+patient|patient\s+named|patient|pt)\s+(?P<value>(?P<given>[a-z]+)"
            r"(?:\s(?!is|has|was|on|who|and|had|with|takes|needs|in|at|for|from)[a-z]+)?)\b"
        ),
        _is_given_name,
    ),
    # Mary Johnson; Henry B.; SMITH, JOHN
    Rule(
        Kind.NAME,
        re.compile(rf"\b(?P<value>(?P<given>{CAPITAL})[- ](?:{CAPITAL}|{INITIAL})(?:[- ](?:{CAPITAL}))?)"),
        _is_given_name,
    ),
    Rule(Kind.NAME, re.compile(r"\b(?P<value>(?P<given>[A-Z]{3,})\s[A-Z]{3,})\b"), _is_given_name),
    Rule(
        Kind.NAME, re.compile(r"\b(?P<value>(?:[A-Z]{2,}|[A-Z][a-z'’]+),\s(?P<given>[A-Z][A-Za-z]+))\b"), _is_given_name
    ),
)
