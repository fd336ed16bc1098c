"""Rules for dates and for ages over 89: HIPAA's class (C). A year alone, and the month of a guideline, are kept."""

from __future__ import annotations

import re

from guardrails.masking.kinds import Kind
from guardrails.masking.rule import DAY, MONTH, NO_UNIT, YEAR, Rule

_OLD = r"(?:9\d|1[0-3]\d)"
_TENS = r"(?:ninety(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|(?:one|a) hundred(?: and \w+)?)"
_CUE = r"(?i:DOB|D\.O\.B\.?|date of birth|birth\s?date|birthday|born(?: on| in)?)"
_EVENT = (
    r"(?i:on|seen|admitted|discharged|dated|visit(?:ed)?|since|from|until|by|appointment|surgery|scheduled for|drawn"
    r"|implanted|date|reported)"
)
# A month in a sentence about guidance, an approval or a publication is nobody's date.
_PUBLIC = re.compile(
    r"\b(?:guid(?:eline|ance)s?|label(?:ing|ling)?|edition|version|updated?|report|standards?|recommendations?|consensus"
    r"|statement|approv\w+|withdr[ae]wn|published|publication|recall(?:ed)?|FDA|EMA|NICE|KDIGO|trial|criteria)\b",
    re.IGNORECASE,
)


def _is_month_and_day(found: re.Match[str]) -> bool:
    first, second = int(found["a"]), int(found["b"])
    return 1 <= min(first, second) <= 12 and 1 <= max(first, second) <= 31


def _is_no_public_month(found: re.Match[str]) -> bool:
    """Whether no word of guidance or approval stands within forty characters of a month and year."""
    around = found.string[max(0, found.start() - 40) : found.end() + 40]
    return _PUBLIC.search(around) is None


RULES: tuple[Rule, ...] = (
    # 04/14/2023, 14.04.2023, 2023-04-14, 2023-04-14 11:34:35
    Rule(
        Kind.DATE,
        re.compile(rf"(?<![\w./-])(?P<value>(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}})/(?:{YEAR}|\d\d)){NO_UNIT}"),
        _is_month_and_day,
    ),
    Rule(
        Kind.DATE,
        re.compile(rf"(?<![\w./-])(?P<value>(?P<a>\d{{1,2}})[.-](?P<b>\d{{1,2}})[.-]{YEAR})(?!\d)"),
        _is_month_and_day,
    ),
    Rule(
        Kind.DATE,
        re.compile(
            r"(?<![\w-])(?P<value>(?:19|20)\d\d[-/.](?P<a>\d\d?)[-/.](?P<b>\d\d?)(?:[ T]\d\d:\d\d(?::\d\d)?)?)(?!\d)"
        ),
        _is_month_and_day,
    ),
    # April 2nd, 2022; 2 April 2022; Sep 9; the 14th of March; 12JAN2023
    Rule(Kind.DATE, re.compile(rf"\b(?P<value>{MONTH}\s+{DAY}(?:,?\s+{YEAR})?)\b{NO_UNIT}")),
    Rule(Kind.DATE, re.compile(rf"\b(?P<value>{DAY}-{MONTH}-(?:{YEAR}|\d\d))(?!\d)")),
    Rule(
        Kind.DATE,
        re.compile(rf"\b(?P<value>{DAY}\s+(?:of\s+)?{MONTH}(?:,?\s+{YEAR})?)\b(?!\s+(?:be|the|cause|help)\b)"),
    ),
    Rule(
        Kind.DATE,
        re.compile(
            rf"\b(?P<value>(?i:{MONTH}\s+{DAY},?\s+{YEAR}|{DAY}\s+(?:of\s+)?{MONTH},?\s+{YEAR}|\d\d{MONTH}{YEAR}))\b"
        ),
    ),
    # April 2022, unless a guideline is of April 2022
    Rule(Kind.DATE, re.compile(rf"\b(?P<value>(?i:{MONTH}),?\s+{YEAR})\b"), _is_no_public_month),
    Rule(Kind.DATE, re.compile(rf"\b{_CUE}[\s:]*(?P<value>{YEAR}|[\d/.-]{{6,10}}|\d{{1,2}}\s\d{{1,2}}\s\d{{2,4}})\b")),
    # on 3/14, seen 3/14: a day and month after a word for an event
    Rule(
        Kind.DATE,
        re.compile(rf"\b{_EVENT}\s+(?:the\s+)?(?P<value>(?P<a>\d{{1,2}})/(?P<b>\d{{1,2}}))(?![\d/.]){NO_UNIT}"),
        _is_month_and_day,
    ),
    # 93-year-old, aged 97, 94F: only the number
    Rule(
        Kind.AGE,
        re.compile(
            rf"\b(?P<value>{_OLD}|{_TENS})(?=[- ]?(?:years?|yrs?)[- ]?(?:old|of age)\b|[- ]?y/?o\b|\s?y\.?o\.?\b)", re.I
        ),
    ),
    Rule(
        Kind.AGE,
        re.compile(
            rf"\b(?:aged?|age of|age is|turned|turning|turns)\s*:?\s*(?P<value>{_OLD}|{_TENS})\b"
            r"(?!\s?(?:days|weeks|months|mg|kg))",
            re.I,
        ),
    ),
    Rule(
        Kind.AGE,
        re.compile(rf"(?<![\w.,/-])(?P<value>{_OLD})(?=\s?[MF]\b(?!/)|\s+(?:male|female|man|woman|lady|gentleman)\b)"),
    ),
)
